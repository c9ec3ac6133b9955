"""``/v1/tables`` and what else tells how to read all this."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Any

from fastapi import Path, Query
from pydantic import Field

from evergrove.api.values import Day, plain, worded
from evergrove.http import Answer, Routes, ThisCall
from evergrove.pipeline.due import look_ahead
from evergrove.pipeline.export import COLUMNS, NoSuchTable
from evergrove.pipeline.personas import persona_of
from evergrove.segments.personas import words as persona_words
from evergrove.text import Formats

routes = Routes(tag="tables")


class ColumnRead(Answer):
    """One column."""

    name: str
    type: str = Field(examples=["DOUBLE"])
    unit: str = Field(description="Empty for names and shares.")
    sentence: str


class Table(Answer):
    """A table that runs publish."""

    name: str = Field(examples=["scores"])
    rows: int | None = Field(description="In the newest run; null where it has none such.")


class TableRead(Table):
    """A table, column by column."""

    columns: list[ColumnRead]


class Tables(Answer):
    """The tables that runs publish."""

    as_of: date | None
    items: list[Table]


class Ahead(Answer):
    """What time alone will bring, if nothing is heard of anybody."""

    as_of: date
    run_as_of: date
    customers: int
    due: int = Field(description="Customers to be looked at again within 30 days.")
    because: dict[str, int]
    days: dict[date, dict[str, int]]
    decline: list[int] = Field(description="In decline within 7 days, and within 30.")
    churn: list[int]


class Persona(Answer):
    """What sets a group apart from everybody else."""

    figures: dict[str, Any]
    sentences: list[str]


@routes.get("/tables", right="customers.read")
def tables(call: ThisCall) -> Tables:
    """The tables that runs publish, and how many rows each has in the newest."""
    seen = call.here.warehouse.newest("run")
    items = [
        Table(name=name, rows=seen.tables[name].rows if seen and name in seen.tables else None)
        for name in COLUMNS
    ]
    return Tables(as_of=seen.as_of if seen else None, items=items)


@routes.get("/tables/{name}", right="customers.read")
def table(call: ThisCall, name: Annotated[str, Path(max_length=60, examples=["scores"])]) -> TableRead:
    """One table: its columns with type, unit and a sentence."""
    if name not in COLUMNS:
        raise NoSuchTable(table=name, known=", ".join(COLUMNS))
    seen = call.here.warehouse.newest("run")
    columns = [
        ColumnRead(name=each.name, type=each.type, unit=each.unit, sentence=worded(each.sentence, call))
        for each in COLUMNS[name]
    ]
    return TableRead(
        name=name, rows=seen.tables[name].rows if seen and name in seen.tables else None, columns=columns
    )


@routes.get("/due", right="figures.read")
def due(
    call: ThisCall,
    as_of: Annotated[Day | None, Query(description="Count from this day; null: the newest run's.")] = None,
) -> Ahead:
    """Who has to be looked at again in the coming days, and whom silence will cost."""
    found = look_ahead(call.here.warehouse, as_of)
    return Ahead(
        as_of=found.as_of,
        run_as_of=found.run_as_of,
        customers=found.customers,
        due=found.due,
        because=found.because,
        days={day: dict(counts) for day, counts in found.days.items()},
        decline=list(found.decline),
        churn=list(found.churn),
    )


@routes.get("/personas", right="figures.read")
def persona(
    call: ThisCall,
    group: Annotated[
        str, Query(max_length=80, description='"tier=high", "stage=churned", "action=T4h", "segment=KEY".')
    ],
) -> Persona:
    """What sets a tier, a stage or a segment apart from everybody else."""
    found = persona_of(call.here.warehouse, group)
    formats = Formats(call.language, call.here.settings.value.currency)
    return Persona(figures=plain(found), sentences=list(persona_words.sentences(found, formats)))

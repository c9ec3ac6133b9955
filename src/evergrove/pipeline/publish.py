"""From the stations' arrays to the files that people open."""

from __future__ import annotations

from typing import TYPE_CHECKING

from evergrove.export import (
    CUSTOMER_COLUMNS,
    WORKBOOK_ROWS,
    CustomerList,
    customers_query,
    cut_short,
    write_csv,
    write_list,
    write_parquet,
    write_workbook,
)
from evergrove.pipeline.rejects import write_rejects
from evergrove.segments import CODED_COLUMNS, list_cells
from evergrove.segments.sentences.words import PLAYBOOK_WORDS, STAGE_WORDS, TIER_WORDS
from evergrove.warehouse import literal

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from evergrove.ingest import Intake
    from evergrove.pipeline.types import ValueRequest
    from evergrove.scoring import Valuation
    from evergrove.segments import ListCell, Segments
    from evergrove.warehouse import Engine


def publish_tables(
    engine: Engine,
    folder: Path,
    intake: Intake,
    valuation: Valuation,
    segments: Segments,
    request: ValueRequest,
    translate: Callable[[str], str],
) -> None:
    """Write the table of customers in the forms asked for, and the rejected rows."""
    engine.register("scored", valuation.scores.columns() | segments.columns())
    path = folder / "customers.parquet"
    query = customers_query(
        engine,
        CODED_COLUMNS,
        currency=valuation.currency,
        basis=valuation.basis,
        models=(valuation.choice.name, valuation.runner_up.model.name if valuation.runner_up else ""),
        observation_end=valuation.as_of,
        others=0 if not intake.excluded and intake.last_date == valuation.as_of else None,
    )
    lineage = {
        "as_of": valuation.as_of.isoformat(),
        "model": valuation.choice.name,
        "basis": valuation.basis,
        "currency": valuation.currency,
        "interval": "10 % and 90 % quantiles",
        "horizon": "365.25 days",
    }
    write_parquet(engine, query, path, lineage=lineage)
    engine.view("customers", f"select * from read_parquet({literal(str(path))})")
    write_rejects(engine, folder / "rejects.csv")
    if request.csv:
        write_csv(engine, "select * from customers", CUSTOMER_COLUMNS, folder / "customers.csv")
    if request.workbooks:
        _publish_workbook(engine, folder / "customers.xlsx", translate)


def _publish_workbook(engine: Engine, path: Path, translate: Callable[[str], str]) -> None:
    most_valuable = "select * from customers order by clv_12m desc nulls last, customer_id"
    rows = engine.run(f"{most_valuable} limit {WORKBOOK_ROWS}")
    customers = int(engine.value("select count(*) from customers"))
    write_workbook(rows, CUSTOMER_COLUMNS, path, notes=cut_short(customers, translate), translate=translate)


def publish_lists(
    engine: Engine,
    folder: Path,
    segments: Segments,
    request: ValueRequest,
    kept: Sequence[str],
    translate: Callable[[str], str],
) -> None:
    """Write one list for each cell that asks for work: declining, churned, new, or of high value."""
    lists = folder / "lists"
    lists.mkdir()
    words = _words(translate)
    for cell in list_cells(segments):
        wanted = CustomerList(cell.name, cell.title.said(translate), _condition(cell))
        write_list(
            engine,
            wanted,
            lists,
            kept=kept,
            words=words,
            translate=translate,
            csv=True,
            workbook=request.workbooks,
        )


def _words(translate: Callable[[str], str]) -> dict[str, dict[str, str]]:
    """What people read in place of a code: names of tiers and stages, a playbook's key with its name."""
    return {
        "tier": {CODED_COLUMNS["tier"][tier]: translate(word) for tier, word in TIER_WORDS.items()},
        "stage": {CODED_COLUMNS["stage"][stage]: translate(word) for stage, word in STAGE_WORDS.items()},
        "action": {
            action.name: f"{action.name} {translate(word)}" for action, word in PLAYBOOK_WORDS.items()
        },
    }


def _condition(cell: ListCell) -> str:
    """A cell in terms of the published columns."""
    keys = {"tier": cell.tier, "stage": cell.stage, "action": cell.action}
    return " and ".join(
        f"{column} = {literal(CODED_COLUMNS[column][key])}" for column, key in keys.items() if key is not None
    )

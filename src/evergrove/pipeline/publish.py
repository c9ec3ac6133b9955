"""From the stations' arrays to the files that people open."""

from __future__ import annotations

from typing import TYPE_CHECKING

from evergrove.core import _
from evergrove.export import (
    CUSTOMER_COLUMNS,
    WORKBOOK_ROWS,
    CustomerList,
    cell_list,
    customers_query,
    write_csv,
    write_list,
    write_parquet,
    write_workbook,
)
from evergrove.segments import CODED_COLUMNS, STAGE_WORDS, TIER_WORDS, Action, Stage, Tier
from evergrove.text import translator
from evergrove.warehouse import literal

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from pathlib import Path

    from evergrove.pipeline.types import ValueRequest
    from evergrove.scoring import Valuation
    from evergrove.segments import Segments
    from evergrove.settings import Language
    from evergrove.warehouse import Engine

LISTED_STAGES = (Stage.DECLINE, Stage.CHURNED, Stage.NEW)
REJECT_COLUMNS = "file, line, code, reason, raw"


def publish_tables(
    engine: Engine, folder: Path, valuation: Valuation, segments: Segments, request: ValueRequest
) -> None:
    """Write the table of customers in the forms asked for, and the rejected rows."""
    engine.register("scored", valuation.scores.columns() | segments.columns())
    path = folder / "customers.parquet"
    query = customers_query(
        CODED_COLUMNS,
        currency=valuation.currency,
        basis=valuation.basis,
        observation_end=valuation.as_of.isoformat(),
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
    engine.copy_to(
        f"select {REJECT_COLUMNS} from rejects order by file, line",
        folder / "rejects.csv",
        "format csv, header true",
    )
    if request.csv:
        write_csv(engine, "select * from customers", CUSTOMER_COLUMNS, folder / "customers.csv")
    if request.workbooks:
        _publish_workbook(engine, folder / "customers.xlsx", len(valuation.scores))


def _publish_workbook(engine: Engine, path: Path, customers: int) -> None:
    most_valuable = "select * from customers order by clv_12m desc nulls last, customer_id"
    rows = engine.run(f"{most_valuable} limit {WORKBOOK_ROWS}")
    notes = []
    if customers > WORKBOOK_ROWS:
        notes.append(
            f"The {WORKBOOK_ROWS:,} most valuable of {customers:,} customers; all stand in customers.csv."
        )
    write_workbook(rows, CUSTOMER_COLUMNS, path, notes=notes)


def publish_lists(
    engine: Engine,
    folder: Path,
    segments: Segments,
    request: ValueRequest,
    kept: Sequence[str],
    language: Language,
) -> None:
    """Write one list for each cell that asks for work: declining, churned, new, or of high value."""
    lists = folder / "lists"
    lists.mkdir()
    translate = translator(language)
    for wanted in _wanted_lists(segments, translate):
        write_list(
            engine, wanted, lists, kept=kept, translate=translate, csv=True, workbook=request.workbooks
        )


def _wanted_lists(segments: Segments, translate: Callable[[str], str]) -> Iterator[CustomerList]:
    present = set(zip(segments.tier.tolist(), segments.stage.tolist(), strict=True))
    for tier in reversed(Tier):
        for stage in Stage:
            is_lost_high = (tier, stage) == (Tier.HIGH, Stage.CHURNED)  # stands in the wider list below
            if (
                (tier, stage) in present
                and not is_lost_high
                and (tier == Tier.HIGH or stage in LISTED_STAGES)
            ):
                title = f"{translate(TIER_WORDS[tier])} / {translate(STAGE_WORDS[stage])}"
                yield cell_list(tier.name.lower(), stage.name.lower(), title)
    if segments.was_high.any():
        title = translate(_("Churned, and of high value at some month end of the last 24 months"))
        yield CustomerList("high-churned", title, f"action = {literal(Action.T4h.name)}")

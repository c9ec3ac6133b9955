"""How one customer's numbers came about, from the orders up to the playbook."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date
from typing import TYPE_CHECKING, Any

import numpy as np

from evergrove.customers import Audit, audit, summarise
from evergrove.ingest import read_orders
from evergrove.pipeline.beside import read_beside
from evergrove.pipeline.origins import score_origins
from evergrove.pipeline.sources import earlier_run, source_files, tables_beside
from evergrove.pipeline.value import place_customers
from evergrove.segments import explain_stage, explain_tier
from evergrove.warehouse import literal

if TYPE_CHECKING:
    from pathlib import Path

    from evergrove.core import Sentence
    from evergrove.settings import Settings
    from evergrove.warehouse import Engine

SHOWN_SCORES = (
    "p_alive",
    "p_active_180d",
    "expected_purchases_12m",
    "expected_spend",
    "clv_12m",
    "clv_12m_low",
    "clv_12m_high",
    "clv_12m_runner_up",
    "clv",
    "clv_total",
    "simple_clv",
    "next_order_date",
)


@dataclass(frozen=True)
class Explanation:
    """
    One customer, step by step.

    Attributes:
        audit: Orders, days, repeats, and the numbers of the summary with their arithmetic.
        scores: Published scores by column, as of the run; empty without a score.
        origins: Where each of these scores came from.
        model: Name of the model behind them.
        currency: ISO code or empty.
        basis: What value means in the scores.
        reasons: Why this tier, this stage, this playbook; empty without a score.
    """

    audit: Audit
    scores: dict[str, Any]
    origins: dict[str, Sentence]
    model: str
    currency: str
    basis: str
    reasons: tuple[Sentence, ...]


def explain_customer(engine: Engine, customer_id: str, folder: Path, settings: Settings) -> Explanation:
    """
    Read an earlier run's files again and follow one customer through the stations.

    Raises:
        NoEarlierRun: The folder holds no results.
        SourceChanged: The files behind them are not the same.
        UnknownCustomer: No good row names the customer.
    """
    figures = earlier_run(folder)
    files, options = source_files(figures, folder)
    intake = read_orders(engine, files, options)
    read_beside(engine, tables_beside(figures, folder), options, intake, lambda _stage: None)
    as_of = date.fromisoformat(figures["as_of"])
    base = summarise(engine, as_of, settings.stages, has_amounts=intake.has_amounts)
    audited = audit(engine, customer_id, as_of, settings.stages)
    engine.view("customers", f"select * from read_parquet({literal(str(folder / 'customers.parquet'))})")
    reasons: tuple[Sentence, ...] = ()
    scores: dict[str, Any] = {}
    if audited.numbers:
        cut = figures["model"]["churned_below"]
        declared = replace(settings.value, currency=figures["currency"])
        segments = place_customers(
            engine,
            base,
            engine.arrays(_ALIGNED)["p_active_180d"],
            float("nan") if cut is None else cut,
            replace(settings, value=declared),
        )
        row = int(engine.value(_ROW, customer=customer_id))
        reasons = (*explain_tier(segments, row), *explain_stage(segments, row, settings.stages))
        found = engine.run(
            f"select {', '.join(SHOWN_SCORES)} from customers where customer_id = $c", c=customer_id
        )
        scores = dict(zip(SHOWN_SCORES, found[0], strict=True)) if found else {}
    known = {name: value for name, value in scores.items() if value is not None and not _is_nan(value)}
    return Explanation(
        audit=audited,
        scores=known,
        origins=score_origins(known, figures["model"], figures["basis"]),
        model=figures["model"]["name"] or "",
        currency=figures["currency"],
        basis=figures["basis"],
        reasons=reasons,
    )


def _is_nan(value: object) -> bool:
    return isinstance(value, float) and bool(np.isnan(value))


_ALIGNED = """
select p.p_active_180d
from customer_summary c
join customers p on p.customer_id = cast(c.customer_id as varchar)
order by c.rowid
"""
_ROW = "select rowid from customer_summary where cast(customer_id as varchar) = $customer"

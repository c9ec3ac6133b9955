"""What the figures of customers rest on: data, models and their parameters, formulas in words, and the SQL itself."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Any

from evergrove.customers.origins import STATION
from evergrove.pipeline.origins import score_origins
from evergrove.reading.runs import run_at
from evergrove.warehouse import statement

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from evergrove.core import Sentence
    from evergrove.reading.shelf import View

SUMMED = "customer_summary"
OF_SUMMARY: tuple[str, ...] = (
    "first_order_date",
    "last_order_date",
    "orders",
    "orders_12m",
    "spend_12m",
    "aov_12m",
    "frequency",
    "recency",
    "T",
    "monetary_value",
    "historic_value",
)
"""Facts: columns of the summary, which one statement makes."""
OF_MODELS: tuple[str, ...] = (
    "p_alive",
    "p_active_180d",
    "expected_purchases_12m",
    "expected_spend",
    "clv_12m",
    "clv_12m_low",
    "clv_12m_high",
    "clv",
    "clv_total",
    "next_order_date",
)
"""Estimates: what models make of the facts."""
QUERIES: Mapping[str, tuple[str, ...]] = {SUMMED: ("paid_orders", "purchases", "credits", SUMMED)}
"""The statements behind a table, in the order in which they are run."""


@dataclass(frozen=True)
class Fitted:
    """
    A model as it was fitted.

    Attributes:
        name: Of the model.
        parameters: By their letters.
        customers: Whose histories it was fitted to.
    """

    name: str
    parameters: Mapping[str, float]
    customers: int | None


@dataclass(frozen=True)
class Lineage:
    """
    What the figures of a run rest on.

    Attributes:
        purchases: The model of how often and how long; None where the average rate stands in.
        spend: The model of how much; None likewise.
        how: Why this model: a code of ``report.words.HOW``.
        unit: Of time of the parameters.
        fitted_until: The last day whose orders the fit saw.
        first_date: The first day of an order.
        code_version: Of the program that fitted.
        seed: Of the draws behind the intervals.
        discount_rate: A year.
        margin: Share of revenue that counts, where the basis is a flat margin; 1: all.
        origins: By figure, how it comes about.
        queries: SQL by statement, in the order in which they are run.
    """

    purchases: Fitted | None
    spend: Fitted | None
    how: str
    unit: str
    fitted_until: date
    first_date: date | None
    code_version: str
    seed: int
    discount_rate: float
    margin: float
    origins: Mapping[str, Sentence]
    queries: Mapping[str, str]


def lineage_behind(view: View) -> Lineage:
    """What the figures of a run's customers rest on."""
    with view.parts.ledger.reading() as connection:
        document = run_at(connection, view.run.id).models["model"]
    terms, data = document["terms"], document["data"]
    rival = document.get("runner_up")
    told = {
        "purchases": document["model"],
        "spend": document["spend"],
        "unit": document["unit"],
        "active_days": terms["active_days"],
        "margin": terms["margin"],
        "discount_rate": terms["annual_discount_rate"],
        "runner_up": rival,
        "dates": None if document.get("dates") is None else document["dates"]["name"],
        "champions": document.get("champions"),
    }
    names = [name for name in OF_MODELS if document["model"] or name not in ("p_alive", "p_active_180d")]
    return Lineage(
        purchases=_fitted(document["model"]),
        spend=_fitted(document["spend"]),
        how=document["choice"]["how"],
        unit=document["unit"],
        fitted_until=date.fromisoformat(data["observation_end"]),
        first_date=date.fromisoformat(data["first_date"]) if data.get("first_date") else None,
        code_version=document["code_version"],
        seed=document["seed"],
        discount_rate=terms["annual_discount_rate"],
        margin=terms["margin"],
        origins=score_origins(names, told, terms["basis"]),
        queries=dict(_statements(QUERIES[SUMMED])),
    )


def _fitted(stored: Mapping[str, Any] | None) -> Fitted | None:
    if stored is None:
        return None
    return Fitted(stored["name"], stored["parameters"], stored.get("customers"))


def _statements(names: Sequence[str]) -> Iterator[tuple[str, str]]:
    for name in names:
        yield name, statement(STATION, name)

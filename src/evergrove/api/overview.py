"""``/v1/overview`` and ``/v1/cohorts``: how the customer base stands, as the newest run has published it."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Any, Literal

from fastapi import Query, Response
from pydantic import Field

from evergrove.api.values import Plain, figures, said
from evergrove.http import Answer, Moment, Routes, ThisCall
from evergrove.http.published import of_snapshot
from evergrove.reading.attention import attention, look_at_first
from evergrove.reading.overview import cohorts_of, lineage_of, overview_of

routes = Routes(tag="overview")

FIGURE = {
    "value": 7366772.62,
    "unit": "money",
    "definition": "value_at_stake",
    "window": {"name": "next_12_months", "from": "2026-07-01", "to": "2027-06-30"},
    "reason": None,
    "low": 7016660.42,
    "high": 7738504.21,
    "level": 0.8,
}
CELL = {
    "tier": "high",
    "stage": "mature",
    "customers": 335,
    "clv_12m": 1289072.37,
    "likely_lost": 42779.46,
    "action": "T1",
    "call_back": 0,
    "before": {"customers": 341, "clv_12m": 1301442.1},
}
STREAM = {"from": "medium", "to": "high", "customers": 12, "clv_12m": 40112.5}
COHORT = {
    "start": "2026-04-01",
    "customers": 2051,
    "retention": [1.0, 0.41],
    "value": [533.72, 561.1],
    "back_soon": 0.47,
    "value_now": 562.23,
    "forecast": {"months": 12, "value": [662.76, 756.54]},
    "active_share": 0.438296,
}


class RestsOn(Answer):
    """What the figures rest on."""

    snapshot: int
    run: int = Field(description="Number of the run.")
    models: int = Field(description="Number of the models' document: /v1/runs/{snapshot} shows it.")
    model: str = Field(examples=["pareto-nbd"])
    fitted_at: Moment | None
    policy: str | None = Field(description="Name and version of the policy that somebody adopted.")
    tier_names: dict[str, Any] = Field(
        description="By language, what a policy's own tiers are called that play as the usual ones."
    )
    newest_import: int
    published_at: Moment


class Overview(Answer):
    """How the customer base stands."""

    as_of: date
    first_date: date = Field(description="Day of the first order.")
    currency: str = Field(description="Empty where none is declared.", examples=["CNY"])
    basis: str = Field(description="What value means.", examples=["revenue"])
    figures: dict[str, dict[str, Any]] = Field(
        description="By name, as under ``headline`` in summary.json, and ``active_share``.",
        examples=[{"value_at_stake": FIGURE}],
    )
    before: dict[str, Any] | None = Field(
        description="Some figures of the run about a month before; null where none is kept.",
        examples=[{"as_of": "2026-05-31", "figures": {"customers": 19877}}],
    )
    concentration: dict[str, Any] = Field(description="Best customers first, which share of all value?")
    tiers: dict[str, Any]
    stages: dict[str, Any]
    grid: dict[str, Any] = Field(description="Cells of tier and stage.", examples=[{"rows": [CELL]}])
    leaving: dict[str, Any] = Field(description="Of whom it is not decided whether they stay.")
    flows: dict[str, Any] | None = Field(
        description="Who went where since the run about a month before; null where none is kept.",
        examples=[
            {"since": "2026-05-31", "until": "2026-06-30", "same_policy": True, "tier": [STREAM], "stage": []}
        ],
    )
    ahead: dict[str, Any] | None = Field(description="Purchase days expected within 30 days.")
    drift: dict[str, Any] | None = Field(
        description="Purchase days of the last month beside what was foretold."
    )
    left_out: dict[str, int] = Field(
        description="Customers who are not valued and in no other figure, by reason."
    )
    lineage: RestsOn


class Item(Answer):
    """One thing to look at."""

    kind: str = Field(examples=["imports_failed"])
    severity: Literal["act", "note"]
    sentence: str = Field(examples=["3 files could not be brought in."])
    params: dict[str, Plain]
    leads_to: str = Field(examples=["/v1/jobs?state=dead&kind=inbox"])


class Leaving(Answer):
    """A customer of whom much is likely lost and little is decided."""

    customer_id: str = Field(examples=["C-1042"])
    tier: str | None
    stage: str | None
    orders: int
    last_order_date: date
    silence_days: int
    usual_gap_days: float | None = Field(description="Null with a single purchase day.")
    p_alive: float
    value_if_alive: float
    likely_lost: float
    clv_12m: float
    clv_12m_low: float | None
    clv_12m_high: float | None


class Attention(Answer):
    """What needs attention."""

    as_of: date
    items: list[Item] = Field(description="What has to be done first; what is fine is not among them.")
    look_at_first: list[Leaving]


class Cohorts(Answer):
    """Customers won together."""

    as_of: date
    by: Literal["month", "source"]
    period: Literal["month", "quarter"] = Field(description="Of a column; by month also of a row.")
    rows: list[dict[str, Any]] = Field(examples=[[COHORT]])
    mean_retention: list[float] = Field(description="Over all rows, by customers; empty by source.")
    mean_value: list[float | None]
    soon_days: int | None = Field(
        description="So soon after the first purchase day: ``back_soon``.", examples=[91]
    )
    mean_back_soon: float | None = Field(
        description="Share who bought again so soon, over all cohorts that have had the time."
    )
    earlier_customers: int = Field(description="Of older cohorts than are shown.")
    lineage: RestsOn


def _lineage(call: ThisCall, summed: Any, model: str) -> RestsOn:
    with call.here.ledger.reading() as connection:
        return RestsOn(snapshot=summed.run.id, model=model, **lineage_of(connection, summed.run))


@routes.get("/overview", right="figures.read")
def overview(call: ThisCall, response: Response) -> Overview:
    """Value at stake, concentration, the grid of tiers and stages, and who went where within a month."""
    summed = overview_of(call.service.reader)
    of_snapshot(response, summed.run.id, personal=False)
    told = {name: value for name, value in summed.document.items() if name not in ("format", "model")}
    return Overview(**told, lineage=_lineage(call, summed, summed.document["model"]))


@routes.get("/overview/attention", right="customers.read")
def needs_attention(call: ThisCall) -> Attention:
    """Who is about to leave, which files did not come in, what is old, and whether forecasts hold."""
    with call.service.reader.pinned(may_lag=True) as view:
        summed, first = overview_of(call.service.reader, view.run), look_at_first(view)
    with call.here.ledger.reading() as connection:
        found = attention(connection, summed, call.here.clock.now())
    items = [
        Item(
            kind=each.kind,
            severity=each.severity,
            sentence=said(each.sentence, call) or "",
            params=figures(each.params),
            leads_to=each.leads_to,
        )
        for each in found
    ]
    return Attention(
        as_of=summed.document["as_of"], items=items, look_at_first=[Leaving(**row) for row in first]
    )


@routes.get("/cohorts", right="figures.read")
def cohorts(
    call: ThisCall,
    response: Response,
    by: Annotated[
        Literal["month", "source"], Query(description="Time of the first order, or where they came from.")
    ] = "month",
) -> Cohorts:
    """Who came back and what they brought, by when or from where they came, and how it is expected to go on."""
    summed = cohorts_of(call.service.reader, by)
    of_snapshot(response, summed.run.id, personal=False)
    told, base = summed.document, overview_of(call.service.reader).document
    return Cohorts(
        as_of=base["as_of"],
        by=by,
        period=told.get("period", "month"),
        rows=told.get("rows", []),
        mean_retention=told.get("mean_retention", []),
        mean_value=told.get("mean_value", []),
        soon_days=told.get("soon_days"),
        mean_back_soon=told.get("mean_back_soon"),
        earlier_customers=told.get("earlier_customers", 0),
        lineage=_lineage(call, summed, base["model"]),
    )

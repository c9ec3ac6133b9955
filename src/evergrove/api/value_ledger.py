"""``/v1/value-ledger``, ``/v1/treatment-effects``, ``/v1/global-control``: what outreach earned, part by part."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, Annotated, Any, Literal

from fastapi import Query
from pydantic import Field
from starlette.responses import Response, StreamingResponse

from evergrove.api.customers import CustomerId
from evergrove.api.values import Day, plain
from evergrove.app import measuring as app
from evergrove.http import Amount, Answer, Routes, ThisCall
from evergrove.http.published import of_snapshot
from evergrove.reading.card import newest_card

if TYPE_CHECKING:
    from evergrove.measurement.keeping import KeptPart

routes = Routes(tag="playbooks")

By = Literal["tier", "stage", "month", "period", "coupon"]
ThisPlaybook = Annotated[
    str | None,
    Query(
        max_length=60,
        description="Of this one only; global: all together; empty: by coupon.",
        examples=["L2"],
    ),
]
AsOf = Annotated[Day | None, Query(description="The day; left out: the newest.")]
AS_PRINTED = "As GET /v1/effects gives them."


class PartLine(Answer):
    """One part of the value ledger, compared within itself."""

    by: By = Field(description="In what the parts differ; tier and stage are those at the assignment.")
    part: str = Field(description="A month is written 2026-03.", examples=["high"])
    as_of: date
    figures: dict[str, Any] = Field(description=AS_PRINTED)


class Parts(Answer):
    """The value ledger part by part. Rows do not add up; what outreach brought in all is the row of global."""

    items: list[PartLine]


class BeliefLine(Answer):
    """What a playbook is believed to bring a customer of one cell."""

    playbook: str = Field(examples=["L2"])
    tier: str = Field(description="At the assignment; empty: of all cells without a line of their own.")
    stage: str = Field(description="The same.")
    as_of: date
    mean: float = Field(
        description="Gross margin a person over the window, before contact and fulfilment cost."
    )
    sd: float = Field(description="Of the belief, not of customers.")
    low: float = Field(description="Lower end of the 80 % interval.")
    high: float
    cost: Amount = Field(description="Contact cost of a treated person, which mean does not take off.")
    people_treated: int = Field(description="Measured, their window over.")
    people_control: int
    assumed_weight: float = Field(
        description="Share of mean that comes from the assumption.", examples=[0.12]
    )
    assumed: bool = Field(description="Whether that is 0.2 or more.")
    rests_on: dict[str, Any] = Field(description="Window in days, basis, the assumption and its sd.")


class Beliefs(Answer):
    """What playbooks are believed to bring."""

    items: list[BeliefLine]


class GlobalControl(Answer):
    """The group that no playbook writes to."""

    as_of: date
    share: float = Field(description="Of customers, by the settings.", examples=[0.05])
    rotate_months: int = Field(description="After so many months it is drawn anew; 0: never.")
    period: str = Field(description="That runs now.", examples=["global 2026-04"])
    begins: date | None = Field(description="Its first day; null: since ever.")
    ends: date | None = Field(description="The first day of the next; null: never.")
    whole: dict[str, Any] | None = Field(description=f"All periods together. {AS_PRINTED}")
    periods: list[PartLine] = Field(description="One after the other; each counts to its own end.")
    tiers: list[PartLine] = Field(description="By tier at the assignment.")
    forgone: float | None = Field(
        description="What its customers would have brought more, by whole: the price of knowing."
    )
    forgone_low: float | None
    forgone_high: float | None


class HeldLine(Answer):
    """One draw as a customer stands in it."""

    layer: Literal["global", "playbook"]
    key: str = Field(description="The period, or the playbook.", examples=["L2"])
    arm: Literal["treated", "control"] = Field(description="Control is held out.")
    probability: float = Field(description="Of being treated, whatever came up.", examples=[0.9])
    since: date | None = Field(description="Null: not assigned yet; arm is what the coin will show.")
    begins: date | None = Field(description="First day of the period of the global control.")
    current: bool = Field(description="Whether it decides now; periods that are over do not.")


class HeldOut(Answer):
    """Whether a customer is held out."""

    customer_id: str
    as_of: date
    held_out: bool = Field(description="Of everything: no playbook writes to the customer in this period.")
    held_out_of: list[str] = Field(
        description="Playbooks of which the customer is a control.", examples=[["L2"]]
    )
    layers: list[HeldLine] = Field(
        description="Of the global control, the newest first; then playbooks by key."
    )


@routes.get("/value-ledger", right="figures.read")
def value_ledger(
    call: ThisCall,
    by: Annotated[By | None, Query(description="In what the parts differ; left out: all.")] = None,
    playbook: ThisPlaybook = None,
    as_of: AsOf = None,
) -> Parts:
    """What playbooks earned by tier, stage, month of assignment, coupon, and period of the global control."""
    return Parts(items=[_part(each) for each in app.parts(call.here, by, playbook, as_of)])


@routes.get(
    "/value-ledger/file",
    right="figures.read",
    response_class=Response,
    responses={200: {"content": {"text/csv": {}}, "description": "The newest day, a line each."}},
)
def file(call: ThisCall) -> StreamingResponse:
    """The value ledger as a CSV file: every playbook as a whole, and part by part."""
    headers = {"Content-Disposition": 'attachment; filename="value-ledger.csv"'}
    lines = list(app.ledger_as_csv(call.here))
    return StreamingResponse(iter(lines), media_type="text/csv; charset=utf-8", headers=headers)


@routes.get("/treatment-effects", right="figures.read")
def effects(call: ThisCall, as_of: AsOf = None) -> Beliefs:
    """What playbooks are believed to bring: assumed at first, then measured, shrunk and aged."""
    return Beliefs(
        items=[
            BeliefLine(
                **{
                    name: getattr(effect, name)
                    for name in (
                        "playbook",
                        "tier",
                        "stage",
                        "as_of",
                        "mean",
                        "sd",
                        "people_treated",
                        "people_control",
                    )
                },
                low=effect.interval()[0],
                high=effect.interval()[1],
                cost=cost,
                assumed_weight=effect.assumed_weight,
                assumed=effect.is_assumed,
                rests_on=plain(about),
            )
            for effect, cost, about in app.beliefs(call.here, as_of)
        ]
    )


@routes.get("/global-control", right="figures.read")
def global_control(call: ThisCall) -> GlobalControl:
    """The group that no playbook writes to: when it is drawn anew, what it shows, and what it costs."""
    found = app.global_control(call.here)
    whole, margin = found.whole, found.whole.margin if found.whole else None
    people = whole.people_control if whole else 0
    return GlobalControl(
        **{
            name: getattr(found, name)
            for name in ("as_of", "share", "rotate_months", "period", "begins", "ends")
        },
        whole=None if whole is None else plain(whole.as_json()),
        periods=[_part(each) for each in found.periods],
        tiers=[_part(each) for each in found.tiers],
        forgone=None if margin is None else people * margin.effect,
        forgone_low=None if margin is None else people * margin.low,
        forgone_high=None if margin is None else people * margin.high,
    )


@routes.get("/customers/{customer_id}/held-out", right="customers.read")
def held_out(call: ThisCall, customer_id: CustomerId, response: Response) -> HeldOut:
    """Whether a customer is held out: of the whole programme, and of single playbooks."""
    with newest_card(call.service.reader, call.here.seal, customer_id) as (view, card):
        of_snapshot(response, view.run.id, personal=True)
        found = app.held(call.here, card.customer_id)
    return HeldOut(
        customer_id=found.customer_id,
        as_of=found.as_of,
        held_out=found.is_held_out,
        held_out_of=list(found.held_playbooks),
        layers=[
            HeldLine(
                layer=each.layer,
                key=each.key,
                arm=each.arm,
                probability=each.probability,
                since=each.since,
                begins=each.begins,
                current=each.is_current,
            )
            for each in found.layers
        ],
    )


def _part(each: KeptPart) -> PartLine:
    return PartLine(by=each.by, part=each.name, as_of=each.as_of, figures=plain(dict(each.document)))  # type: ignore[arg-type]

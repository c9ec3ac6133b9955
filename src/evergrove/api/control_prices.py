"""``/v1/control-prices``: what a control share costs, before it is chosen."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Literal

from fastapi import Query
from pydantic import Field

from evergrove.api.counting import alone
from evergrove.http import Answer, Routes, ThisCall
from evergrove.measurement.planning import SHARES
from evergrove.pipeline.control_price import PriceAsked

routes = Routes(tag="playbooks")

Tiers = Annotated[
    list[Literal["low", "medium", "potential", "high"]] | None,
    Query(max_length=4, description="Whom the playbook takes in; left out: of any tier."),
]
Stages = Annotated[
    list[Literal["prospect", "new", "growth", "mature", "decline", "churned", "won_back"]] | None,
    Query(max_length=7, description="The same by stage."),
]


class PriceLine(Answer):
    """One control share, and what it takes."""

    share: float = Field(description="Of the people, who stay untreated.", examples=[0.1])
    people: int = Field(description="Of both arms, until the effect is found in four of five cases.")
    control: int = Field(description="Of them, untreated.")
    days: int | None = Field(
        description="Until so many have come in and their window is over; null without per_month."
    )
    forgone: float = Field(
        description="What the untreated among them would have brought more, in the currency."
    )
    forgone_a_year: float | None = Field(description="The same of everybody untreated in a year.")
    smallest: float | None = Field(description="The smallest effect a person that a year's people can show.")
    smallest_in_time: float | None = Field(
        description="The smallest effect that can be shown within the days asked for; null: none can, or none were."
    )


class ControlPrices(Answer):
    """The price of each share, and what it was worked out from."""

    as_of: date
    window_days: int = Field(description="Over which an outcome is counted: two usual longest gaps.")
    basis: str = Field(description="revenue or margin.")
    people: int = Field(description="Who stood there a window ago.")
    mean: float = Field(description="What one of them has brought since.")
    sd: float
    effect: float = Field(description="What a treatment is taken to bring more, a person.")
    is_assumed: bool = Field(description="Nobody said so: it is a tenth of the mean.")
    per_month: float | None
    prices: list[PriceLine]


@routes.get("/control-prices", right="figures.read")
def prices(
    call: ThisCall,
    tiers: Tiers = None,
    stages: Stages = None,
    effect: Annotated[
        float | None, Query(ge=0.01, le=1e9, description="Expected of a treatment, a person.")
    ] = None,
    per_month: Annotated[float | None, Query(ge=1, le=1e9, description="People within 30 days.")] = None,
    shares: Annotated[list[Annotated[float, Field(ge=0.001, le=0.999)]] | None, Query(max_length=20)] = None,
    days: Annotated[int | None, Query(ge=1, le=3650, description="How long one would wait.")] = None,
) -> ControlPrices:
    """What some control shares cost: people, time and profit until an effect can be seen."""
    chosen = tuple(shares or SHARES)
    asked = PriceAsked(tuple(tiers or ()), tuple(stages or ()), effect, per_month, chosen, days)
    with alone():
        return ControlPrices.model_validate(call.here.control_prices(asked), from_attributes=True)

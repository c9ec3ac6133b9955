"""``/v1/targets`` and ``/v1/reviews``: where the customer base stands in a month, and what to decide."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Any

from fastapi import Path, Query
from pydantic import Field

from evergrove.api.counting import alone
from evergrove.api.values import plain
from evergrove.app.asked import own_targets_here, set_targets
from evergrove.http import Answer, Body, Routes, ThisCall
from evergrove.reading.readiness import readiness

routes = Routes(tag="targets")

MOST_PAST = 6
"""Months before the one that is asked for that are counted at most; more of them are read where they are kept."""

Month = Annotated[
    str | None,
    Query(
        pattern=r"^\d{4}-(0[1-9]|1[0-2])$", description="Null: that of the newest run.", examples=["2026-03"]
    ),
]


class Board(Answer):
    """The targets of a month: figures, intervals, verdicts, and the months before."""

    month: str
    targets: list[dict[str, Any]]
    figures: dict[str, Any] = Field(description="All that ``evergrove targets --json`` prints.")


class Review(Answer):
    """The report of a month."""

    month: str
    figures: dict[str, Any] = Field(description="All that ``evergrove review --json`` prints.")


class Readiness(Answer):
    """The checklist of the data."""

    as_of: date
    items: list[dict[str, Any]] = Field(
        description="As ``evergrove run --json`` prints them under readiness."
    )


class Own(Answer):
    """Targets that the shop has set itself."""

    text: str = Field(description="As it stands in targets.toml; empty where there are none.")
    targets: int


class Text(Body):
    """Targets of the shop's own."""

    text: str = Field(
        max_length=100_000,
        description="TOML, as docs/targets.md describes it; empty: none any more.",
        examples=["format = 'evergrove.own_targets/1'\n"],
    )


@routes.get("/readiness", right="figures.read")
def ready(call: ThisCall) -> Readiness:
    """What forecasts want of the data, and whether the newest run's facts give it."""
    with alone():
        as_of, checks = readiness(call.here)
    return Readiness(as_of=as_of, items=[plain(each.as_json()) for each in checks])


@routes.get("/targets", right="figures.read")
def targets(
    call: ThisCall,
    *,
    month: Month = None,
    past: Annotated[int, Query(ge=0, le=24, description="How many months before it to read as well.")] = 3,
    kept: Annotated[
        bool,
        Query(
            description="Only what the nights have kept: nothing is counted, months nobody kept are left out, and the"
            " running month is that of the last night that counted it."
        ),
    ] = False,
) -> Board:
    """Where the customer base stands: six targets and the shop's own, for any past month."""
    if kept:
        found = call.here.kept_targets(_day(month), past=past).as_json()
    else:
        with alone():
            found = call.here.targets(_day(month), past=min(past, MOST_PAST)).as_json()
    return Board(month=str(found["month"])[:7], targets=plain(found["targets"]), figures=plain(found))


@routes.get("/targets/own", right="figures.read")
def own(call: ThisCall) -> Own:
    """Targets that the shop has set itself."""
    text, found = own_targets_here(call.here)
    return Own(text=text, targets=len(found))


@routes.put("/targets/own", right="targets.write")
def put_own(call: ThisCall, asked: Text) -> Own:
    """Put other targets in the place of the shop's own; what cannot be one is refused with its line."""
    found = set_targets(call.here, asked.text)
    return Own(text=asked.text, targets=len(found))


@routes.get("/reviews/{month}", right="figures.read")
def review(
    call: ThisCall, month: Annotated[str, Path(pattern=r"^\d{4}-(0[1-9]|1[0-2])$", examples=["2026-03"])]
) -> Review:
    """The report of a month: targets, who moved, forecasts against what came, what to decide."""
    with alone():
        found = plain(call.here.review(_day(month)))
    return Review(month=str(found["month"])[:7], figures=found)


def _day(month: str | None) -> date | None:
    """The first day of a month; there is no year 0."""
    return None if month is None else date.fromisoformat(f"{max(int(month[:4]), 1):04}{month[4:]}-01")

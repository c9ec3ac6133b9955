"""``/experiments``: control groups and contents drawn by chance, read in one way at a time; and their price beforehand."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Any, Literal

from fastapi import Query
from pydantic import Field
from starlette.requests import Request  # noqa: TC002 - FastAPI reads the annotation at run time

from evergrove.api import control_prices
from evergrove.api import experiments as routes
from evergrove.core import InputError, _
from evergrove.http import ThisCall  # noqa: TC001 - FastAPI reads the annotation at run time
from evergrove.report.earned import unbroken
from evergrove.web.frame import BLANK, Pages, Refused, ask, fragment, query, reader_of
from evergrove.web.overview.standing import NOTHING_YET
from evergrove.web.results.rooms import EXPERIMENTS, room
from evergrove.web.results.words import Shown, shown

if TYPE_CHECKING:
    from starlette.responses import Response

    from evergrove.api.control_prices import ControlPrices
    from evergrove.api.experiments import ArmLine, ComparedLine, ExperimentLine, HarmLine
    from evergrove.http import Call
    from evergrove.text import Formats

pages = Pages()

READINGS = (("end", _("Once, at the planned end")), ("anytime", _("From day to day")))
ARMS = {"control": _("Control"), "treated": _("Treated")}
CONTENT = _("Content {name}")
HARMS = {
    "unsubscribe": _("Unsubscribed"),
    "complaint": _("Complained"),
    "refund": _("Gave something back"),
}
LONGEST = 3650
"""Days: what takes longer than ten years is not told in days."""
POINTS = _("{effect} ({low} to {high}) more than the first")
Way = Annotated[Literal["end", "anytime"], Query(description="Once at the planned end, or from day to day.")]
Share = Annotated[float, Query(ge=0.1, le=99.9, description="Per cent kept untreated.")]
Money = Annotated[
    Annotated[float, Field(ge=0.01, le=1e9)] | None, BLANK, Query(description="Expected effect a customer.")
]
Count = Annotated[
    Annotated[float, Field(ge=1, le=1e9)] | None,
    BLANK,
    Query(description="Customers who enter within 30 days."),
]
Days = Annotated[
    Annotated[int, Field(ge=1, le=3650)] | None, BLANK, Query(description="How long one would wait.")
]


@dataclass(frozen=True)
class Guard:
    """
    A guardrail of an arm.

    Attributes:
        name: In words.
        share: Of its people, written.
        difference: How much more than in the first arm; empty: not told yet.
        is_worse: Whether chance alone does not explain it.
    """

    name: str
    share: str
    difference: str
    is_worse: bool


@dataclass(frozen=True)
class ArmShown:
    """
    An arm.

    Attributes:
        it: As the API gives it.
        name: In words.
        planned: Its share, written.
        profit: Of one of its people, written; empty: not told yet.
        effect: More than the first arm; None: nothing to tell, or the first itself.
        relative: The same as a share, written.
        message: Why there is no effect.
        guards: What must not suffer.
    """

    it: ArmLine
    name: str
    planned: str
    profit: str
    effect: Shown | None
    relative: str
    message: str
    guards: tuple[Guard, ...]


@dataclass(frozen=True)
class Experiment:
    """
    An experiment.

    Attributes:
        it: As the API gives it.
        p: Of the arms' sizes, written.
        arms: The first is what the others are compared with.
        is_over: Whether the planned end is reached.
        is_far: Whether that takes more than ten years.
    """

    it: ExperimentLine
    p: str
    arms: tuple[ArmShown, ...]
    is_over: bool
    is_far: bool


@dataclass(frozen=True)
class Asked:
    """What the price before a start is asked for: per cent, amount, customers a month, days."""

    share: float = 10.0
    effect: float | None = None
    per_month: float | None = None
    days: int | None = None


@pages.get(EXPERIMENTS, right="figures.read")
def experiments(
    call: ThisCall,
    request: Request,
    reading: Way = "end",
    share: Share = 10.0,
    effect: Money = None,
    per_month: Count = None,
    days: Days = None,
    *,
    whole: bool = False,
) -> Response:
    """The page."""
    asked = Asked(share, effect, per_month, days)
    given = {name: each for name, each in vars(asked).items() if each is not None}
    is_asked = any(name in request.query_params for name in ("share", "effect", "per_month", "days"))
    formats = reader_of(call).formats
    content: dict[str, Any] = {
        "reading": reading,
        "readings": [
            (f"{EXPERIMENTS}{query(reading=way)}", formats.say(name), way) for way, name in READINGS
        ],
        "asked": asked,
        "part": f"{EXPERIMENTS}/list{query(reading=reading)}",
        "whole": f"{EXPERIMENTS}{query(reading=reading, whole=1, **(given if is_asked else {}))}",
        "listed": _listed(call, reading) if whole else None,
        "price": _price(call, asked) if is_asked else None,
        "currency": call.service.currency,
    }
    return room(call, request, "experiments", "results/experiments.html.j2", **content)


@pages.get(f"{EXPERIMENTS}/list", right="figures.read")
def listed(call: ThisCall, request: Request, reading: Way = "end") -> Response:
    """The experiments themselves: a part of the page: where no night has counted them yet, it looks through all orders."""
    return fragment(call, request, "results/experiment_list.html.j2", listed=_listed(call, reading))


def _listed(call: Call, reading: str) -> dict[str, Any]:
    try:
        found = ask(call, routes.experiments, reading=reading)
    except InputError as error:
        if error.code in NOTHING_YET:
            return {"found": None, "all": (), "refused": None}
        return {"found": None, "all": (), "refused": Refused.of(error, call.language)}
    formats = reader_of(call).formats
    return {"found": found, "all": [_shown(each, formats) for each in found.items], "refused": None}


def _shown(each: ExperimentLine, formats: Formats) -> Experiment:
    compared = {one.arm: one for one in each.compared}
    return Experiment(
        each,
        formats.p_value(each.srm_p),
        tuple(_arm(one, compared.get(one.name), each, formats) for one in each.arms),
        each.days_left == 0,
        each.days_left is not None and each.days_left > LONGEST,
    )


def _arm(arm: ArmLine, compared: ComparedLine | None, each: ExperimentLine, formats: Formats) -> ArmShown:
    first = each.compared[0].harms if each.compared else ()
    is_trusted = each.trustworthy
    own = compared.harms if compared else first
    say = formats.say
    return ArmShown(
        arm,
        say(ARMS[arm.name]) if each.kind == "control" else say(CONTENT, name=arm.name),
        formats.percent(arm.planned, 0),
        unbroken(formats.money(arm.profit)) if arm.profit is not None and is_trusted else "",
        _effect(compared, formats) if compared and is_trusted else None,
        _relative(compared, formats) if compared and is_trusted else "",
        compared.message if compared and is_trusted else "",
        tuple(_guard(one, formats, is_first=compared is None) for one in own),
    )


def _effect(compared: ComparedLine, formats: Formats) -> Shown | None:
    if compared.effect is None:
        return None
    bounds = {"effect": compared.effect, "low": compared.low or 0.0, "high": compared.high or 0.0}
    return shown(bounds, compared.level, formats)


def _relative(compared: ComparedLine, formats: Formats) -> str:
    if compared.relative is None:
        return ""
    low, high = (formats.percent(bound, 0) for bound in (compared.relative_low, compared.relative_high))
    return f"{unbroken(formats.percent(compared.relative, 0))} ({unbroken(formats.between(low, high))})"


def _guard(each: HarmLine, formats: Formats, *, is_first: bool) -> Guard:
    share = each.base_share if is_first else each.share
    told = ""
    if not is_first and each.effect is not None:
        bounds = {
            name: unbroken(formats.percent(getattr(each, name), 1)) for name in ("effect", "low", "high")
        }
        told = formats.say(POINTS, **bounds)
    return Guard(
        formats.say(HARMS[each.kind]), formats.percent(share, 1), told, each.is_worse and not is_first
    )


def _price(call: Call, asked: Asked) -> dict[str, Any]:
    """What the share would cost, or why that cannot be told."""
    try:
        found: ControlPrices = ask(
            call,
            control_prices.prices,
            effect=asked.effect,
            per_month=asked.per_month,
            days=asked.days,
            shares=[round(asked.share / 100.0, 6)],
        )
    except InputError as error:
        return {"found": None, "line": None, "refused": Refused.of(error, call.language)}
    return {"found": found, "line": found.prices[0], "refused": None}

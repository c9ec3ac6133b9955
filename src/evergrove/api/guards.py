"""``/v1/guards``: what a message has to pass, in its order, what is set for each, and how often each has held one back."""

from __future__ import annotations

from dataclasses import fields
from typing import TYPE_CHECKING, Any

from pydantic import Field

from evergrove.api.values import plain, worded
from evergrove.app.guarding import held_back_here
from evergrove.decisions.held_back import GUARDS
from evergrove.delivery.words import message_reason
from evergrove.http import Answer, Routes, ThisCall
from evergrove.text import translator

if TYPE_CHECKING:
    from collections.abc import Mapping

    from evergrove.decisions.held_back import HeldBack
    from evergrove.http import Call

routes = Routes("/guards", tag="outreach")

DAYS = 30
SETTINGS: Mapping[str, tuple[str, ...]] = {
    "profiling": ("least_age",),
    "caps": ("per_day", "per_week", "per_month", "channel_caps", "low_tier_share"),
    "quiet": (
        "quiet_from",
        "quiet_until",
        "send_hour",
        "own_hours",
        "own_hours_events",
        "holidays",
        "on_holidays",
    ),
    "speed": ("channel_rates",),
}
"""Settings of the section outreach that a guard goes by."""


class GuardSetting(Answer):
    """What is set for a guard."""

    name: str = Field(description="In the section outreach.", examples=["per_week"])
    value: Any = Field(examples=[3])
    unit: str
    sentence: str


class GuardReason(Answer):
    """How often one reason has held messages back."""

    reason: str = Field(examples=["decisions.cap_week"])
    message: str
    decided: int = Field(description="Decisions against a message; one looked at again counts on each day.")
    before_wire: int = Field(description="Messages that were let go of at the wire.")
    waiting: int = Field(description="Messages that wait because of it now.")


class GuardLine(Answer):
    """A guard."""

    name: str = Field(examples=["caps"])
    settings: list[GuardSetting]
    reasons: list[GuardReason]
    decided: int
    before_wire: int
    waiting: int


class Guards(Answer):
    """All guards, in their order: the first that blocks gives the reason."""

    days: int = Field(description="So many days back is counted; what waits is counted now.")
    items: list[GuardLine]


@routes.get("", right="figures.read")
def guards(call: ThisCall) -> Guards:
    """What a message has to pass, what is set for it, and how often it held one back in the last 30 days."""
    found = held_back_here(call.here, DAYS)
    return Guards(
        days=DAYS,
        items=[_line(call, name, [each for each in found if each.guard == name]) for name in GUARDS],
    )


def _line(call: Call, name: str, found: list[HeldBack]) -> GuardLine:
    say = translator(call.language)
    counted = ("decided", "before_wire", "waiting")
    return GuardLine(
        name=name,
        settings=_settings(call, SETTINGS.get(name, ())),
        reasons=[
            GuardReason(
                reason=each.code,
                message=message_reason(each.code).said(say),
                **{kind: getattr(each, kind) for kind in counted},
            )
            for each in found
        ],
        **{kind: sum(getattr(each, kind) for each in found) for kind in counted},
    )


def _settings(call: Call, names: tuple[str, ...]) -> list[GuardSetting]:
    chosen = call.here.settings.outreach
    about = {each.name: each.metadata for each in fields(chosen)}
    return [
        GuardSetting(
            name=name,
            value=plain(getattr(chosen, name)),
            unit=about[name].get("unit", ""),
            sentence=worded(about[name].get("sentence", ""), call),
        )
        for name in names
    ]

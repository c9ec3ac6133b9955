"""Figures of results as a page writes them: amounts with their intervals, and what stands in a row of the value ledger."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from evergrove.core import _
from evergrove.report.earned import unbroken

if TYPE_CHECKING:
    from collections.abc import Mapping

    from evergrove.text import Formats

COMPLETE, INCOMPLETE, UNKNOWN = (
    _("complete"),
    _("window incomplete"),
    _("length of the window not known yet"),
)
WATCHED = _("{done} of {people} watched for {needed}")
STOPPED = _("stopped early, biased")
ADJUSTED = _("adjusted: {share} of the chance is left")
BY: Mapping[str, str] = {
    "": _("By playbook"),
    "tier": _("By tier"),
    "stage": _("By stage"),
    "coupon": _("By coupon"),
    "month": _("By month"),
    "period": _("By period"),
}
"""In what rows differ; the kinds of parts of the value ledger, and the whole playbooks."""


@dataclass(frozen=True)
class Shown:
    """
    A figure with its interval.

    Attributes:
        amount: Written.
        interval: Its bounds, written.
    """

    amount: str
    interval: str


@dataclass(frozen=True)
class Row:
    """
    A row of the value ledger.

    Attributes:
        playbook: Key.
        name: What it is called.
        part: Of which tier, month and so on, as a code; empty: the whole.
        part_name: The same in words.
        trustworthy: Whether the arms have the sizes they should have; what follows is shown only then.
        p: Of the sizes, written.
        margin: A treated customer, more than control; None where nothing can be said.
        total: Of all treated.
        adjusted: How much of the chance is left after what each had brought before is taken out; empty: nothing is.
        surrogate: How what models expect of a treated customer has changed, more than of control; None: they say nothing.
        surrogate_people: Of how many they say it, written.
        treated: People, written.
        control: The same.
        messages: The same.
        cost: Of the messages, written.
        window: Whether all windows are over, in words.
        window_kind: How its mark looks.
        window_note: How many are watched for long enough.
        stopped: That it stopped early; empty: it did not.
        figures: As the API gives them.
    """

    playbook: str
    name: str
    part: str
    part_name: str
    trustworthy: bool
    p: str
    margin: Shown | None
    total: Shown | None
    adjusted: str
    surrogate: Shown | None
    surrogate_people: str
    treated: str
    control: str
    messages: str
    cost: str
    window: str
    window_kind: str
    window_note: str
    stopped: str
    figures: Mapping[str, Any]


def shown(figures: Mapping[str, float] | None, level: float, formats: Formats) -> Shown | None:
    """An amount of money with its bounds; None where there is none."""
    if figures is None:
        return None
    low, high = (unbroken(formats.money(figures[name])) for name in ("low", "high"))
    return Shown(unbroken(formats.money(figures["effect"])), formats.interval(low, high, level))


def row_of(
    figures: Mapping[str, Any], name: str, formats: Formats, part: str = "", part_name: str = ""
) -> Row:
    """
    A row of the value ledger.

    Args:
        figures: As GET /v1/effects gives them.
        name: Of the playbook.
        formats: The reader's language.
        part: Of which part; empty: the whole.
        part_name: The same in words.
    """
    level, number = figures["level"], formats.number
    is_trusted = figures["trustworthy"]
    word, kind, note = _window(figures, formats)
    return Row(
        playbook=figures["playbook"],
        name=name,
        part=part,
        part_name=part_name,
        trustworthy=is_trusted,
        p=formats.p_value(figures["srm_p"]),
        margin=shown(figures["margin"], level, formats) if is_trusted else None,
        total=shown(figures.get("total"), level, formats) if is_trusted else None,
        adjusted=_adjusted(figures, formats) if is_trusted else "",
        surrogate=shown(figures.get("surrogate"), level, formats) if is_trusted else None,
        surrogate_people=number(figures.get("surrogate_people", 0)),
        treated=number(figures["people_treated"]),
        control=number(figures["people_control"]),
        messages=number(figures["messages"]),
        cost=formats.money(figures["cost"]),
        window=word,
        window_kind=kind,
        window_note=note,
        stopped=formats.say(STOPPED) if figures.get("stopped_early") else "",
        figures=figures,
    )


def _adjusted(figures: Mapping[str, Any], formats: Formats) -> str:
    left = figures["variance_left"]
    return formats.say(ADJUSTED, share=formats.percent(left, 0)) if left < 1.0 else ""


def _window(figures: Mapping[str, Any], formats: Formats) -> tuple[str, str, str]:
    if figures["window_needed"] is None:
        return formats.say(UNKNOWN), "warn", ""
    people = figures["people_treated"] + figures["people_control"]
    note = formats.say(
        WATCHED,
        done=formats.number(figures["people_complete"]),
        people=formats.number(people),
        needed=formats.days(figures["window_needed"]),
    )
    return (
        (formats.say(COMPLETE), "", note) if figures["complete"] else (formats.say(INCOMPLETE), "warn", note)
    )

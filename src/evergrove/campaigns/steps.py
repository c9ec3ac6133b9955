"""The tables [[steps]] of a playbook's file."""

from __future__ import annotations

from math import isclose
from typing import TYPE_CHECKING, cast, get_args

from evergrove.campaigns.definition import CHANNELS, Doing, Step, Timing, Variant
from evergrove.campaigns.errors import SharesDoNotAddUp

if TYPE_CHECKING:
    from evergrove.campaigns.entries import Entries

FIRST_CHANNELS = ("email",)
"""What the first format knows."""
TASK = "task"
USUAL = Step(template="")


def first_step(entries: Entries) -> Step:
    """A step as the first format has it."""
    step = Step(
        template=entries.text("template"),
        channel=entries.word("channel", FIRST_CHANNELS, USUAL.channel),
        timing=_timing(entries),
        after_days=entries.whole("after_days", 0, default=USUAL.after_days),
        lead_days=entries.whole("lead_days", 0, default=USUAL.lead_days),
        valid_days=entries.whole("valid_days", 1, default=USUAL.valid_days),
        coupon=entries.flag("coupon", default=USUAL.coupon),
        most_likely=entries.share("most_likely", 1.0, default=USUAL.most_likely),
    )
    entries.end()
    return step


def read_step(entries: Entries, origin: str) -> Step:
    """
    A step as the second format has it.

    Args:
        entries: Of its table.
        origin: Where the playbook is from.

    Raises:
        InvalidPlaybook: An entry cannot be used.
    """
    do = cast("Doing", entries.word("do", get_args(Doing), USUAL.do))
    step = _waiting(entries) if do == "wait" else _doing(entries, do, origin)
    entries.end()
    return step


def _waiting(entries: Entries) -> Step:
    return Step(
        template="",
        timing=_timing(entries),
        after_days=entries.whole("after_days", 0, default=0),
        lead_days=entries.whole("lead_days", 0, default=0),
        valid_days=entries.whole("valid_days", 1, default=USUAL.valid_days),
        do="wait",
        wait_for=entries.maybe_text("wait_for"),
        otherwise=entries.word("otherwise", ("go_on", "exit"), USUAL.otherwise),
    )


def _doing(entries: Entries, do: Doing, origin: str) -> Step:
    variants = tuple(map(_variant, entries.tables("variants"))) if entries.has("variants") else ()
    if variants and not isclose(sum(each.share for each in variants), 1.0, abs_tol=1e-9):
        raise SharesDoNotAddUp(origin=origin, sum=f"{sum(each.share for each in variants):g}")
    channels = _channels(entries, do)
    campaign = entries.maybe_text("coupon_campaign")
    usual_coupon = do == "coupon" and not campaign
    return Step(
        template=variants[0].template if variants else entries.text("template"),
        channel=channels[0],
        timing=_timing(entries),
        after_days=entries.whole("after_days", 0, default=USUAL.after_days),
        lead_days=entries.whole("lead_days", 0, default=USUAL.lead_days),
        valid_days=entries.whole("valid_days", 1, default=USUAL.valid_days),
        coupon=entries.flag("coupon", default=usual_coupon),
        most_likely=entries.share("most_likely", 1.0, default=USUAL.most_likely),
        do=do if do == TASK else "send",
        channels=channels,
        variants=variants,
        only_if=entries.condition("only_if"),
        coupon_campaign=campaign,
    )


def _channels(entries: Entries, do: Doing) -> tuple[str, ...]:
    """One channel, or several in the order of preference; a task goes to the staff."""
    if do == TASK:
        return (TASK,)
    if entries.has("channels"):
        return entries.words("channels", CHANNELS)
    return (entries.word("channel", CHANNELS, USUAL.channel),)


def _variant(entries: Entries) -> Variant:
    variant = Variant(entries.text("name"), entries.text("template"), entries.share("share", 1.0))
    entries.end()
    return variant


def _timing(entries: Entries) -> Timing:
    return cast("Timing", entries.word("timing", get_args(Timing), USUAL.timing))

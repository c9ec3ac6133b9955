"""Playbooks from TOML: every entry checked, nothing unknown let through."""

from __future__ import annotations

import tomllib
from importlib.resources import as_file, files
from typing import TYPE_CHECKING, Any, cast, get_args

from evergrove.campaigns.definition import (
    ANSWERERS,
    FORMAT,
    HEARD_DAYS,
    Channel,
    Coupon,
    Exits,
    Playbook,
    Step,
    Timing,
    Trigger,
    TriggerKind,
)
from evergrove.campaigns.entries import LONGEST_DAYS, Entries
from evergrove.campaigns.errors import CouponMissing, UnknownPlaybookFormat, UnreadablePlaybook
from evergrove.core import NotToml, read_toml, reason_of
from evergrove.segments.codes import STAGES, TIERS

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

CAUSES = ("evidence", "clock")
"""The causes of a transition that may start outreach."""


def shipped_documents() -> tuple[dict[str, Any], ...]:
    """The playbooks that Evergrove brings, in the order of their keys."""
    folder = files("evergrove.campaigns").joinpath("playbooks")
    texts = {f.name: f.read_text(encoding="utf-8") for f in folder.iterdir() if f.name.endswith(".toml")}
    return tuple(tomllib.loads(texts[name]) for name in sorted(texts))


def shipped_file(key: str) -> Path | None:
    """The file of a playbook that Evergrove brings; None where it brings no such one."""
    with as_file(files("evergrove.campaigns").joinpath("playbooks")) as folder:
        return next((path for path in folder.glob("*.toml") if path.stem == key), None)


def read_document(path: Path) -> dict[str, Any]:
    """
    A playbook's file as a document; ``playbook_of`` checks it.

    Raises:
        UnreadablePlaybook: The file is missing or is not TOML.
    """
    try:
        return read_toml(path)[0]
    except FileNotFoundError as error:
        raise UnreadablePlaybook(origin=str(path), reason=reason_of(error)) from error
    except NotToml as error:
        raise UnreadablePlaybook(origin=str(path), reason=error.reason) from error


def playbook_of(document: Mapping[str, Any], origin: str = "") -> Playbook:
    """
    The playbook that a document describes.

    Args:
        document: As TOML or the ledger holds it.
        origin: Where it is from, as the reader knows it; empty: its key.

    Raises:
        UnknownPlaybookFormat: It is not of the format that this version reads.
        InvalidPlaybook: An entry cannot be used; the subclass says which and why.
    """
    origin = origin or str(document.get("key", ""))
    if document.get("format") != FORMAT:
        raise UnknownPlaybookFormat(origin=origin, found=str(document.get("format")), known=FORMAT)
    top = Entries(origin, "playbook", document)
    top.text("format")
    coupon = top.table("coupon")
    playbook = Playbook(
        key=top.text("key"),
        version=top.whole("version", 1),
        name=top.text("name"),
        goal=top.text("goal"),
        priority=top.whole("priority", 0),
        reentry_days=top.reentry(),
        trigger=_trigger(top.table("trigger", needed=True)),
        exits=_exits(top.table("exits")),
        steps=tuple(_step(each) for each in top.tables("steps")),
        coupon=_coupon(coupon) if coupon else None,
        control=top.share("control", 0.5) if "control" in document else None,
    )
    top.end()
    if playbook.trigger.kind == "nps" and (playbook.reentry_days or HEARD_DAYS) < HEARD_DAYS:
        raise top.unusable("reentry", playbook.reentry_days, f"once | {HEARD_DAYS}-{LONGEST_DAYS}")
    for step in playbook.steps:
        if step.coupon and playbook.coupon is None:
            raise CouponMissing(origin=origin, template=step.template)
    return playbook


def _trigger(entries: Entries | None) -> Trigger:
    assert entries is not None  # noqa: S101 -- the table was asked for as needed
    kind = cast("TriggerKind", entries.word("kind", get_args(TriggerKind)))
    if kind == "next_order":
        trigger = Trigger(
            kind, tiers=entries.words("tiers", TIERS), widest_days=entries.whole("widest_days", 1)
        )
    elif kind == "nps":
        trigger = Trigger(kind, entries.word("enters", ANSWERERS), ("evidence",))
    else:
        enters = entries.word("enters", STAGES if kind == "stage" else TIERS)
        causes, silent = entries.words("causes", CAUSES), entries.whole("silent_days", 0, default=0)
        trigger = Trigger(kind, enters, causes, silent)
    entries.end()
    return trigger


def _exits(entries: Entries | None) -> Exits:
    if entries is None:
        return Exits()
    exits = Exits(
        entries.flag("order", default=True),
        entries.words("into", STAGES, ()),
        entries.words("stays_in", STAGES, ()),
    )
    entries.end()
    return exits


def _coupon(entries: Entries) -> Coupon:
    coupon = Coupon(
        entries.text("code"),
        entries.whole("percent", 1, 100),
        entries.whole("valid_days", 1),
        entries.share("redemption", 1.0),
    )
    entries.end()
    return coupon


def _step(entries: Entries) -> Step:
    usual = Step(template="")
    step = Step(
        template=entries.text("template"),
        channel=cast("Channel", entries.word("channel", get_args(Channel), usual.channel)),
        timing=cast("Timing", entries.word("timing", get_args(Timing), usual.timing)),
        after_days=entries.whole("after_days", 0, default=usual.after_days),
        lead_days=entries.whole("lead_days", 0, default=usual.lead_days),
        valid_days=entries.whole("valid_days", 1, default=usual.valid_days),
        coupon=entries.flag("coupon", default=usual.coupon),
        most_likely=entries.share("most_likely", 1.0, default=usual.most_likely),
    )
    entries.end()
    return step

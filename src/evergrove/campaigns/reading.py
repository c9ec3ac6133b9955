"""Playbooks from TOML: every entry checked, nothing unknown let through."""

from __future__ import annotations

import tomllib
from dataclasses import replace
from importlib.resources import as_file, files
from typing import TYPE_CHECKING, Any

from evergrove.campaigns.definition import (
    FORMATS,
    HEARD_DAYS,
    INPUTS,
    Cell,
    Coupon,
    Exits,
    Limits,
    Playbook,
    Reentry,
)
from evergrove.campaigns.entries import LONGEST_DAYS, Entries
from evergrove.campaigns.errors import CouponMissing, UnknownPlaybookFormat, UnreadablePlaybook
from evergrove.campaigns.steps import first_step, read_step
from evergrove.campaigns.triggers import read_trigger
from evergrove.core import NotToml, read_toml, reason_of
from evergrove.segments.codes import STAGES, TIERS

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from evergrove.campaigns.definition import Trigger

MOST_PEOPLE = 1_000_000_000


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
    found = document.get("format")
    if found not in FORMATS:
        raise UnknownPlaybookFormat(origin=origin, found=str(found), known=" | ".join(FORMATS))
    is_first = found == FORMATS[0]
    top = Entries(origin, "playbook", document)
    top.text("format")
    coupon, trigger, exits = top.table("coupon"), top.table("trigger", needed=True), top.table("exits")
    assert trigger is not None  # noqa: S101 -- the table was asked for as needed
    days = top.reentry(keyed=not is_first)
    playbook = Playbook(
        key=top.text("key"),
        version=top.whole("version", 1),
        name=top.text("name"),
        goal=top.text("goal"),
        priority=top.whole("priority", 0),
        reentry_days=days,
        trigger=read_trigger(trigger, is_first_format=is_first),
        exits=_exits(exits, is_first_format=is_first),
        steps=tuple(
            first_step(each) if is_first else read_step(each, origin) for each in top.tables("steps")
        ),
        coupon=_coupon(coupon) if coupon else None,
        control=top.share("control", 0.5) if "control" in document else None,
        reentry=_policy(document["reentry"]),
        **({} if is_first else _around(top)),
    )
    top.end()
    _check(playbook, top, origin)
    return playbook


def _policy(said: object) -> Reentry:
    """How often a customer may enter, by what the file says."""
    return "once" if said == "once" else "per_key" if said == "per_key" else "after"


def _around(top: Entries) -> dict[str, Any]:
    """What the second format says beside the first."""
    cell, limits = top.table("cell"), top.table("limits")
    return {
        "cell": _cell(cell) if cell else Cell(),
        "needs": top.words("needs", INPUTS, ()),
        "limits": _limits(limits) if limits else Limits(),
        "note": top.maybe_text("note"),
    }


def _check(playbook: Playbook, top: Entries, origin: str) -> None:
    """What only all entries together can tell."""
    trigger, days = playbook.trigger, playbook.reentry_days
    if trigger.kind == "nps" and (days or HEARD_DAYS) < HEARD_DAYS:
        raise top.unusable("reentry", days, f"once | {HEARD_DAYS}-{LONGEST_DAYS}")
    if playbook.reentry == "per_key" and not has_keys(trigger):
        raise top.unusable("reentry", "per_key", f"once | 1-{LONGEST_DAYS}")
    for step in playbook.steps:
        if step.coupon and playbook.coupon is None:
            raise CouponMissing(origin=origin, template=step.template)


def has_keys(trigger: Trigger) -> bool:
    """Whether its occasions have names of their own."""
    return trigger.kind in {"milestone", "anniversary", "schedule"} or bool(trigger.key)


def _cell(entries: Entries) -> Cell:
    cell = Cell(entries.words("tiers", TIERS, ()), entries.words("stages", STAGES, ()))
    entries.end()
    return cell


def _limits(entries: Entries) -> Limits:
    most = entries.whole("most_per_day", 1, MOST_PEOPLE) if entries.has("most_per_day") else None
    limits = Limits(most, entries.maybe_text("budget"))
    entries.end()
    return limits


def _exits(entries: Entries | None, *, is_first_format: bool) -> Exits:
    if entries is None:
        return Exits()
    exits = Exits(
        entries.flag("order", default=True),
        entries.words("into", STAGES, ()),
        entries.words("stays_in", STAGES, ()),
    )
    if not is_first_format:
        exits = replace(
            exits,
            tiers=entries.words("tiers", TIERS, ()),
            when=entries.condition("when"),
            event=entries.maybe_text("event"),
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

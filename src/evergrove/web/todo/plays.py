"""Playbooks as the page shows them: whom they take in, what they send, how far they are, what they earned."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from evergrove.api import playbooks as routes
from evergrove.core import _
from evergrove.report.earned import NOT_YET, earned
from evergrove.web.frame import ask
from evergrove.web.overview.waiting import works_in
from evergrove.web.playbooks.words import STATES, all_steps, path_of, takes_in

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from evergrove.api.playbooks import PlaybookLine, TakesIn
    from evergrove.http import Call
    from evergrove.report.page import Finding
    from evergrove.text import Formats
    from evergrove.web.overview.standing import Standing

IN_IT = _("{active} {active:customer is|customers are} in it now, {over} {over:has|have} been through it.")
NOT_STARTED = _("It has not been started, so it has earned nothing.")


@dataclass(frozen=True)
class Play:
    """
    A playbook.

    Attributes:
        key: Its key.
        name: What it is called.
        goal: What reaching it means.
        state: Started, paused, or a draft.
        tag: The state in words, and how its mark looks.
        takes_in: Whom it takes in.
        steps: Its messages.
        people: How many are in it and were; empty where nobody ever was.
        earned: What it brought against customers kept untreated; None where nothing was measured.
        instead: Why there is no figure; empty where there is one.
        told: As the API tells whom it takes in.
        path: Where it is shown by itself.
        needs_trial: Whether its newest version must be tried before it starts.
    """

    key: str
    name: str
    goal: str
    state: str
    tag: tuple[str, str]
    takes_in: str
    steps: tuple[str, ...]
    people: str
    earned: Finding | None
    instead: str
    told: TakesIn = field(repr=False)
    path: str
    needs_trial: bool

    def works_in(self, tier: str | None, stage: str) -> bool:
        """Whether customers of a cell are those it takes in."""
        return works_in(self.told, tier, stage)


def plays_of(call: Call, base: Standing) -> tuple[list[Play], Finding | None]:
    """All playbooks, those at work first, and what all of them together earned."""
    lines = ask(call, routes.playbooks).items
    measured = {each["playbook"]: each for each in ask(call, routes.effects, newest=True).items}
    plays = [_play(line, measured.pop(line.key, None), base) for line in lines]
    order = {state: place for place, state in enumerate(STATES)}
    whole = next(iter(measured.values()), None)  # the one row that is no playbook's
    together = None if whole is None else earned(whole, "", base.formats)
    return sorted(plays, key=lambda play: order[play.state]), together


def _play(line: PlaybookLine, measured: Mapping[str, Any] | None, base: Standing) -> Play:
    formats = base.formats
    word, kind = STATES[line.state]
    found = None if measured is None else earned(measured, line.name, formats)
    instead = "" if found else formats.say(NOT_STARTED if line.state == "draft" else NOT_YET)
    return Play(
        key=line.key,
        name=line.name,
        goal=line.goal,
        state=line.state,
        tag=(formats.say(word), kind),
        takes_in=takes_in(line.takes_in, formats, base.words),
        steps=tuple(all_steps(line, formats)),
        people=_people(line.enrolled, formats),
        earned=found,
        instead=instead,
        told=line.takes_in,
        path=path_of(line.key),
        needs_trial=line.needs_trial,
    )


def _people(enrolled: Mapping[str, int], formats: Formats) -> str:
    active = enrolled.get("active", 0)
    over: Sequence[int] = [number for state, number in enrolled.items() if state != "active"]
    if not active and not sum(over):
        return ""
    return formats.say(IN_IT, active=formats.number(active), over=formats.number(sum(over)))

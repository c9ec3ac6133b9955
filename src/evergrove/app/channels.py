"""The channels of a workspace: messages leave by all that are ready, and those that are not are told."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from evergrove.core import InputError
from evergrove.delivery.channels.registry import Context, open_channel, wanted
from evergrove.delivery.letter import check_sender
from evergrove.delivery.service import send_over
from evergrove.delivery.types import SendReport

if TYPE_CHECKING:
    from evergrove.app.workspace import Workspace
    from evergrove.core import EvergroveError
    from evergrove.delivery import Channel


def context_of(here: Workspace) -> Context:
    """What the workspace's channels are made of."""
    return Context(here.folder, here.settings, here.ledger, here.seal, here.clock)


def send_by_settings(here: Workspace, limit: int | None = None) -> SendReport:
    """
    Send what is due by every channel that the settings set up; one that cannot be used holds up no other.

    Raises:
        InputError: No channel can be used that is set up; what is wrong with the first, by default the mail server.
    """
    context, names = context_of(here), wanted(here.settings)
    ready: list[Channel] = []
    broken: dict[str, EvergroveError] = {}
    for name in names if "email" in names or len(names) > 1 else ("email",):
        try:
            if name == "email":
                check_sender(here.settings)
            ready.append(open_channel(name, context))
        except InputError as problem:
            broken[name] = problem
    if broken and {each.name for each in ready} <= {"task"}:
        raise next(iter(broken.values()))
    report = send_over(here.ledger, here.seal, ready, here.clock, here.settings, limit=limit)
    if not broken:
        return report
    stopped = {name: SendReport(stopped=problem) for name, problem in broken.items()}
    own = report.channels or {ready[0].name: report}
    return replace(report, stopped=report.stopped or next(iter(broken.values())), channels={**own, **stopped})

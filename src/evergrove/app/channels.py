"""The channels of a workspace: messages leave by all that are ready, and those that are not are told."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from sqlalchemy import func, select

from evergrove.core import EvergroveWarning, InputError, Sentence, _
from evergrove.delivery.channels.registry import Context, open_channel, unusable, wanted
from evergrove.delivery.letter import check_sender
from evergrove.delivery.pacing import Waiting
from evergrove.delivery.service import send_over
from evergrove.delivery.types import SendReport
from evergrove.outbox import OUTBOX

if TYPE_CHECKING:
    from collections.abc import Callable

    from evergrove.app.workspace import Workspace
    from evergrove.core import EvergroveError
    from evergrove.delivery import Channel


class ChannelUnusable(EvergroveWarning):
    """The settings speak of a channel by which nothing can leave."""

    code = "app.channel_unusable"
    message = _("Nothing leaves by the channel {channel}: {reason}")
    hint = _("evergrove channel list shows every channel and what it lacks.")


class NobodySends(EvergroveWarning):
    """Messages wait for a channel that is not set up."""

    code = "app.nobody_sends"
    message = _(
        "{count} {count:message waits|messages wait} for the channel {channel}, which is not set up: they will expire."
    )
    hint = _("docs/channels.md says how it is set up; or let playbooks use another channel.")


def context_of(here: Workspace) -> Context:
    """What the workspace's channels are made of."""
    return Context(here.folder, here.settings, here.ledger, here.seal, here.clock)


def send_by_settings(here: Workspace, limit: int | None = None, waiting: Waiting | None = None) -> SendReport:
    """
    Send what is due by every channel that the settings set up; one that cannot be used holds up no other.

    Args:
        here: The workspace.
        limit: Most messages taken.
        waiting: How long the run waits for providers; default: as the settings say, and as often as it takes.

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
    own = (here.ledger, here.seal, ready, here.clock, here.settings)
    report = send_over(*own, limit=limit, warehouse=here.warehouse, waiting=waiting)
    if not broken:
        return report
    stopped = {name: SendReport(stopped=problem) for name, problem in broken.items()}
    sent = report.channels or {ready[0].name: report}
    return replace(
        report, stopped=report.stopped or next(iter(broken.values())), channels={**sent, **stopped}
    )


def waiting_of_a_job(here: Workspace, is_over: Callable[[], bool]) -> Waiting:
    """
    How long a job waits for providers: until the next one is due, so that other jobs have their turn.

    Args:
        here: The workspace.
        is_over: Whether the job is to end.
    """
    at_a_time_s = here.settings.outreach.longest_wait_s
    return Waiting(at_a_time_s, max(60.0 * here.settings.jobs.send_minutes, at_a_time_s), is_over)


def check_channels(here: Workspace) -> list[EvergroveWarning]:
    """What doctor says of channels: those that cannot be used, and messages that wait for one that is not there."""
    found: list[EvergroveWarning] = [
        ChannelUnusable(
            channel=each.name, reason=Sentence(each.problem.code, each.problem.message, each.problem.params)
        )
        for each in unusable(context_of(here))
        if each.problem is not None
    ]
    known = (*wanted(here.settings), "email")
    row = OUTBOX.c
    query = select(row.channel, func.count()).where(row.state == "queued").group_by(row.channel)
    with here.ledger.reading() as connection:
        counts = connection.execute(query.where(row.channel.not_in(known)).order_by(row.channel)).all()
    return found + [NobodySends(channel=name, count=count) for name, count in counts]

"""Messages in words: how they stand, by which channel, in which arm."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from evergrove.core import _
from evergrove.web.frame import reader_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    from evergrove.api.outbox import MessageLine
    from evergrove.http import Call
    from evergrove.outbox import Arm, State
    from evergrove.text import Formats

PATH = "/outbox"


@dataclass(frozen=True)
class Group:
    """
    Messages that a reader sees as one kind.

    Attributes:
        states: In which they stand.
        name: In words.
        tag: How its mark looks.
        note: What it means; empty: the name says it.
        arm: Of this one only; None: of either.
    """

    states: tuple[State, ...]
    name: str
    tag: str = ""
    note: str = ""
    arm: Arm | None = None

    def holds(self, state: str, *, is_control: bool) -> bool:
        """Whether a message is one of them."""
        return state in self.states and (self.arm is None or (self.arm == "control") == is_control)


GROUPS: Mapping[str, Group] = {
    "unknown": Group(("unknown",), _("Answer lost"), "bad", _("nobody knows whether they left")),
    "queued": Group(("queued",), _("Waiting"), "", _("for their hour, or for what holds them")),
    "sending": Group(("claimed", "attempting"), _("Leaving now"), "warn"),
    "accepted": Group(("accepted",), _("Taken over"), "good", _("by the provider")),
    "delivered": Group(("delivered",), _("Delivered"), "good"),
    "awaiting_staff": Group(("awaiting_staff",), _("With staff"), "warn", _("somebody has yet to act")),
    "failed": Group(("failed",), _("Refused"), "bad", _("by the provider, for good")),
    "bounced": Group(("bounced",), _("Came back"), "bad"),
    "complained": Group(("complained",), _("Called unwanted"), "bad"),
    "expired": Group(("expired",), _("Too late"), "", _("of no use any more")),
    "suppressed": Group(("skipped",), _("Held back"), "", _("by a guard, at the last moment"), arm="treated"),
    "withheld": Group(
        ("skipped",), _("Kept untreated"), "", _("on purpose, to measure the effect"), arm="control"
    ),
}
"""How messages stand, what somebody has to look at first."""
CHANNELS: Mapping[str, str] = {
    "email": _("E-mail"),
    "sms": _("Text message"),
    "wechat": _("WeChat"),
    "wecom": _("WeCom"),
    "line": "LINE",
    "webhook": _("Webhook"),
    "task": _("Staff task"),
    "file": _("File"),
    "console": _("Console"),
}
ARMS: Mapping[str, str] = {"treated": _("is written to"), "control": _("is kept untreated")}


def group_of(state: str, *, is_control: bool) -> str:
    """The key of the kind that a message is of."""
    return next(key for key, group in GROUPS.items() if group.holds(state, is_control=is_control))


def channel_name(formats: Formats, channel: str) -> str:
    """What a channel is called; one of the shop's own by its own name."""
    return formats.say(CHANNELS[channel]) if channel in CHANNELS else channel


@dataclass(frozen=True)
class Row:
    """
    A message as a page shows it.

    Attributes:
        it: As the API tells it.
        path: Of its own page.
        playbook: Its name.
        channel: The same.
        state: In words.
        tag: How the state's mark looks.
    """

    it: MessageLine
    path: str
    playbook: str
    channel: str
    state: str
    tag: str


def row_of(call: Call, message: MessageLine) -> Row:
    """A message in the reader's language."""
    reader = reader_of(call)
    group = GROUPS[group_of(message.state, is_control=message.arm == "control")]
    return Row(
        it=message,
        path=f"{PATH}/{message.id}",
        playbook=reader.words["action"].get(message.playbook, message.playbook),
        channel=channel_name(reader.formats, message.channel),
        state=reader.formats.say(group.name),
        tag=group.tag,
    )

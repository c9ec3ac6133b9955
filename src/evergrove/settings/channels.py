"""Settings of channels beside e-mail. Secrets are never among them: files are named that hold one each."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from evergrove.core import _
from evergrove.settings.declaring import setting


@dataclass(frozen=True)
class ChannelsSettings:
    """Which channels there are beside those with a section of their own."""

    console: Literal["on", "off"] = setting(
        "off", _("Whether messages of the channel console count as sent and are shown, to try things out.")
    )
    plugins: str = setting(
        "", _("Names of plugins that may send, separated by commas; one that is only installed may not.")
    )
    task_days: int = setting(2, _("Days within which staff should act on a task."), "days", low=0, high=90)


@dataclass(frozen=True)
class WebhookSettings:
    """A server of the shop's own that is told of each message, signed."""

    url: str = setting("", _("Address of the server, https:; empty: there is none."))
    secret_file: str = setting(
        "", _("File whose first line is the secret that calls and reports are signed with.")
    )
    old_secret_file: str = setting(
        "", _("File of the former secret, while it is rotated: calls are signed with both.")
    )
    connections: int = setting(
        4,
        _("Calls at the same time; so many messages at most are unknown after a crash."),
        low=1,
        high=50,
    )
    timeout_s: int = setting(10, _("Longest time for a call and its answer."), "seconds", low=1, high=120)


@dataclass(frozen=True)
class GatewaySettings:
    """A provider of messages over HTTP; docs/channels.md tells what each profile needs."""

    profile: str = setting(
        "", _("How the provider is called: a profile that is shipped, or a TOML file; empty: there is none.")
    )
    account: str = setting("", _("Name of the account at the provider, such as its key id or app id."))
    secret_file: str = setting("", _("File whose first line is the account's secret."))
    sender: str = setting("", _("Who sends: a signature, a number or an id, as the profile needs it."))
    app: str = setting("", _("Application at the provider, where the profile needs one."))
    region: str = setting("", _("Region of the provider, where the profile needs one."))
    report_secret_file: str = setting(
        "", _("File with the secret that delivery reports must carry; empty: none are taken.")
    )
    connections: int = setting(
        4,
        _("Calls at the same time; so many messages at most are unknown after a crash."),
        low=1,
        high=50,
    )
    timeout_s: int = setting(10, _("Longest time for a call and its answer."), "seconds", low=1, high=120)


@dataclass(frozen=True)
class FileSettings:
    """Messages as files for another system to fetch."""

    folder: str = setting("", _("Existing folder that a CSV file is written to at each run; empty: none."))

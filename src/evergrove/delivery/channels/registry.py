"""Which channels a workspace has: those that are set up, those that are not and why, and plugins."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from importlib.metadata import entry_points
from typing import TYPE_CHECKING

from evergrove.core import EvergroveError, InputError, NotToml, read_toml
from evergrove.delivery.channels.console import ConsoleChannel
from evergrove.delivery.channels.email import SmtpChannel
from evergrove.delivery.channels.errors import ChannelNotSetUp, NoSuchChannel, PluginUnusable
from evergrove.delivery.channels.folder import FolderChannel
from evergrove.delivery.channels.gateway import Around, GatewayChannel, LedgerKeys, load_profile
from evergrove.delivery.channels.gateway.profile import ProfileProblem
from evergrove.delivery.channels.tasks import TaskChannel
from evergrove.delivery.channels.webhook import WebhookChannel
from evergrove.delivery.letter import check_sender
from evergrove.net import CallFailed, check_url
from evergrove.net.client import DOOR

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from pathlib import Path
    from typing import Any

    from evergrove.core import Clock
    from evergrove.delivery.channels.base import Channel
    from evergrove.ledger import Ledger
    from evergrove.net import Door
    from evergrove.people import Seal
    from evergrove.settings import Settings

GROUP = "evergrove.channels"
GATEWAYS = ("sms", "wechat", "wecom", "line")
NAMES = ("email", *GATEWAYS, "webhook", "task", "file", "console")


@dataclass(frozen=True)
class Context:
    """
    What channels are made of.

    Attributes:
        folder: Of the workspace; a plugin's own options are read from ``channels/<name>.toml`` in it.
        settings: Of the workspace.
        ledger: Of the workspace.
        seal: Of the workspace.
        clock: Of the workspace.
        through: The door that calls go through.
    """

    folder: Path
    settings: Settings
    ledger: Ledger
    seal: Seal
    clock: Clock
    through: Door = DOOR

    def options(self, name: str) -> Mapping[str, Any]:
        """What ``channels/<name>.toml`` in the workspace says; nothing where there is no such file."""
        try:
            return read_toml(self.folder / "channels" / f"{name}.toml")[0]
        except FileNotFoundError:
            return {}
        except NotToml as error:
            raise PluginUnusable(channel=name, reason=error.reason) from error


@dataclass(frozen=True)
class Listed:
    """
    A channel in the list of all.

    Attributes:
        provider: By whom it leaves: a profile, or a plugin's package; empty where there is no choice.
        verified: Whether its profile was tried with an account; None: it has none.
        is_wanted: Whether the settings speak of it at all.
        problem: Why it cannot be used; None: it can.
    """

    name: str
    provider: str = ""
    verified: bool | None = None
    is_wanted: bool = False
    problem: EvergroveError | None = None

    @property
    def is_ready(self) -> bool:
        """Whether messages leave by it."""
        return self.is_wanted and self.problem is None


def wanted(settings: Settings) -> tuple[str, ...]:
    """The channels that the settings speak of, whether they can be used or not."""
    names = {
        "email": bool(settings.mail.host),
        **{name: bool(getattr(settings, name).profile) for name in GATEWAYS},
        "webhook": bool(settings.webhook.url),
        "task": True,
        "file": bool(settings.file.folder),
        "console": settings.channels.console == "on",
    }
    return (*(name for name, is_wanted in names.items() if is_wanted), *plugins(settings))


def plugins(settings: Settings) -> tuple[str, ...]:
    """The plugins that may send: those that the settings name, and no other that happens to be installed."""
    given = (each.strip() for each in settings.channels.plugins.split(","))
    return tuple(dict.fromkeys(each for each in given if each and each not in NAMES))


def open_channel(name: str, context: Context) -> Channel:
    """
    A channel that is ready to send.

    Raises:
        NoSuchChannel: There is none of this name.
        InputError: It cannot be used; the subclass says why.
    """
    settings = context.settings
    if name in plugins(settings):
        return _plugin(name, context)
    makers: Mapping[str, Callable[[], Channel]] = {
        "email": lambda: SmtpChannel(settings.mail),
        **{each: partial(_gateway, each, context) for each in GATEWAYS},
        "webhook": lambda: WebhookChannel(settings.webhook, context.through),
        "task": lambda: TaskChannel(context.ledger, settings.channels.task_days),
        "file": lambda: FolderChannel(settings.file),
        "console": lambda: _console(settings),
    }
    if name not in makers:
        raise NoSuchChannel(channel=name[:60])
    return makers[name]()


def listed(context: Context) -> list[Listed]:
    """Every channel there is, ready or why not; addresses are looked up as they would be at a call."""
    known = wanted(context.settings)
    return [_listed(name, context, is_wanted=name in known) for name in (*NAMES, *plugins(context.settings))]


def unusable(context: Context) -> Sequence[Listed]:
    """Channels that the settings speak of and that cannot be used."""
    looked = [_listed(name, context, is_wanted=True) for name in wanted(context.settings)]
    return [each for each in looked if each.problem is not None]


def _listed(name: str, context: Context, *, is_wanted: bool) -> Listed:
    provider, verified = "", None
    problem: EvergroveError | None = None
    try:
        if name in GATEWAYS and (provider := getattr(context.settings, name).profile):
            verified = load_profile(provider).verified
        if name == "email":
            check_sender(context.settings)
        open_channel(name, context).close()
        _check_address(name, context)
    except (InputError, CallFailed) as error:
        problem = error
    return Listed(name, provider, verified, is_wanted, problem)


def _check_address(name: str, context: Context) -> None:
    """Refuse an address that leads into the own network, as it would be refused at a call."""
    if name == "webhook":
        check_url(context.settings.webhook.url, through=context.through)
    elif name in GATEWAYS:
        url = load_profile(getattr(context.settings, name).profile).request.url
        check_url(url.partition("{")[0].partition("?")[0], through=context.through)


def _console(settings: Settings) -> Channel:
    if settings.channels.console != "on":
        raise ChannelNotSetUp(channel="console", name="console", section="channels")
    return ConsoleChannel()


def _gateway(name: str, context: Context) -> Channel:
    own = getattr(context.settings, name)
    if not own.profile:
        raise ChannelNotSetUp(channel=name, name="profile", section=name)
    profile = load_profile(own.profile)
    if profile.channel != name:
        raise ProfileProblem(profile=own.profile, reason=f"channel = {profile.channel}")
    around = Around(context.through, LedgerKeys(context.ledger, context.seal))
    return GatewayChannel(profile, own, around)


def _plugin(name: str, context: Context) -> Channel:
    found = [each for each in entry_points(group=GROUP) if each.name == name]
    if len(found) != 1:
        raise PluginUnusable(channel=name, reason=f"{len(found)} entry points")
    try:
        made: Channel = found[0].load()(context)
    except EvergroveError:
        raise
    except Exception as error:  # whatever somebody else's code raises must not end the run of the others
        raise PluginUnusable(channel=name, reason=type(error).__name__) from error
    with suppress(AttributeError):
        if made.name == name and callable(made.deliver):
            return made
    raise PluginUnusable(channel=name, reason="name")

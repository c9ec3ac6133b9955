"""Why a channel cannot be used, and why it stops."""

from __future__ import annotations

from evergrove.core import InputError, _
from evergrove.delivery.errors import AccountProblem


class NoSuchChannel(InputError):
    """There is no channel of this name."""

    code = "delivery.no_such_channel"
    message = _("There is no channel {channel}.")
    hint = _("evergrove channel list shows the channels there are.")


class ChannelNotSetUp(InputError):
    """Something that a channel needs is not said."""

    code = "delivery.channel_not_set_up"
    message = _("The channel {channel} is not set up: {name} in [{section}] is empty.")
    hint = _("docs/channels.md lists what each channel needs.")


class NoChannelSecret(InputError):
    """A file with a secret cannot be read, or is empty."""

    code = "delivery.no_channel_secret"
    message = _("The secret of the channel {channel} cannot be read from {file}: {reason}.")
    hint = _("Set {name} in [{section}] to a file whose first line is the secret.")


class InTheOpen(InputError):
    """Messages would cross a network in the open."""

    code = "delivery.channel_in_the_open"
    message = _("The channel {channel} would send what is personal in the open: {url}.")
    hint = _("Give an https: address.")


class FolderUnusable(InputError):
    """Files cannot be written where they should go."""

    code = "delivery.folder_unusable"
    message = _("The channel {channel} cannot write to {folder}: {reason}.")
    hint = _("Name an existing folder that may be written to: folder in [file].")


class PluginUnusable(InputError):
    """A plugin is not there, or is none."""

    code = "delivery.plugin_unusable"
    message = _("The channel {channel} of a plugin cannot be used: {reason}.")
    hint = _("Is the plugin installed, and does it say so under the entry point group evergrove.channels?")


class ChannelAway(AccountProblem):
    """The other side cannot be reached, or not now."""

    code = "delivery.channel_away"
    message = _("The server for {channel} cannot be reached now: {reason}")
    hint = _("Nothing of the message has left, and what waits stays queued.")


class ChannelRefuses(AccountProblem):
    """The other side does not let us in: every message would be refused."""

    code = "delivery.channel_refuses"
    message = _("The server for {channel} does not accept us (code {reply}).")
    hint = _(
        "The messages stay queued. Check address, account and secret in [{section}], and what the account may do."
    )

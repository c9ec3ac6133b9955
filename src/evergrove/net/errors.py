"""Why nothing left, or why nobody knows whether it arrived."""

from __future__ import annotations

from typing import ClassVar

from evergrove.core import EvergroveError, InputError, _


class RefusedUrl(InputError):
    """A URL is not one that we would call."""

    code = "net.refused_url"
    message = _("{url} is not called: {reason}.")
    hint = _("Give a whole URL of a public server, such as https://hooks.example.com/orders.")


class RefusedAddress(InputError):
    """A host leads to an address that is not a public server's."""

    code = "net.refused_address"
    message = _("{host} is not called: it leads to {address}, which is no public server.")
    hint = _("Whoever can set a URL could reach machines inside your network by it: name a public server.")


class CallFailed(EvergroveError):
    """
    A call got no answer that counts.

    Attributes:
        may_have_arrived: Whether the other side may have acted on it all the same; then the same call is only
            safe to repeat under the same key.
    """

    may_have_arrived: ClassVar[bool] = False


class NotResolved(CallFailed):
    """The name of a host has no address."""

    code = "net.not_resolved"
    message = _("{host} has no address: {reason}.")
    hint = _("Is the name right, and does this machine reach its name server?")


class NotReached(CallFailed):
    """No connection, or none that can be trusted."""

    code = "net.not_reached"
    message = _("{host} cannot be reached: {reason}.")
    hint = _("Nothing was sent. Does the server run, and is its certificate valid for that name?")


class HostResting(CallFailed):
    """A host has failed several times in a row and is left alone for a while."""

    code = "net.host_resting"
    message = _("{host} has failed {failures} times in a row and is called again in {seconds} seconds.")
    hint = _("Nothing was sent. What waits is tried later by itself.")


class AnswerLost(CallFailed):
    """The request left, and no answer that can be read came back."""

    code = "net.answer_lost"
    message = _("{host} gave no answer that can be read: {reason}.")
    hint = _("It may have taken the request all the same. It is safe to repeat under the same key.")
    may_have_arrived = True


class TooSlow(CallFailed):
    """All the time that a call may take is over."""

    code = "net.too_slow"
    message = _("{host} gave no answer within {seconds} seconds.")
    hint = _("It may have taken the request all the same. It is safe to repeat under the same key.")
    may_have_arrived = True


class Redirected(CallFailed):
    """The other side answered with another address, which is not followed."""

    code = "net.redirected"
    message = _("{host} answered with a redirect (status {status}), which is not followed.")
    hint = _("Give the URL that it leads to, if that is the right one.")

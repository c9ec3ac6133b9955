"""Why a service does not begin, and the way out."""

from __future__ import annotations

from evergrove.core import InputError, _


class PortTaken(InputError):
    """Somebody listens on the port already."""

    code = "server.port_taken"
    message = _("Something else listens on {host}, port {port}, already.")
    hint = _("Choose another port: evergrove serve --port {other}; or end what is there.")


class PortNotAllowed(InputError):
    """The system lets this user not listen on the port."""

    code = "server.port_not_allowed"
    message = _("This user may not listen on port {port}.")
    hint = _("Take a port from 1024 on, and let a proxy listen on {port}: docs/serve.md.")


class AddressUnusable(InputError):
    """The machine has no such address."""

    code = "server.address_unusable"
    message = _("Nothing can listen on {host}: {reason}.")
    hint = _("127.0.0.1 is this machine alone, 0.0.0.0 every address it has.")


class AlreadyServing(InputError):
    """Another service is at work in the workspace."""

    code = "server.already_serving"
    message = _("Another evergrove serve is at work in {folder}.")
    hint = _(
        "One is enough. For another process that only answers: evergrove serve --no-worker --no-live, on another port."
    )


class DebugInPublic(InputError):
    """Tracebacks would be shown to whoever reaches the address."""

    code = "server.debug_in_public"
    message = _("With --debug a service listens on this machine only, and {host} is heard by others.")
    hint = _("Leave --debug out, or listen on 127.0.0.1.")


class NotANetwork(InputError):
    """A trusted proxy is no address; trusting everybody is trusting nobody."""

    code = "server.not_a_network"
    message = _("{given} in trusted_proxies is neither an address nor a network.")
    hint = _("Like this: 10.0.0.7, 10.1.0.0/16. Everybody cannot be trusted.")


class LedgerUnsound(InputError):
    """The ledger is damaged: whatever would be answered from it could be wrong, and what is written could be lost."""

    code = "server.ledger_unsound"
    message = _("The service does not begin. {reason}")
    hint = _("evergrove doctor says more; evergrove restore brings a backup back.")

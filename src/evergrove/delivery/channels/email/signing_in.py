"""Opening a connection to the mail server: encrypted, proven, signed in; or the reason why not."""

from __future__ import annotations

import ipaddress
import smtplib
import socket
import ssl
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING

from evergrove.core import reason_of
from evergrove.delivery.channels.email.watchdog import Watched, WatchedTls
from evergrove.delivery.errors import (
    InsecureServer,
    NoMailServer,
    NoPassword,
    ServerAway,
    ServerInTheOpen,
    ServerNotProven,
    SignInRefused,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

    from evergrove.settings import MailSettings


def check_security(settings: MailSettings) -> None:
    """
    Refuse to talk in the open to any machine but this one.

    Raises:
        NoMailServer: No server is named.
        InsecureServer: Security is "none", and the server is another machine.
    """
    if not settings.host:
        raise NoMailServer
    if settings.security == "none" and not is_this_machine(settings.host):
        raise InsecureServer(host=settings.host)


def is_this_machine(host: str) -> bool:
    """Whether a host is this machine by its very name; other names could be made to lead elsewhere."""
    if host == "localhost":
        return True
    with suppress(ValueError):
        return ipaddress.ip_address(host).is_loopback
    return False


def read_password(settings: MailSettings) -> str:
    """
    The first line of the password's file; empty without a user.

    Raises:
        NoPassword: There is a user, and no password can be read.
    """
    if not settings.user:
        return ""
    place = {"user": settings.user, "file": settings.password_file or "-"}
    try:
        text = Path(settings.password_file).read_text(encoding="utf-8") if settings.password_file else ""
    except OSError as error:
        raise NoPassword(reason=reason_of(error), **place) from error
    except UnicodeDecodeError as error:
        raise NoPassword(reason="UTF-8", **place) from error
    password = text.partition("\n")[0].strip("\r")
    if not password:
        raise NoPassword(reason="-", **place)
    return password


def connect(settings: MailSettings, password: str, trusted: ssl.SSLContext) -> smtplib.SMTP:
    """
    A connection that is encrypted as the settings say and signed in.

    Raises:
        ServerAway: Nobody answers, or not now.
        ServerInTheOpen: Encryption was asked for and is not offered.
        ServerNotProven: The certificate is not this server's.
        SignInRefused: User or password are not taken.
    """
    with ExitStack() as opened:
        with _explained(settings):
            connection = _greeted(settings, trusted)
        opened.callback(connection.close)
        with _explained(settings):
            if settings.security == "starttls":
                if not connection.has_extn("starttls"):
                    raise ServerInTheOpen(host=settings.host)
                connection.starttls(context=trusted)
                connection.ehlo()
            if settings.user:
                _sign_in(connection, settings, password)
        opened.pop_all()
    connection.is_opening = False
    return connection


def _greeted(settings: MailSettings, trusted: ssl.SSLContext) -> Watched:
    # Without a name of our own, smtplib asks the network for it, which can take longer than the mail.
    own_name = "localhost" if is_this_machine(settings.host) else None
    if settings.security == "tls":
        connection: Watched = WatchedTls(
            settings.host, settings.port, own_name, timeout=settings.timeout_s, context=trusted
        )
    else:
        connection = Watched(settings.host, settings.port, own_name, timeout=settings.timeout_s)
    # The final dot is a small packet behind others: held back until they are confirmed, it costs 40 ms.
    if connection.sock is not None:
        connection.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    connection.ehlo_or_helo_if_needed()
    return connection


def _sign_in(connection: smtplib.SMTP, settings: MailSettings, password: str) -> None:
    refused = {"host": settings.host, "user": settings.user}
    try:
        connection.login(settings.user, password)
    except smtplib.SMTPAuthenticationError as error:
        raise SignInRefused(reply=error.smtp_code, **refused) from error
    except smtplib.SMTPNotSupportedError as error:
        raise SignInRefused(reply="-", **refused) from error


@contextmanager
def _explained(settings: MailSettings) -> Iterator[None]:
    try:
        yield
    except ssl.SSLError as error:  # before OSError, of which it is one
        reason = error.reason or type(error).__name__
        raise ServerNotProven(host=settings.host, reason=reason) from error
    except smtplib.SMTPResponseException as error:
        raise ServerAway(host=settings.host, reason=str(error.smtp_code)) from error
    except OSError as error:  # smtplib's other errors are of this kind too
        raise ServerAway(host=settings.host, reason=reason_of(error)) from error

"""E-mail over SMTP: a few connections to one server, each with one message at a time."""

from __future__ import annotations

import ssl
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

from evergrove.delivery.channels.email.conversation import SmtpConversation
from evergrove.delivery.channels.email.signing_in import check_security, read_password
from evergrove.delivery.channels.email.watchdog import Watchdog
from evergrove.delivery.errors import AccountProblem
from evergrove.delivery.rules import OF_MAIL

if TYPE_CHECKING:
    from collections.abc import Sequence

    from evergrove.delivery.types import Form, Mail, Receipt
    from evergrove.settings import MailSettings


class SmtpChannel:
    """A mail server as the settings name it."""

    name = "email"
    form: Form = "mail"
    patience = OF_MAIL
    takes_tokens = False

    def __init__(self, settings: MailSettings, context: ssl.SSLContext | None = None) -> None:
        """
        Nothing is opened yet.

        Args:
            settings: Server, security, sign-in, number of connections.
            context: Whom to trust; default: the certificates that the system trusts.

        Raises:
            NoMailServer, NoPassword, InsecureServer: The settings do not allow to send.
        """
        check_security(settings)
        password = read_password(settings)
        if (
            context is None and settings.security == "none"
        ):  # nobody needs to be trusted, and it takes a while
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        trusted = context or ssl.create_default_context()
        self._watchdog = Watchdog(settings.timeout_s)
        self._conversations = [
            SmtpConversation(settings, password, trusted, self._watchdog)
            for _nth in range(settings.connections)
        ]
        self._threads: ThreadPoolExecutor | None = None

    @property
    def width(self) -> int:
        """Connections, each with one message at a time."""
        return len(self._conversations)

    def deliver(self, mails: Sequence[Mail]) -> list[Receipt | AccountProblem]:
        """Hand messages to the server, each over a connection of its own; ``width`` at most."""
        pairs = zip(self._conversations, mails, strict=False)
        if len(mails) == 1:
            return [_deliver(*pair) for pair in pairs]
        if self._threads is None:
            self._threads = ThreadPoolExecutor(self.width, thread_name_prefix="evergrove-smtp")
        return list(self._threads.map(lambda pair: _deliver(*pair), pairs))

    def close(self) -> None:
        """End every conversation."""
        if self._threads is not None:
            self._threads.shutdown()
            self._threads = None
        for conversation in self._conversations:
            conversation.close()
        self._watchdog.close()


def _deliver(conversation: SmtpConversation, mail: Mail) -> Receipt | AccountProblem:
    try:
        return conversation.deliver(mail)
    except AccountProblem as problem:
        return problem

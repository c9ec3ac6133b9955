"""One conversation with a mail server: one recipient a transaction, again and again."""

from __future__ import annotations

import re
import select
import smtplib
import ssl
from contextlib import suppress
from typing import TYPE_CHECKING

from evergrove.delivery.channels.email.mime import UnsafeHeader, message_bytes
from evergrove.delivery.channels.email.replies import answer, refusal
from evergrove.delivery.channels.email.signing_in import connect
from evergrove.delivery.errors import SenderRefused, ServerAway
from evergrove.delivery.types import Receipt

if TYPE_CHECKING:
    from evergrove.delivery.channels.email.watchdog import Watchdog
    from evergrove.delivery.types import Mail
    from evergrove.settings import MailSettings

_LEADING_DOT = re.compile(rb"^\.", re.MULTILINE)
_BROKEN = (smtplib.SMTPServerDisconnected, OSError)


class SmtpConversation:
    """
    One connection, opened when it is needed and used for as long as it lasts.

    What the server has confirmed with its answer to the final dot is its own; before the dot nothing is, and
    the message may go again; between dot and answer nobody can know, and it must not.
    """

    def __init__(
        self, settings: MailSettings, password: str, context: ssl.SSLContext, watchdog: Watchdog
    ) -> None:
        self._settings = settings
        self._watchdog = watchdog
        self._password = password
        self._context = context
        self._connection: smtplib.SMTP | None = None

    def deliver(self, mail: Mail) -> Receipt:
        """
        Hand one message to the server.

        Raises:
            AccountProblem: The server is away, refuses the sign-in or the sender; nothing has left.
        """
        try:
            content = message_bytes(mail)
        except UnsafeHeader:
            return Receipt("failed", "delivery.unsafe_header")
        connection = self._ready(mail.sender[0], len(content))
        with self._watchdog.bounded(connection):
            return self._hand_over(connection, mail.recipient[0], content)

    def close(self) -> None:
        """Say good-bye, if there is anybody to say it to."""
        if self._connection is not None:
            with suppress(*_BROKEN):
                self._connection.quit()
        self._drop()

    def _ready(self, sender: str, size: int) -> smtplib.SMTP:
        """
        A connection on which the sender was accepted.

        One that the server has closed meanwhile is opened anew: nothing was said on it for this message.
        """
        is_reused = self._connection is not None
        connection = self._connection or self._connect()
        options = [f"size={size}"] if connection.has_extn("size") else []
        try:
            with self._watchdog.bounded(connection):
                code, _text = connection.mail(sender, options)
        except _BROKEN as error:
            self._drop()
            if is_reused:
                return self._ready(sender, size)
            raise self._away(type(error).__name__) from error
        if code == 250:
            return connection
        self._drop()
        if is_reused and code == 421:  # "closing": what a server says to a connection it has had enough of
            return self._ready(sender, size)
        if code // 100 == 5:
            raise SenderRefused(host=self._settings.host, sender=sender, reply=code)
        raise self._away(str(code))

    def _connect(self) -> smtplib.SMTP:
        self._connection = connect(self._settings, self._password, self._context)
        return self._connection

    def _hand_over(self, connection: smtplib.SMTP, recipient: str, content: bytes) -> Receipt:
        try:
            receipt = self._up_to_the_dot(connection, recipient, content)
        except _BROKEN:
            self._drop()
            return Receipt("later", "delivery.broken_off")
        if receipt is not None:
            return self._refused(receipt)
        try:
            connection.send(b".\r\n")
            code, text = connection.getreply()
        except _BROKEN:
            self._drop()
            return Receipt("unknown", "delivery.no_answer")
        receipt = answer(code, text)
        return receipt if receipt.state == "accepted" else self._refused(receipt)

    def _up_to_the_dot(self, connection: smtplib.SMTP, recipient: str, content: bytes) -> Receipt | None:
        """Say everything but the final dot; the receipt if the server has refused by then."""
        code, text = connection.rcpt(recipient)
        if code not in (250, 251):
            return refusal("recipient", code, text)
        code, text = connection.docmd("data")
        if code != 354:
            return refusal("content", code, text)
        connection.send(_LEADING_DOT.sub(b"..", content))
        # Whoever speaks, or goes, before the dot cannot have taken what was not complete: looking here leaves
        # fewer messages unknown. Under TLS, what can be read need not be a reply.
        sock = connection.sock
        if sock is None or isinstance(sock, ssl.SSLSocket) or not select.select([sock], [], [], 0)[0]:
            return None
        code, text = connection.getreply()
        self._drop()
        return refusal("content", code, text)

    def _refused(self, receipt: Receipt) -> Receipt:
        """Clear the transaction, so that the next message finds a clean connection."""
        connection = self._connection
        code = (receipt.detail or {}).get("code")
        try:
            if connection is None or code == 421 or connection.rset()[0] != 250:
                self._drop()
        except _BROKEN:
            self._drop()
        return receipt

    def _away(self, reason: str) -> ServerAway:
        return ServerAway(host=self._settings.host, reason=reason)

    def _drop(self) -> None:
        connection, self._connection = self._connection, None
        if connection is not None:
            connection.close()

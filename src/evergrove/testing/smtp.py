"""A real SMTP server on this machine that goes wrong where the script says."""

from __future__ import annotations

import asyncio
from contextlib import contextmanager
from dataclasses import dataclass, field
from email import message_from_bytes, policy
from threading import Thread
from typing import TYPE_CHECKING, Any, Literal

from aiosmtpd.smtp import SMTP, AuthResult

if TYPE_CHECKING:
    import ssl
    from collections.abc import Iterator
    from email.message import EmailMessage

Stage = Literal["connect", "mail", "rcpt", "data", "body", "dot"]
HOST = "127.0.0.1"


@dataclass
class Fault:
    """
    One thing that goes wrong.

    Attributes:
        stage: "data" is the command, "body" the text after it, "dot" what follows the final dot.
        answer: A reply such as "451 4.3.0 later"; or "close" (the connection), "hang" (say nothing more),
            "drip" (a byte now and then, without end).
        to: Only for this recipient; empty: for anyone. Not known at the stages "connect" and "mail".
        times: How often; -1: always.
        skip: How many occasions pass before it begins.
    """

    stage: Stage
    answer: str
    to: str = ""
    times: int = 1
    skip: int = 0


@dataclass(frozen=True)
class Received:
    """One message that the server has taken responsibility for."""

    recipients: tuple[str, ...]
    content: bytes

    @property
    def message(self) -> EmailMessage:
        """As a mail program reads it."""
        return message_from_bytes(self.content, policy=policy.default)

    @property
    def message_id(self) -> str:
        """Its Message-ID without the angle brackets."""
        return str(self.message["Message-ID"]).strip("<>")


@dataclass
class ScriptedServer:
    """
    Where it listens, what it does wrong, and what it has seen.

    Attributes:
        faults: May be added to while it runs.
        received: Everything that was complete, in the order of arrival; also what it then did not confirm.
        connections: How many were opened.
        signed_in: User names that were accepted.
    """

    host: str = HOST
    port: int = 0
    faults: list[Fault] = field(default_factory=list)
    received: list[Received] = field(default_factory=list)
    connections: int = 0
    signed_in: list[str] = field(default_factory=list)

    def fault(self, stage: Stage, recipient: str = "") -> str | None:
        """The answer of the next fault for a stage, used up; None: all is well."""
        for fault in self.faults:
            if fault.stage != stage or fault.to not in ("", recipient) or not fault.times:
                continue
            if fault.skip:
                fault.skip -= 1
                continue
            fault.times -= 1
            return fault.answer
        return None


@contextmanager
def scripted_smtp(
    *faults: Fault, tls: ssl.SSLContext | None = None, passwords: dict[str, str] | None = None
) -> Iterator[ScriptedServer]:
    """
    Run a server for the length of a ``with`` block.

    Args:
        faults: What goes wrong, the first that fits first.
        tls: Offer STARTTLS with this certificate.
        passwords: Ask for a sign-in, user to password; needs ``tls``.
    """
    script = ScriptedServer(faults=list(faults))
    loop = asyncio.new_event_loop()

    def session() -> _Session:
        return _Session(script, tls, passwords)

    server = loop.run_until_complete(loop.create_server(session, HOST, 0))
    script.port = server.sockets[0].getsockname()[1]
    thread = Thread(target=loop.run_forever, daemon=True)
    thread.start()
    try:
        yield script
    finally:
        asyncio.run_coroutine_threadsafe(_end(server), loop).result(timeout=10)
        loop.call_soon_threadsafe(loop.stop)
        thread.join()
        loop.close()


async def _end(server: asyncio.Server) -> None:
    server.close()
    open_ones = asyncio.all_tasks() - {asyncio.current_task()}
    for task in open_ones:
        task.cancel()
    await asyncio.gather(*open_ones, return_exceptions=True)
    await asyncio.sleep(0.01)  # closed connections say so to the loop a turn later


class _Taken:
    """Keeps what was complete."""

    def __init__(self, script: ScriptedServer) -> None:
        self._script = script

    async def handle_DATA(self, server: _Session, _session: Any, envelope: Any) -> str:  # noqa: N802 - aiosmtpd's name
        """After the final dot."""
        answer = self._script.fault("dot", envelope.rcpt_tos[0])
        is_reply = answer is not None and answer[0].isdigit()
        if not is_reply:
            self._script.received.append(Received(tuple(envelope.rcpt_tos), envelope.original_content))
        if answer is not None and not is_reply:
            await server.misbehave(answer)
        number = len(self._script.received)
        return answer or f"250 2.0.0 Ok: queued as Q{number}"


class _Session(SMTP):
    def __init__(
        self, script: ScriptedServer, tls: ssl.SSLContext | None, passwords: dict[str, str] | None
    ) -> None:
        self._script = script
        script.connections += 1

        def signed_in(_server: Any, _session: Any, _envelope: Any, _mechanism: str, data: Any) -> AuthResult:
            user = data.login.decode()
            is_right = (passwords or {}).get(user) == data.password.decode()
            if is_right:
                script.signed_in.append(user)
            return AuthResult(success=is_right, handled=False)

        super().__init__(
            _Taken(script),
            hostname="scripted",
            tls_context=tls,
            require_starttls=tls is not None,
            authenticator=signed_in,
            auth_required=passwords is not None,
            loop=asyncio.get_running_loop(),
        )

    async def _handle_client(self) -> None:
        try:
            if await self._goes_wrong("connect"):
                await self.misbehave("close")
            await super()._handle_client()
        finally:
            if self.transport is not None:
                self.transport.close()

    async def smtp_MAIL(self, arg: str) -> None:  # noqa: N802 - aiosmtpd's name
        if not await self._goes_wrong("mail"):
            await super().smtp_MAIL(arg)

    async def smtp_RCPT(self, arg: str) -> None:  # noqa: N802 - aiosmtpd's name
        if not await self._goes_wrong("rcpt", arg.partition("<")[2].partition(">")[0]):
            await super().smtp_RCPT(arg)

    async def smtp_DATA(self, arg: str) -> None:  # noqa: N802 - aiosmtpd's name
        recipient = self.envelope.rcpt_tos[0] if self.envelope and self.envelope.rcpt_tos else ""
        if await self._goes_wrong("data", recipient):
            return
        body = self._script.fault("body", recipient)
        if body is None:
            await super().smtp_DATA(arg)
            return
        await self.push("354 go on")
        await self._reader.readuntil(b"\r\n")
        await self.misbehave(body)

    async def _goes_wrong(self, stage: Stage, recipient: str = "") -> bool:
        answer = self._script.fault(stage, recipient)
        if answer is None:
            return False
        if not answer[0].isdigit():
            await self.misbehave(answer)
        await self.push(answer)
        if answer.startswith("421"):
            await self.misbehave("close")
        return True

    async def misbehave(self, how: str) -> None:
        """Close, say nothing, or say next to nothing; returns only when the client has gone."""
        if how == "close" and self.transport is not None:
            self.transport.close()
        while how == "drip":
            self._writer.write(b"2")
            await asyncio.sleep(0.2)
        await asyncio.Event().wait()

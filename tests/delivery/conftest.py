"""A mail as the service writes it, and the settings of a shop that may send."""

from __future__ import annotations

import threading
from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest

from evergrove.delivery.types import Mail, Rendered
from evergrove.settings import MailSettings

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from evergrove.testing.smtp import ScriptedServer

NOON = datetime(2026, 7, 1, 4, 0, tzinfo=UTC)


@pytest.fixture(autouse=True)
def no_thread_is_left() -> Iterator[None]:
    """Whoever starts a thread for a mail ends it too."""
    before = set(threading.enumerate())
    yield
    left = [thread for thread in threading.enumerate() if thread not in before and thread.is_alive()]
    assert [thread.name for thread in left if thread.name.startswith("evergrove")] == []


@pytest.fixture
def mail_settings() -> MailSettings:
    """Everything that a sender must say, but for the server."""
    return MailSettings(
        sender="shop@shop.example",
        sender_name="Demo Shop",
        unsubscribe="mailto:leave@shop.example",
        security="none",
        timeout_s=1,
        connections=1,
    )


@pytest.fixture
def mail_settings_for(mail_settings: MailSettings) -> Callable[[ScriptedServer], MailSettings]:
    """The same with a server."""
    return lambda server: replace(mail_settings, host=server.host, port=server.port)


@pytest.fixture
def make_mail() -> Callable[..., Mail]:
    """A mail to one recipient: ``make_mail("a@example.com", text=...)``."""

    def made(
        recipient: str = "ada@example.com", number: int = 1, *, name: str = "Ada", text: str = "Hello\n"
    ) -> Mail:
        return Mail(
            outbox_id=f"{number:032x}",
            message_id=f"{number:032x}@shop.example",
            sender=("shop@shop.example", "Demo Shop"),
            recipient=(recipient, name),
            rendered=Rendered("Hello", text, f"<p>{text}</p>"),
            unsubscribe="mailto:leave@shop.example",
            is_one_click=False,
            sent_at=NOON,
        )

    return made

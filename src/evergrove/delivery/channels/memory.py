"""A channel that keeps its mails in memory."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, ClassVar

from evergrove.delivery.rules import OF_MAIL
from evergrove.delivery.types import Receipt

if TYPE_CHECKING:
    from collections.abc import Sequence

    from evergrove.delivery.errors import AccountProblem
    from evergrove.delivery.types import Form, Mail, Patience


@dataclass
class MemoryChannel:
    """Accepts everything and keeps it: for simulated shops and for tests."""

    mails: list[Mail] = field(default_factory=list)
    name: str = "email"
    width: int = 20
    form: ClassVar[Form] = "mail"
    patience: ClassVar[Patience] = OF_MAIL
    takes_tokens: ClassVar[bool] = False

    def deliver(self, mails: Sequence[Mail]) -> list[Receipt | AccountProblem]:
        """Keep the mails."""
        self.mails.extend(mails)
        return [Receipt("accepted") for _mail in mails]

    def close(self) -> None:
        """Nothing is open."""

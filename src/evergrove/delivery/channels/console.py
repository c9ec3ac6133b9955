"""Messages to the terminal, to try things out: they count as sent, and nobody receives them."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, TextIO

from evergrove.delivery.channels.base import ChannelBase
from evergrove.delivery.types import Receipt

if TYPE_CHECKING:
    from collections.abc import Sequence

    from evergrove.delivery.errors import AccountProblem
    from evergrove.delivery.types import Outgoing


class ConsoleChannel(ChannelBase):
    """Writes one line a message: what was decided, and nothing personal."""

    name = "console"

    def __init__(self, out: TextIO | None = None) -> None:
        """
        Nothing is written yet.

        Args:
            out: Where to; None: standard error, whichever that is by then.
        """
        self._out = out

    @property
    def width(self) -> int:
        """As many as a round may have."""
        return 20

    def deliver(self, letters: Sequence[Outgoing], /) -> list[Receipt | AccountProblem]:
        """Write a line for each."""
        out = self._out or sys.stderr
        for letter in letters:
            message = letter.message
            print(
                f"{letter.outbox_id} {message.playbook}/{message.step} {message.template} -> {message.customer_id}",
                file=out,
            )
        out.flush()
        return [Receipt("accepted") for _letter in letters]

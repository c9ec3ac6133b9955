"""What a letter may say of a customer's standing, as it was when the message was decided on."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from evergrove.campaigns.types import Situation


def letter_facts(situation: Situation, row: int) -> dict[str, Any]:
    """
    Values of one customer for letters, raw: docs/templates.md says what they mean. What is not known is not among them.

    Args:
        situation: Of all customers.
        row: Of this one.
    """
    days = {
        "last_order_date": situation.last_order[row],
        "next_order_from": situation.next_order_p25[row],
        "next_order_until": situation.next_order_p75[row],
    }
    found: dict[str, Any] = {name: str(day) for name, day in days.items() if not np.isnat(day)}
    codes = {"tier": str(situation.tier[row]), "stage": str(situation.stage[row])}
    found |= {name: code for name, code in codes.items() if code}
    orders = int(situation.orders[row])
    return found | ({"orders": orders} if orders > 0 else {})

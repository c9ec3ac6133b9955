"""What was decided for a customer and why, and what a budget would bring, as people and programs ask for it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from evergrove.decisions.explaining import decisions_of

if TYPE_CHECKING:
    from datetime import date

    from evergrove.app.workspace import Workspace
    from evergrove.decisions.explaining import Told


def decided_for(here: Workspace, customer_id: str, most: int, until: date | None = None) -> Told:
    """What was decided for a customer, the newest first: under any id of the person."""
    with here.ledger.reading() as connection:
        return decisions_of(connection, customer_id, most, until)

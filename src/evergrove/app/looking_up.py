"""Who is behind an address or a number: looked up once, and noted with who asked."""

from __future__ import annotations

from typing import TYPE_CHECKING

from evergrove import audit
from evergrove.reading.finding import PERSONAL, find_customers

if TYPE_CHECKING:
    from collections.abc import Collection

    from evergrove.app.workspace import Workspace
    from evergrove.reading.finding import Kind, Match
    from evergrove.reading.shelf import View

LOOKED_UP = "people.looked_up"


def look_up(here: Workspace, view: View, text: str, kinds: Collection[Kind]) -> tuple[Match, ...]:
    """
    Persons who are known under just this; that they were found by what is personal is noted, and never by what.

    Args:
        here: The workspace, in the name of whoever asks.
        view: Of the newest run.
        text: As somebody typed it.
        kinds: What it may be; the asker may see all of these.
    """
    found = find_customers(view, here.seal, text, kinds)
    by_what_is_personal = [each for each in found if each.by in PERSONAL]
    if by_what_is_personal:
        now = here.clock.now()
        with here.ledger.writing() as connection:
            for each in by_what_is_personal:
                subject = audit.subject("customer", each.customer_id)
                audit.note(connection, LOOKED_UP, here.by, subject, {"by": each.by}, at=now)
    return found

"""One customer: what is known, how sure that is, why the customer stands there, and what it all rests on."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

from sqlalchemy import select

from evergrove.live.reading import rows as live_rows
from evergrove.live.tables import MOVE
from evergrove.people import contacts, status_of
from evergrove.people.identity import members_of, person_ids
from evergrove.pipeline.nights import HEALTH, SCORES, TIERS, TRAITS
from evergrove.reading.columns import COLUMNS, CUSTOMERS, ID
from evergrove.reading.errors import UnknownCustomer
from evergrove.reading.filters import ask
from evergrove.reading.moves import MovesAsked, moves_page
from evergrove.reading.reasons import Reason, reasons_of
from evergrove.warehouse import identifier

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from sqlalchemy import Connection

    from evergrove.live.types import LiveRow
    from evergrove.people import Contact, Seal
    from evergrove.people.types import PersonStatus
    from evergrove.reading.shelf import Reader, View

MOST_MOVES = 20
"""Moves that a card shows, the newest first."""
TURNS = 3
"""Nobody publishes so often that a card is overtaken so many times."""
FILES = (SCORES, TIERS, HEALTH, TRAITS)


@dataclass(frozen=True, eq=False)
class Card:
    """
    One customer. ``contacts`` is personal: never logged, never in an error.

    Attributes:
        customer_id: Under which id the person stands in the run.
        members: All ids that are this person.
        figures: Columns by name, those of the live row where there is one: of the table in memory, or all of them.
        reasons: Why this tier and this stage, by axis.
        moves: The newest first: those since the run, of which ``run_seq`` is None, and those published in ``transitions``,
            where these were asked for; ``evidence`` as an object.
        contacts: Name and address by each id that has any.
        status: "erased" where nothing personal is kept.
        live: The row that was laid over; None: the run is what holds.
    """

    customer_id: str
    members: tuple[str, ...]
    figures: Mapping[str, Any]
    reasons: Mapping[str, Reason]
    moves: Sequence[Mapping[str, Any]]
    contacts: tuple[Contact, ...]
    status: PersonStatus
    live: LiveRow | None

    def __repr__(self) -> str:
        return f"Card({self.customer_id})"


@contextmanager
def newest_card(
    reader: Reader, seal: Seal, customer_id: str, *, is_full: bool = False
) -> Iterator[tuple[View, Card]]:
    """
    The card of one customer, of a run that was still the newest when the card had been read.

    A run that is published meanwhile takes live rows with it that it covers: whoever has waited for one must not be
    shown what the run before knew.

    Args:
        reader: Of this process.
        seal: Opens what is personal.
        customer_id: As the shop's files have it.
        is_full: As for ``customer_card``.

    Raises:
        NothingPublished, UnknownCustomer: There was no run yet, or nobody knows of that id.
    """
    for turn in range(1, TURNS + 1):
        with reader.pinned() as view:
            try:
                card = customer_card(view, seal, customer_id, is_full=is_full)
            except UnknownCustomer:
                if turn == TURNS or reader.newest().id == view.run.id:
                    raise
                continue
            if turn == TURNS or reader.newest().id == view.run.id:
                yield view, card
                return


def customer_card(view: View, seal: Seal, customer_id: str, *, is_full: bool = False) -> Card:
    """
    Everything about one customer, by any id of the person.

    Args:
        view: Of the run.
        seal: Opens what is personal.
        customer_id: As the shop's files have it.
        is_full: With all columns and the newest moves, which stand in files.

    Raises:
        UnknownCustomer: The run knows nobody of that id, nor of another one of the person.
    """
    with view.parts.ledger.reading() as connection:
        members = members_of(connection, [customer_id])[customer_id]
        person = person_ids(connection, [customer_id])[customer_id]
        live = live_rows(connection, [customer_id]).get(person)
        if live is not None and live.run_id > view.run.id:
            live = None  # of a run that was published since the view began: it would mix the two
        since = [] if live is None else _since(connection, live)
        known = contacts(connection, seal, members)
        statuses = set(status_of(connection, members).values())
    names = tuple(dict.fromkeys((person, *members)))
    found = _in_memory(view, names)
    if found is None and live is None:
        raise UnknownCustomer(customer=customer_id[:60], as_of=view.as_of)
    name = str(found[ID]) if found is not None else person
    figures = dict(found or dict.fromkeys(COLUMNS))
    read = partial(_moves, view, name)
    moves: list[dict[str, Any]] = []
    if is_full:
        figures, moves = _in_files(view, name) | figures, read()
    if live is not None:
        figures |= {**live.scores, **live.tiers, ID: name}
    return Card(
        name,
        members,
        figures,
        reasons_of(view, figures, (lambda: moves) if is_full else read, live),
        [*since, *moves],
        tuple(known[each] for each in sorted(known)),
        "erased" if "erased" in statuses else "active" if "active" in statuses else "unknown",
        live,
    )


def _since(connection: Connection, live: LiveRow) -> list[dict[str, Any]]:
    """Moves since the run that a live row goes on from, the newest first."""
    row = MOVE.c
    query = select(row.customer_id, row.axis, row.from_, row.to_, row.cause, row.evidence, row.as_of)
    query = query.where(row.customer_id == live.customer_id, row.run_id == live.run_id)
    found = connection.execute(query.order_by(row.id.desc()).limit(MOST_MOVES)).mappings()
    return [{**each, "run_seq": None} for each in found]


def _in_memory(view: View, names: Sequence[str]) -> dict[str, Any] | None:
    """The row of a person, under whichever id the run knew it."""
    rows = ask(view, f"select * from {CUSTOMERS} where {ID} in (select unnest($names))", names=list(names))
    first = {name: rank for rank, name in enumerate(names)}
    return min(rows, key=lambda row: first[row[ID]]) if rows else None


def _in_files(view: View, name: str) -> dict[str, Any]:
    """All columns of one customer."""
    figures: dict[str, Any] = {}
    with view.files() as engine:
        for table in (each for each in FILES if each in view.tables):
            sql = f"select * from {identifier(table)} where {ID} = $name"
            found = engine.arrow(sql, name=name).to_pylist()
            figures |= found[0] if found else {}
    return figures


def _moves(view: View, name: str) -> list[dict[str, Any]]:
    """The newest moves of one customer."""
    return [dict(row) for row in moves_page(view, MovesAsked(MOST_MOVES, customer_id=name)).rows]

"""Who is under age: told by a month of birth or by a flag, and left alone until a guardian has agreed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import delete, select

from evergrove.ledger import upsert
from evergrove.people.parts import among, in_parts
from evergrove.people.tables import age_mark

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping
    from datetime import datetime

    from sqlalchemy import Connection

Mark = tuple[str | None, bool | None]
"""Month of birth, YYYY-MM, and whether a file calls the customer under age; None: not told."""
LEAST_AGE = 14


def store_ages(connection: Connection, told: Mapping[str, Mark], now: datetime) -> int:
    """
    Write down what is told of ages; what is not told stays as it is known.

    Args:
        connection: Of a ``writing`` block.
        told: Customer to month of birth and flag.
        now: When.

    Returns:
        How many customers that is news of.
    """
    said = {customer: mark for customer, mark in told.items() if mark != (None, None)}
    known = _marks(connection, said)
    rows = []
    for customer, (born, flag) in said.items():
        before = known.get(customer, (None, None))
        after = (born or before[0], before[1] if flag is None else flag)
        if after != before:
            rows.append({"customer_id": customer, "born": after[0], "is_minor": after[1], "recorded_at": now})
    upsert(connection, age_mark, rows, ["customer_id"])
    return len(rows)


def forget_age(connection: Connection, customer_id: str) -> None:
    """Forget what was told of a customer's age."""
    connection.execute(delete(age_mark).where(age_mark.c.customer_id == customer_id))


def minors_among(
    connection: Connection, customer_ids: Collection[str], moment: datetime, least_age: int
) -> set[str]:
    """
    Who of some customers is under age at a moment, as far as anything is told.

    Args:
        connection: Of any block.
        customer_ids: Any.
        moment: At which.
        least_age: From the month after this birthday on nobody is under age; 0: nobody ever is.
    """
    if not least_age:
        return set()
    return {
        customer
        for customer, (born, flag) in _marks(connection, customer_ids).items()
        if is_minor(born, flag, moment, least_age)
    }


def all_minors(connection: Connection, moment: datetime, least_age: int) -> set[str]:
    """Everybody who is under age at a moment, as far as anything is told."""
    if not least_age:
        return set()
    column = age_mark.c
    told = select(column.customer_id, column.born, column.is_minor).where(
        column.is_minor.is_(True) | (column.born >= f"{moment.year - least_age:04d}")
    )
    return {
        customer
        for customer, born, flag in connection.execute(told)
        if is_minor(born, flag, moment, least_age)
    }


def is_minor(born: str | None, flag: bool | None, moment: datetime, least_age: int) -> bool:  # noqa: FBT001 - as it is stored
    """
    Whether somebody counts as under age: to the end of the month of the birthday, since no day is kept.

    A birthday outweighs a flag that says no, and one that says yes once the age is reached.
    """
    if born is None:
        return bool(flag)
    year, month = int(born[:4]), int(born[5:7])
    return (moment.year, moment.month) <= (year + least_age, month)


def _marks(connection: Connection, customer_ids: Collection[str]) -> dict[str, Mark]:
    found: dict[str, Mark] = {}
    for part in in_parts(customer_ids):
        rows = connection.execute(_MARKS, {"some": part})
        found |= {customer: (born, flag) for customer, born, flag in rows}
    return found


_MARKS = select(age_mark.c.customer_id, age_mark.c.born, age_mark.c.is_minor).where(
    among(age_mark.c.customer_id)
)

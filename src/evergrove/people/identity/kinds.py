"""
The kinds of identifiers, the strongest first, and what each may do: the one place where this is declared.

Customers who share a value are one person, unless one of three rules speaks against it:

- a kind that does not join never makes one person of two: a device is handed on, and stands in shops and libraries;
- a value that would join more than ``most`` persons is shared (a family's phone, the till's own number) and joins
  nobody;
- a person has one value at most of a kind that ``is_one``: two member numbers are two members. Whatever would bring
  two such values together joins nobody.

Kinds are taken in this order, so that a weak identifier is judged by what the strong ones have made of customers,
never by what came in first.
"""

from __future__ import annotations

from dataclasses import dataclass

MOST = 5
"""A household: more persons than this behind one phone or address are no longer one person's mistake."""


@dataclass(frozen=True)
class Kind:
    """
    One kind of identifier.

    Attributes:
        name: As it is stored, and the role of its column in files.
        joins: Whether customers who share a value may be one person.
        is_one: Whether a person has at most one value of it.
        most: Persons that one value may join; None: any number of them.
    """

    name: str
    joins: bool = True
    is_one: bool = False
    most: int | None = None


KINDS = (
    Kind("member_no", is_one=True),
    Kind("union_id", is_one=True),
    Kind("external_id"),
    Kind("open_id"),
    Kind("phone", most=MOST),
    Kind("email", most=MOST),
    Kind("device_id", joins=False),
)
"""By strength: what the shop itself gave out, then what a platform did, then what a person typed."""
BY_NAME = {kind.name: kind for kind in KINDS}
JOINING = tuple(kind for kind in KINDS if kind.joins)
ONES = frozenset(kind.name for kind in KINDS if kind.is_one)

HAND = "hand"
"""Kind of a pair that a person has joined; its value is the pair's name. It comes before all others."""
APART = "apart"
"""Kind under which a customer is held apart from whatever rules would join; its value is empty."""

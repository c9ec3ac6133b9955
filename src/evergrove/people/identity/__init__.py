"""Who is who: identifiers of customers, which of them are one person, and why; every joining can be undone."""

from __future__ import annotations

from typing import TYPE_CHECKING

from evergrove.core.lazy import loader

if TYPE_CHECKING:
    from evergrove.people.identity.by_hand import merge, unmerge
    from evergrove.people.identity.forgetting import forget_identifiers
    from evergrove.people.identity.kinds import KINDS, Kind
    from evergrove.people.identity.log import newest_word, persons_at, rebuilt_persons
    from evergrove.people.identity.members import members_of, person_ids, persons_now
    from evergrove.people.identity.normal import normal_form, region_of
    from evergrove.people.identity.settling import Unsettled, settle_persons, unsettled
    from evergrove.people.identity.showing import identifiers_of, joinings_of
    from evergrove.people.identity.store import take_identifiers
    from evergrove.people.identity.types import Identifier, Joining, KnownIdentifier, Settled, Taken

__all__ = [
    "KINDS",
    "Identifier",
    "Joining",
    "Kind",
    "KnownIdentifier",
    "Settled",
    "Taken",
    "Unsettled",
    "forget_identifiers",
    "identifiers_of",
    "joinings_of",
    "members_of",
    "merge",
    "newest_word",
    "normal_form",
    "person_ids",
    "persons_at",
    "persons_now",
    "rebuilt_persons",
    "region_of",
    "settle_persons",
    "take_identifiers",
    "unmerge",
    "unsettled",
]

_HERE = "evergrove.people.identity"
__getattr__ = loader(
    globals(),
    {
        "Identifier": f"{_HERE}.types",
        "Joining": f"{_HERE}.types",
        "KINDS": f"{_HERE}.kinds",
        "Kind": f"{_HERE}.kinds",
        "KnownIdentifier": f"{_HERE}.types",
        "Settled": f"{_HERE}.types",
        "Taken": f"{_HERE}.types",
        "Unsettled": f"{_HERE}.settling",
        "forget_identifiers": f"{_HERE}.forgetting",
        "identifiers_of": f"{_HERE}.showing",
        "joinings_of": f"{_HERE}.showing",
        "members_of": f"{_HERE}.members",
        "merge": f"{_HERE}.by_hand",
        "newest_word": f"{_HERE}.log",
        "normal_form": f"{_HERE}.normal",
        "person_ids": f"{_HERE}.members",
        "persons_at": f"{_HERE}.log",
        "persons_now": f"{_HERE}.members",
        "rebuilt_persons": f"{_HERE}.log",
        "region_of": f"{_HERE}.normal",
        "settle_persons": f"{_HERE}.settling",
        "take_identifiers": f"{_HERE}.store",
        "unmerge": f"{_HERE}.by_hand",
        "unsettled": f"{_HERE}.settling",
    },
)

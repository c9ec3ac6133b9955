"""Which links make one person of several customers: a function of all links at once, whatever came in first. Pure."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

from evergrove.people.identity.kinds import BY_NAME, HAND, JOINING, ONES
from evergrove.people.identity.types import Link

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping

SHARED = "people.shared_identifier"
CONFLICT = "people.two_persons"


class Persons:
    """Customers in groups, each with the values that a person has only one of."""

    def __init__(self) -> None:
        self._parent: dict[str, str] = {}
        self._ones: dict[str, set[tuple[str, str]]] = {}

    def add(self, link: Link) -> None:
        """Know a value of which a person has only one."""
        self._ones.setdefault(self.find(link.customer_id), set()).add((link.kind, link.value_hash))

    def find(self, customer: str) -> str:
        """The name of a customer's group: the least of its members."""
        parent = self._parent
        top = customer
        while (above := parent.get(top, top)) != top:
            top = above
        while (above := parent.get(customer, customer)) != top:
            parent[customer], customer = top, above
        return top

    def join(self, customers: Iterable[str]) -> str:
        """Make one group of those of some customers; its name."""
        groups = {self.find(customer) for customer in customers}
        top = min(groups)
        for group in groups - {top}:
            self._parent[group] = top
            if group in self._ones:
                self._ones.setdefault(top, set()).update(self._ones.pop(group))
        return top

    def is_contradictory(self, groups: Iterable[str]) -> bool:
        """Whether groups together have two different values of a kind of which a person has one."""
        kinds = [kind for kind, _value in set().union(*(self._ones.get(group, ()) for group in groups))]
        return len(kinds) > len(set(kinds))

    def names(self) -> dict[str, str]:
        """Customers who stand under another's name, and that name."""
        return {customer: top for customer in self._parent if (top := self.find(customer)) != customer}


def judge(links: Collection[Link], apart: Collection[str] = ()) -> tuple[set[Link], dict[Link, str]]:
    """
    Which links join customers, and which are held back, with the reason.

    Kind after kind, the strongest first; within a kind all values at once, so that none comes first. Where values
    of one kind would together bring two persons into one, none of these values joins anybody.

    Args:
        links: All that are shared by several customers, and all of kinds of which a person has only one.
        apart: Customers whom a person has set apart: rules look past them, hands do not.

    Returns:
        Those that join, and code by link of those held back. Links to a value that one customer alone has are
        in neither.
    """
    persons, joined, held = Persons(), set[Link](), dict[Link, str]()
    by_kind: dict[str, dict[str, set[Link]]] = defaultdict(lambda: defaultdict(set))
    for link in links:
        if link.kind in ONES:
            persons.add(link)
        if link.kind == HAND or link.customer_id not in apart:
            by_kind[link.kind][link.value_hash].add(link)
    for kind in (HAND, *(each.name for each in JOINING)):
        values = [shared for shared in by_kind[kind].values() if len(shared) > 1]
        most = None if kind == HAND else BY_NAME[kind].most
        for reason, faulty in _faults(persons, values, most):
            held |= dict.fromkeys(faulty, reason)
        for shared in values:
            if not shared & held.keys():
                persons.join(link.customer_id for link in shared)
                joined |= shared
    return joined, held


def _faults(
    persons: Persons, values: Collection[set[Link]], most: int | None
) -> Iterable[tuple[str, set[Link]]]:
    """The values of one kind that may join nobody, judged by the persons that stronger kinds have made."""
    left = []
    for shared in values:
        groups = {persons.find(link.customer_id) for link in shared}
        if most is not None and len(groups) > most:
            yield SHARED, shared
        elif len(groups) > 1 and persons.is_contradictory(groups):
            yield CONFLICT, shared
        else:
            left.append((shared, groups))
    # One value by itself may be harmless and a chain of several not: then nobody can tell which one lies.
    chain = Persons()
    for _shared, groups in left:
        chain.join(groups)
    together: dict[str, set[str]] = defaultdict(set)
    for _shared, groups in left:
        together[chain.find(min(groups))] |= groups
    wrong = {top for top, groups in together.items() if len(groups) > 1 and persons.is_contradictory(groups)}
    for shared, groups in left:
        if len(groups) > 1 and chain.find(min(groups)) in wrong:
            yield CONFLICT, shared


def persons_of(joined: Iterable[Link]) -> dict[str, str]:
    """
    Customer to person, where the two differ; a person is named after the least of the customers.

    Args:
        joined: The links that count.
    """
    persons, first = Persons(), dict[tuple[str, str], str]()
    for link in joined:
        persons.join((link.customer_id, first.setdefault((link.kind, link.value_hash), link.customer_id)))
    return persons.names()


def groups_of(persons: Mapping[str, str]) -> dict[str, tuple[str, ...]]:
    """Each person of several customers, and all of these."""
    found: dict[str, set[str]] = defaultdict(set)
    for customer, person in persons.items():
        found[person] |= {customer, person}
    return {person: tuple(sorted(members)) for person, members in found.items()}

"""What the last night knew of customers, for letters that name it: read for many messages at once."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import replace
from decimal import ROUND_CEILING, Decimal
from typing import TYPE_CHECKING, Any

import numpy as np

from evergrove.delivery.errors import TemplateProblem
from evergrove.delivery.letters.store import letters_of
from evergrove.delivery.rendering.catalogue import BY_NIGHT
from evergrove.delivery.rendering.checking import named_values
from evergrove.delivery.rendering.shipped import shipped
from evergrove.people.identity import members_of, person_ids
from evergrove.segments.codes import Criterion
from evergrove.segments.states.placement import read_placement
from evergrove.segments.tiers.combine import combined
from evergrove.warehouse import identifier, literal, newest_snapshot, open_engine

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

    from sqlalchemy import Connection

    from evergrove.delivery.rendering.types import Letter
    from evergrove.outbox import Claim
    from evergrove.segments.states.placement import Placement
    from evergrove.warehouse import Engine, Snapshot
    from evergrove.warehouse.types import Shelf

ID = "customer_id"
BANDS = {each: f"{each.name.lower()}_band" for each in Criterion}
"""Columns that say which band a customer has reached; what is predicted has none."""
READ: Mapping[str, tuple[str, ...]] = {
    "scores": ("spend_12m", "currency"),
    "tiers": tuple(BANDS.values()),
    "traits": ("top_category", "last_product"),
}
"""Columns by table of the night; attributes all of them: what is personal is in no table of a night."""
CURRENCY = "currency"
_NOTHING: Mapping[str, Any] = {}


def night_values(
    connection: Connection, warehouse: Shelf, customer_ids: Collection[str]
) -> dict[str, dict[str, Any]]:
    """
    Values of letters as the newest night published them, raw; what is not known of a customer is not among them.

    Args:
        connection: Of any block; says which night is the newest, and who is one person.
        warehouse: Its tables are sorted by customer, so that few customers are found in milliseconds.
        customer_ids: Any ids of the persons.
    """
    seen = newest_snapshot(connection, "run")
    if seen is None or not customer_ids:
        return {}
    members, persons = members_of(connection, customer_ids), person_ids(connection, customer_ids)
    names = {each: tuple(dict.fromkeys((persons[each], *members[each]))) for each in customer_ids}
    with open_engine(threads=1) as engine:
        rows = _rows(engine, warehouse, seen, {name for group in names.values() for name in group})
    placement = read_placement(seen.details["placement"])
    found = {
        customer: next((rows[name] for name in group if name in rows), _NOTHING)
        for customer, group in names.items()
    }
    return {customer: _values(row, placement) for customer, row in found.items()}


def _rows(
    engine: Engine, warehouse: Shelf, seen: Snapshot, names: Collection[str]
) -> dict[str, dict[str, Any]]:
    """What the tables say, by the name under which the night knew somebody."""
    found: dict[str, dict[str, Any]] = defaultdict(dict)
    listed = ", ".join(map(literal, sorted(names)))
    for table, columns in READ.items():
        if not warehouse.show(engine, seen, table):
            continue
        there = {row[0] for row in engine.run(f"describe {identifier(table)}")}
        wanted = ", ".join(identifier(each) for each in (ID, *columns) if each in there)
        sql = f"select {wanted} from {identifier(table)} where {ID} in ({listed})"
        for row in engine.arrow(sql).to_pylist():
            found[row.pop(ID)] |= row
    return found


def _values(row: Mapping[str, Any], placement: Placement) -> dict[str, Any]:
    spend: Decimal | None = row.get("spend_12m")
    found = {
        "spend_12m": str(spend) if spend is not None and spend > 0 else None,
        "spend_to_high": None if spend is None else missing_to_high(row, spend, placement),
        "favourite_category": row.get("top_category"),
        "last_product": row.get("last_product"),
        CURRENCY: row.get("currency"),
    }
    return {name: value for name, value in found.items() if value}


def missing_to_high(row: Mapping[str, Any], spend: Decimal, placement: Placement) -> str | None:
    """
    How much more makes the top tier, rounded up; None where spend alone does not, or nothing is missing.

    A letter promises the tier for it: a customer whose orders are too few or too small is told no amount.
    """
    rules, bounds = placement.policy.rules, placement.yardsticks.bounds
    if bounds is None or Criterion.SPEND not in rules.criteria or not np.isfinite(bounds.spend[-1]):
        return None
    missing = (Decimal(str(bounds.spend[-1])) - spend).to_integral_value(ROUND_CEILING)
    bands = [
        rules.top if each is Criterion.SPEND else _band(row.get(BANDS[each]), rules.keys)
        for each in rules.criteria
    ]
    if missing <= 0 or None in bands:
        return None
    (tier,) = combined(np.array([bands], dtype=np.int8).T, rules)
    return str(missing) if tier == rules.top else None


def _band(name: str | None, keys: Sequence[str]) -> int | None:
    return keys.index(name) if name in keys else None


class NightValues:
    """What nights know of the customers of some messages, for the length of a run of sending over one channel."""

    def __init__(self, warehouse: Shelf | None) -> None:
        """``warehouse`` None: nothing is known of anybody."""
        self._warehouse = warehouse
        self._known: dict[str, dict[str, Any]] = {}
        self._named: dict[tuple[str, int], frozenset[str]] = {}

    def read_ahead(self, connection: Connection, claims: Sequence[Claim]) -> None:
        """Read what letters of some messages need, all at once and before a transaction holds up others."""
        self._known = {}
        own = letters_of(connection, {each.message.template for each in claims})
        self._read(connection, claims, own)

    def added(
        self, connection: Connection, claims: Sequence[Claim], own: Mapping[str, Letter]
    ) -> list[Claim]:
        """
        Messages with those of these values that their letters name; what a playbook gives itself stays.

        Args:
            connection: Of the transaction in which they are begun.
            claims: The messages.
            own: The shop's own letters.
        """
        self._read(connection, claims, own)  # of a letter that was changed a moment ago
        return [self._with(each, self._names(each, own)) for each in claims]

    def _read(self, connection: Connection, claims: Sequence[Claim], own: Mapping[str, Letter]) -> None:
        wanted = {each.message.customer_id for each in claims if self._names(each, own)} - self._known.keys()
        if wanted and self._warehouse is not None:
            self._known |= {key: {} for key in wanted} | night_values(connection, self._warehouse, wanted)

    def _with(self, claim: Claim, names: Collection[str]) -> Claim:
        known = self._known.get(claim.message.customer_id, _NOTHING)
        given = {name: known[name] for name in names if name in known}
        if not given:
            return claim
        if CURRENCY in known:
            given[CURRENCY] = known[CURRENCY]
        return replace(claim, message=replace(claim.message, params={**given, **claim.message.params}))

    def _names(self, claim: Claim, own: Mapping[str, Letter]) -> frozenset[str]:
        """Which of these values the letter of a message names; one that is not there names none."""
        try:
            letter = own.get(claim.message.template) or shipped(claim.message.template)
        except TemplateProblem:
            return frozenset()
        key = (letter.name, letter.version)
        if key not in self._named:
            self._named[key] = BY_NIGHT.intersection(named_values(letter))
        return self._named[key]

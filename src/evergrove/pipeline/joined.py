"""What joining customers, or taking them apart, means for a night: whose yesterday is whose, and who is other than then."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

import numpy as np

from evergrove.ingest.facts.persons import PERSONS, as_persons
from evergrove.warehouse import identifier

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from evergrove.segments import Roster
    from evergrove.segments.types import Bools
    from evergrove.warehouse import Engine


def under_todays_names(engine: Engine, table: str, into: str) -> None:
    """
    Yesterday's states under the names that persons have today.

    Where several of yesterday's customers are one today, the one whose name stayed lends its state, else the least.

    Args:
        engine: Holds the table, and persons as ``show_facts`` has left them.
        table: Of yesterday, by customer_id.
        into: Name of the table that is made.
    """
    engine.drop(into)
    if PERSONS not in engine.names:
        engine.view(into, f"select * from {identifier(table)}")
        return
    told = f"select customer_id as was, * from {identifier(table)}"
    engine.create(
        into,
        f"select * exclude (was) from ({as_persons(engine, told)})"
        " qualify row_number() over (partition by customer_id order by was <> customer_id, was) = 1",
    )


def rejoined(
    engine: Engine, roster: Roster, table: str, before: Mapping[str, str], now: Mapping[str, str]
) -> Bools | None:
    """
    Who of a roster is other customers than the night before; None: nobody is. Shape (N,).

    Args:
        engine: Holds the roster, and yesterday's states under the names of then.
        roster: Of today.
        table: Name of those states.
        before: Customer to person in the night before, where the two differ.
        now: The same today.
    """
    if before == now:
        return None
    touched = sorted({*before, *before.values(), *now, *now.values()})
    stood = _among(engine, table, {before.get(name, name) for name in touched})
    changed = _changed(touched, before, now, stood)
    found = np.zeros(len(roster), dtype=np.bool_)
    if changed:
        engine.register("changed_persons", {"customer_id": np.array(sorted(changed), dtype=object)})
        rows = engine.arrays("select r.row from roster r semi join changed_persons using (customer_id)")[
            "row"
        ]
        engine.unregister("changed_persons")
        found[rows] = True
    return found


def _among(engine: Engine, table: str, names: Collection[str]) -> set[str]:
    """Those of some names that a table has."""
    engine.register("asked_persons", {"customer_id": np.array(sorted(names), dtype=object)})
    rows = engine.run(
        f"select customer_id from {identifier(table)} semi join asked_persons using (customer_id)"
    )
    engine.unregister("asked_persons")
    return {str(name) for (name,) in rows}


def _changed(
    touched: Collection[str], before: Mapping[str, str], now: Mapping[str, str], stood: Collection[str]
) -> set[str]:
    """
    Persons of today who are not exactly one of the persons who stood there yesterday.

    A customer of whom nothing was known yesterday joins a person as a new order does: that is news, and no change of
    who the person is.
    """
    were: dict[str, set[str]] = defaultdict(set)  # person of today -> those of yesterday
    became: dict[str, set[str]] = defaultdict(set)
    for customer in touched:
        then, today = before.get(customer, customer), now.get(customer, customer)
        if then in stood:
            were[today].add(then)
            became[then].add(today)
    return {
        today for today, then in were.items() if len(then) > 1 or any(len(became[name]) > 1 for name in then)
    }

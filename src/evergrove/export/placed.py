"""The table ``tiers`` from the states of a night: as a query of everybody, and as rows of a few."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from evergrove.export.coding import coded, plain, registrable
from evergrove.export.states import PLACED_WORDS, TIER_COLUMNS
from evergrove.segments.states.roster import BAND, CHECKS, LAST_CHECK, OWN_TIER, RISEN_ON, SINCE
from evergrove.warehouse import identifier

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from evergrove.segments.states.place import States
    from evergrove.warehouse import Engine


def tiers_query(engine: Engine, states: States) -> str:
    """
    The query behind the table ``tiers``.

    Args:
        engine: Holds the roster that the states are lined up with.
        states: Of today.
    """
    arrays, words = _states_of(states)
    sql = {name: coded(f"s.{name}", words[name]) if name in words else f"s.{name}" for name in arrays}
    rows = {"row": np.arange(len(states), dtype=np.int32)}
    engine.register("placed", rows | {name: registrable(values) for name, values in arrays.items()})
    chosen = ", ".join(
        f"cast({sql.get(c.name, c.sql or 'null')} as {c.type}) as {identifier(c.name)}" for c in TIER_COLUMNS
    )
    return f"select {chosen} from roster r join placed s on s.row = r.row"


def tiers_of(states: States, rows: NDArray[np.int64]) -> list[dict[str, Any]]:
    """
    The same of some customers, without SQL: of a few it is the quicker way.

    Args:
        states: Of today.
        rows: Whose, by their place in the roster. Shape (n,).

    Returns:
        By column, all but ``customer_id``; None for NULL.
    """
    arrays, words = _states_of(states)
    columns = [
        plain(arrays[c.name][rows], words.get(c.name)) if c.name in arrays else [None] * len(rows)
        for c in TIER_COLUMNS[1:]
    ]
    names = [c.name for c in TIER_COLUMNS[1:]]
    return [dict(zip(names, row, strict=True)) for row in zip(*columns, strict=True)]


def _states_of(states: States) -> tuple[dict[str, NDArray[Any]], dict[str, Sequence[str]]]:
    """Columns of ``tiers`` as arrays, shape (N,) each; and what the codes of those are called that are words."""
    arrays: dict[str, NDArray[Any]] = {
        column.name: getattr(states, column.name) for column in TIER_COLUMNS[1:] if column.sql
    }
    words = dict(PLACED_WORDS)
    if states.rules is None or states.held is None:
        return arrays, words
    for criterion, held in states.held.items():
        name = criterion.name.lower()
        values = (held.tier, held.since, held.lower_checks, held.last_check)
        arrays |= zip((each.format(name) for each in (BAND, SINCE, CHECKS, LAST_CHECK)), values, strict=True)
        words[BAND.format(name)] = states.rules.keys
    if states.risen_on is not None:
        arrays[RISEN_ON] = states.risen_on
    if states.own is not None:
        arrays[OWN_TIER], words[OWN_TIER] = states.own, states.rules.keys
    return arrays, words

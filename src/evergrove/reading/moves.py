"""Who moved, when and why: rows of ``transitions``, the newest first, a page at a time."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from evergrove.pipeline.nights import TRANSITIONS
from evergrove.reading.columns import ID

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import date

    from evergrove.reading.shelf import View

Key = tuple[int, str, str]
"""Where a page ends: number of the run, customer, axis."""


@dataclass(frozen=True)
class MovesAsked:
    """
    Which moves.

    Attributes:
        limit: Rows at most.
        after: Where the page before ended; None: the first page.
        customer_id: Of this customer alone; empty: of all.
        since, until: Runs of these days, both inclusive.
        axis, cause, from_, to_: Only these; empty: any.
    """

    limit: int = 50
    after: Key | None = None
    customer_id: str = ""
    since: date | None = None
    until: date | None = None
    axis: str = ""
    cause: str = ""
    from_: str = ""
    to_: str = ""


@dataclass(frozen=True)
class MovesPage:
    """Some moves, columns as in ``transitions`` with ``evidence`` as an object; and where the page ends, if there are more."""

    rows: Sequence[Mapping[str, Any]]
    after: Key | None


def moves_page(view: View, asked: MovesAsked) -> MovesPage:
    """A page of moves, the newest run first, and by customer within it."""
    if TRANSITIONS not in view.tables:
        return MovesPage((), None)
    values: dict[str, Any] = {
        name: value
        for name in ("axis", "cause", "from_", "to_", "customer_id", "since", "until")
        if (value := getattr(asked, name))
    }
    compared = {"since": "as_of >= $since", "until": "as_of <= $until"}
    parts = [compared.get(name, f"{name} = ${name}") for name in values]
    if asked.after is not None:
        values |= dict(zip(("run", "who", "what"), asked.after, strict=True))
        parts.append(f"(run_seq < $run or (run_seq = $run and ({ID}, axis) > ($who, $what)))")
    sql = (
        f"select * from {TRANSITIONS} where {' and '.join(parts) or 'true'}"
        f" order by run_seq desc, {ID}, axis limit {asked.limit + 1}"
    )
    with view.files() as engine:
        rows = engine.arrow(sql, **values).to_pylist()
    read = [{**row, "evidence": json.loads(row["evidence"] or "null")} for row in rows]
    shown = read[: asked.limit]
    last = shown[-1] if len(read) > asked.limit else None
    return MovesPage(shown, None if last is None else (last["run_seq"], last[ID], last["axis"]))


def counted_moves(view: View, since: date, until: date) -> list[dict[str, Any]]:
    """How many moved between two days, both inclusive, by axis, from where, to where and cause; the most first."""
    if TRANSITIONS not in view.tables:
        return []
    sql = (
        f"select axis, from_, to_, cause, count(*) as customers from {TRANSITIONS}"
        " where as_of between $since and $until group by all order by customers desc, axis, from_, to_, cause"
    )
    with view.files() as engine:
        found: list[dict[str, Any]] = engine.arrow(sql, since=since, until=until).to_pylist()
    return found

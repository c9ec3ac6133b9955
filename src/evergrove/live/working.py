"""One pass over some persons: the night over their facts and what has come in since."""

from __future__ import annotations

from collections.abc import Callable, Collection
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from evergrove.ingest import Import, facts_noted
from evergrove.ingest.events.content import Money, fact_rows
from evergrove.ingest.events.facts import take
from evergrove.ingest.facts.rates import has_rates
from evergrove.live.answers import Answers, rows_and_moves
from evergrove.live.types import Worked
from evergrove.live.window import Window, near_of
from evergrove.pipeline.nightly import stand, value

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import date, datetime

    from evergrove.live.bench import Bench
    from evergrove.live.ground import Base, Ground
    from evergrove.warehouse import Engine

Waiting = Callable[[Collection[str]], "Sequence[Mapping[str, Any]]"]
"""Gives the waiting events of some customers."""
ALL_KEYS = f"""
select order_key, hash(order_key) as hashed, sum(stored) as stored
from (select order_key, 1 as stored from {near_of("orders")} union all select order_key, 0 as stored from told_orders)
group by order_key
"""
STORED_KEYS = f"""
select order_key, hash(order_key) as hashed, count(*) as stored
from {near_of("orders")} group by order_key
"""


@dataclass(frozen=True)
class Asked:
    """
    Whom a pass looks at, by one consistent view of the ledger.

    Attributes:
        ground: What it stands on.
        customers: All ids of the persons who are looked at.
        marks: By customer, the mark that is answered.
        off: Who of these is not to be valued, and why.
        as_of: The shop's day.
    """

    ground: Ground
    customers: frozenset[str]
    marks: Mapping[str, int]
    off: Mapping[str, str]
    as_of: date


def gather(
    engine: Bench,
    base: Base,
    ground: Ground,
    customers: Collection[str],
    waiting: Waiting,
    now: datetime,
) -> tuple[Window, frozenset[str]]:
    """
    Fetch the facts of some persons, and make facts of what waits of them.

    An order that another customer claims, too, is judged with both: then both are looked at.

    Args:
        engine: Of the pass.
        base: With what passes stand on.
        ground: The same.
        customers: Of whom something came in.
        waiting: Gives the waiting events of some customers.
        now: When.

    Returns:
        The facts; and all ids of everybody who is looked at, but for the companion.
    """
    window, group = Window(ground.far), ground.persons_of(customers)
    while True:
        window.look_at(engine, group | {ground.companion})
        has_news = _taken(engine, window, ground, waiting(group), now)
        others = _claiming(engine, base, window, has_news=has_news) - group - {ground.companion}
        if not others:
            if has_news:
                window.take_in(engine)
            return window, group
        group = ground.persons_of(group | others)


def _taken(
    engine: Engine, window: Window, ground: Ground, events: Sequence[Mapping[str, Any]], now: datetime
) -> bool:
    """Make facts of waiting events, as the next import will; False when there are none."""
    money = Money(facts_noted(ground.seen).currency, has_rates(ground.seen))
    rows, _refused = fact_rows(events, money)
    if rows:
        take(engine, rows, ground.zone, window, Import(ground.seq, now, ground.seen))
    return bool(rows)


def _claiming(engine: Engine, base: Base, window: Window, *, has_news: bool) -> set[str]:
    """Whoever else tells of an order of which the facts at hand tell."""
    keys = engine.arrays(ALL_KEYS if has_news else STORED_KEYS)
    hashed = np.asarray(keys["hashed"], dtype=np.uint64)
    elsewhere = base.keys.of(hashed) > np.asarray(keys["stored"], dtype=np.int64)
    return (
        window.owners(engine, [str(key) for key in keys["order_key"][elsewhere]])
        if elsewhere.any()
        else set()
    )


def work_out(engine: Engine, window: Window, asked: Asked, now: datetime) -> Worked:
    """
    Where the persons stand who are looked at.

    Args:
        engine: With the facts, as ``gather`` left it.
        window: The same.
        asked: Who they are.
        now: When.
    """
    ground, names = asked.ground, asked.customers
    if ground.is_for_runs_only:
        return Worked((), (), names)
    known = replace(
        ground.known,
        as_of=asked.as_of,
        persons=_among(ground.known.persons, names),
        yesterday=replace(ground.yesterday, persons=_among(ground.yesterday.persons, names)),
        unprofiled=asked.off or None,
    )
    valued = value(engine, window, ground.seen, known, _silent)
    with ThreadPoolExecutor(1, thread_name_prefix="evergrove-intervals") as lane:
        with_intervals = lane.submit(valued.bounded)  # as in a night: nothing else goes by them
        stood = stand(engine, window, valued)
        scored = with_intervals.result()
    persons = {ground.known.persons.get(name, name) for name in names} - asked.off.keys()
    marks: dict[str, dict[str, int]] = {}
    for customer, seq in asked.marks.items():
        marks.setdefault(ground.known.persons.get(customer, customer), {})[customer] = seq
    answers = Answers(ground, valued, stood, scored, persons, marks)
    rows, moves = rows_and_moves(engine, answers, now)
    return Worked(rows, moves, names)


def _among(persons: Mapping[str, str], names: Collection[str]) -> dict[str, str]:
    return {name: persons[name] for name in names if name in persons}


def _silent(_stage: str) -> None:
    """Announce nothing."""

"""Conditions that playbooks name, asked of a night's customers: one query for each, whatever the number of customers."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from evergrove.campaigns.conditions import known_words
from evergrove.pipeline.segmented import NAMED, consents_at, consents_in
from evergrove.segments.language.errors import InvalidSegment, TooSlow
from evergrove.segments.language.evaluating import Population
from evergrove.segments.language.membership import conditions_of
from evergrove.segments.language.parsing import parse
from evergrove.segments.language.store import definitions
from evergrove.segments.language.types import segments_in

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

    from numpy.typing import NDArray
    from sqlalchemy import Connection

    from evergrove.campaigns import Playbook
    from evergrove.pipeline.nights import Night
    from evergrove.segments.language.catalogue import Catalogue
    from evergrove.segments.language.types import Condition
    from evergrove.warehouse import Engine

LIMIT_S = 60.0
"""How long one condition may take; a playbook whose condition takes longer rests for the night."""


@dataclass(frozen=True, eq=False)
class Answers:
    """
    What conditions came to.

    Attributes:
        holding: Of whom each is true, by its text; arrays of shape (n,), in the night's order.
        unanswered: Those that could not be asked: what they name is gone, or they take too long.
    """

    holding: Mapping[str, NDArray[np.bool_]]
    unanswered: frozenset[str]


def ask_conditions(
    connection: Connection,
    engine: Engine,
    found: Night,
    playbooks: Sequence[Playbook],
    *,
    persons: Mapping[str, str],
    now: datetime,
) -> Answers:
    """
    Ask what some playbooks want to know of a night's customers.

    Args:
        connection: Of any block.
        engine: Holds the night.
        found: The night.
        playbooks: In every version that somebody is in or enters.
        persons: Customers who stand under another's name, and that name.
        now: The moment of which consent is asked.
    """
    texts = list(dict.fromkeys(text for each in playbooks for text in each.conditions))
    if not texts:
        return Answers({}, frozenset())
    words = known_words(connection)
    stored, _unread = conditions_of(definitions(connection), words)
    wanted, unanswered = _read(texts, words, stored)
    consents = consents_at(
        connection,
        consents_in([*wanted.values(), *stored.values()]),
        now,
        persons,
        least_age=found.settings.outreach.least_age,
    )
    ids = engine.arrays("select cast(customer_id as varchar) as customer_id from customer_summary")
    place = {str(name): row for row, name in enumerate(ids["customer_id"])}
    holding = {}
    with Population(
        engine, words, found.as_of, names=_tables(engine, found), consents=consents, limit_s=LIMIT_S
    ) as population:
        failed = _keep_segments(population, wanted, stored)
        for text, condition in wanted.items():
            members = None if failed.intersection(segments_in(condition)) else _members(population, condition)
            if members is None:
                unanswered.add(text)
            else:
                holding[text] = _mask(members, place)
    return Answers(holding, frozenset(unanswered))


def _read(
    texts: Sequence[str], words: Catalogue, stored: Mapping[str, Condition]
) -> tuple[dict[str, Condition], set[str]]:
    """Conditions by their texts; and those that cannot be read any more."""
    found: dict[str, Condition] = {}
    unread: set[str] = set()
    for text in texts:
        try:
            condition = parse(text, words)
        except InvalidSegment:  # the catalogue has changed since the playbook was put in
            unread.add(text)
            continue
        if all(key in stored for key in segments_in(condition)):
            found[text] = condition
        else:
            unread.add(text)
    return found, unread


def _keep_segments(
    population: Population, wanted: Mapping[str, Condition], stored: Mapping[str, Condition]
) -> set[str]:
    """Let conditions ask for the segments that they name; those that cannot be asked."""
    needed: set[str] = set()
    waiting = [key for each in wanted.values() for key in segments_in(each)]
    while waiting:
        key = waiting.pop()
        if key not in needed and key in stored:
            needed.add(key)
            waiting += segments_in(stored[key])
    failed: set[str] = set()
    for key, condition in stored.items():  # each after those that it asks for
        if key in needed:
            members = None if failed.intersection(segments_in(condition)) else _members(population, condition)
            if members is None:
                failed.add(key)
            else:
                population.keep(key, members)
    return failed


def _members(population: Population, condition: Condition) -> Any:
    try:
        return population.members(condition)
    except TooSlow:
        return None


def _mask(members: Any, place: Mapping[str, int]) -> NDArray[np.bool_]:
    mask = np.zeros(len(place), dtype=np.bool_)
    rows = [place[name] for name in members["customer_id"].to_pylist() if name in place]
    mask[rows] = True
    return mask


def _tables(engine: Engine, found: Night) -> dict[str, str]:
    """Under which names the night's tables stand; those that nobody has made yet are made."""
    names: dict[str, str] = {}
    queries: Mapping[str, str] | None = None
    for table in NAMED:
        if f"night_{table}" not in engine.names:
            queries = found.queries(engine) if queries is None else queries
            if table not in queries:
                continue
            engine.create(f"night_{table}", queries[table])
        names[table] = f"night_{table}"
    return names

"""From who is in a segment tonight to who entered, who left, when and why."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pyarrow as pa

from evergrove.core import stable_id
from evergrove.segments.language.catalogue import catalogue as shipped
from evergrove.segments.language.errors import InvalidSegment, TooSlow
from evergrove.segments.language.evaluating import MEMBERSHIP_SCHEMA
from evergrove.segments.language.store import in_order
from evergrove.segments.language.types import segments_in
from evergrove.warehouse import statement

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence
    from datetime import date

    from evergrove.segments.language.catalogue import Catalogue
    from evergrove.segments.language.evaluating import Population
    from evergrove.segments.language.store import Definition
    from evergrove.segments.language.types import Condition
    from evergrove.warehouse import Engine

KEPT_DAYS = 400
"""How long somebody who left is still told: a year can be compared with the one before."""
EARLIER_MEMBERS = "earlier_members"
REASONS = ("data", "definition", "identity", "consent")


@dataclass(frozen=True)
class Asked:
    """
    The segments of a night.

    Attributes:
        definitions: Those that hold, by key.
        before: The version of each that held the night before.
        consents: Arrow, as ``Population`` takes it.
        held: Those that a night could not ask, and whose members stayed; None: not known yet. For replays.
        catalogue: What conditions may name.
    """

    definitions: Mapping[str, Definition]
    before: Mapping[str, int]
    consents: Any = None
    held: tuple[str, ...] | None = None
    catalogue: Catalogue = field(default_factory=shipped)

    def basis(self, seq: int) -> str:
        """A name for what a run with these segments depends on: the newest definition, and what was said of consent."""
        told = self.consents.to_pylist() if self.consents is not None else []
        return stable_id("segments", seq, json.dumps(told, sort_keys=True))


def conditions_of(
    known: Mapping[str, Definition], catalogue: Catalogue
) -> tuple[dict[str, Condition], list[str]]:
    """The conditions of segments, each after those that it asks for; and the keys of those that cannot be asked."""
    found: dict[str, Condition] = {}
    for key, each in known.items():
        try:
            found[key] = each.condition(catalogue)
        except InvalidSegment:  # the catalogue has changed since
            continue
    ordered = {key: found[key] for key in in_order({key: segments_in(each) for key, each in found.items()})}
    return ordered, [key for key in known if key not in ordered]


def find_members(population: Population, asked: Asked) -> tuple[Any, tuple[str, ...]]:
    """
    Who is in which segment, and which could not be asked: what it names is gone, or it takes too long.

    Args:
        population: Of the day.
        asked: The segments.

    Returns:
        Arrow, segment and customer_id; and the keys that could not be asked.
    """
    conditions, unread = conditions_of(asked.definitions, asked.catalogue)
    held = set(unread if asked.held is None else asked.held)
    found = [MEMBERSHIP_SCHEMA.empty_table()]
    for key, condition in conditions.items():
        if key in held or held.intersection(segments_in(condition)):
            held.add(key)
            continue
        try:
            members = population.members(condition)
        except TooSlow:
            held.add(key)
            continue
        population.keep(key, members)
        found.append(_named(key, members))
    return pa.concat_tables(found), tuple(sorted(held))


def _named(key: str, members: Any) -> Any:
    columns = [pa.array([key] * len(members), pa.string()), members["customer_id"]]
    return pa.table(columns, schema=MEMBERSHIP_SCHEMA)


def form_members(
    engine: Engine,
    table: str,
    found: tuple[Any, Sequence[str]],
    asked: Asked,
    as_of: date,
    *,
    others: Collection[str] = (),
    unprofiled: Collection[str] = (),
) -> None:
    """
    Leave who is and was in which segment in a table.

    Args:
        engine: May hold ``earlier_members``, as the night before left them.
        table: To be made.
        found: As ``find_members`` found it.
        asked: The segments.
        as_of: The last day whose orders count.
        others: Customers who were joined, or taken apart, since the night before.
        unprofiled: Customers of whom nothing is computed.
    """
    members, held = found
    engine.register("members_tonight", members)
    engine.register("asked_segments", _segments(asked, set(held)))
    engine.register("other_persons", _customers(others))
    engine.register("unprofiled_tonight", _customers(unprofiled))
    if EARLIER_MEMBERS not in engine.names:
        engine.view(EARLIER_MEMBERS, _NOBODY)
    kept_since = as_of - timedelta(days=KEPT_DAYS)
    query = statement("evergrove.segments", "segment_membership")
    engine.create("formed_members", query, as_of=as_of, kept_since=kept_since)
    ordered = "select * from formed_members order by segment, customer_id, entered_on, exited_on"
    engine.create(table, ordered)
    engine.drop("formed_members", "members_tonight", "asked_segments", "other_persons", "unprofiled_tonight")


_NOBODY = (
    "select '' as segment, '' as customer_id, date '1970-01-01' as entered_on, cast(null as date) as exited_on,"
    " '' as entry_reason, cast(null as varchar) as exit_reason, cast(0 as integer) as version where false"
)


def _segments(asked: Asked, held: set[str]) -> Any:
    keys = sorted(asked.definitions)
    versions = [asked.definitions[key].version for key in keys]
    return pa.table(
        {
            "segment": pa.array(keys, pa.string()),
            "version": pa.array(versions, pa.int32()),
            "is_changed": pa.array(
                [asked.before.get(key) != version for key, version in zip(keys, versions, strict=True)],
                pa.bool_(),
            ),
            "is_held": pa.array([key in held for key in keys], pa.bool_()),
        }
    )


def _customers(names: Collection[str]) -> Any:
    return pa.table({"customer_id": pa.array(sorted(names), pa.string())})

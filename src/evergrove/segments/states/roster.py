"""Everybody who is placed, in one order: buyers as in ``customer_summary``, then those without a purchase."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from evergrove.segments.codes import ACTIONS, CAUSES, NO_CODE, STAGES, TIERS
from evergrove.segments.measures.tables import without_purchase
from evergrove.segments.tiers.hysteresis import NEVER, Held
from evergrove.warehouse import identifier, literal

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import date

    from numpy.typing import NDArray

    from evergrove.customers import CustomerBase
    from evergrove.segments.tiers.policy import TierPolicy
    from evergrove.segments.types import Bools, Dates
    from evergrove.warehouse import Engine

EARLIER_CODES: Mapping[str, Sequence[str]] = {
    "tier": TIERS,
    "stage": STAGES,
    "action": ACTIONS,
    "realised_tier": TIERS,
    "lower_cause": CAUSES,
}
EARLIER_DATES = ("tier_since", "stage_since", "last_check", "returned_on")
RISEN_ON = "tier_risen_on"
"""Column of the latest rise of the tier."""
OWN_TIER = "own_tier"
"""Column of the policy's own tiers, where they are not the usual four."""
BAND, SINCE, CHECKS, LAST_CHECK = HELD = "{}_band", "{}_since", "{}_checks", "{}_last_check"
"""Columns of the bands in force, one each for a criterion."""


@dataclass(frozen=True, eq=False)
class Roster:
    """
    Whom a run places, row by row as in the table ``roster`` (customer_id, row).

    Attributes:
        as_of: The last day whose orders count.
        last_order: Day of the latest purchase. Shape (N,); NaT without one. The first n rows are those of
            ``customer_summary``.
        prospect: Of the rows after them, who has never paid; the others got everything back. Shape (N - n,).
    """

    as_of: date
    last_order: Dates
    prospect: Bools

    @property
    def buyers(self) -> int:
        """How many rows ``customer_summary`` has, n."""
        return len(self) - len(self.prospect)

    def __len__(self) -> int:
        return len(self.last_order)


@dataclass(frozen=True, eq=False)
class News:
    """
    What the last run did not know of each customer of the roster; shape (N,) each.

    Attributes:
        facts: Orders and refunds.
        last_day: The latest day of them; NaT without any.
    """

    facts: NDArray[np.int32]
    last_day: Dates


def draw_up(engine: Engine, base: CustomerBase) -> Roster:
    """
    Number everybody who is known, in the table ``roster``.

    Args:
        engine: Holds what ``summarise`` left, orders, refunds and known_customers.
        base: The customers with a purchase.
    """
    n = len(base)
    others = without_purchase(engine, base.observation_end)
    engine.register("row_numbers", {"row": np.arange(n, dtype=np.int32)})
    engine.create(
        "roster",
        "select c.customer_id, r.row from customer_summary c positional join row_numbers r union all "
        "select customer_id, cast($n + row_number() over (order by customer_id) - 1 as integer) as row "
        "from without_purchase",
        n=n,
    )
    engine.unregister("row_numbers")
    stages = engine.arrays(
        "select w.stage is not null as prospect from without_purchase w order by w.customer_id"
    )
    return Roster(
        as_of=base.observation_end,
        last_order=np.concatenate([base.last_order_date, np.full(others, NEVER)]),
        prospect=np.asarray(stages["prospect"], dtype=np.bool_),
    )


def heard(engine: Engine, roster: Roster) -> News:
    """
    Line ``facts_since`` up with the roster.

    Args:
        engine: Holds both tables.
        roster: As drawn up there.
    """
    found = engine.arrays(
        "select r.row, cast(f.facts as integer) as facts, f.last_day - date '1970-01-01' as last_day "
        "from facts_since f join roster r on r.customer_id = f.customer_id"
    )
    facts, last_day = np.zeros(len(roster), dtype=np.int32), np.full(len(roster), NEVER)
    facts[found["row"]] = found["facts"]
    last_day[found["row"]] = found["last_day"].astype("datetime64[D]")
    return News(facts, last_day)


def earlier_columns(
    engine: Engine, table: str, roster: Roster, rules: TierPolicy | None = None
) -> dict[str, Any]:
    """
    The columns of a published table ``tiers`` as codes and days, lined up with the roster.

    Args:
        engine: Holds the table and the roster.
        table: Its name there.
        roster: Of today. Who was not there then gets NO_CODE and NaT; who was and is not now is left out.
        rules: The policy of that night; None reads neither bands nor own tiers.
    """
    codes, days, counts = dict(EARLIER_CODES), list(EARLIER_DATES), ["lower_checks"]
    criteria = () if rules is None else rules.criteria
    if criteria and rules is not None and BAND.format(criteria[0].name.lower()) in _names(engine, table):
        for name in (each.name.lower() for each in criteria):
            codes[BAND.format(name)] = rules.keys
            days += [SINCE.format(name), LAST_CHECK.format(name)]
            counts.append(CHECKS.format(name))
        days.append(RISEN_ON)
        codes |= {} if rules.is_usual else {OWN_TIER: rules.keys}
    columns = _lined_up(engine, table, roster, codes, days, counts)
    if len(counts) > 1:
        columns["held"] = {
            each: Held(*(columns.pop(column.format(each.name.lower())) for column in HELD))
            for each in criteria
        }
    renamed = {OWN_TIER: "own", RISEN_ON: "risen_on"}
    return {renamed.get(name, name): values for name, values in columns.items()}


def _names(engine: Engine, table: str) -> set[str]:
    return set(engine.arrow(f"select * from {identifier(table)} limit 0").column_names)


def _lined_up(
    engine: Engine,
    table: str,
    roster: Roster,
    codes: Mapping[str, Sequence[str]],
    days: Sequence[str],
    counts: Sequence[str],
) -> dict[str, Any]:
    """Columns of words, days and counts of a table as arrays, row by row as in the roster."""
    chosen = [
        f"cast(coalesce(list_position([{', '.join(map(literal, names))}], t.{name}), 0) - 1 as tinyint) as {name}"
        for name, names in codes.items()
    ]
    chosen += [f"coalesce(t.{name} - date '1970-01-01', -1) as {name}" for name in days]
    chosen += [f"cast(t.{name} as smallint) as {name}" for name in counts]
    found = engine.arrays(
        f"select r.row, {', '.join(chosen)} from {identifier(table)} t join roster r on r.customer_id = t.customer_id"
    )
    row, columns = found.pop("row"), {}
    for name, values in found.items():
        if name in days:
            columns[name] = np.full(len(roster), NEVER)
            columns[name][row] = np.where(values < 0, NEVER, values.astype("datetime64[D]"))
        else:
            missing = 0 if name in counts else NO_CODE
            columns[name] = np.full(len(roster), missing, dtype=values.dtype)
            columns[name][row] = values
    return columns

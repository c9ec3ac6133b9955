"""Stored segments as the last run left them: who is in one, and who came and went."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from evergrove.export.segments import MEMBERS
from evergrove.reading.filters import ask, wanted

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import date

    from evergrove.reading.shelf import View
    from evergrove.segments.language.catalogue import Catalogue
    from evergrove.segments.language.types import Condition

Row = dict[str, Any]
Order = Literal["customer_id", "-clv_12m"]


@dataclass(frozen=True)
class Count:
    """
    Of how many a condition is true.

    Attributes:
        members: Of so many.
        customers: Of how many it was asked.
        clv_12m: What its members are expected to bring in 12 months, all together; None where that is known of nobody.
    """

    members: int
    customers: int
    clv_12m: float | None


def count_where(view: View, condition: Condition, catalogue: Catalogue) -> Count:
    """
    Ask a condition of a run's customers, and count.

    Raises:
        TooSlow: It took longer than a condition may.
        NoSegment: It asks for a segment that is not there.
    """
    where, values = wanted(view, condition, catalogue)
    (row,) = ask(
        view,
        f"select count(*) filter (where {where}) as members, sum(clv_12m) filter (where {where}) as clv_12m,"
        " count(*) filter (where unprofiled_reason is null) as customers from customers",
        **values,
    )
    return Count(row["members"], row["customers"], row["clv_12m"])


@dataclass(frozen=True)
class MembersPage:
    """
    A page of a segment's members.

    Attributes:
        rows: customer_id, entered_on, entry_reason, tier, stage, clv_12m.
        after: Value and id of the last one, behind which the next page begins; None: there are no more.
    """

    rows: Sequence[Mapping[str, Any]]
    after: tuple[float | None, str] | None


def members_page(
    view: View,
    key: str,
    *,
    limit: int = 50,
    after: tuple[float | None, str] | None = None,
    order: Order = "customer_id",
) -> MembersPage:
    """
    Who was in a segment after the run, each with the day of entry and why, and where they stand.

    Args:
        view: Of a run.
        key: Of the segment; nobody where the run did not know it yet.
        limit: Most rows.
        after: Where the page before ended.
        order: By id, or the most valuable first; those whose value is not known stand last.
    """
    if MEMBERS not in view.tables:
        return MembersPage((), None)
    value, last = after or (None, "")
    by_id = "m.customer_id > $last"
    further, listed = by_id, "m.customer_id"
    if order == "-clv_12m":
        listed = "worth desc, m.customer_id"
        further = f"(worth < $worth or (worth = $worth and {by_id}))" if after else "true"
    sql = (
        "select m.customer_id, m.entered_on, m.entry_reason, coalesce(t.own_tier, t.tier) as tier, t.stage, s.clv_12m,"
        f" coalesce(s.clv_12m, -1e300) as worth from {MEMBERS} m left join scores s using (customer_id)"
        " left join tiers t using (customer_id)"
        f" where m.segment = $key and m.exited_on is null and {further} order by {listed} limit {limit + 1}"
    )
    told: dict[str, Any] = {"key": key}
    told |= {"last": last} if "$last" in sql else {}
    told |= {"worth": _UNKNOWN if value is None else value} if "$worth" in sql else {}
    with view.files() as engine:
        rows: list[Row] = engine.arrow(sql, **told).to_pylist()
    shown = rows[:limit]
    end = (shown[-1]["clv_12m"], shown[-1]["customer_id"]) if len(rows) > limit else None
    return MembersPage([{name: row[name] for name in row if name != "worth"} for row in shown], end)


_UNKNOWN = -1e300
"""Below every value there is."""


@dataclass(frozen=True)
class ChangesPage:
    """
    A page of those who came into a segment, and of those who left it.

    Attributes:
        rows: customer_id, day, change (entered or left) and reason.
        after: Day, id and change of the last one; None: there are no more.
    """

    rows: Sequence[Mapping[str, Any]]
    after: tuple[date, str, str] | None


def changes_page(
    view: View, key: str, *, limit: int = 50, after: tuple[str, str, str] | None = None
) -> ChangesPage:
    """
    Who came into a segment and who left it, the newest first.

    Args:
        view: Of a run.
        key: Of the segment.
        limit: Most rows.
        after: Where the page before ended: day, id and change.
    """
    if MEMBERS not in view.tables:
        return ChangesPage((), None)
    further, told = "true", {}
    if after is not None:
        further = (
            "(day < cast($day as date) or (day = cast($day as date) and (customer_id > $who or"
            " (customer_id = $who and change > $change))))"
        )
        told = dict(zip(("day", "who", "change"), after, strict=True))
    sql = (
        "with moved as ("
        f"select customer_id, entered_on as day, 'entered' as change, entry_reason as reason from {MEMBERS}"
        " where segment = $key union all"
        f" select customer_id, exited_on, 'left', exit_reason from {MEMBERS}"
        " where segment = $key and exited_on is not null)"
        f" select * from moved where {further} order by day desc, customer_id, change limit {limit + 1}"
    )
    with view.files() as engine:
        rows: list[Row] = engine.arrow(sql, key=key, **told).to_pylist()
    shown = rows[:limit]
    end = (shown[-1]["day"], shown[-1]["customer_id"], shown[-1]["change"]) if len(rows) > limit else None
    return ChangesPage(shown, end)

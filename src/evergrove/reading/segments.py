"""Stored segments as the last run left them, and who is in one."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from evergrove.export.segments import MEMBERS

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from evergrove.reading.shelf import View


def members_page(
    view: View, key: str, *, limit: int = 50, after: str | None = None
) -> tuple[Sequence[Mapping[str, Any]], str | None]:
    """
    Who was in a segment after the run, by id, each with the day of entry and why.

    Returns:
        Rows of customer_id, entered_on and entry_reason; and where the page ends, if there are more. Nobody where the run
        did not know the segment yet.
    """
    if MEMBERS not in view.tables:
        return (), None
    sql = (
        f"select customer_id, entered_on, entry_reason from {MEMBERS}"
        " where segment = $key and exited_on is null and customer_id > $after"
        f" order by customer_id limit {limit + 1}"
    )
    with view.files() as engine:
        rows = engine.arrow(sql, key=key, after=after or "").to_pylist()
    return rows[:limit], rows[limit - 1]["customer_id"] if len(rows) > limit else None

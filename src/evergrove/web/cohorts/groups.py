"""Groups of customers as the page shows them: what the API answers, each row by a name, one of them followed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from evergrove.charts.cohorts import label_of
from evergrove.core import _

if TYPE_CHECKING:
    from collections.abc import Sequence

    from evergrove.api.overview import Cohorts
    from evergrove.text import Formats

NOT_TOLD = _("Elsewhere, or not told")
YEAR = {"month": 12, "quarter": 4}
"""Periods of a year."""


@dataclass(frozen=True)
class Groups:
    """
    What a page says of groups.

    Attributes:
        told: What GET /v1/cohorts answers.
        section: The same as charts and the report's sentences read it.
        currency: Of the workspace.
        basis: What value means.
        formats: The reader's language.
        followed: Which row stands out.
    """

    told: Cohorts
    section: dict[str, Any]
    currency: str
    basis: str
    formats: Formats
    followed: int

    @property
    def rows(self) -> Sequence[dict[str, Any]]:
        """A group each, oldest or largest first."""
        found: Sequence[dict[str, Any]] = self.section["rows"]
        return found

    @property
    def by_source(self) -> bool:
        """Whether groups are places where customers came from."""
        return self.told.by == "source"

    @property
    def has_values(self) -> bool:
        """Whether orders carry amounts."""
        return any(value is not None for row in self.rows for value in row["value"])

    def label(self, row: dict[str, Any]) -> str:
        """What a group is called."""
        return label_of(row, self.told.period, self.formats)

    @property
    def choices(self) -> list[tuple[str, str]]:
        """Key and name of every group that can be followed."""
        return [(key_of(row), self.label(row)) for row in self.rows]

    @property
    def chosen(self) -> str:
        """Key of the group that is followed."""
        return key_of(self.rows[self.followed])


def key_of(row: dict[str, Any]) -> str:
    """What names a group in an address; empty: of whom nothing is told."""
    return str(row["start"]) if "start" in row else row["source"] or ""


def groups_of(told: Cohorts, currency: str, basis: str, formats: Formats, follow: str | None) -> Groups:
    """
    Groups for a page.

    Args:
        told: What GET /v1/cohorts answers.
        currency: Of the workspace.
        basis: What value means.
        formats: The reader's language.
        follow: Key of the group to follow; None or one that is not there: the newest with a year behind it, the largest source.
    """
    rows = told.rows
    if told.by == "source":
        rows = [row | {"label": row["source"] or formats.say(NOT_TOLD)} for row in rows]
    section = told.model_dump(mode="json") | {"rows": rows}
    keys = [key_of(row) for row in rows]
    followed = keys.index(follow) if follow in keys else _usual(told, rows)
    return Groups(told, section, currency, basis, formats, followed)


def _usual(told: Cohorts, rows: Sequence[dict[str, Any]]) -> int:
    if told.by == "source":
        return 0
    year = YEAR[told.period]
    return max((k for k, row in enumerate(rows) if len(row["value"]) > year), default=0)

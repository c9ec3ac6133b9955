"""What routes of segments take and answer."""

from __future__ import annotations

from datetime import date
from typing import Any, Literal

from pydantic import Field

from evergrove.http import Answer, Body, Moment

LONGEST = 4000
"""Characters of a condition that comes over HTTP."""


class Version(Answer):
    """One version of a segment."""

    key: str = Field(examples=["lost_vips"])
    version: int
    text: str = Field(examples=["stage = 'churned' and tier = 'high'"])
    note: str
    is_removed: bool
    created_at: Moment


class Listed(Version):
    """A segment in the list."""

    words: dict[str, str] = Field(
        description="What it means, by language; empty where what it names is not known any more.",
        examples=[{"en": "tier is high value"}],
    )
    members: int | None = Field(description="After the newest run; null where that did not know it yet.")
    clv_12m: float | None = Field(description="Of all of them together.", examples=[12340.5])
    came: int | None = Field(description="Whom the newest run found in it first.", examples=[12])
    went: int | None = Field(description="Whom it found in it no longer.", examples=[3])


class Segments(Answer):
    """All segments."""

    items: list[Listed]
    held: list[str] = Field(description="Those that the run could not ask; they keep the members they had.")
    customers: int | None = Field(description="Of how many the newest run asked them; null before the first.")
    as_of: date | None


class Counted(Answer):
    """What a condition means, and of how many it is true."""

    text: str = Field(description="As it is stored.", examples=["tier = 'high'"])
    condition: dict[str, Any] = Field(description="The same as JSON.")
    words: dict[str, str] = Field(description="The same for people, by language.")
    members: int | None = Field(description="Of whom it is true now; null before the first run.")
    customers: int | None
    clv_12m: float | None = Field(
        description="What those of whom it is true are expected to bring in 12 months, all together.",
        examples=[12340.5],
    )
    as_of: date | None


class Authored(Version):
    """A version, and who wrote it."""

    by: str = Field(
        description="`user:<id>`, `key:<prefix>`, or a face; empty where that is not known.",
        examples=["cli"],
    )


class Segment(Counted):
    """One segment."""

    key: str
    version: int
    note: str
    is_removed: bool
    created_at: Moment
    entered: dict[str, int] = Field(description="Of the 30 days up to the newest run, by reason.")
    left: dict[str, int]
    versions: list[Authored]


class Asked(Body):
    """A condition: as a text, or as JSON; one of them."""

    text: str = Field(default="", max_length=LONGEST, examples=["tier = 'high' and stage = 'decline'"])
    condition: dict[str, Any] | None = Field(
        default=None,
        description="The JSON form, with format and where.",
        examples=[None],
    )


class Defined(Asked):
    """A segment to be stored."""

    note: str = Field(default="", max_length=500, description="What there is to say of it.")


class Member(Answer):
    """Somebody in a segment."""

    customer_id: str
    entered_on: date
    entry_reason: str = Field(description="data, definition, identity or consent.", examples=["data"])
    tier: str | None = Field(
        description="Now; that of the shop's own policy where one rules.", examples=["high"]
    )
    stage: str | None = Field(examples=["mature"])
    clv_12m: float | None = Field(examples=[128.5])


class HistoryDay(Answer):
    """A day of which a run found somebody to have come or gone."""

    day: date
    entered: dict[str, int] = Field(
        description="By reason: data, definition, identity.", examples=[{"data": 12}]
    )
    left: dict[str, int] = Field(description="By reason; also consent.", examples=[{"data": 3}])
    members: int = Field(description="Who was in it then.", examples=[140])


class History(Answer):
    """Who came and went, run by run."""

    as_of: date | None = Field(description="Of the newest run; null before the first.")
    items: list[HistoryDay] = Field(description="The oldest first; at most 400 days back.")


class Change(Answer):
    """Somebody who came into a segment, or left it."""

    customer_id: str
    day: date
    change: Literal["entered", "left"]
    reason: str = Field(description="data, definition, identity or consent.", examples=["data"])


class Completion(Answer):
    """What may come next in a condition."""

    found: dict[str, Any]


class Language(Answer):
    """Everything that a condition may name."""

    fields: list[dict[str, Any]]
    functions: list[dict[str, Any]]

"""``/v1/segments``: conditions in words, stored as segments, and who is in each."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Any

from fastapi import Path, Query, Response
from pydantic import Field

from evergrove.api.values import catalogue_of, check_sight
from evergrove.app.asked import check_segment, define_segment, remove_segment
from evergrove.http import Answer, Body, Call, Moment, Page, Routes, ThisCall
from evergrove.http.paging import ThisPage
from evergrove.http.published import of_snapshot
from evergrove.pipeline.export import NothingPublished
from evergrove.pipeline.segment_asking import LIMIT_S, find, standings
from evergrove.reading import members_page
from evergrove.segments.language.catalogue import Catalogue
from evergrove.segments.language.completing import complete, described
from evergrove.segments.language.parsing import parse
from evergrove.segments.language.reading import read
from evergrove.segments.language.store import Definition, definition_of, definitions, versions_of
from evergrove.segments.language.types import Condition
from evergrove.segments.language.words import said
from evergrove.segments.language.writing import document_of, text_of
from evergrove.text import LANGUAGES

routes = Routes(tag="segments")

Key = Annotated[str, Path(min_length=1, max_length=60, description="Small letters, digits, - and _.")]
LONGEST = 4000


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

    members: int | None = Field(description="After the newest run; null where that did not know it yet.")


class Segments(Answer):
    """All segments."""

    items: list[Listed]
    held: list[str] = Field(description="Those that the run could not ask; they keep the members they had.")
    as_of: date | None


class Counted(Answer):
    """What a condition means, and of how many it is true."""

    text: str = Field(description="As it is stored.", examples=["tier = 'high'"])
    condition: dict[str, Any] = Field(description="The same as JSON.")
    words: dict[str, str] = Field(description="The same for people, by language.")
    members: int | None = Field(description="Of whom it is true now; null before the first run.")
    customers: int | None
    as_of: date | None


class Segment(Counted):
    """One segment."""

    key: str
    version: int
    note: str
    is_removed: bool
    created_at: Moment
    entered: dict[str, int] = Field(description="Of the 30 days up to the newest run, by reason.")
    left: dict[str, int]
    versions: list[Version]


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


class Completion(Answer):
    """What may come next in a condition."""

    found: dict[str, Any]


class Language(Answer):
    """Everything that a condition may name."""

    fields: list[dict[str, Any]]
    functions: list[dict[str, Any]]


@routes.get("/segments", right="segments.read")
def segments(call: ThisCall) -> Segments:
    """All segments that hold, with how many were in each after the newest run."""
    with call.here.ledger.reading() as connection:
        known = definitions(connection)
    seen, found = standings(call.here)
    items = [
        Listed(**_version(each).model_dump(), members=found[each.key].members if each.key in found else None)
        for each in known.values()
    ]
    held = list(seen.details.get("segments", {}).get("held", ())) if seen else []
    return Segments(items=items, held=held, as_of=seen.as_of if seen else None)


@routes.post("/segment-language/check", right="segments.write", once=False)
def check(call: ThisCall, asked: Asked) -> Counted:
    """Say what a condition means, and of how many customers it is true now; nothing is stored."""
    known = catalogue_of(call)
    condition = _read(call, asked, known)
    return Counted(**_told(condition, known), **_counted(call, condition))


@routes.get("/segment-language", right="segments.read")
def language(call: ThisCall) -> Language:
    """Everything that a condition may name: fields with type, unit and values, and functions."""
    known = catalogue_of(call)
    return Language(
        fields=[described(each) for each in known.fields.values()],
        functions=[described(each) for each in known.functions.values()],
    )


@routes.get("/segment-language/completion", right="segments.read")
def completion(
    call: ThisCall,
    text: Annotated[
        str, Query(max_length=LONGEST, description="The condition as far as it is written.")
    ] = "",
) -> Completion:
    """Say what may come next in a condition."""
    with call.here.ledger.reading() as connection:
        keys = tuple(definitions(connection))
    return Completion(found=complete(text, catalogue_of(call), keys))


@routes.get("/segments/{key}", right="segments.read")
def segment(call: ThisCall, key: Key) -> Segment:
    """One segment: what it means, how many are in it now, who came and went, and its versions."""
    with call.here.ledger.reading() as connection:
        newest, versions = definition_of(connection, key), versions_of(connection, key)
    return _shown(call, newest, versions)


@routes.put("/segments/{key}", right="segments.write")
def define(call: ThisCall, key: Key, asked: Defined) -> Segment:
    """Store a segment, or a new version of it; each run then tells who entered, who left and why."""
    known = catalogue_of(call)
    condition = _read(call, asked, known)
    check_segment(call.here, key, condition)
    _counted(call, condition)  # one that takes too long is not stored
    define_segment(call.here, key, condition, asked.note)
    with call.here.ledger.reading() as connection:
        newest, versions = definition_of(connection, key), versions_of(connection, key)
    return _shown(call, newest, versions)


@routes.delete("/segments/{key}", right="segments.write")
def end(call: ThisCall, key: Key) -> Version:
    """End a segment: after the next run nobody is in it; who was, and when, stays known."""
    return _version(remove_segment(call.here, key))


@routes.get("/segments/{key}/members", right="customers.read")
def members(call: ThisCall, key: Key, page: ThisPage, response: Response) -> Page[Member]:
    """Who was in a segment after the newest run, and since when."""
    with call.here.ledger.reading() as connection:
        definition_of(connection, key)
    after = None if page.after is None else str(page.after[0])
    with call.service.reader.pinned(page.snapshot, may_lag=True) as view:
        rows, last = members_page(view, key, limit=page.limit, after=after)
        of_snapshot(response, view.run.id, personal=False)
        items = [Member(**row) for row in rows]
        return Page(items=items, next_cursor=page.next(None if last is None else (last,), view.run.id))


def _read(call: Call, asked: Asked, known: Catalogue) -> Condition:
    """The condition that was sent, which whoever asks may ask."""
    condition = parse(asked.text.strip(), known) if asked.condition is None else read(asked.condition, known)
    check_sight(call.actor, condition, known)
    return condition


def _counted(call: Call, condition: Condition) -> dict[str, Any]:
    try:
        found = find(call.here, condition, LIMIT_S)
    except NothingPublished:
        return {"members": None, "customers": None, "as_of": None}
    return {"members": len(found.members), "customers": found.customers, "as_of": found.as_of}


def _told(condition: Condition, known: Catalogue) -> dict[str, Any]:
    words = {each: said(condition, known, each) for each in LANGUAGES}
    return {"text": text_of(condition), "condition": document_of(condition), "words": words}


def _version(each: Definition) -> Version:
    return Version(
        key=each.key,
        version=each.version,
        text=each.text,
        note=each.note,
        is_removed=each.is_removed,
        created_at=each.created_at,
    )


def _shown(call: Call, newest: Definition, versions: list[Definition]) -> Segment:
    known = catalogue_of(call)
    condition = newest.condition(known)
    standing = standings(call.here)[1].get(newest.key)
    stored = _version(newest).model_dump(exclude={"text"})
    return Segment(
        **stored,
        **_told(condition, known),
        **_counted(call, condition),
        entered=dict(standing.entered) if standing else {},
        left=dict(standing.left) if standing else {},
        versions=[_version(each) for each in versions],
    )

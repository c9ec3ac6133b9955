"""``/v1/segments``: conditions in words, stored as segments, and who is in each."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from fastapi import Path, Query, Response

from evergrove import audit
from evergrove.api.segment_answers import (
    LONGEST,
    Asked,
    Authored,
    Change,
    Completion,
    Counted,
    Defined,
    History,
    HistoryDay,
    Language,
    Listed,
    Member,
    Segment,
    Segments,
    Version,
)
from evergrove.api.values import catalogue_of, check_sight, figures, plain
from evergrove.app import trail
from evergrove.app.asked import check_segment, define_segment, remove_segment
from evergrove.http import Call, Page, Routes, ThisCall
from evergrove.http.paging import ThisPage
from evergrove.http.published import of_snapshot
from evergrove.pipeline.export import NothingPublished
from evergrove.pipeline.segment_standings import Standing, customers_of, history_of, standings
from evergrove.reading import changes_page, count_where, members_page
from evergrove.segments.language.catalogue import Catalogue
from evergrove.segments.language.completing import complete, described
from evergrove.segments.language.errors import InvalidSegment
from evergrove.segments.language.parsing import parse
from evergrove.segments.language.reading import read
from evergrove.segments.language.store import Definition, definition_of, definitions, versions_of
from evergrove.segments.language.types import Condition
from evergrove.segments.language.words import said
from evergrove.segments.language.writing import document_of, text_of
from evergrove.text import LANGUAGES

routes = Routes(tag="segments")

Key = Annotated[str, Path(min_length=1, max_length=60, description="Small letters, digits, - and _.")]
MOST_VERSIONS = 500
"""Whose authors are told."""


@routes.get("/segments", right="segments.read")
def segments(call: ThisCall) -> Segments:
    """All segments that hold, with how many were in each after the newest run."""
    seen, found = standings(call.here)
    asked = seen.details.get("segments", {}).get("seq", 0) if seen else 0
    with call.here.ledger.reading() as connection:
        known, then = definitions(connection), definitions(connection, until=asked)
    found = {**dict.fromkeys(then, Standing()), **found}  # nobody is in some of those that the run asked
    words = catalogue_of(call)
    items = [
        Listed(**_version(each).model_dump(), words=_meaning(each, words), **_listed(found.get(each.key)))
        for each in known.values()
    ]
    held = list(seen.details.get("segments", {}).get("held", ())) if seen else []
    return Segments(
        items=items, held=held, customers=customers_of(call.here), as_of=seen.as_of if seen else None
    )


@routes.post("/segment-language/check", right="segments.write", once=False)
def check(call: ThisCall, asked: Asked) -> Counted:
    """Say what a condition means, and of how many customers it is true now; nothing is stored."""
    known = catalogue_of(call)
    condition = _read(call, asked, known)
    return Counted(**_told(condition, known), **_counted(call, condition, known))


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
    return _shown(call, key)


@routes.put("/segments/{key}", right="segments.write")
def define(call: ThisCall, key: Key, asked: Defined) -> Segment:
    """Store a segment, or a new version of it; each run then tells who entered, who left and why."""
    known = catalogue_of(call)
    condition = _read(call, asked, known)
    check_segment(call.here, key, condition)
    _counted(call, condition, known)  # one that takes too long is not stored
    define_segment(call.here, key, condition, asked.note)
    return _shown(call, key)


@routes.delete("/segments/{key}", right="segments.write")
def end(call: ThisCall, key: Key) -> Version:
    """End a segment: after the next run nobody is in it; who was, and when, stays known."""
    return _version(remove_segment(call.here, key))


@routes.get("/segments/{key}/members", right="customers.read")
def members(
    call: ThisCall,
    key: Key,
    page: ThisPage,
    response: Response,
    sort: Annotated[
        Literal["customer_id", "-clv_12m"], Query(description="By id, or the most valuable first.")
    ] = "customer_id",
) -> Page[Member]:
    """Who was in a segment after the newest run, and since when."""
    with call.here.ledger.reading() as connection:
        definition_of(connection, key)
    after = None if page.after is None else (page.after[0], str(page.after[1]))
    with call.service.reader.pinned(page.snapshot, may_lag=True) as view:
        found = members_page(view, key, limit=page.limit, after=after, order=sort)
        of_snapshot(response, view.run.id, personal=False)
        items = [Member(**figures(row)) for row in found.rows]
        return Page(items=items, next_cursor=page.next(found.after, view.run.id))


@routes.get("/segments/{key}/history", right="segments.read")
def history(call: ThisCall, key: Key) -> History:
    """How many came into a segment and left it, run by run, why, and how many were in it then."""
    with call.here.ledger.reading() as connection:
        definition_of(connection, key)
    as_of, days = history_of(call.here, key)
    items = [
        HistoryDay(day=each.day, entered=dict(each.entered), left=dict(each.left), members=each.members)
        for each in days
    ]
    return History(as_of=as_of, items=items)


@routes.get("/segments/{key}/changes", right="customers.read")
def changes(call: ThisCall, key: Key, page: ThisPage, response: Response) -> Page[Change]:
    """Who came into a segment and who left it, the newest first."""
    with call.here.ledger.reading() as connection:
        definition_of(connection, key)
    after = None if page.after is None else (str(page.after[0]), str(page.after[1]), str(page.after[2]))
    with call.service.reader.pinned(page.snapshot, may_lag=True) as view:
        found = changes_page(view, key, limit=page.limit, after=after)
        of_snapshot(response, view.run.id, personal=False)
        items = [Change(**row) for row in found.rows]
        last = None if found.after is None else (found.after[0].isoformat(), *found.after[1:])
        return Page(items=items, next_cursor=page.next(last, view.run.id))


def _read(call: Call, asked: Asked, known: Catalogue) -> Condition:
    """The condition that was sent, which whoever asks may ask."""
    condition = parse(asked.text.strip(), known) if asked.condition is None else read(asked.condition, known)
    check_sight(call.actor, condition, known)
    return condition


def _counted(call: Call, condition: Condition, known: Catalogue) -> dict[str, Any]:
    try:
        with call.service.reader.pinned(may_lag=True) as view:
            found = count_where(view, condition, known)
            as_of = view.as_of
    except NothingPublished:
        return {"members": None, "customers": None, "clv_12m": None, "as_of": None}
    return {
        "members": found.members,
        "customers": found.customers,
        "clv_12m": plain(found.clv_12m),
        "as_of": as_of,
    }


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


def _meaning(each: Definition, known: Catalogue) -> dict[str, str]:
    try:
        condition = each.condition(known)
    except InvalidSegment:  # the catalogue has changed since
        return {}
    return {language: said(condition, known, language) for language in LANGUAGES}


def _listed(standing: Standing | None) -> dict[str, Any]:
    if standing is None:
        return {"members": None, "clv_12m": None, "came": None, "went": None}
    return {
        "members": standing.members,
        "clv_12m": plain(standing.clv_12m),
        "came": standing.came,
        "went": standing.went,
    }


def _shown(call: Call, key: str) -> Segment:
    with call.here.ledger.reading() as connection:
        newest, versions = definition_of(connection, key), versions_of(connection, key)
    known = catalogue_of(call)
    condition = newest.condition(known)
    standing = standings(call.here)[1].get(newest.key)
    stored = _version(newest).model_dump(exclude={"text"})
    authors = _authors(call, key)
    return Segment(
        **stored,
        **_told(condition, known),
        **_counted(call, condition, known),
        entered=dict(standing.entered) if standing else {},
        left=dict(standing.left) if standing else {},
        versions=[
            Authored(**_version(each).model_dump(), by=authors.get(each.version, "")) for each in versions
        ],
    )


def _authors(call: Call, key: str) -> dict[int, str]:
    """Who wrote each version, as the audit trail has it."""
    found = trail.entries(call.here, MOST_VERSIONS, act="segments.", what=audit.subject("segment", key))
    return {int(each.params["version"]): each.who for each in found if "version" in each.params}

"""``/v1/audit``: who did what, and whether any of it was changed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

from fastapi import Query
from pydantic import Field

from evergrove.app import trail
from evergrove.http import Answer, Moment, Page, Routes, ThisCall
from evergrove.http.paging import ThisPage
from evergrove.text import say

if TYPE_CHECKING:
    from evergrove.audit import AuditRow

routes = Routes("/audit", tag="audit")

Named = Annotated[str, Query(max_length=300)]


class Act(Answer):
    """One act."""

    id: int
    at: Moment
    act: str = Field(examples=["people.erased"])
    by: str = Field(description="`user:<id>`, `key:<prefix>`, `job:<number>`, or a face.", examples=["cli"])
    of: str = Field(description="To what.", examples=["playbook:L2"])
    details: dict[str, Any] = Field(description="Numbers, codes and keys; nothing personal.")
    seq: int | None = Field(description="Place in the chain; null until it is sealed.")
    hash: str | None = Field(description="Of the row before and of this one.")


class Head(Answer):
    """The last sealed row: whoever keeps its hash elsewhere can prove that nothing before it was changed."""

    seq: int
    hash: str


class Broken(Answer):
    """The first row that is not what was sealed."""

    seq: int
    code: str = Field(examples=["audit.row_changed"])
    message: str


class Verdict(Answer):
    """What a walk along the chain has found."""

    sound: bool
    head: Head = Field(description="Up to which row the chain holds.")
    waiting: int = Field(description="Rows that wait for a seal.")
    compared: bool = Field(description="Whether there was an exported head to compare with.")
    broken: Broken | None


def _act(row: AuditRow) -> Act:
    same = {name: getattr(row, name) for name in ("id", "at", "act", "seq", "hash")}
    return Act(**same, by=row.who, of=row.what, details=dict(row.params))


@routes.get("", right="audit.read")
def acts(call: ThisCall, page: ThisPage, act: Named = "", by: Named = "", of: Named = "") -> Page[Act]:
    """Who did what, newest first; `act=people.` asks for all of a station."""
    before = int(page.after[0]) if page.after else None
    found = trail.entries(call.here, page.limit + 1, act=act, who=by, what=of, before=before)
    shown = found[: page.limit]
    cursor = page.next((shown[-1].id,) if len(found) > len(shown) else None)
    return Page[Act](items=[_act(row) for row in shown], next_cursor=cursor)


@routes.get("/head", right="audit.read")
def head(call: ThisCall) -> Head:
    """The head of the chain; rows are sealed each minute."""
    found = trail.head(call.here)
    return Head(seq=found.seq, hash=found.hash)


@routes.get("/verdict", right="audit.read")
def verdict(call: ThisCall) -> Verdict:
    """Walk along the whole chain, and compare it with the head that was kept."""
    found, compared = trail.verify(call.here)
    first = found.broken
    broken = None
    if first is not None:
        broken = Broken(seq=first.seq, code=first.code, message=say(first, call.language))
    reached = Head(seq=found.head.seq, hash=found.head.hash)
    return Verdict(
        sound=broken is None,
        head=reached,
        waiting=found.waiting,
        compared=compared is not None,
        broken=broken,
    )

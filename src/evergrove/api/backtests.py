"""``/v1/back-tests``: who is to be trusted for what, by what would have been said in the past."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, Annotated, Any

from fastapi import Path
from pydantic import Field, StrictBool

from evergrove.api.runs import Queued
from evergrove.api.values import Day, plain
from evergrove.app.asked import start
from evergrove.app.looking_back import BACKTEST
from evergrove.http import Answer, Body, Moment, Page, Routes, ThisCall
from evergrove.http.paging import ThisPage
from evergrove.pipeline.champions import BACKTEST as KEPT
from evergrove.reading.models import back_test_of
from evergrove.scoring.rolling import read_evidence
from evergrove.text import translator

if TYPE_CHECKING:
    from evergrove.warehouse import Snapshot

routes = Routes("/back-tests", tag="back-tests")


class BackTest(Answer):
    """What a back-test left for later runs to hear."""

    snapshot: int
    as_of: date | None
    recorded_at: Moment
    champions: dict[str, Any] = Field(
        description="Who is to be used for what, and how models are recalibrated."
    )


class BackTestRead(BackTest):
    """One back-test, with all that it found."""

    found: dict[str, Any] | None = Field(
        description="As ``evergrove backtest`` writes it to summary.json, sentences in the language of the answer: contenders with "
        "their measures, tenths, groups and windows, the standings by purpose, a verdict. Null of one that an earlier release made."
    )


class Asked(Body):
    """A back-test to be made."""

    as_of: Day | None = Field(
        default=None, description="The last day that it knows; null: that of the newest run."
    )
    origins: int = Field(
        default=3, ge=1, le=12, description="From how many days of the past to look ahead, at most."
    )
    window_days: int = Field(default=91, ge=7, le=731, description="How far to look ahead from each.")
    season: StrictBool = Field(default=True, description="Whether seasonal factors are judged too.")


@routes.get("", right="figures.read")
def back_tests(call: ThisCall, page: ThisPage) -> Page[BackTest]:
    """Back-tests that are kept, the newest first."""
    kept = sorted(call.here.warehouse.snapshots(KEPT), key=lambda each: -each.id)
    before = None if page.after is None else int(page.after[0])
    later = [each for each in kept if before is None or each.id < before]
    items = [BackTest(**_line(each)) for each in later[: page.limit]]
    more = (items[-1].snapshot,) if len(later) > page.limit else None
    return Page(items=items, next_cursor=page.next(more))


@routes.get("/{snapshot:int}", right="figures.read")
def back_test(
    call: ThisCall,
    snapshot: Annotated[int, Path(ge=1, le=2**53, description="Number of the back-test's snapshot.")],
) -> BackTestRead:
    """One back-test: who did how well at what, from every day that it looked ahead from."""
    with call.here.ledger.reading() as connection:
        kept, evidence = back_test_of(connection, snapshot)
    found = None if evidence is None else read_evidence(evidence, translator(call.language))
    return BackTestRead(**_line(kept), found=found)


@routes.post("", right="backtests.run", status_code=202)
def begin(call: ThisCall, asked: Asked) -> Queued:
    """Judge models and naive rules by the past, as a job; later runs hear the champions."""
    return Queued(job=start(call.here, BACKTEST, asked.model_dump(mode="json", exclude_none=True)))


def _line(kept: Snapshot) -> dict[str, Any]:
    return {
        "snapshot": kept.id,
        "as_of": kept.as_of,
        "recorded_at": kept.recorded_at,
        "champions": plain(kept.details["champions"]),
    }

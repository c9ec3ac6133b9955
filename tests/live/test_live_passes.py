"""One pass: what came in is answered together with its mark, or the mark stays."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import func, select, update
from tests.live.conftest import NOW, differing, said

import evergrove.app.workspace as workspace_module
import evergrove.live.steps as steps_module
from evergrove.app.imports import add_table
from evergrove.core import watching
from evergrove.ingest import ReadOptions
from evergrove.ingest.events import mark
from evergrove.ledger import metadata
from evergrove.live import Base, check_rows, forget, has_caught_up
from evergrove.live.store import wait_after
from evergrove.live.tables import MOVE, SETBACK, STATE
from evergrove.live.working import work_out

if TYPE_CHECKING:
    from pathlib import Path

    from tests.live.conftest import Seen

    from evergrove.live.types import LiveMove


def moves_of(seen: Seen) -> list[tuple[Any, ...]]:
    """Stored moves."""
    with seen.here.ledger.reading() as connection:
        listed = connection.execute(select(MOVE).order_by(MOVE.c.id))
        return [(row.customer_id, row.axis, row.from_, row.to_, row.cause) for row in listed]


def test_an_order_is_answered_as_a_whole_night_would(seen: Seen) -> None:
    """The row of who ordered says what a night over everybody says, column by column."""
    told = seen.tell("order", "c003", "e1", 350)
    with seen.here.ledger.reading() as connection:
        assert not has_caught_up(connection, told)

    done = seen.catch_up()

    assert (done.marks, done.rows) == (1, 1)
    assert seen.marks() == {}
    (row,) = seen.live("c003").values()
    assert row.as_of.isoformat() == "2026-06-30"
    assert differing(said(row), seen.whole_night()["c003"]) == {}
    with seen.here.ledger.reading() as connection:
        assert has_caught_up(connection, told)


def test_a_new_customer_moves_from_nowhere_by_evidence(seen: Seen) -> None:
    """Who was never seen stands in tier and stage at once; taking the order back takes the row's value back."""
    heard: list[LiveMove] = []
    seen.tell("order", "newcomer", "e1", 350)
    with seen.passes(hand_over=lambda _connection, moves: heard.extend(moves)) as passes:
        passes.once()
        assert [(move.axis, move.before, move.cause) for move in heard] == [
            ("tier", None, "evidence"),
            ("stage", None, "evidence"),
        ]
        assert seen.live("newcomer")["newcomer"].tiers["stage"] == "new"

        seen.tell("cancel", "newcomer", "e1", at=NOW + timedelta(seconds=1))
        passes.once()

    assert seen.live("newcomer")["newcomer"].tiers["stage"] == "prospect"
    assert ("newcomer", "stage", "new", "prospect", "evidence") in moves_of(seen)


def test_facts_from_before_the_last_run_are_history_and_start_nothing(seen: Seen) -> None:
    """An order dated long before the run moves by backfill, which nobody hears of."""
    heard: list[LiveMove] = []
    seen.tell("order", "latecomer", "e1", 350, at=NOW - timedelta(days=200))

    with seen.passes(hand_over=lambda _connection, moves: heard.extend(moves)) as passes:
        passes.once()

    assert {cause for *_where, cause in moves_of(seen)} == {"backfill"}
    assert heard == []


def test_a_mark_that_grew_meanwhile_stays(seen: Seen, monkeypatch: pytest.MonkeyPatch) -> None:
    """What comes in between the reading and the writing of a pass is answered by the next one."""
    seen.tell("order", "c003", "e1", 350)

    def interrupted(*arguments: Any) -> Any:
        monkeypatch.setattr(steps_module, "work_out", work_out)
        seen.tell("order", "c003", "e2", 40)
        return work_out(*arguments)

    monkeypatch.setattr(steps_module, "work_out", interrupted)

    with seen.passes() as passes:
        passes.once()
        assert list(seen.marks()) == ["c003"]
        before = seen.live("c003")["c003"].scores["orders"]
        passes.once()

    assert seen.marks() == {}
    assert seen.live("c003")["c003"].scores["orders"] == before + 1


def test_one_who_cannot_be_worked_out_keeps_nobody_waiting(
    seen: Seen, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The others are answered; that mark stays, is left alone for a while, and is answered when it can be."""
    names = ("c003", "c007", "c011", "c020", "c033")
    for name in names:
        seen.tell("order", name, f"{name}-e", 50)

    def poisoned(engine: Any, window: Any, asked: Any, now: Any) -> Any:
        if "c011" in asked.customers:
            message = "something of this customer"
            raise ZeroDivisionError(message)
        return work_out(engine, window, asked, now)

    monkeypatch.setattr(steps_module, "work_out", poisoned)
    with seen.passes() as passes:
        done = passes.once()
        assert (done.marks, done.set_back) == (4, 1)
        assert list(seen.marks()) == ["c011"]
        assert passes.once().set_back == 0  # not before its time
        with seen.here.ledger.reading() as connection:
            (row,) = connection.execute(select(SETBACK)).all()
        assert (row.code, row.params) == ("live.unforeseen", {"error": "ZeroDivisionError"})
        monkeypatch.setattr(steps_module, "work_out", work_out)
        seen.clock.moment += timedelta(seconds=3)
        assert passes.once().marks == 1

    assert seen.live(*names).keys() == {*names}
    with seen.here.ledger.reading() as connection:
        assert connection.execute(select(SETBACK)).first() is None


def test_waits_grow_to_an_hour() -> None:
    """2 s, 4 s, 8 s, ... and never longer than an hour."""
    assert [wait_after(n).total_seconds() for n in (1, 2, 3, 11, 12, 99)] == [2, 4, 8, 2048, 3600, 3600]


def test_a_run_takes_the_place_of_the_rows_that_it_covers(seen: Seen) -> None:
    """After a run rows go, but of those of whom later facts or waiting events are known: they are worked out anew."""
    seen.tell(
        "order", "c003", "e1", 50, at=NOW - timedelta(days=1, hours=1)
    )  # of the day that the run counts
    seen.tell("order", "c007", "e2", 60)  # of today
    with seen.passes() as passes:
        passes.follow()
        passes.once()
        seen.compact()
        assert seen.live("c003", "c007").keys() == {"c003", "c007"}

        seen.here.run()
        assert seen.live("c003", "c007").keys() == {"c003", "c007"}  # dated later than the run
        assert passes.follow()

        assert seen.marks().keys() == {"c007"}
        assert seen.live("c003", "c007").keys() == {"c007"}
        passes.once()
    (row,) = seen.live("c003", "c007").values()
    assert (row.customer_id, row.as_of) == ("c007", NOW.date())
    assert row.run_id > 2
    assert differing(said(row), seen.whole_night()["c007"]) == {}


@pytest.mark.parametrize("is_taken", [True, False])
def test_what_a_run_did_not_know_is_looked_at_again(
    seen: Seen, monkeypatch: pytest.MonkeyPatch, *, is_taken: bool
) -> None:
    """An order of the day that the run counts comes in while that is at work, and is taken before anybody looks or not."""
    seen.tell("order", "c003", "e1", 50, at=NOW - timedelta(days=1, hours=1))
    with seen.passes() as passes:
        passes.follow()
        passes.once()
        with monkeypatch.context() as patched:
            patched.setattr(workspace_module, "compact_events", lambda *_arguments: None)
            seen.here.run()
        if is_taken:
            seen.compact()
        assert passes.follow()
        assert list(seen.marks()) == ["c003"]
        passes.once()
    row = seen.live("c003")["c003"]
    assert differing(said(row), seen.whole_night()["c003"]) == {}


def test_a_pass_that_a_run_overtook_writes_nothing(seen: Seen, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its rows would go on from states that hold no longer; the marks stay."""
    seen.tell("order", "c003", "e1", 50)

    def overtaken(*arguments: Any) -> Any:
        monkeypatch.setattr(steps_module, "work_out", work_out)
        worked = work_out(*arguments)
        seen.here.run()
        return worked

    monkeypatch.setattr(steps_module, "work_out", overtaken)
    with seen.passes() as passes:
        assert passes.once().is_overtaken
        assert list(seen.marks()) == ["c003"]
        assert passes.once().rows == 1


def test_joining_two_customers_makes_one_row_of_theirs(seen: Seen) -> None:
    """A joining by hand marks both; the row stands under the person's id, and either id finds it."""
    seen.tell("order", "c007", "e1", 50)
    with seen.passes() as passes:
        passes.follow()
        passes.once()
        seen.join("c003", "c007")
        assert passes.follow()
        passes.once()

    assert seen.live("c003", "c007").keys() == {seen.person("c007")}
    with seen.here.ledger.reading() as connection:
        assert len(connection.execute(select(STATE)).all()) == 1


def test_nothing_is_left_of_whoever_is_forgotten(seen: Seen) -> None:
    """Row, moves, mark and setback go."""
    seen.tell("order", "c003", "e1", 5000)
    seen.catch_up()
    with seen.here.ledger.writing() as connection:
        mark(connection, {"c003": 0})
        forget(connection, ["c003"])

    with seen.here.ledger.reading() as connection:
        for table in (STATE, MOVE, SETBACK):
            assert connection.execute(select(table)).first() is None
    assert seen.marks() == {}


def test_before_any_run_marks_wait(seen: Seen) -> None:
    """Nothing can be said before a run has fitted models; nothing is lost either."""
    seen.tell("order", "c003", "e1", 50)
    with seen.here.ledger.writing() as connection:
        connection.exec_driver_sql("delete from snapshot where kind = 'run'")

    assert seen.catch_up().rows == 0
    assert list(seen.marks()) == ["c003"]


def test_who_is_erased_leaves_no_live_row_and_none_comes_back(
    seen: Seen, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Not even by a pass that was at work meanwhile."""
    seen.tell("order", "c003", "e1", 50)

    def erased_meanwhile(*arguments: Any) -> Any:
        worked = work_out(*arguments)
        seen.here.erase("c003")
        return worked

    monkeypatch.setattr(steps_module, "work_out", erased_meanwhile)
    assert seen.catch_up().rows == 0

    assert seen.live("c003") == {}
    assert seen.marks() == {}


def test_doctor_says_who_waits_too_long_and_who_was_set_back(
    seen: Seen, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A minute without an answer is too long; an error is named by its code."""

    def codes() -> list[str]:
        return [each.code for each in seen.here.doctor() if each.code.startswith("live.")]

    seen.tell("order", "c003", "e1", 50)
    assert codes() == []
    seen.clock.moment += timedelta(minutes=2)
    assert codes() == ["live.far_behind"]

    monkeypatch.setattr(steps_module, "work_out", lambda *_arguments: 1 / 0)
    seen.catch_up()
    assert codes() == ["live.not_worked_out"]


def test_doctor_holds_live_rows_against_the_facts(seen: Seen) -> None:
    """A row that somebody changed by hand is found; others are not."""
    for name in ("c003", "c007"):
        seen.tell("order", name, f"{name}-e", 50)
    seen.catch_up()
    seen.compact()
    with Base(seen.here.warehouse, seen.here.settings) as base:
        assert check_rows(base, seen.here.ledger, seen.clock) == []
        with seen.here.ledger.writing() as connection:
            row = connection.execute(select(STATE.c.document).where(STATE.c.customer_id == "c007")).one()
            row.document["tiers"]["stage"] = "mature"
            row.document["scores"]["clv_12m"] = 1.0
            connection.execute(
                update(STATE).where(STATE.c.customer_id == "c007").values(document=row.document)
            )

        (found,) = check_rows(base, seen.here.ledger, seen.clock)

    assert (found.code, found.params) == ("live.differs", {"customers": 1, "looked_at": 2, "example": "c007"})


def test_amounts_wait_for_the_run_where_costs_are_shared_out(seen: Seen, tmp_path: Path) -> None:
    """Advertising is borne by all who were won: nobody can tell one customer's part of it; tier and stage are live."""
    costs = tmp_path / "spend.csv"
    costs.write_text("date,source,spend\n2026-06-01,search,500\n", encoding="utf-8")
    add_table(seen.here, costs, "spend", ReadOptions())
    seen.tell("order", "c003", "e1", 350)

    seen.catch_up()

    row = seen.live("c003")["c003"]
    assert "clv_12m" not in row.scores
    assert row.scores["orders"] > 1
    assert row.tiers["tier"] == seen.whole_night()["c003"]["tier"]


def test_a_rehearsal_writes_nothing_and_changes_no_answer(seen: Seen) -> None:
    """Neither is the order that it makes up seen by anybody, nor by the pass that follows on the same bench."""
    everything = [each for each in metadata.sorted_tables if not each.name.startswith("alembic")]

    def stored() -> dict[str, int]:
        with seen.here.ledger.reading() as connection:
            return {t.name: connection.scalar(select(func.count()).select_from(t)) or 0 for t in everything}

    with seen.passes() as passes:
        before = stored()
        passes.rehearse()
        assert stored() == before
        seen.tell("order", "c003", "e1", 350)
        assert passes.once().rows == 1

    (row,) = seen.live("c003").values()
    assert differing(said(row), seen.whole_night()["c003"]) == {}


def test_a_rehearsal_that_fails_is_told_and_stops_nobody(seen: Seen, monkeypatch: pytest.MonkeyPatch) -> None:
    """What is wrong is found by the passes after it, one customer at a time."""
    heard: list[str] = []
    monkeypatch.setattr(steps_module, "gather", _out_of_order)
    monkeypatch.setattr(watching, "said", lambda text, **fields: heard.append(f"{text}: {fields['code']}"))

    with seen.passes() as passes:
        passes.rehearse()

    assert heard == ["live rehearsal failed: live.unforeseen"]


def _out_of_order(*_asked: object) -> None:
    message = "of a library"
    raise ZeroDivisionError(message)

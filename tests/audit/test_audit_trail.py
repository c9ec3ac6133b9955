"""The trail: noted with the act, sealed in one chain, and whatever is done to it past us is named."""

from __future__ import annotations

import hashlib
import json
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import select, text
from sqlalchemy.exc import IntegrityError

from evergrove.audit import Head, check_audit, entries, note, seal, subject, verify
from evergrove.audit.service import CHUNK
from evergrove.audit.tables import AUDIT, TRIGGERS
from evergrove.ledger import migrate, open_ledger
from evergrove.testing.kill import kill_points
from evergrove.testing.processes import forked

if TYPE_CHECKING:
    from collections.abc import Callable

    from evergrove.audit import Verdict
    from evergrove.ledger import Ledger

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
ROWS = 6


def written(ledger: Ledger, count: int = ROWS, start: int = 0) -> None:
    """Some acts, a transaction each."""
    for n in range(start, start + count):
        with ledger.writing() as connection:
            note(connection, "campaigns.started", "user:u1", f"playbook:L{n}", {"n": n}, at=NOON)


def walked(ledger: Ledger, exported: Head | None = None) -> Verdict:
    """What the walk says."""
    with ledger.reading() as connection:
        return verify(connection, exported)


def rows(ledger: Ledger) -> list[Any]:
    """The trail as it is stored, in the order of the chain."""
    with ledger.reading() as connection:
        return list(connection.execute(select(AUDIT).order_by(AUDIT.c.seq, AUDIT.c.id)).mappings())


def past_us(ledger: Ledger, *statements: str) -> None:
    """What somebody with the rights of the database's owner does, triggers out of the way."""
    with ledger.rebuilding() as connection:
        for name in TRIGGERS[ledger.dialect]:
            on = " on audit" if ledger.dialect == "postgresql" else ""
            connection.execute(text(f"drop trigger if exists {name}{on}"))
        for statement in statements:
            connection.execute(text(statement))


def test_an_act_that_is_rolled_back_leaves_no_row(ledger: Ledger) -> None:
    """The row is written in the transaction of the act: both, or neither."""
    with pytest.raises(RuntimeError), ledger.writing() as connection:
        note(connection, "people.erased", "cli", "customer:C-1")
        raise RuntimeError

    assert rows(ledger) == []


def test_the_chain_can_be_checked_without_our_code(ledger: Ledger) -> None:
    """The documented line of JSON, hashed by hand, gives every seal."""
    with ledger.writing() as connection:
        note(
            connection,
            "tiers.adopted",
            "cli",
            subject("customer", "顾客 7"),
            {"b": [1, True, None], "a": "x.y"},
            at=NOON,
        )
    written(ledger, 2)

    head = seal(ledger)

    before = "0" * 64
    for n, row in enumerate(rows(ledger), 1):
        at = int(row["at"].timestamp()) * 1_000_000
        line = [before, n, row["id"], at, row["act"], row["who"], row["what"], row["params"]]
        spelled = json.dumps(line, sort_keys=True, separators=(",", ":"))
        before = hashlib.sha256(spelled.encode()).hexdigest()
        assert (row["seq"], row["hash"]) == (n, before)
    assert head == Head(3, before)


def test_sealing_again_changes_nothing_and_goes_on_where_it_was(ledger: Ledger) -> None:
    """Idempotent; more rows than one transaction takes are all sealed."""
    written(ledger, 2)
    assert seal(ledger) == seal(ledger) == Head(2, rows(ledger)[-1]["hash"])
    with ledger.writing() as connection:
        for n in range(CHUNK + 1):
            note(connection, "campaigns.started", "cli", f"playbook:L{n}", at=NOON)

    assert seal(ledger).seq == CHUNK + 3
    assert walked(ledger).broken is None


def test_a_transaction_that_commits_late_comes_behind(ledger: Ledger) -> None:
    """Places are given by the sealer: what commits after it follows, and leaves no gap."""
    if ledger.dialect == "sqlite":
        return  # one writer at a time: nobody commits in between
    with ledger.writing() as late:
        note(late, "campaigns.started", "user:late", "playbook:L1")
        written(ledger, 1)
        assert seal(ledger).seq == 1
    assert seal(ledger).seq == 2

    assert [row["who"] for row in rows(ledger)] == ["user:u1", "user:late"]
    assert walked(ledger) == walked(ledger, Head(1, rows(ledger)[0]["hash"]))
    assert walked(ledger).broken is None


EVIL: dict[str, tuple[int, str, tuple[str, ...]]] = {
    "edited": (3, "audit.row_changed", ("update audit set what = 'playbook:L9' where seq = 3",)),
    "made unreadable": (3, "audit.row_changed", ("update audit set params = 'no json' where seq = 3",)),
    "moved in time": (4, "audit.row_changed", ("update audit set at = at + 1 where seq = 4",)),
    "deleted": (2, "audit.row_missing", ("delete from audit where seq = 2",)),
    "first deleted": (1, "audit.row_missing", ("delete from audit where seq = 1",)),
    "reordered": (
        2,
        "audit.row_changed",
        (
            "update audit set seq = 99 where seq = 2",
            "update audit set seq = 2 where seq = 5",
            "update audit set seq = 5 where seq = 99",
        ),
    ),
    "closed up": (
        2,
        "audit.row_changed",
        (
            "delete from audit where seq = 2",
            "update audit set seq = -seq where seq > 2",
            "update audit set seq = -seq - 1 where seq < 0",
        ),
    ),
}


@pytest.mark.parametrize("evil", EVIL)
def test_the_first_broken_row_is_named(ledger: Ledger, evil: str) -> None:
    """Delete, edit or reorder: the walk stops at the first row that is not what was sealed."""
    written(ledger)
    seal(ledger)
    first, code, statements = EVIL[evil]

    past_us(ledger, *statements)

    found = walked(ledger)
    assert found.broken is not None
    assert (found.broken.code, found.broken.seq, found.head.seq) == (code, first, first - 1)


def test_a_cut_tail_is_seen_by_the_exported_head(ledger: Ledger) -> None:
    """Without a head kept elsewhere a shorter chain is a whole one; with it the first lost row is named."""
    written(ledger)
    exported = seal(ledger)

    past_us(ledger, "delete from audit where seq > 4")

    assert walked(ledger).broken is None
    broken = walked(ledger, exported).broken
    assert broken is not None
    assert (broken.code, broken.seq) == ("audit.tail_cut", 5)


def test_a_chain_written_anew_is_seen_by_the_exported_head(ledger: Ledger) -> None:
    """Whoever edits a row and seals all that follow again still cannot meet a hash that was kept elsewhere."""
    written(ledger)
    exported = seal(ledger)

    past_us(
        ledger,
        "update audit set what = 'playbook:L9' where seq = 3",
        "update audit set seq = null, hash = null",
    )
    seal(ledger)

    assert walked(ledger).broken is None
    broken = walked(ledger, exported).broken
    assert broken is not None
    assert (broken.code, broken.seq) == ("audit.rewritten", ROWS)


@pytest.mark.parametrize(
    "statement",
    [
        "update audit set what = 'playbook:L9' where seq = 1",
        "update audit set seq = null, hash = null where seq = 1",
        "update audit set params = '{}' where seq is null",
        "delete from audit where seq is null",
        "delete from audit where seq = 1",
    ],
)
def test_the_databases_refuse_changes(ledger: Ledger, statement: str) -> None:
    """By triggers, in a ledger made for a test as in a migrated one."""
    written(ledger, 1)
    seal(ledger)
    written(ledger, 1)

    with pytest.raises(IntegrityError, match="only grows"), ledger.writing() as connection:
        connection.execute(text(statement))


def test_a_migrated_ledger_has_the_same_guards(empty_ledger: Ledger) -> None:
    """The step and the statements for tests make the same triggers, and doctor misses none."""
    migrate(empty_ledger)
    written(empty_ledger, 1)
    seal(empty_ledger)

    for statement in ("update audit set act = 'x.y'", "delete from audit"):
        with pytest.raises(IntegrityError, match="only grows"), empty_ledger.writing() as connection:
            connection.execute(text(statement))
    with empty_ledger.reading() as connection:
        assert check_audit(connection, NOON) == []


def test_a_trail_cannot_be_emptied(ledger: Ledger) -> None:
    """PostgreSQL empties a table without deleting rows; that is refused as well."""
    if ledger.dialect == "sqlite":
        return
    written(ledger, 1)

    with pytest.raises(IntegrityError, match="only grows"), ledger.writing() as connection:
        connection.execute(text("truncate audit"))


def test_doctor_names_what_is_wrong(ledger: Ledger) -> None:
    """Guards taken away, a broken row, and rows that nobody seals."""
    written(ledger, 2)
    seal(ledger)
    written(ledger, 1)
    past_us(ledger, "update audit set who = 'user:u2' where seq = 1")

    with ledger.reading() as connection:
        found = check_audit(connection, NOON + timedelta(days=3))

    assert [each.code for each in found] == ["audit.unguarded", "audit.row_changed", "audit.behind"]


@pytest.mark.parametrize(
    ("what", "params"),
    [
        ("customer:C-1", {"name": "Ada Lovelace"}),
        ("customer:C-1", {"to": "ada@mail.example"}),
        ("customer:C-1", {"note": "x" * 129}),
        ("customer:C-1", {"amount": 1.5}),
        ("customer:C-1", {"deep": [["x"]]}),
        ("customer:C-1", {"Ada Lovelace": 1}),
        ("customer:C-1\nforged", {}),
        ("customer:ada@mail.example", {}),
        ("customer:Ada Lovelace", {}),
    ],
)
def test_what_could_be_personal_is_refused(ledger: Ledger, what: str, params: dict[str, Any]) -> None:
    """A row that can never be changed could not be forgotten either."""
    with pytest.raises(ValueError, match="audit"), ledger.writing() as connection:
        note(connection, "people.erased", "cli", what, params)


def test_names_from_outside_stand_as_keys_or_as_hashes() -> None:
    """Somebody may type an address where an id is asked for: it can be found again, and not be read."""
    assert subject("customer", "C-1") == "customer:C-1"
    hidden = subject("customer", "ada@mail.example")
    assert hidden.startswith("customer:hash:")
    assert "ada" not in hidden
    assert hidden == subject("customer", "ada@mail.example") != subject("customer", "bob@mail.example")
    assert subject("customer", "") == subject("customer", "").lower() != "customer:"


def test_entries_are_found_by_act_and_person(ledger: Ledger) -> None:
    """Newest first; a station's name with its full stop means all of its acts."""
    written(ledger, 2)
    with ledger.writing() as connection:
        note(connection, "people.erased", "cli", "customer:C-1")
        found = entries(connection, 2)
        assert [row.act for row in found] == ["people.erased", "campaigns.started"]
        assert [row.what for row in entries(connection, act="campaigns.")] == ["playbook:L1", "playbook:L0"]
        assert [row.what for row in entries(connection, who="cli", act="people.erased")] == ["customer:C-1"]
        assert entries(connection, what="customer:C-2") == []


@pytest.mark.slow
@pytest.mark.usefixtures("kill_sweep")
def test_many_sealers_make_one_chain(ledger: Ledger) -> None:
    """Three processes seal while a fourth writes: no place is given twice, and none is left out."""
    count = 60

    def write() -> None:
        mine = open_ledger(ledger.where)
        written(mine, count)
        mine.close()

    def seal_on() -> None:
        mine = open_ledger(ledger.where)
        while seal(mine).seq < count:
            pass
        mine.close()

    runs: list[Callable[[], None]] = [write, seal_on, seal_on, seal_on]
    children = [forked(run) for run in runs]
    for child in children:
        assert child.was_killed() is False

    assert walked(ledger) == walked(ledger, Head(count, rows(ledger)[-1]["hash"]))
    assert (walked(ledger).head.seq, walked(ledger).waiting, walked(ledger).broken) == (count, 0, None)


@pytest.mark.slow
@pytest.mark.usefixtures("kill_sweep")
def test_a_killed_sealer_leaves_a_chain_that_goes_on(ledger: Ledger) -> None:
    """At each durable step of writing and sealing: no gap, no fork, and the next sealer finishes."""
    noted: list[int] = []

    def run() -> None:
        mine = open_ledger(ledger.where)
        written(mine, 2)
        seal(mine)

    def verify_left() -> None:
        assert walked(ledger).broken is None
        head = seal(ledger)
        assert walked(ledger).broken is None
        noted.append(head.seq)

    points = kill_points(run, verify_left)

    # Two at each of three commits, and the sealer's own; a kill behind a commit loses nothing of it.
    assert points == 2 * 3 + 1
    assert noted == sorted(noted)

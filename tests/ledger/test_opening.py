"""Opening a ledger: what is there is used, what is not there is never made up, and errors say the way out."""

from __future__ import annotations

import importlib.util
import sqlite3
import subprocess
import sys
from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import Column, Integer, MetaData, Table, select
from sqlalchemy.exc import IntegrityError

from evergrove.ledger import (
    LedgerBusy,
    LedgerExists,
    LedgerFailed,
    LedgerMissing,
    LedgerUnreachable,
    NoPostgresDriver,
    NoServerExtra,
    NotALedger,
    UnknownLedgerUrl,
    check_ledger,
    open_ledger,
    opening,
    require_server_extra,
)
from evergrove.ledger.check import is_safe
from evergrove.testing.processes import forked

if TYPE_CHECKING:
    from pathlib import Path

    from evergrove.ledger import Ledger

PROBE = Table("opening_probe", MetaData(), Column("id", Integer, primary_key=True))


def with_table(ledger: Ledger) -> Ledger:
    """Make one table."""
    with ledger.writing() as connection:
        PROBE.metadata.create_all(connection)
    return ledger


def numbers(ledger: Ledger) -> list[int]:
    """The numbers in the table."""
    with ledger.reading() as connection:
        return list(connection.execute(select(PROBE.c.id).order_by(PROBE.c.id)).scalars())


def test_a_missing_ledger_is_not_made(tmp_path: Path) -> None:
    """Reading where there is none says so, and leaves the place as it was."""
    with pytest.raises(LedgerMissing, match="evergrove init"):
        open_ledger(tmp_path / "ledger.sqlite")

    assert list(tmp_path.iterdir()) == []


def test_a_file_that_disappears_is_not_made_anew(tmp_path: Path) -> None:
    """Connections made later do not replace a ledger that somebody moved away."""
    ledger = with_table(open_ledger(tmp_path / "ledger.sqlite", create=True))
    ledger.close()
    (tmp_path / "ledger.sqlite").rename(tmp_path / "moved")

    with pytest.raises(LedgerFailed, match="unable to open"), ledger.writing():
        pass
    assert not (tmp_path / "ledger.sqlite").exists()


def test_a_ledger_is_made_once(empty_ledger: Ledger) -> None:
    """Without tables it is taken over, as after a kill; with tables it exists."""
    open_ledger(empty_ledger.where, create=True).close()
    with pytest.raises(LedgerMissing):
        open_ledger(empty_ledger.where)
    with_table(empty_ledger)

    with pytest.raises(LedgerExists):
        open_ledger(empty_ledger.where, create=True)


def test_what_a_kill_leaves_of_a_new_file_is_taken_over(tmp_path: Path) -> None:
    """The file is there and empty: making the ledger again is right, using it is not."""
    path = tmp_path / "ledger.sqlite"
    path.touch()

    with pytest.raises(NotALedger):
        open_ledger(path)
    open_ledger(path, create=True).close()


@pytest.mark.parametrize("content", [b"not a database at all" * 50, b"SQLite format 3\x00" + bytes(20)])
def test_what_is_no_database_is_refused(tmp_path: Path, content: bytes) -> None:
    """Neither opened nor overwritten."""
    path = tmp_path / "ledger.sqlite"
    path.write_bytes(content)

    for create in (False, True):
        with pytest.raises(NotALedger, match="restore the newest backup"):
            open_ledger(path, create=create)
    assert path.read_bytes() == content


def test_somebody_elses_database_is_refused(tmp_path: Path) -> None:
    """A SQLite file without our mark is not ours, whatever its tables are called."""
    path = tmp_path / "theirs.sqlite"
    theirs = sqlite3.connect(path)
    theirs.execute("create table opening_probe (id integer)")
    theirs.close()
    before = path.read_bytes()

    with pytest.raises(NotALedger, match="EVGR"):
        open_ledger(path)
    assert path.read_bytes() == before


@pytest.mark.parametrize(
    ("where", "error"),
    [
        ("mysql://user@host/shop", UnknownLedgerUrl),
        ("://", UnknownLedgerUrl),
        ("sqlite://", UnknownLedgerUrl),
        ("postgresql://user:secret@127.0.0.1:9/shop?connect_timeout=2", LedgerUnreachable),
        ("postgresql://127.0.0.1:9/shop?connect_timeout=2&password=secret", LedgerUnreachable),
        ("postgresql://127.0.0.1:9/shop?no_such_option=1&password=secret", LedgerUnreachable),
        ("postgresql://user:secret@127.0.0.1:secret/shop", UnknownLedgerUrl),
        ("postgresql:user:secret@127.0.0.1/shop", UnknownLedgerUrl),
        ("mysql://host/shop?passwd=secret", UnknownLedgerUrl),
    ],
)
def test_urls_that_lead_nowhere_are_refused_without_telling_secrets(
    where: str, error: type[Exception]
) -> None:
    """The message names the place and not the password."""
    for create in (False, True):
        with pytest.raises(error) as raised:
            open_ledger(where, create=create)
        assert "secret" not in str(raised.value)


def test_an_error_that_nobody_foresaw_tells_no_values(empty_ledger: Ledger) -> None:
    """It is printed as it is, with its statement; what stood in the row is personal."""
    ledger = with_table(empty_ledger)
    with pytest.raises(IntegrityError) as raised, ledger.writing() as connection:
        connection.execute(PROBE.insert(), [{"id": 4711}, {"id": 4711}])

    ours, _mark, _servers_own_words = str(raised.value).partition("DETAIL:")  # PostgreSQL names the key there
    assert "4711" not in ours


def test_a_folder_that_cannot_be_written_is_said(tmp_path: Path) -> None:
    """A new ledger below a plain file."""
    (tmp_path / "file").touch()

    with pytest.raises(LedgerUnreachable, match="file"):
        open_ledger(tmp_path / "file" / "ledger.sqlite", create=True)


def test_what_is_not_installed_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    """The message is the command that installs it."""
    monkeypatch.setattr(opening, "find_spec", lambda _name: None)
    with pytest.raises(NoPostgresDriver, match=r"evergrove\[server,postgres\]"):
        open_ledger("postgresql://host/shop")

    monkeypatch.setattr("evergrove.ledger.errors.find_spec", lambda _name: None)
    with pytest.raises(NoServerExtra, match=r"evergrove\[server\]"):
        require_server_extra()


def test_importing_the_ledger_without_sqlalchemy_says_what_to_install() -> None:
    """Not a ModuleNotFoundError: the first import already speaks in our words."""
    code = (
        "import sys, importlib.util as u; find = u.find_spec\n"
        "u.find_spec = lambda name, *rest: None if name == 'sqlalchemy' else find(name, *rest)\n"
        "sys.modules['sqlalchemy'] = None\n"
        "try:\n    import evergrove.ledger\nexcept Exception as error:\n    print(type(error).__name__)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)

    assert done.stdout.strip() == "NoServerExtra"
    assert importlib.util.find_spec("sqlalchemy") is not None


def test_waiting_for_a_writer_ends_with_words(empty_ledger: Ledger, monkeypatch: pytest.MonkeyPatch) -> None:
    """Another transaction holds what we need for longer than we wait: nothing is changed, and it is said."""
    with_table(empty_ledger)
    with empty_ledger.writing() as connection:
        connection.execute(PROBE.insert().values(id=1))
    monkeypatch.setattr(opening, "BUSY_TIMEOUT_S", 0.05)
    impatient = open_ledger(empty_ledger.where, any_schema=True)

    with empty_ledger.writing() as holder:
        holder.execute(PROBE.update().values(id=2))
        with pytest.raises(LedgerBusy, match="Nothing was changed"), impatient.writing() as connection:
            connection.execute(PROBE.update().values(id=3))

    impatient.close()
    assert numbers(empty_ledger) == [2]


def test_a_ledger_goes_through_a_fork(empty_ledger: Ledger) -> None:
    """Parent and child write in turn through the same object; the file stays whole."""
    with_table(empty_ledger)

    def add(start: int) -> None:
        for number in range(start, start + 20):
            with empty_ledger.writing() as connection:
                connection.execute(PROBE.insert().values(id=number))

    add(0)
    child = forked(lambda: add(100))
    add(200)

    assert child.was_killed() is False
    assert numbers(empty_ledger) == [*range(20), *range(100, 120), *range(200, 220)]
    assert [each.code for each in check_ledger(empty_ledger) if each.code == "ledger.damaged"] == []


def test_manners_of_a_sqlite_ledger(tmp_path: Path) -> None:
    """Each connection: WAL, every commit on the disk, references held, what is deleted is overwritten."""
    wanted = {
        "journal_mode": "wal",
        "synchronous": 2,
        "foreign_keys": 1,
        "secure_delete": 1,
        "busy_timeout": 10_000,
    }
    pages = {False: 0, True: 1000}

    for checkpoints in (False, True):
        path = tmp_path / f"ledger {checkpoints}.sqlite"
        opened = open_ledger(path, create=True, checkpoints=checkpoints)
        with opened.writing() as connection:
            found = {name: connection.exec_driver_sql(f"pragma {name}").scalar_one() for name in wanted}
            moves = connection.exec_driver_sql("pragma wal_autocheckpoint").scalar_one()
        opened.close()
        assert found == wanted
        assert moves == pages[checkpoints]


def test_a_damaged_file_is_found(tmp_path: Path) -> None:
    """Zeroes over a page in the middle: the check says damaged, and does not stop at it."""
    path = tmp_path / "ledger.sqlite"
    ledger = with_table(open_ledger(path, create=True))
    with ledger.writing() as connection:
        connection.execute(PROBE.insert(), [{"id": number} for number in range(20_000)])
    assert "ledger.damaged" not in [each.code for each in check_ledger(ledger)]
    ledger.close()

    content = bytearray(path.read_bytes())
    middle = len(content) // 8192 * 4096
    content[middle : middle + 4096] = bytes(4096)
    path.write_bytes(content)

    assert "ledger.damaged" in [each.code for each in check_ledger(ledger)]
    ledger.close()


@pytest.mark.parametrize(
    ("version", "safe"),
    [
        ((3, 40, 1), False),
        ((3, 44, 5), False),
        ((3, 44, 6), True),
        ((3, 45, 0), False),
        ((3, 50, 6), False),
        ((3, 50, 7), True),
        ((3, 51, 2), False),
        ((3, 51, 3), True),
        ((3, 52, 0), True),
    ],
)
def test_versions_of_sqlite_that_can_lose_a_commit(version: tuple[int, ...], safe: Any) -> None:
    """The mended releases and what follows them, as sqlite.org lists them."""
    assert is_safe(version) is safe

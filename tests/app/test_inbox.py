"""The inbox: complete files come in once, oldest first, and are put away; what cannot come in says why."""

from __future__ import annotations

import os
import shutil
import time
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from tests.conftest import BEGUN

from evergrove.app import imports, open_workspace
from evergrove.app.inbox import LOCK, take_inbox
from evergrove.core import InUse, SetClock, sole_owner
from evergrove.ingest import ReadOptions
from evergrove.pipeline.inbox import expire_uploads
from evergrove.testing.kill import kill_points
from evergrove.testing.workspaces import copy_of

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from evergrove.app import Workspace

NOW = BEGUN + timedelta(days=1, hours=10)
ORDERS = "order_id,customer_id,order_date,amount\nZ1,zoe,2026-06-28,10\nZ2,yan,2026-06-29,20\n"
CHANGED = "order_id,customer_id,order_date,amount\nZ1,zoe,2026-06-28,15\n"
PEOPLE = "customer_id,email,name,consent\nzoe,zoe@shop.example,Zoe Quartermaine,yes\n"
COSTS = "order_id,cost_type,cost,date\nZ1,freight,5,2026-06-28\n"


@pytest.fixture
def folder(begun_on_sqlite: tuple[Path, str], tmp_path: Path) -> Path:
    """A workspace of this test's own."""
    return copy_of(begun_on_sqlite[0], tmp_path / "shop")


@pytest.fixture
def here(folder: Path) -> Iterator[Workspace]:
    """The same, open."""
    with open_workspace(folder, SetClock(NOW)) as workspace:
        yield workspace


def put(folder: Path, name: str, text: str, age_s: int = 60) -> Path:
    """A file in the inbox, last changed some seconds ago."""
    path = folder / "inbox" / name
    path.write_text(text, encoding="utf-8")
    os.utime(path, (time.time() - age_s,) * 2)
    return path


def left(folder: Path, name: str = "") -> list[str]:
    """Names of the files in a folder of the inbox."""
    return sorted(
        path.name
        for path in (folder / "inbox" / name).glob("*")
        if not path.name.startswith(".") and not path.is_dir()
    )


def test_every_table_comes_in_oldest_first_and_is_put_away(here: Workspace) -> None:
    """Orders in two versions, persons, costs: the younger version holds, though its name comes first."""
    put(here.folder, "b-orders.csv", ORDERS, age_s=300)
    put(here.folder, "a-orders.csv", CHANGED, age_s=100)
    put(here.folder, "people.csv", PEOPLE, age_s=90)
    put(here.folder, "costs.csv", COSTS, age_s=80)
    taken = take_inbox(here, settled_s=0)
    assert [one.file for one in taken] == ["b-orders.csv", "a-orders.csv", "people.csv", "costs.csv"]
    assert [one.outcomes[0].rows.good for one in taken] == [2, 1, 1, 1]
    assert left(here.folder) == []
    assert left(here.folder, "done") == sorted(f"20260702T040000-{one.file}" for one in taken)
    assert take_inbox(here, settled_s=0) == []


def test_the_same_bytes_again_change_nothing(here: Workspace) -> None:
    """They are put away beside the first."""
    for _time in range(2):
        put(here.folder, "orders.csv", ORDERS)
        (taken,) = take_inbox(here, settled_s=0)
    assert not taken.outcomes[0].is_new
    assert len(left(here.folder, "done")) == 2


def test_what_may_still_grow_waits(here: Workspace) -> None:
    """Names of copying programs, hidden files, folders, and whatever was touched just now."""
    for name in ("orders.csv.part", "x.tmp", "orders.csv~", ".orders.csv.Ab3", "orders.CSV.PART"):
        put(here.folder, name, ORDERS)
    (here.folder / "inbox" / "later").mkdir()
    path = put(here.folder, "orders.csv", ORDERS, age_s=3600)  # its date says old, its status was changed now
    assert take_inbox(here, settled_s=5) == []
    assert path.exists()
    assert len(take_inbox(here, settled_s=0)) == 1


@pytest.mark.parametrize(("language", "is_chinese"), [("en", False), ("zh-Hans", True), ("zh-Hant", True)])
def test_refused_files_say_why_in_the_workspaces_language(
    folder: Path, monkeypatch: pytest.MonkeyPatch, language: str, *, is_chinese: bool
) -> None:
    """Beside the file lies a note; the next file comes in all the same."""
    monkeypatch.setenv("EVERGROVE_VALUE_LANGUAGE", language)
    put(folder, "notes.csv", "colour,size\nred,1\nblue,2\n", age_s=100)
    put(folder, "orders.csv", ORDERS)
    with open_workspace(folder, SetClock(NOW)) as here:
        refused, taken = take_inbox(here, settled_s=0)
    assert refused.refused is not None
    assert taken.outcomes
    file, note = left(folder, "refused")
    assert note == f"{file}.why.txt"
    said = (folder / "inbox" / "refused" / note).read_text(encoding="utf-8")
    assert refused.refused.code in said
    assert any("\u4e00" <= sign <= "\u9fff" for sign in said) == is_chinese


def test_links_and_pipes_are_not_read(here: Workspace, tmp_path: Path) -> None:
    """A link to a file outside is refused as a link; the file outside stays."""
    outside = tmp_path / "outside.csv"
    outside.write_text(ORDERS, encoding="utf-8")
    (here.folder / "inbox" / "link.csv").symlink_to(outside)
    os.mkfifo(here.folder / "inbox" / "pipe.csv")
    taken = take_inbox(here, settled_s=0)
    assert {one.refused.code for one in taken if one.refused} == {"pipeline.not_a_regular_file"}
    assert len(taken) == 2
    assert outside.read_text(encoding="utf-8") == ORDERS
    assert left(here.folder) == []


def test_one_process_takes_the_inbox(here: Workspace) -> None:
    """Another is told, and no file is refused for it."""
    put(here.folder, "orders.csv", ORDERS)
    with sole_owner(here.folder / "inbox" / LOCK), pytest.raises(InUse):
        take_inbox(here, settled_s=0)
    with here.alone(), pytest.raises(InUse):
        take_inbox(here, settled_s=0)
    assert left(here.folder, "refused") == []
    assert len(take_inbox(here, settled_s=0)) == 1


def test_put_away_files_expire_after_a_month(here: Workspace) -> None:
    """Counted from when they were taken, whatever the date of the file."""
    put(here.folder, "orders.csv", ORDERS, age_s=90 * 86_400)
    put(here.folder, "notes.csv", "colour,size\nred,1\n")
    take_inbox(here, settled_s=0)
    assert expire_uploads(here.folder, NOW + timedelta(days=30)) == 0
    assert expire_uploads(here.folder, NOW + timedelta(days=31)) == 3
    assert left(here.folder, "done") == left(here.folder, "refused") == []


def test_erasing_a_person_reaches_taken_and_refused_files(here: Workspace) -> None:
    """Whoever is named in a raw file is named there no longer."""
    put(here.folder, "people.csv", PEOPLE, age_s=100)
    put(here.folder, "notes.csv", "colour,size\nZoe Quartermaine,1\n")
    assert len(take_inbox(here, settled_s=0)) == 2
    here.erase("zoe")
    held = [path.read_bytes() for path in (here.folder / "inbox").rglob("*") if path.is_file()]
    assert not any(b"Quartermaine" in content or b"zoe@" in content for content in held)


@pytest.mark.slow
@pytest.mark.usefixtures("kill_sweep")
def test_a_kill_loses_nothing_and_imports_nothing_twice(folder: Path, tmp_path: Path) -> None:
    """At every kill point each file is waiting, or its rows are in; the next command brings everything, once."""
    put(folder, "orders.csv", ORDERS, age_s=300)
    put(folder, "notes.csv", "colour,size\nred,1\n", age_s=200)
    put(folder, "people.csv", PEOPLE, age_s=100)
    original = shutil.copytree(folder, tmp_path / "original")

    def prepare() -> None:
        shutil.rmtree(folder)
        shutil.copytree(original, folder)

    def run() -> None:
        with open_workspace(folder, SetClock(NOW)) as child:
            take_inbox(child, settled_s=0)

    def verify() -> None:
        names = {"orders.csv", "notes.csv", "people.csv"}
        kept = [name.partition("-")[2] for part in ("done", "refused") for name in left(folder, part)]
        assert names <= {*left(folder), *kept}
        run()
        assert left(folder) == []
        assert sorted(name.partition("-")[2] for name in left(folder, "done")) == ["orders.csv", "people.csv"]
        assert [name.partition("-")[2] for name in left(folder, "refused")] == [
            "notes.csv",
            "notes.csv.why.txt",
        ]
        with open_workspace(folder, SetClock(NOW)) as seen:
            again = seen.ingest([original / "inbox" / "orders.csv"], ReadOptions())
            assert not again.files[0].is_new

    proving = "EVERGROVE_PROVE" in os.environ
    kills = kill_points(run, verify, prepare=prepare, every=1 if proving else 37)
    assert kills > (2 if proving else 1)


def test_files_of_persons_tell_what_changed_in_their_columns(here: Workspace, tmp_path: Path) -> None:
    """Customers, identities and consents are held against the last file of their kind."""
    given = {
        "customers": ("customer_id,email,name,consent\nc1,a@x.example,Ann,yes\n", "customer_id,email,consent\nc2,b@x.example,yes\n"),
        "identities": ("customer_id,union_id,member_no\nc1,u1,M7\n", "customer_id,union_id\nc2,u2\n"),
        "consents": (
            "customer_id,channel,purpose,status,consented_at\nc1,email,marketing,granted,2026-05-01\n",
            "customer_id,channel,status,consented_at\nc2,email,granted,2026-05-01\n",
        ),
    }  # fmt: skip
    for table, texts in given.items():
        warned = []
        for nth, text in enumerate(texts):
            path = tmp_path / f"{table}-{nth}.csv"
            path.write_text(text, encoding="utf-8")
            if table == "customers":
                told = here.ingest_customers([path], ReadOptions())[0]
            else:
                told = imports.add_people(here, path, table, ReadOptions())
            warned.append([each.code for each in told.warnings])
        assert warned == [[], ["ingest.columns_gone"]], table

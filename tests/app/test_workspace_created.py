"""A workspace is made whole or not at all, in a folder of its own, with its key outside."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlalchemy import create_engine, inspect, make_url

from evergrove.app import create_workspace, open_workspace
from evergrove.app.creation import FolderInUse, KeyInside
from evergrove.campaigns.reading import shipped_documents
from evergrove.core import InputError, SetClock
from evergrove.ledger import LedgerExists, LedgerUnreachable, UnknownLedgerUrl
from evergrove.people.errors import MasterKeyExists

BORN = SetClock(datetime(2026, 7, 1, tzinfo=UTC))


def made(folder: Path, key: Path, ledger: str = "") -> Path:
    """Make a workspace."""
    chosen = {"value": {"currency": "TWD", "timezone": "Asia/Taipei"}}
    if ledger:
        chosen["workspace"] = {"ledger": ledger}
    return create_workspace(folder, chosen=chosen, key_file=key, clock=BORN)


@pytest.mark.parametrize("database", ["sqlite", "postgresql"])
def test_a_new_workspace_opens_with_what_was_chosen(
    tmp_path: Path, request: pytest.FixtureRequest, database: str
) -> None:
    """Settings, an empty warehouse, playbooks as drafts; in either database."""
    url = "" if database == "sqlite" else request.getfixturevalue("postgres_url")
    folder, key = tmp_path / "deep" / "shop", tmp_path / "keys" / "shop.key"

    assert made(folder, key, url) == key

    with open_workspace(folder, BORN) as workspace:
        assert workspace.ledger.dialect == database
        assert (workspace.settings.value.currency, workspace.settings.value.timezone) == (
            "TWD",
            "Asia/Taipei",
        )
        assert workspace.settings.outreach.salt == workspace.id
        assert {one.playbook.key: one.state for one in workspace.playbooks()} == dict.fromkeys(
            (one["key"] for one in shipped_documents()), "draft"
        )
        assert workspace.warehouse.newest() is None
        assert workspace.seal.unseal(workspace.seal.seal({"a": 1})) == {"a": 1}
    assert sorted(path.name for path in folder.parent.iterdir()) == ["shop"]
    assert (folder / "ledger.sqlite").exists() == (database == "sqlite")


@pytest.mark.parametrize("name", ['a"b', "a\\b", 'a"\n[mail]\nhost = "evil.example', "a\x7fb", "a\tb", "林"])
def test_what_was_chosen_stays_a_value(tmp_path: Path, name: str) -> None:
    """Whatever characters a path holds, it becomes no other setting."""
    made(tmp_path / "shop", tmp_path / name)

    with open_workspace(tmp_path / "shop", BORN) as workspace:
        assert workspace.settings.workspace.key_file == str(tmp_path / name)
        assert workspace.settings.mail.host == ""


def test_a_folder_that_is_there_stays_the_same(tmp_path: Path) -> None:
    """Whoever stands in it goes on standing in it."""
    folder = tmp_path / "shop"
    folder.mkdir()
    inode = folder.stat().st_ino

    made(folder, tmp_path / "key")

    assert folder.stat().st_ino == inode
    with open_workspace(folder, BORN) as workspace:
        assert workspace.playbooks()
    assert sorted(path.name for path in tmp_path.iterdir()) == ["key", "shop"]


def test_this_very_folder_can_become_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """With a dot for the folder."""
    (tmp_path / "shop").mkdir()
    monkeypatch.chdir(tmp_path / "shop")

    made(Path(), tmp_path / "key")

    with open_workspace(Path(), BORN) as workspace:
        assert workspace.playbooks()


def test_the_key_goes_to_the_users_own_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where nothing is said; it is the owner's alone, and found again if the setting is emptied."""
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))

    key = create_workspace(tmp_path / "shop", chosen={}, clock=BORN)

    assert key.parent == tmp_path / "config" / "evergrove" / "keys"
    assert key.stat().st_mode & 0o777 == 0o600
    settings = tmp_path / "shop" / "evergrove.toml"
    settings.write_text(settings.read_text().replace(f'key_file = "{key}"', 'key_file = ""'))
    with open_workspace(tmp_path / "shop", BORN) as workspace:
        assert key.stem == workspace.id


@pytest.mark.parametrize("holds", ["a file", "a workspace", "is a file"])
def test_a_folder_in_use_is_refused_and_left_alone(tmp_path: Path, holds: str) -> None:
    """Whatever it holds, a hidden file as well."""
    folder = tmp_path / "shop"
    if holds == "a workspace":
        made(folder, tmp_path / "first")
    elif holds == "a file":
        folder.mkdir()
        (folder / ".hidden").touch()
    else:
        folder.touch()
    before = sorted(tmp_path.rglob("*"))

    with pytest.raises(FolderInUse, match="Name a folder that is empty"):
        made(folder, tmp_path / "key")

    assert sorted(tmp_path.rglob("*")) == before


@pytest.mark.parametrize("place", ["key", "../shop/keys/key"])
def test_a_key_inside_is_refused(tmp_path: Path, place: str) -> None:
    """A copy of the folder alone must not open what it holds."""
    (tmp_path / "shop").mkdir()

    with pytest.raises(KeyInside, match="outside"):
        made(tmp_path / "shop", tmp_path / "shop" / place)

    assert list((tmp_path / "shop").iterdir()) == []


@pytest.mark.parametrize(
    ("ledger", "error"),
    [
        ("mysql://localhost/shop", UnknownLedgerUrl),
        ("postgresql://nobody@127.0.0.1:9/none?connect_timeout=2", LedgerUnreachable),
    ],
)
def test_a_ledger_that_cannot_be_made_leaves_nothing_behind(
    tmp_path: Path, ledger: str, error: type[InputError]
) -> None:
    """Neither folder nor key."""
    with pytest.raises(error):
        made(tmp_path / "shop", tmp_path / "keys" / "key", ledger)

    assert [path for path in tmp_path.rglob("*") if path.name != "keys"] == []


def test_a_key_that_is_there_is_kept_and_no_folder_made(tmp_path: Path) -> None:
    """It may be another workspace's."""
    (tmp_path / "key").write_text("mine")

    with pytest.raises(MasterKeyExists):
        made(tmp_path / "shop", tmp_path / "key")

    assert [path.name for path in tmp_path.iterdir()] == ["key"]
    assert (tmp_path / "key").read_text() == "mine"


def test_a_database_in_use_is_refused(tmp_path: Path, postgres_url: str) -> None:
    """Two workspaces in one database would be one; the first goes on working."""
    made(tmp_path / "one", tmp_path / "one.key", postgres_url)

    with pytest.raises(LedgerExists):
        made(tmp_path / "two", tmp_path / "two.key", postgres_url)

    assert sorted(path.name for path in tmp_path.iterdir()) == ["one", "one.key"]
    with open_workspace(tmp_path / "one", BORN) as workspace:
        assert workspace.playbooks()


def test_a_password_stands_in_no_message(tmp_path: Path, postgres_url: str) -> None:
    """The URL is shown without it."""
    url = make_url(postgres_url).set(password="hushhush")  # noqa: S106 - what is to be hidden
    text = url.render_as_string(hide_password=False)
    made(tmp_path / "one", tmp_path / "one.key", text)

    with pytest.raises(LedgerExists) as refused:
        made(tmp_path / "two", tmp_path / "two.key", text)

    assert "hushhush" not in str(refused.value)


def test_what_breaks_off_can_be_begun_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A disk that is full at the last step: nothing is there, and the next attempt succeeds."""
    monkeypatch.setattr("evergrove.app.creation._move", _full)
    with pytest.raises(OSError, match="full"):
        made(tmp_path / "shop", tmp_path / "key")
    assert list(tmp_path.iterdir()) == []
    monkeypatch.undo()

    made(tmp_path / "shop", tmp_path / "key")

    assert (tmp_path / "shop" / "evergrove.toml").exists()


def _full(*_paths: Path) -> None:
    raise OSError("disk full")


def test_a_database_left_with_tables_only_is_named(tmp_path: Path, postgres_url: str) -> None:
    """The way out of an init that was killed between the tables and the folder is a sentence."""
    made(tmp_path / "shop", tmp_path / "key", postgres_url)
    engine = create_engine(make_url(postgres_url).set(drivername="postgresql+psycopg"))
    with engine.begin() as connection:
        assert "workspace" in inspect(connection).get_table_names()
        connection.exec_driver_sql("delete from workspace")
    engine.dispose()

    with pytest.raises(InputError, match="drop that database"), open_workspace(tmp_path / "shop", BORN):
        pass

"""evergrove.toml, changed from elsewhere: what people have written beside it stays, and nothing is written by half."""

from __future__ import annotations

import tomllib
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evergrove import audit
from evergrove.app import open_workspace
from evergrove.app.settings_file import (
    ChangedByHandOnly,
    OddSettingsFile,
    UnseenCharacter,
    _with,
    change_settings,
)
from evergrove.core import SetClock
from evergrove.settings import InvalidSetting, load_settings
from evergrove.testing.house import NOON, new_folder

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from evergrove.app import Workspace

FILE = """\
# of the shop
[value]
currency = "CNY"  # as the books have it
# rates below
discount_rate = 0.1

[outreach]
salt = "kept"
"""


@pytest.fixture
def here(tmp_path: Path) -> Iterator[Workspace]:
    """A workspace whose settings somebody has written comments into."""
    folder = new_folder(tmp_path)
    kept = (folder / "evergrove.toml").read_text(encoding="utf-8")
    (folder / "evergrove.toml").write_text("# mine\n" + kept, encoding="utf-8")
    with open_workspace(folder, SetClock(NOON)) as workspace:
        yield workspace


def test_a_changed_setting_holds_and_comments_stay(here: Workspace) -> None:
    """Numbers may come as text; the audit trail names the setting, never its value."""
    changed = change_settings(here, {"value": {"discount_rate": "0.12", "margin": 0.4}})

    text = (here.folder / "evergrove.toml").read_text(encoding="utf-8")
    assert (changed.value.discount_rate, changed.value.margin) == (0.12, 0.4)
    assert load_settings(here.folder / "evergrove.toml") == changed
    assert text.startswith("# mine\n")
    assert "discount_rate = 0.12" in text
    with here.ledger.reading() as connection:
        rows = connection.exec_driver_sql("select act, params from audit where act like '%settings%'").all()
    assert any("value.discount_rate" in str(row) for row in rows)
    assert not any("0.12" in str(row) for row in rows)


def test_none_gives_the_default_again(here: Workspace) -> None:
    """The line goes."""
    change_settings(here, {"value": {"margin": 0.4}})

    assert change_settings(here, {"value": {"margin": None}}).value.margin is None
    assert "margin" not in (here.folder / "evergrove.toml").read_text(encoding="utf-8")


@pytest.mark.parametrize(
    "changes",
    [
        {"value": {"discount_rate": 7}},
        {"value": {"discount_rate": 0.2, "language": "fr"}},
        {"value": {"nothing": None}},
        {"value": {"timezone": "../../etc/passwd"}},
        {"value": {"timezone": "Mars/Olympus"}},
        {"value": {"currency": "yuan"}},
        {"nowhere": {"x": 1}},
        {"stages": {"decline_days": "soon"}},
    ],
)
def test_what_cannot_be_is_refused_whole(here: Workspace, changes: dict[str, dict[str, Any]]) -> None:
    """Nothing of it is written."""
    before = (here.folder / "evergrove.toml").read_bytes()

    with pytest.raises(InvalidSetting):
        change_settings(here, changes)

    assert (here.folder / "evergrove.toml").read_bytes() == before


@pytest.mark.parametrize(
    "name", ["access.base_url", "server.host", "workspace.ledger", "jobs.backup_folder", "mail.password_file"]
)
def test_what_opens_the_machine_is_changed_there(here: Workspace, name: str) -> None:
    """An administrator's log-in must not reach other files of the machine, or move its own door."""
    section, _dot, setting = name.partition(".")

    with pytest.raises(ChangedByHandOnly):
        change_settings(here, {section: {setting: "/tmp/elsewhere"}})  # noqa: S108 - refused


def test_an_odd_file_is_left_alone() -> None:
    """A section written as one line is read well, and not taken apart."""
    with pytest.raises(OddSettingsFile):
        _with('value = { currency = "CNY" }\n', "value", "currency", "TWD")


@given(
    section=st.sampled_from(["value", "outreach", "mail"]),
    name=st.sampled_from(["currency", "salt", "sender"]),
    value=st.one_of(
        st.none(), st.integers(-(2**60), 2**60), st.floats(allow_nan=False, allow_infinity=False), st.text()
    ),
)
def test_only_the_one_setting_changes(section: str, name: str, value: Any) -> None:
    """Whatever is written, the file reads as before but for that setting; or it is refused."""
    expected = tomllib.loads(FILE)
    expected.setdefault(section, {}).pop(name, None)
    if value is not None:
        expected[section][name] = value

    try:
        changed = _with(FILE, section, name, value)
    except OddSettingsFile:
        assert isinstance(value, str)
        assert not value.isprintable()
        return

    assert tomllib.loads(changed) == expected
    assert "# of the shop" in changed
    assert "# rates below" in changed


@pytest.mark.parametrize("odd", ["A\u2028B", "a@b.example\r\nBcc: x@y.example", "\x85", "tab\there"])
def test_what_cannot_be_seen_is_refused(here: Workspace, odd: str) -> None:
    """A line break of some other standard would tear the file apart for whoever changes it next."""
    with pytest.raises(UnseenCharacter):
        change_settings(here, {"mail": {"sender_name": odd}})

    assert change_settings(here, {"mail": {"sender_name": "A B"}}).mail.sender_name == "A B"


def test_what_was_not_noted_was_not_changed(here: Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    """The act leaves its row, or nothing is done."""
    before = (here.folder / "evergrove.toml").read_bytes()

    def fails(*_any: object, **_more: object) -> None:
        raise OSError

    monkeypatch.setattr(audit, "note", fails)
    with pytest.raises(OSError):  # noqa: PT011 - which one does not matter
        change_settings(here, {"value": {"discount_rate": 0.2}})

    assert (here.folder / "evergrove.toml").read_bytes() == before


def test_a_commit_that_fails_gives_the_file_back(here: Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    """As above, one step later."""
    before = (here.folder / "evergrove.toml").read_bytes()
    real = type(here.ledger).writing

    @contextmanager
    def fails_at_the_end(ledger: Any, *given: Any, **more: Any) -> Iterator[Any]:
        with real(ledger, *given, **more) as connection:
            yield connection
            raise OSError

    monkeypatch.setattr(type(here.ledger), "writing", fails_at_the_end)
    with pytest.raises(OSError):  # noqa: PT011 - which one does not matter
        change_settings(here, {"value": {"discount_rate": 0.2}})

    assert (here.folder / "evergrove.toml").read_bytes() == before

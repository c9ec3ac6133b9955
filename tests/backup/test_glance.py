"""The fast part of doctor: what a service's start must see, without reading what grows."""

from __future__ import annotations

import ssl
from typing import TYPE_CHECKING

from sqlalchemy import event, text
from tests.conftest import BEGUN

from evergrove.app import backups, open_workspace, trail
from evergrove.backup import Where
from evergrove.core import SetClock
from evergrove.pipeline import doctor_versions

if TYPE_CHECKING:
    from pathlib import Path

    import pytest

    from evergrove.app import Workspace

GROWING = ("outbox", "person", "decision", "consent_event", "assignment", "identity")


def codes(here: Workspace) -> set[str]:
    """What is found at a glance."""
    return {each.code for each in here.glance()} - {"ledger.unsafe_sqlite", "pipeline.disk_nearly_full"}


def test_a_sound_workspace_is_sound_at_a_glance_and_no_large_table_is_read(shop: Path) -> None:
    """Tables with a row a customer or a message are left to doctor: the glance takes no longer in a large shop."""
    asked: list[str] = []
    with open_workspace(shop, SetClock(BEGUN)) as here:
        event.listen(
            here.ledger._engine,
            "before_cursor_execute",
            lambda _c, _u, sql, _v, _x, _m: asked.append(sql.lower()),
        )
        assert codes(here) == set()
    words = {word.strip('"(),;') for sql in asked for word in sql.split()}
    assert "job" in words
    assert words.isdisjoint(GROWING)


def test_what_must_be_seen_at_once_is_seen(shop_in_sqlite: Path, tmp_path: Path) -> None:
    """A missing file, a trail without its guards or its end, a copy at rest."""
    saved = backups.back_up_workspace(shop_in_sqlite, tmp_path / "saved.tar")[0].to
    backups.restore_workspace(saved, Where(tmp_path / "back"))
    with open_workspace(tmp_path / "back", SetClock(BEGUN)) as back:
        trail.keep_head(back)
        assert codes(back) == {"outbox.restored"}
        with back.ledger.rebuilding() as connection:
            connection.execute(text("drop trigger audit_no_delete"))
            connection.execute(text("delete from audit where seq = (select max(seq) from audit)"))
        newest = back.warehouse.newest()
        assert newest is not None
        next(back.folder.glob("warehouse/scores/*")).unlink()
        assert {"audit.unguarded", "audit.tail_cut", "outbox.restored"} < codes(back)
        assert any(code.startswith("warehouse.") for code in codes(back))


def test_a_damaged_ledger_is_all_that_is_said(shop_in_sqlite: Path) -> None:
    """Nothing else that it says can be relied upon."""
    with open_workspace(shop_in_sqlite, SetClock(BEGUN)) as here:
        here.ledger.fold_log()
        path = shop_in_sqlite / "ledger.sqlite"
        raw = bytearray(path.read_bytes())
        raw[8192 : len(raw) : 4096] = b"\xff" * len(raw[8192 : len(raw) : 4096])
        path.write_bytes(raw)
        here.ledger.close()
        assert codes(here) == {"ledger.damaged"}


def test_libraries_that_nobody_mends_any_more_are_named(monkeypatch: pytest.MonkeyPatch) -> None:
    """By what they do where that shows, by their number where it does not."""
    assert [each.code for each in doctor_versions.versions()] == []
    monkeypatch.setattr(ssl, "OPENSSL_VERSION_INFO", (1, 1, 1, 23, 15))
    monkeypatch.setattr(doctor_versions, "PROBE", "no address")
    found = [each.code for each in doctor_versions.versions()]
    assert found == ["pipeline.old_python", "pipeline.old_openssl"]

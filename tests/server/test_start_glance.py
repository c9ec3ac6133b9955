"""A service looks at its workspace before it takes requests: what is wrong is told, and damage is no beginning."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from evergrove.access import Passwords
from evergrove.core import SetClock
from evergrove.outbox import begin_instance
from evergrove.server.errors import LedgerUnsound
from evergrove.server.serving import _glance
from evergrove.testing.door import CHEAP
from evergrove.testing.house import NOON, new_folder, opened

if TYPE_CHECKING:
    from pathlib import Path


def test_what_is_seen_at_a_glance_is_told_and_damage_ends_it(tmp_path: Path) -> None:
    """A copy at rest is a note; a damaged ledger is an error that names the way out."""
    passwords = Passwords(CHEAP)
    with opened(new_folder(tmp_path), passwords, SetClock(NOON)) as house:
        here = house.here
        with here.ledger.writing() as connection:
            begin_instance(connection, NOON, NOON)
        assert "outbox.restored" in {each.code for each in _glance(here)}

        here.ledger.fold_log()
        here.ledger.close()
        path = here.folder / "ledger.sqlite"
        raw = bytearray(path.read_bytes())
        raw[8192 : len(raw) : 4096] = b"\xff" * len(raw[8192 : len(raw) : 4096])
        path.write_bytes(raw)
        with pytest.raises(LedgerUnsound, match="damaged"):
            _glance(here)
    passwords.close()

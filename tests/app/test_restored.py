"""A file that is replaced together with rows of the ledger is as it was where they were not stored."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

import pytest

from evergrove.app import open_workspace
from evergrove.app.asked import own_targets_here, set_targets
from evergrove.app.restored import restored_unless_done
from evergrove.core import SetClock
from evergrove.measurement.targets.own import FILE, FORMAT
from evergrove.testing.house import NOON, new_folder

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from sqlalchemy import Connection

OWN = f"""\
format = "{FORMAT}"
[left_early]
measure = "early_churn"
at_most = 0.2
"""


class Broke(Exception):
    """What goes wrong after the file was changed."""


@pytest.mark.parametrize("before", [None, b"", b"as it was\n"])
@pytest.mark.parametrize("after", [None, b"", b"otherwise\n"])
def test_whatever_was_done_to_the_file_is_undone(
    tmp_path: Path, before: bytes | None, after: bytes | None
) -> None:
    """Made, emptied, replaced or deleted; the error goes on."""

    def put(content: bytes | None) -> None:
        path.unlink(missing_ok=True) if content is None else path.write_bytes(content)

    path = tmp_path / "file.toml"
    put(before)

    with pytest.raises(Broke), restored_unless_done(path):
        put(after)
        raise Broke

    assert (path.read_bytes() if path.exists() else None) == before


def test_targets_that_were_not_taken_away_stand_as_before(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The commit fails after their file is gone."""
    with open_workspace(new_folder(tmp_path), SetClock(NOON)) as here:
        set_targets(here, OWN)
        before, real = own_targets_here(here), type(here.ledger).writing

        @contextmanager
        def fails(ledger: object) -> Iterator[Connection]:
            with real(ledger) as connection:  # type: ignore[arg-type]
                yield connection
                raise Broke

        with monkeypatch.context() as patched:
            patched.setattr(type(here.ledger), "writing", fails)
            with pytest.raises(Broke):
                set_targets(here, "")

        assert before[1]
        assert own_targets_here(here) == before
        set_targets(here, "")
        assert (own_targets_here(here), (here.folder / FILE).exists()) == (("", ()), False)

"""A published table goes to the file that was named: whole, to nobody else's file, and for no other eyes."""

from __future__ import annotations

import csv
from typing import TYPE_CHECKING

import pytest

from evergrove.warehouse import NotWritable

if TYPE_CHECKING:
    from pathlib import Path

    from evergrove.app import Workspace

one_database = pytest.mark.parametrize("begun_workspace", ["sqlite"], indirect=True)


@one_database
@pytest.mark.parametrize("ending", ["csv", "parquet"])
@pytest.mark.parametrize("leads", ["to a file", "nowhere"])
def test_a_link_is_replaced_and_not_followed(
    begun: Workspace, tmp_path: Path, ending: str, leads: str
) -> None:
    """In a folder that others may write to as well, somebody may have put it there before."""
    out, other = tmp_path / f"scores.{ending}", tmp_path / "other"
    if leads == "to a file":
        other.write_text("precious")
    out.symlink_to(other)

    assert begun.export("scores", out) > 0

    assert not out.is_symlink()
    assert out.stat().st_size > 0
    assert (other.read_text() if other.exists() else "") == ("precious" if leads == "to a file" else "")


@one_database
@pytest.mark.parametrize("ending", ["csv", "parquet"])
def test_a_new_file_is_its_owners_and_the_rights_of_one_that_is_there_stay(
    begun: Workspace, tmp_path: Path, ending: str
) -> None:
    """It says who is a customer and what each is worth; whoever lets others read it says so once."""
    out = tmp_path / f"tiers.{ending}"
    begun.export("tiers", out)
    assert out.stat().st_mode & 0o777 == 0o600
    out.chmod(0o640)

    begun.export("tiers", out)

    assert out.stat().st_mode & 0o777 == 0o640
    assert [path.name for path in tmp_path.glob("*tiers*")] == [out.name]


@one_database
def test_what_cannot_be_written_is_said_and_leaves_nothing(begun: Workspace, tmp_path: Path) -> None:
    """A folder stands under the name."""
    (tmp_path / "scores.csv").mkdir()

    with pytest.raises(NotWritable, match="folder"):
        begun.export("scores", tmp_path / "scores.csv")

    assert [path.name for path in tmp_path.glob("scores*")] == ["scores.csv"]


@one_database
def test_every_row_is_there(begun: Workspace, tmp_path: Path) -> None:
    """As many lines as were said, under their header."""
    rows = begun.export("scores", tmp_path / "scores.csv")

    with (tmp_path / "scores.csv").open(encoding="utf-8-sig", newline="") as stream:
        read = list(csv.DictReader(stream))
    assert len(read) == rows
    assert next(iter(read[0])) == "customer_id"

"""A folder of results is replaced whole or not at all."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from evergrove.export import FolderNotWritable, ForeignFiles, check_replaceable, files_in, replaced

if TYPE_CHECKING:
    from pathlib import Path


def publish(out: Path, **texts: str) -> None:
    """Write some files and the manifest that names them."""
    with replaced(out) as fresh:
        for name, text in texts.items():
            (fresh / name).write_text(text)
        manifest = {"format": "evergrove.summary/1", "files": [*texts, "summary.json"]}
        (fresh / "summary.json").write_text(json.dumps(manifest))


def test_a_second_run_replaces_the_first_whole(tmp_path: Path) -> None:
    """Files of the first run that the second does not write are gone."""
    out = tmp_path / "out"
    publish(out, a="1", b="1")

    publish(out, a="2")

    assert files_in(out) == ["a", "summary.json"]
    assert (out / "a").read_text() == "2"
    assert [p.name for p in tmp_path.iterdir()] == ["out"]


def test_a_new_folder_is_its_owners_and_the_rights_of_one_that_is_there_stay(tmp_path: Path) -> None:
    """It holds names and addresses; whoever lets others read it says so once."""
    out = tmp_path / "out"
    publish(out, a="1")
    assert out.stat().st_mode & 0o777 == 0o700
    out.chmod(0o750)

    publish(out, a="2")

    assert out.stat().st_mode & 0o777 == 0o750


def test_a_failure_leaves_the_first_run_as_it_was(tmp_path: Path) -> None:
    """Nothing is half replaced when writing breaks off."""
    out = tmp_path / "out"
    publish(out, a="1")

    with pytest.raises(RuntimeError, match="broke off"), replaced(out) as fresh:
        (fresh / "a").write_text("2")
        message = "broke off"
        raise RuntimeError(message)

    assert (out / "a").read_text() == "1"
    assert [p.name for p in tmp_path.iterdir()] == ["out"]


def test_a_folder_with_a_file_of_somebody_elses_is_refused(tmp_path: Path) -> None:
    """A person's file in the folder is named and stays."""
    out = tmp_path / "out"
    publish(out, a="1")
    (out / "notes.txt").write_text("mine")

    with pytest.raises(ForeignFiles, match=r"notes\.txt"):
        publish(out, a="2")

    assert (out / "a").read_text() == "1"
    assert (out / "notes.txt").read_text() == "mine"


def test_a_manifest_that_is_not_ours_does_not_claim_files(tmp_path: Path) -> None:
    """Another program's summary.json protects its folder."""
    out = tmp_path / "out"
    out.mkdir()
    (out / "summary.json").write_text(json.dumps({"files": ["summary.json"]}))

    with pytest.raises(ForeignFiles):
        publish(out, a="1")


def test_a_crash_between_the_two_renames_is_repaired_by_the_next_run(tmp_path: Path) -> None:
    """The old folder waits under another name and comes back before anything else happens."""
    out = tmp_path / "out"
    publish(out, a="1")
    out.rename(tmp_path / ".out.before")

    with pytest.raises(RuntimeError), replaced(out):
        raise RuntimeError

    assert (out / "a").read_text() == "1"


def test_a_file_in_place_of_the_folder_is_refused(tmp_path: Path) -> None:
    """-o orders.csv must not destroy orders.csv."""
    out = tmp_path / "orders.csv"
    out.write_text("precious")

    with pytest.raises(FolderNotWritable):
        publish(out, a="1")

    assert out.read_text() == "precious"


def test_a_place_where_nobody_may_write_is_refused_before_the_work(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The nearest folder that exists decides; who runs the tests as root may write everywhere."""
    asked: list[object] = []
    monkeypatch.setattr("os.access", lambda path, _mode: asked.append(path))

    with pytest.raises(FolderNotWritable, match="permission denied"):
        check_replaceable(tmp_path / "not" / "there")

    assert asked == [tmp_path]

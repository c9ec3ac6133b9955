"""Tables published together, or not at all."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import update

from evergrove.warehouse import FileGone, Overtaken, UnknownManifest
from evergrove.warehouse.tables import generation

if TYPE_CHECKING:
    from pathlib import Path


def test_a_written_table_is_seen_by_nobody_before_it_is_published(bench: Any) -> None:
    """Readers see the newest snapshot, and a draft is in none."""
    assert bench.warehouse.newest() is None
    draft = bench.draft("scores", 3)

    assert bench.warehouse.newest() is None

    snapshot = bench.publish(draft)
    assert bench.warehouse.newest() == snapshot
    assert bench.rows(snapshot, "scores") == 3


def test_a_transaction_that_fails_publishes_none_of_its_tables(bench: Any) -> None:
    """Either all tables change, or none: new tiers never stand beside old scores."""
    first = bench.publish(bench.draft("scores", 1), bench.draft("tiers", 1))
    drafts = [bench.draft("scores", 2), bench.draft("tiers", 2)]

    with pytest.raises(ZeroDivisionError), bench.ledger.writing() as connection:
        bench.warehouse.publish(connection, drafts, kind="run")
        raise ZeroDivisionError

    assert bench.warehouse.newest() == first
    second = bench.publish(*drafts)
    assert [bench.rows(second, table) for table in ("scores", "tiers")] == [2, 2]


def test_tables_that_are_not_drafted_are_carried_over(bench: Any) -> None:
    """A snapshot holds all tables; a reader who has an older one keeps seeing that."""
    run = bench.publish(bench.draft("scores", 5), bench.draft("tiers", 5))
    facts = bench.publish(bench.draft("orders", 7), kind="facts")

    assert sorted(facts.tables) == ["orders", "scores", "tiers"]
    assert facts.tables["scores"] == run.tables["scores"]
    assert not bench.warehouse.show(bench.engine, run, "orders")
    assert bench.warehouse.newest("run") == run
    assert bench.warehouse.newest("facts") == bench.warehouse.newest() == facts
    assert bench.warehouse.snapshots() == [run, facts]
    assert bench.warehouse.at(run.id) == run


def test_generations_share_their_files(bench: Any) -> None:
    """Appending writes the new rows only; appending none writes nothing."""
    first = bench.publish(bench.draft("orders", 4))
    second = bench.publish(bench.draft("orders", 2, keep=first.tables["orders"]))
    third = bench.publish(bench.draft("orders", 0, keep=second.tables["orders"]))

    assert len(bench.files()) == 2
    assert second.tables["orders"].files[0] == first.tables["orders"].files[0]
    assert third.tables["orders"].files == second.tables["orders"].files
    assert [bench.rows(seen, "orders") for seen in (first, second, third)] == [4, 6, 6]


def test_who_was_overtaken_publishes_nothing(bench: Any) -> None:
    """A draft that goes on from an older generation would lose what came between."""
    first = bench.publish(bench.draft("orders", 1))
    late = bench.draft("orders", 1, keep=first.tables["orders"])
    second = bench.publish(bench.draft("orders", 2, keep=first.tables["orders"]))

    with pytest.raises(Overtaken):
        bench.publish(late)

    assert bench.warehouse.newest() == second


def test_the_manifest_tells_what_the_file_is(bench: Any) -> None:
    """Digest, size, rows and range are the file's own; customers are sorted."""
    (file,) = bench.draft("scores", 12).files
    content = (bench.folder / file.path).read_bytes()

    assert (file.sha256, file.bytes) == (hashlib.sha256(content).hexdigest(), len(content))
    assert (file.rows, file.low, file.high) == (12, "c1", "c9")
    snapshot = bench.publish(bench.draft("scores", 12))
    bench.warehouse.show(bench.engine, snapshot, "scores")
    customers = [name for (name,) in bench.engine.run("select customer_id from scores")]
    assert customers == sorted(customers)


def test_a_draft_whose_file_is_gone_is_not_published(bench: Any) -> None:
    """A row never names a file that is not there."""
    draft = bench.draft("scores", 1)
    (bench.folder / draft.files[0].path).unlink()

    with pytest.raises(FileGone):
        bench.publish(draft)


def test_a_manifest_of_another_version_is_refused(bench: Any) -> None:
    """Guessing what a newer version meant would give wrong tables."""
    bench.publish(bench.draft("scores", 1))
    with bench.ledger.writing() as connection:
        connection.execute(update(generation).values(manifest={"format": "evergrove.generation/9"}))

    with pytest.raises(UnknownManifest, match="generation/9"):
        bench.warehouse.newest()


def flip(path: Path) -> None:
    """Turn one bit of a file."""
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)


def test_verify_finds_what_is_missing_and_what_is_damaged(bench: Any) -> None:
    """A missing or shortened file is seen at once, a flipped bit by reading every byte."""
    snapshot = bench.publish(*(bench.draft(table, 50) for table in ("a", "b", "c", "d")))
    assert bench.warehouse.verify(snapshot, deep=True) == []
    paths = {name: bench.folder / made.files[0].path for name, made in snapshot.tables.items()}
    paths["a"].unlink()
    flip(paths["b"])
    paths["c"].write_bytes(paths["c"].read_bytes()[:-1])

    quick = [(problem.params["table"], problem.code) for problem in bench.warehouse.verify(snapshot)]
    deep = [
        (problem.params["table"], problem.code) for problem in bench.warehouse.verify(snapshot, deep=True)
    ]

    assert quick == [("a", "warehouse.missing_file"), ("c", "warehouse.damaged_file")]
    assert deep == [quick[0], ("b", "warehouse.damaged_file"), quick[1]]
    with pytest.raises(FileGone):
        bench.warehouse.show(bench.engine, snapshot, "a")

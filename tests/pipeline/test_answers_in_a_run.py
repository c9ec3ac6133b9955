"""An answer that came in with a file starts its playbook in the next run, once."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest

from evergrove.app.weeks import READ
from evergrove.core import SetClock
from evergrove.decisions import open_cases
from evergrove.pipeline.ingest_tables import ingest_tables
from evergrove.warehouse import open_engine

if TYPE_CHECKING:
    from pathlib import Path

    from evergrove.app import Workspace


@pytest.mark.slow
def test_a_detractor_is_written_to_once_and_a_promoter_by_the_other_playbook(
    begun: Workspace, tmp_path: Path
) -> None:
    """The answer is a week old at most; on the next day it is the same answer, and nobody enters again."""
    newest = begun.warehouse.newest("run")
    assert newest is not None
    assert newest.as_of is not None
    with open_engine(threads=1) as engine:
        begun.warehouse.show(engine, newest, "tiers")
        query = (
            "select customer_id from tiers where stage in ('growth', 'mature') order by customer_id limit 20"
        )
        names = [name for (name,) in engine.run(query)]
    day = newest.as_of + timedelta(days=1)
    rows = [f"S{n},{name},{day},nps,{10 if n % 2 else 2}" for n, name in enumerate(names)]
    path = tmp_path / "surveys.csv"
    path.write_text("\n".join(["response_id,customer_id,answered_at,kind,score", *rows]) + "\n")
    ingest_tables(begun, [path], "surveys", READ, begun.clock)
    for key in ("L4n", "L4nd"):
        begun.try_playbook(key)
        begun.start(key)

    assert isinstance(begun.clock, SetClock)
    begun.clock.moment = datetime(day.year, day.month, day.day, 23, tzinfo=UTC) + timedelta(days=1)
    outcome = begun.run(day)

    entered = {
        key: sum(n for (each, _what, _why), n in outcome.decisions.items() if each == key)
        for key in ("L4nd", "L4n")
    }
    assert entered["L4nd"] == 10
    assert entered["L4n"] == 0  # its letter leaves a day later
    states = {each.playbook.key: each.enrolled for each in begun.playbooks()}
    assert sum(states["L4nd"].values()) == 10
    assert sum(states["L4n"].values()) == 10
    with begun.ledger.reading() as connection:
        cases = open_cases(connection, names, begun.clock.now())
    assert {name: [(each.kind, each.source) for each in found] for name, found in cases.items()} == {
        key_0: [("detractor", "playbook:L4nd")] for key_0 in names[::2]
    }
    begun.clock.moment += timedelta(days=1)
    later = begun.run(day + timedelta(days=1))
    states = {each.playbook.key: each.enrolled for each in begun.playbooks()}
    assert sum(states["L4nd"].values()) == 10
    assert sum(n for (each, _what, _why), n in later.decisions.items() if each == "L4n") == 10

"""A service that is killed while it acts under an Idempotency-Key: one effect, or none and then one."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from sqlalchemy import select
from tests.http.test_once import ACT, age

from evergrove.audit import note
from evergrove.audit.tables import AUDIT
from evergrove.core import SystemClock
from evergrove.http.once import AnswerLost, Kept, claim, settle
from evergrove.ledger import create_all, open_ledger
from evergrove.people import Seal
from evergrove.testing.kill import kill_points

if TYPE_CHECKING:
    from pathlib import Path

    from evergrove.ledger import Ledger

SEAL = Seal(b"k" * 32)
ANSWER = Kept(201, b'{"name": "Ada"}', "application/json")


def ask(ledger: Ledger) -> Kept | None:
    """What a service does with one request; None: it was answered that the first answer is lost."""
    try:
        held = claim(ledger, SEAL, "name", "request")
    except AnswerLost:
        return None
    if isinstance(held, Kept):
        return held
    with ledger.fenced(held.prove).writing() as connection:
        note(connection, ACT, "nobody", "test:1", {}, at=SystemClock().now())
    settle(ledger, SEAL, held, ANSWER)
    return ANSWER


@pytest.mark.usefixtures("kill_sweep")
def test_a_kill_anywhere_leaves_one_effect(tmp_path: Path) -> None:
    """After each kill the client asks again until it is answered; it hears the answer, or that it is lost."""
    where, answers, begun = tmp_path / "ledger.sqlite", [], []

    def prepare() -> None:
        for file in tmp_path.glob("ledger.sqlite*"):
            file.unlink()
        begun.append(open_ledger(where, create=True))
        create_all(begun[-1])
        begun[-1].close()

    def run() -> None:
        ask(open_ledger(where))

    def verify() -> None:
        ledger = open_ledger(where)
        age(ledger)
        answers.append(ask(ledger))
        assert ask(ledger) == answers[-1]
        with ledger.reading() as connection:
            done = connection.execute(select(AUDIT.c.id).where(AUDIT.c.act == ACT)).all()
        assert len(done) == 1
        ledger.close()

    kills = kill_points(run, verify, prepare=prepare)

    assert kills >= 6  # before and behind the commits of claim, act and answer
    assert set(answers) == {ANSWER, None}

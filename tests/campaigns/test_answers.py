"""Answers to the question of recommending start playbooks: which count, and whom they take in."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

import pytest

from evergrove.campaigns import rules
from evergrove.campaigns.reading import playbook_of, shipped_documents
from evergrove.testing.situations import Shopper, moves, situation
from evergrove.warehouse import open_engine, statement

if TYPE_CHECKING:
    from collections.abc import Sequence

AS_OF, SINCE = date(2026, 3, 8), date(2026, 3, 1)
SHIPPED = {document["key"]: playbook_of(document) for document in shipped_documents()}


def answerers(rows: Sequence[str]) -> dict[str, str]:
    """Customer to what the latest answer makes of them; rows of customer, kind, moment and score."""
    with open_engine(threads=1) as engine:
        listed = ", ".join(f"({row})" for row in rows)
        engine.create(
            "surveys", f"select * from (values {listed}) as t(customer_id, kind, answered_at, score)"
        )
        found = engine.run(statement("evergrove.campaigns", "nps_answers"), since=SINCE, as_of=AS_OF)
    return dict(found)


@pytest.mark.parametrize(
    ("score", "is_"),
    [(10, "promoter"), (9, "promoter"), (8, "passive"), (7, "passive"), (6, "detractor"), (0, "detractor")],
)
def test_the_scale_is_cut_where_it_is_everywhere(score: int, is_: str) -> None:
    """9 and 10 promote, 0 to 6 detract."""
    assert answerers([f"'a', 'nps', timestamp '2026-03-05 10:00:00', {score}"]) == {"a": is_}


def test_the_latest_answer_of_the_days_counts() -> None:
    """Older and later ones, other questions, and answers without a score or a customer do not; of two at once the lower."""
    found = answerers(
        [
            "'changed', 'nps', timestamp '2026-03-03 10:00:00', 10",
            "'changed', 'nps', timestamp '2026-03-04 10:00:00', 3",
            "'twice', 'nps', timestamp '2026-03-04 10:00:00', 9",
            "'twice', 'nps', timestamp '2026-03-04 10:00:00', 8",
            "'before', 'nps', timestamp '2026-03-01 23:59:59', 10",
            "'first', 'nps', timestamp '2026-03-02 00:00:00', 10",
            "'last', 'nps', timestamp '2026-03-08 23:59:59', 10",
            "'after', 'nps', timestamp '2026-03-09 00:00:00', 10",
            "'other', 'csat', timestamp '2026-03-04 10:00:00', 5",
            "'none', 'nps', timestamp '2026-03-04 10:00:00', null",
            "null, 'nps', timestamp '2026-03-04 10:00:00', 5",
        ]
    )
    assert found == {"changed": "detractor", "twice": "passive", "first": "promoter", "last": "promoter"}


def test_an_answer_takes_in_who_gave_it_and_nobody_else() -> None:
    """A promoter who is drifting away is asked why, not for friends; somebody who never bought is not known."""
    seen = situation([Shopper("fan", stage="mature"), Shopper("gone", stage="churned"), Shopper("cross")])
    told = moves(
        ("fan", "promoter", "evidence"),
        ("gone", "promoter", "evidence"),
        ("cross", "detractor", "evidence"),
        ("stranger", "promoter", "evidence"),
        axis="nps",
    )

    def entering(key: str) -> list[str]:
        rows, _causes = rules.entrants(SHIPPED[key], seen, told, AS_OF)
        return [str(name) for name in seen.customer_id[rows]]

    assert entering("L4n") == ["fan"]
    assert entering("L4nd") == ["cross"]
    assert entering("L4nq") == []
    assert entering("L4") == []

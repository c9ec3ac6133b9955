"""The learned models' settings are those that earlier windows chose, and these windows are judged nowhere."""

from __future__ import annotations

import json
from dataclasses import asdict
from datetime import date, timedelta
from pathlib import Path

from benchmarks import back_tests, learned_settings
from evergrove.models.learned import Growth
from evergrove.scoring.learned.early import GROWTH
from evergrove.simulation import ShopOptions

CHOICE = Path(__file__).resolve().parents[2] / "benchmarks" / "results" / "learned_settings.json"


def test_the_defaults_are_the_forests_chosen() -> None:
    """As the benchmark wrote them down: the least mean rank of losses, of equals the first and smaller."""
    found = json.loads(CHOICE.read_text(encoding="utf-8"))

    for title, default in (("Learned contender", Growth()), ("Early value", GROWTH)):
        ranks = [one["mean rank"] for one in found[title]["tried"]]
        best = found[title]["tried"][ranks.index(min(ranks))]
        assert asdict(default) == found[title]["chosen"]
        assert asdict(default).items() <= best.items()
        assert found[title]["windows"] > 10


def test_what_chooses_is_not_what_judges() -> None:
    """Other seeds than the judged shop's, and of Online Retail nothing from the judged 90 days on."""
    assert back_tests.SEED not in learned_settings.SEEDS
    assert ShopOptions().seed not in learned_settings.SEEDS
    judged_from = date(2011, 12, 8) - timedelta(days=90)
    assert judged_from >= learned_settings.RETAIL_UNTIL


def test_ranks_and_means_by_hand() -> None:
    """Two cases, three forests: the second is best in one loss of one case, the first in the three others."""
    cases = [
        [{"a": 1.0, "b": 5.0}, {"a": 2.0, "b": 4.0}, {"a": 3.0, "b": 6.0}],
        [{"a": 1.0, "b": 1.0}, {"a": 4.0, "b": 2.0}, {"a": 3.0, "b": 3.0}],
    ]

    table = learned_settings.ranked(cases)

    assert table[0] == {"a": 1.0, "b": 3.0, "mean rank": 1.25}
    assert table[1] == {"a": 3.0, "b": 3.0, "mean rank": 2.0}
    assert learned_settings.chosen(table) == 0
    assert learned_settings.chosen([{"mean rank": 2.0}, {"mean rank": 2.0}]) == 0

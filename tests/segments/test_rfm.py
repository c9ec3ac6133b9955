"""RFM: quintiles with mid-ranks for ties, and a group for every pair of scores."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from evergrove.segments.codes import NO_CODE, RFM_GROUPS, RfmGroup
from evergrove.segments.measures.rfm import GROUPS, group_table, quintile_scores, rfm


@pytest.mark.parametrize(
    ("values", "scores"),
    [
        ([10, 20, 30, 40, 50, 60, 70, 80, 90, 100], [1, 1, 2, 2, 3, 3, 4, 4, 5, 5]),
        ([50, 10, 40, 20, 30], [5, 1, 4, 2, 3]),
        ([1, 1, 1, 1, 1], [3, 3, 3, 3, 3]),  # all tied: rank .5
        ([7], [3]),
        ([1] * 6 + [2, 3, 4, 5], [2] * 6 + [4, 4, 5, 5]),  # 60 % tied: rank .3; then .65 .75 .85 .95
        ([1] * 9 + [2], [3] * 9 + [5]),  # 90 % tied: rank .45
    ],
)
def test_scores_are_quintiles_and_ties_take_their_mid_rank(values: list[int], scores: list[int]) -> None:
    """Worked by hand: score = 1 + the number of fifths that the mid-rank reaches."""
    assert quintile_scores(np.array(values)).tolist() == scores
    assert quintile_scores(np.array(values, dtype=np.float64)).tolist() == scores


@given(st.lists(st.floats(-1e6, 1e6), min_size=1, max_size=50))
def test_a_greater_value_never_scores_lower_and_equal_values_score_alike(values: list[float]) -> None:
    """Scores are a function of the value alone, and rise with it."""
    array = np.array(values)
    scores = quintile_scores(array)
    order = np.argsort(array, kind="stable")

    assert set(scores.tolist()) <= {1, 2, 3, 4, 5}
    assert (np.diff(scores[order]) >= 0).all()
    assert all(len(set(scores[array == value].tolist())) == 1 for value in values)


def test_the_most_recent_the_most_frequent_and_the_highest_spender_score_5() -> None:
    """Recency is turned round: the fewest days of silence score highest."""
    scored = rfm(np.array([1, 30, 60, 200, 400]), np.array([9, 5, 3, 2, 1]), np.array([900.0, 5, 4, 3, -2]))

    assert scored.recency.tolist() == scored.frequency.tolist() == scored.monetary.tolist() == [5, 4, 3, 2, 1]
    assert [RfmGroup(code) for code in scored.group.tolist()] == [
        RfmGroup.CHAMPIONS,
        RfmGroup.LOYAL,
        RfmGroup.NEEDS_ATTENTION,
        RfmGroup.HIBERNATING,
        RfmGroup.LOST,
    ]


def test_without_amounts_recency_and_frequency_still_make_a_group() -> None:
    """The monetary score is missing, not worst."""
    scored = rfm(np.array([1, 400]), np.array([9, 1]), None)

    assert scored.monetary.tolist() == [NO_CODE, NO_CODE]
    assert [RfmGroup(code) for code in scored.group.tolist()] == [RfmGroup.LOYAL, RfmGroup.HIBERNATING]


def test_each_of_the_25_cells_has_a_group_and_each_group_a_cell() -> None:
    """The map is total, and no published name is out of use."""
    assert [len(row) for row in GROUPS] == [5] * 5
    assert {group for row in GROUPS for group in row} == set(RfmGroup)
    assert RFM_GROUPS == (
        "champions", "loyal", "promising", "new", "needs_attention", "at_risk", "cannot_lose", "hibernating",
        "lost",
    )  # fmt: skip


def test_more_orders_at_equal_recency_never_make_a_worse_group() -> None:
    """Along each row of the map the group only changes from those to let rest to those to hold."""
    rank = {group: k for k, row in enumerate(WORST_TO_BEST) for group in row}
    for row in GROUPS:
        assert [rank[group] for group in row] == sorted(rank[group] for group in row)


WORST_TO_BEST = (
    (RfmGroup.LOST,),
    (RfmGroup.HIBERNATING,),
    (RfmGroup.NEEDS_ATTENTION, RfmGroup.AT_RISK, RfmGroup.NEW),
    (RfmGroup.PROMISING, RfmGroup.CANNOT_LOSE),
    (RfmGroup.LOYAL,),
    (RfmGroup.CHAMPIONS,),
)


def test_the_table_for_the_definitions_page_shows_the_map() -> None:
    """Five rows, the most recent first."""
    lines = group_table().splitlines()

    assert len(lines) == 7
    assert lines[2] == "| 5 | new | new | promising | champions | champions |"
    assert lines[-1] == "| 1 | lost | lost | hibernating | at risk | cannot lose |"

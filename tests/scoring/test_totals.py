"""Sums over scores, and whom to look at first."""

from dataclasses import replace

import numpy as np
import pytest

from evergrove.scoring.totals import look_first, total_up, value_at_risk, value_if_alive
from evergrove.scoring.types import Scores

NAN = float("nan")


def scores(p_alive: list[float], clv_12m: list[float]) -> Scores:
    """Scores of which only two columns matter."""
    other = np.zeros(len(p_alive))
    columns = dict.fromkeys(Scores.__dataclass_fields__, other)
    return Scores(**columns | {"p_alive": np.array(p_alive), "clv_12m": np.array(clv_12m)})


def test_value_likely_lost_is_that_of_the_living_times_the_chance_of_having_left() -> None:
    """80 expected at P(alive) 0.8 is 100 if alive: 20 are likely lost."""
    found = scores([0.8, 0.5, 0.0, 1.0], [80, 10, 0, 7])

    assert value_if_alive(found).tolist() == [100, 20, 0, 7]
    assert value_at_risk(found) == pytest.approx([20, 10, 0, 0])
    totals = total_up(found, (60.0, 130.0), 0.1)
    assert totals.value_likely_lost == pytest.approx(30)
    assert totals.lost_of_alive_value == pytest.approx(30 / 127)
    assert (totals.clv_12m.estimate, totals.clv_12m.low, totals.clv_12m.high) == (97, 60, 130)


def test_look_first_at_the_largest_value_that_is_not_yet_decided() -> None:
    """P(alive) between 0.2 and 0.8 only; who has no score is never among them."""
    found = scores([0.19, 0.2, 0.5, 0.8, 0.81, NAN], [1000, 4, 10, 80, 1000, NAN])

    assert look_first(found, 20).tolist() == [3, 1, 2]
    assert look_first(found, 1).tolist() == [3]


def test_a_model_without_leaving_knows_of_no_loss() -> None:
    """P(alive) = 1 for everybody is an assumption, not a finding of no loss."""
    totals = total_up(scores([1.0, 1.0], [5, 6]), (NAN, NAN), NAN, leaving=False)

    assert np.isnan([totals.value_likely_lost, totals.lost_of_alive_value]).all()
    assert totals.clv_12m.estimate == 11


def test_what_is_unknown_for_all_has_no_total() -> None:
    """NaN, never 0, which would read as worthless."""
    unknown = replace(scores([NAN, NAN], [NAN, NAN]), clv=np.array([NAN, NAN]))

    totals = total_up(unknown, (NAN, NAN), NAN)

    assert np.isnan([totals.clv, totals.clv_12m.estimate, totals.value_likely_lost]).all()
    assert totals.historic_value == 0

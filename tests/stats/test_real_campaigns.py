"""Real experiments, from sums that a query gives, against their published results."""

from __future__ import annotations

from math import sqrt
from typing import TYPE_CHECKING, Literal

import numpy as np
import pytest

from evergrove.stats import (
    Cap,
    Capped,
    Paired,
    Proportion,
    Sums,
    cuped,
    same_share_p,
    srm,
    welch,
    welch_capped,
)
from evergrove.warehouse import Engine, literal, open_engine

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path


def arms(engine: Engine, arm: str, figure: str, where: str = "true") -> dict[str, Sums]:
    """The sums of a figure by arm."""
    rows = engine.run(
        f"select {arm}, count(*), sum({figure}), sum(({figure}) * ({figure})) from people where {where} group by 1"
    )
    return {name: Sums(n, float(total), float(squares)) for name, n, total, squares in rows}


@pytest.fixture
def engine(request: pytest.FixtureRequest, shared: Callable[[str], Path]) -> Iterator[Engine]:
    """The people of one experiment."""
    with open_engine() as opened:
        opened.view("people", f"select * from read_parquet({literal(str(shared(request.param)))})")
        yield opened


POOLINGS: tuple[Literal["within"], Literal["together"]] = ("within", "together")
HILLSTROM = pytest.mark.parametrize("engine", ["hillstrom/hillstrom.parquet"], indirect=True)
COOKIE_CATS = pytest.mark.parametrize("engine", ["cookie_cats/cookie_cats.parquet"], indirect=True)


@HILLSTROM
@pytest.mark.parametrize(
    ("arm", "n", "visits", "visit", "conversion", "spend", "sd"),
    [
        ("No E-Mail", 21_306, 2262, 0.106167, 0.005726, 0.652789, 11.5882),
        ("Mens E-Mail", 21_307, 3894, 0.182757, 0.012531, 1.422617, 17.7542),
        ("Womens E-Mail", 21_387, 3238, 0.151400, 0.008837, 1.077202, 15.1161),
    ],
)
def test_hillstroms_arms(
    engine: Engine, arm: str, n: int, visits: int, visit: float, conversion: float, spend: float, sd: float
) -> None:
    """The widely published 10.6, 18.3 and 15.1 %."""
    visited, bought, spent = (
        arms(engine, "segment", figure)[arm] for figure in ("visit", "conversion", "spend")
    )

    assert (visited.n, visited.total) == (n, visits)
    assert [visited.mean, bought.mean, spent.mean] == pytest.approx([visit, conversion, spend], abs=1e-6)
    assert sqrt(spent.variance) == pytest.approx(sd, abs=5e-5)


@HILLSTROM
@pytest.mark.parametrize(
    ("arm", "where", "uplift"),
    [
        ("Womens E-Mail", "womens = 1", 0.07311),
        ("Womens E-Mail", "womens = 0", 0.01108),
        ("Womens E-Mail", "mens = 1", 0.02175),
        ("Womens E-Mail", "mens = 0", 0.07399),
        ("Mens E-Mail", "mens = 1", 0.08157),
        ("Mens E-Mail", "mens = 0", 0.07058),
        ("Mens E-Mail", "newbie = 1", 0.07531),
        ("Mens E-Mail", "newbie = 0", 0.07783),
    ],
)
def test_hillstroms_segments(engine: Engine, arm: str, where: str, uplift: float) -> None:
    """Who answers which mail by a visit."""
    by_arm = arms(engine, "segment", "visit", where)

    assert welch(by_arm["No E-Mail"], by_arm[arm]).effect == pytest.approx(uplift, abs=6e-6)


@HILLSTROM
def test_hillstroms_history_foretells_little(engine: Engine) -> None:
    """Last year's spend as a covariate of visits: 0.076411 +- 0.003378 after 0.076590 +- 0.003386."""
    rows = engine.run(
        "select segment, count(*), sum(visit), sum(history), sum(history * history), sum(history * visit) "
        "from people group by 1"
    )
    paired = {
        name: Paired(Sums(n, float(y), float(y)), Sums(n, float(x), float(xx)), float(xy))
        for name, n, y, x, xx, xy in rows
    }

    ours, theirs = (
        cuped(
            paired["No E-Mail"],
            paired["Mens E-Mail"],
            covariate_ends="2008-03-19",
            assigned="2008-03-20",
            pooling=pooling,
        )
        for pooling in POOLINGS
    )

    # The reference's theta is of both arms as one sample; with so many people that is the same but for rounding.
    assert [theirs.difference.effect, theirs.difference.se] == pytest.approx([0.076411, 0.003378], abs=1e-6)
    assert ours.difference.effect == pytest.approx(theirs.difference.effect, abs=2e-6)
    assert [ours.plain.effect, ours.plain.se] == pytest.approx([0.076590, 0.003386], abs=1e-6)


@HILLSTROM
@pytest.mark.parametrize(
    ("arm", "figure", "effect", "low", "high"),
    [
        ("Mens E-Mail", "visit", 0.076590, 0.069953, 0.083226),
        ("Mens E-Mail", "conversion", 0.006805, 0.005000, 0.008610),
        ("Mens E-Mail", "spend", 0.769827, 0.485144, 1.054510),
        ("Womens E-Mail", "visit", 0.045233, 0.038894, 0.051573),
    ],
)
def test_hillstrom(engine: Engine, arm: str, figure: str, effect: float, low: float, high: float) -> None:
    """An e-mail to men's or women's buyers against none; the reference has 1.96 where t is 1.96002."""
    by_arm = arms(engine, "segment", figure)

    found = welch(by_arm["No E-Mail"], by_arm[arm])

    assert [found.effect, found.low, found.high] == pytest.approx([effect, low, high], abs=1e-5)
    published = {"spend": 1.2e-7} if arm.startswith("Mens") else {}
    if figure in published:
        assert found.p == pytest.approx(published[figure], rel=0.05)
    assert srm([each.n for each in by_arm.values()], [1, 1, 1]) == pytest.approx(0.903693, abs=1e-6)


@COOKIE_CATS
def test_cookie_cats(engine: Engine) -> None:
    """Retention fell by 0.8 points; but the assignment is suspect, which must be said first."""
    seven, one, rounds = (
        welch(by_arm["gate_30"], by_arm["gate_40"])
        for by_arm in (
            arms(engine, "test_version", figure)
            for figure in ("retention_7::int", "retention_1::int", "sum_gamerounds")
        )
    )

    assert seven.effect == pytest.approx(-0.008201, abs=5e-7)
    assert seven.p == pytest.approx(0.001554, abs=5e-6)  # theirs is a z test that pools the variances
    assert [one.effect, one.p] == pytest.approx([-0.005905, 0.0744], abs=5e-5)
    assert [rounds.effect, rounds.p] == pytest.approx([-1.157, 0.376], abs=5e-4)
    assert srm([44_700, 45_489], [0.5, 0.5]) == pytest.approx(0.008608, abs=1e-6)


@HILLSTROM
def test_hillstroms_womens_mail_made_more_people_buy(engine: Engine) -> None:
    """0.31 points, p 1.6e-4."""
    by_arm = arms(engine, "segment", "conversion")
    found = welch(by_arm["No E-Mail"], by_arm["Womens E-Mail"])

    assert found.effect == pytest.approx(0.003111, abs=1e-6)
    assert found.p == pytest.approx(1.6e-4, rel=0.05)


@COOKIE_CATS
def test_cookie_cats_shares_and_the_one_outlier(engine: Engine) -> None:
    """Retention by the z test; rounds cut off at their 99.9 % no longer hang on one player of 49,854 rounds."""
    by_arm = {
        name: Proportion(each.n, round(each.total))
        for name, each in arms(engine, "test_version", "retention_7::int").items()
    }
    control, treated = by_arm["gate_30"], by_arm["gate_40"]
    assert [control.mean, treated.mean] == pytest.approx([0.190201, 0.182000], abs=1e-6)
    assert same_share_p(treated, control) == pytest.approx(0.001554, abs=1e-6)

    rows = engine.run("select test_version, sum_gamerounds from people order by userid")
    rounds = {name: np.array([float(n) for arm, n in rows if arm == name]) for name in ("gate_30", "gate_40")}
    cap = Cap.of_before(
        np.concatenate(list(rounds.values()))
    )  # the reference capped at the outcome's own quantile
    found = welch_capped(Capped.of(rounds["gate_30"], cap), Capped.of(rounds["gate_40"], cap))
    assert [found.plain.effect, found.plain.p] == pytest.approx([-1.157, 0.376], abs=5e-4)
    assert [found.capped.effect, found.capped.p] == pytest.approx([-0.096, 0.883], abs=5e-4)
    assert found.above_control + found.above_treated == 91
    assert max(rounds["gate_30"]) == 49_854

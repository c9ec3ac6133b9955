"""Real experiments, from sums that a query gives, against their published results."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from evergrove.stats import Sums, srm, welch
from evergrove.warehouse import Engine, literal, open_engine

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path


def arms(engine: Engine, arm: str, figure: str) -> dict[str, Sums]:
    """The sums of a figure by arm."""
    rows = engine.run(
        f"select {arm}, count(*), sum({figure}), sum(({figure}) * ({figure})) from people group by 1"
    )
    return {name: Sums(n, float(total), float(squares)) for name, n, total, squares in rows}


@pytest.fixture
def engine(request: pytest.FixtureRequest, shared: Callable[[str], Path]) -> Iterator[Engine]:
    """The people of one experiment."""
    with open_engine() as opened:
        opened.view("people", f"select * from read_parquet({literal(str(shared(request.param)))})")
        yield opened


@pytest.mark.parametrize("engine", ["hillstrom/hillstrom.parquet"], indirect=True)
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
    assert srm([each.n for each in by_arm.values()], [1, 1, 1]) == pytest.approx(0.903693, abs=1e-6)


@pytest.mark.parametrize("engine", ["cookie_cats/cookie_cats.parquet"], indirect=True)
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

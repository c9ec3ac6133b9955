"""What the forms of the spend model would have said of spend held back, against what was then spent."""

from __future__ import annotations

import warnings
from collections import defaultdict
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from pyarrow import parquet
from tests.models.conftest import PurchaseDays

from evergrove.models import GammaGamma, MbgNbd, Summary, days_and_means
from evergrove.models.covariates import likelihood_ratio
from evergrove.models.covariates.errors import NotNested
from evergrove.models.gamma_gamma_rows import SpendLeftOut
from evergrove.models.spend import SpendRegression, covariates_of

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.models.conftest import Holdout

    from evergrove.models import Floats


def quietly(fit: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
    """A fit whose count of customers left out is not what is tested."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", SpendLeftOut)
        return fit(*args, **kwargs)


@dataclass(frozen=True)
class HeldOut:
    """A back-test of spend a day: gains over Gamma-Gamma on means, over customers who spent later."""

    customers: int
    log_score: float
    log_score_error: float
    absolute: float
    absolute_error: float

    @classmethod
    def of(cls, gain: Floats, absolute: Floats) -> HeldOut:
        """Sum of log scores and mean of absolute errors, with their standard errors."""
        k = len(gain)
        return cls(
            k, float(gain.sum()), float(gain.std() * np.sqrt(k)), float(absolute.mean()),
            float(absolute.std() / np.sqrt(k)),
        )  # fmt: skip


def held_out(model: Any, base: Any, summary: Summary, later_days: Floats, later_spend: Floats) -> HeldOut:
    """Log density and absolute error of the mean held-out day under one model less those under another."""
    n, m = days_and_means(summary, "all_days")
    spent = (later_days > 0) & (later_spend > 0)
    days, mean = later_days[spent], later_spend[spent] / later_days[spent]
    scores, errors = [], []
    for one in (model, base):
        z = ({k: v[spent] for k, v in covariates_of(summary).items()},) if hasattr(one, "slopes") else ()
        scores.append(one.log_predictive(n[spent], m[spent], days, mean, *z))
        errors.append(np.abs(one.expected_spend(n[spent], m[spent], *z) - mean))
    return HeldOut.of(scores[0] - scores[1], errors[1] - errors[0])


def all_against_means(summary: Summary, later: Holdout) -> dict[str, HeldOut]:
    """The back-test of every form against Gamma-Gamma on means, and of the slope against no slope."""
    means = quietly(GammaGamma.fit, summary).model
    firsts = quietly(GammaGamma.fit, summary, first_day=True).model
    slope = quietly(SpendRegression.fit, summary).model
    slope_on_means = quietly(SpendRegression.fit, summary, first_day=False).model
    pairs = {
        "first days": (firsts, means),
        "slope": (slope, firsts),
        "slope on means": (slope_on_means, means),
    }
    return {
        name: held_out(model, base, summary, later.purchases, later.spend)
        for name, (model, base) in pairs.items()
    }


def test_held_out_spend_of_cdnow(cdnow: Summary, cdnow_holdout: Holdout) -> None:
    """The first days gain much on 684 customers' 39 weeks, the slope nothing; on means alone it loses more."""
    found = all_against_means(cdnow, cdnow_holdout)
    assert found["first days"].customers == 684
    assert found["first days"].log_score == pytest.approx(413.0, abs=1)
    assert found["first days"].log_score > 9 * found["first days"].log_score_error
    assert found["first days"].absolute == pytest.approx(0.415, abs=0.01)
    assert found["slope"].log_score == pytest.approx(-2.0, abs=0.1)
    assert found["slope on means"].log_score == pytest.approx(-1741, abs=5)


def test_held_out_spend_of_apparel(apparel: Callable[[int], Summary], apparel_days: PurchaseDays) -> None:
    """Made without dependence: the first days gain, and the slope neither gains nor loses."""
    later = apparel_days.holdout(date(2006, 12, 31), date(2010, 12, 20))
    found = all_against_means(apparel(104), later)
    assert found["first days"].log_score > 5 * found["first days"].log_score_error
    assert found["first days"].absolute > 4 * found["first days"].absolute_error
    assert abs(found["slope"].log_score) < 0.2
    fit = SpendRegression.fit(apparel(104))
    plain = GammaGamma.fit(apparel(104), first_day=True)
    test = likelihood_ratio(plain, fit)
    assert (test.df, test.p_value > 0.05) == (1, True)
    assert test.statistic == pytest.approx(2 * (fit.log_likelihood - plain.log_likelihood))
    with pytest.raises(NotNested, match="different customers"):  # the shares of first days are no part of it
        likelihood_ratio(GammaGamma.fit(apparel(104)), fit)
    with pytest.raises(NotNested, match="different models"):
        likelihood_ratio(MbgNbd.fit(apparel(104)), fit)


def online_retail(path: Path, origin: date, until: date) -> tuple[Summary, Holdout]:
    """The clean set of the data's README by customer and day, at an origin and after it."""
    columns = ["InvoiceNo", "InvoiceDate", "CustomerID", "Quantity", "UnitPrice"]
    table = parquet.read_table(path, columns=columns)
    number, day, customer, quantity, price = (table.column(name).to_numpy() for name in columns)
    clean = ~np.isnan(customer) & (quantity > 0) & (price > 0)
    clean[clean] = [not code.startswith("C") for code in number[clean]]
    spent: dict[tuple[int, date], float] = defaultdict(float)
    days = day[clean].astype("datetime64[D]").tolist()
    for key, amount in zip(zip(customer[clean], days, strict=True), (quantity * price)[clean], strict=True):
        spent[int(key[0]), key[1]] += amount
    of: dict[int, list[tuple[date, float]]] = defaultdict(list)
    for (who, when), amount in sorted(spent.items()):
        of[who].append((when, amount))
    known = PurchaseDays(dict(of))
    known = PurchaseDays({who: days for who, days in known.of.items() if days[0][0] <= origin})
    return known.summary(origin), known.holdout(origin, until)


@pytest.mark.slow
def test_held_out_spend_of_online_retail(shared: Callable[[str], Path]) -> None:
    """Who comes more often spends more: the slope gains on 1,992 customers' four months, in both measures."""
    path = shared("online_retail/transactions.parquet")
    found = all_against_means(*online_retail(path, date(2011, 8, 9), date(2011, 12, 9)))
    assert found["slope"].customers == 1992
    assert found["slope"].log_score == pytest.approx(3.69, abs=0.05)
    assert found["slope"].log_score > found["slope"].log_score_error
    assert found["slope"].absolute > 6 * found["slope"].absolute_error
    assert found["first days"].log_score > found["first days"].log_score_error
    assert found["slope on means"].log_score < -found["slope on means"].log_score_error

"""What money means."""

from math import log

import pytest

from evergrove.core import InputError
from evergrove.scoring.errors import (
    DiscountRateOutOfRange,
    MarginNeeded,
    MarginOutOfRange,
    NegativeAcquisitionCost,
)
from evergrove.scoring.terms import terms_of
from evergrove.settings import ValueSettings


def test_revenue_is_the_basis_unless_a_margin_is_given() -> None:
    """Margin makes margin; margin and acquisition cost make net profit."""
    assert terms_of(ValueSettings()).basis == "revenue"
    assert terms_of(ValueSettings(margin=0.3)).basis == "margin"
    assert terms_of(ValueSettings(margin=0.3, cac=20.0)).basis == "net_profit"


def test_the_rate_is_continuous_per_unit_of_time() -> None:
    """Ten per cent a year is ln 1.1 a year: a year of weeks discounts by 1.1."""
    terms = terms_of(ValueSettings(discount_rate=0.10))

    assert terms.delta("week") * 365.25 / 7 == pytest.approx(log(1.1), rel=1e-12)


@pytest.mark.parametrize(
    ("settings", "error"),
    [
        (ValueSettings(discount_rate=0.0), DiscountRateOutOfRange),
        (ValueSettings(discount_rate=float("nan")), DiscountRateOutOfRange),
        (ValueSettings(margin=35.0), MarginOutOfRange),
        (ValueSettings(margin=0.0), MarginOutOfRange),
        (ValueSettings(cac=20.0), MarginNeeded),
        (ValueSettings(margin=0.3, cac=-1.0), NegativeAcquisitionCost),
    ],
)
def test_terms_that_mean_nothing_are_refused(settings: ValueSettings, error: type[InputError]) -> None:
    """Each with a way out."""
    with pytest.raises(error) as refused:
        terms_of(settings)

    assert refused.value.hint

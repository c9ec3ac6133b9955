"""The data sets that the published figures rest on, and what a summary refuses and compresses."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.models.conftest import Holdout

    from evergrove.models.types import Summary


def test_cdnow_has_its_published_size(cdnow: Summary, cdnow_holdout: Holdout) -> None:
    """2,357 customers, 2,457 repeat purchases, 1,016 distinct histories, 1,882 purchases later."""
    assert len(cdnow) == 2357
    assert cdnow.frequency.sum() == 2457
    assert len(cdnow.counts()) == 1016
    assert cdnow_holdout.purchases.sum() == 1882
    assert cdnow_holdout.spend.sum() == pytest.approx(70_976, abs=0.5)


def test_grocery_and_apparel_have_their_published_sizes(
    grocery: Summary, apparel: Callable[[int], Summary]
) -> None:
    """Customers and repeat purchases as printed beside the figures."""
    assert (len(grocery), grocery.frequency.sum()) == (1525, 5569)
    assert (len(apparel(104)), apparel(104).frequency.sum()) == (600, 1266)


def test_the_rounded_summary_has_946_repeaters(cdnow_rounded: Summary) -> None:
    """The spend model's classic sample."""
    assert (cdnow_rounded.frequency > 0).sum() == 946
    assert np.isnan(cdnow_rounded.monetary_value).sum() == 1411  # type: ignore[arg-type]

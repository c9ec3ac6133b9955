"""From signs to points, and from points to health by weights that nobody had to learn."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from evergrove.segments.codes import NO_CODE
from evergrove.segments.health.types import Health, Part
from evergrove.segments.stages.rules import HEALTH_LIMIT

if TYPE_CHECKING:
    from evergrove.models import Floats
    from evergrove.segments.health.types import Signs
    from evergrove.segments.types import Codes, Numbers
    from evergrove.settings import StageSettings

DECLINING = HEALTH_LIMIT
"""The purchase gap has so many points where decline begins."""
WEIGHTS: tuple[float, ...] = (0.40, 0.15, 0.10, 0.15, 0.10, 0.10)
"""By ``Part``. What is not known of a customer is left out, and the others share its weight."""
ONE_COMPLAINT, STILL_OPEN = 0.75, 0.60
NPS_POINTS = ((0.0, 6.0, 7.0, 8.0, 9.0, 10.0), (0.0, 30.0, 55.0, 70.0, 90.0, 100.0))
"""Detractors (0 to 6) below 40, promoters (9, 10) at 90 and more."""
NOTICED = 0.5
"""A component that takes less than this from health is no reason for anything."""


def points_of(
    signs: Signs,
    silence: Numbers,
    decline: Floats,
    churn: Floats,
    orders_12m: Numbers,
    settings: StageSettings,
) -> Floats:
    """
    Points of each component: 100 all well, 0 as bad as it gets, NaN where nothing is known.

    - purchase gap: 100 up to a half of the limit of decline, 40 at that limit, 0 at the limit of churned.
    - login: the same, with ``decline_days`` and ``churn_days``.
    - interaction: events of the last window over those of the window before, at most 100.
    - complaints: three quarters for every ticket of the window, and 0.6 of that while one is open.
    - nps: by the answer; a detractor has at most 30.
    - refunds: 100 less the refunds per 100 orders of the last 12 months.

    Args:
        signs: Beside buying.
        silence: Days since the last order. Shape (n,).
        decline: From what silence on decline begins. Shape (n,).
        churn: From what silence on a customer is churned; may be infinite. Shape (n,).
        orders_12m: Orders of the last 12 months. Shape (n,).
        settings: Of stages.

    Returns:
        Shape (len(Part), n).
    """
    # Where no length of silence means churned, points run out at twice the limit of decline.
    end = np.where(np.isfinite(churn), np.maximum(churn, decline * 1.01), 2.0 * decline)
    with np.errstate(divide="ignore", invalid="ignore"):
        told = signs.interactions + signs.interactions_before > 0
        kept_up = np.minimum(1.0, signs.interactions / signs.interactions_before)
        returned = signs.refunds_12m / np.maximum(orders_12m, 1)
    points = np.empty((len(Part), len(silence)))
    points[Part.PURCHASE_GAP] = fading(silence, decline, end)
    points[Part.LOGIN] = fading(
        signs.login_silence,
        float(settings.decline_days),
        float(max(settings.churn_days, settings.decline_days + 1)),
    )
    points[Part.INTERACTION] = np.where(told, 100.0 * kept_up, np.nan)
    still_open = np.where(signs.open_complaints > 0, STILL_OPEN, 1.0)
    points[Part.COMPLAINTS] = 100.0 * ONE_COMPLAINT**signs.complaints * still_open
    points[Part.NPS] = np.interp(signs.nps, *NPS_POINTS)
    points[Part.REFUNDS] = 100.0 * np.clip(1.0 - returned, 0.0, 1.0)
    return points


def fading(silence: Numbers, decline: Floats | float, end: Floats | float) -> Floats:
    """100 up to half of ``decline``, ``DECLINING`` there, 0 from ``end`` on; straight in between."""
    half = decline / 2.0
    early = 100.0 - (100.0 - DECLINING) * (silence - half) / (decline - half)
    late = DECLINING * (end - silence) / (end - decline)
    faded: Floats = np.clip(np.where(silence <= decline, early, late), 0.0, 100.0)
    return faded


def health_by_rule(points: Floats) -> Health:
    """
    The weighted mean of what is known of each customer.

    Args:
        points: Shape (len(Part), n); the purchase gap is always known.
    """
    weights = np.where(np.isnan(points), 0.0, np.array(WEIGHTS)[:, None])
    weights = weights / weights.sum(axis=0)
    lost = weights * (100.0 - np.nan_to_num(points, nan=100.0))
    score = np.clip(100.0 - lost.sum(axis=0), 0.0, 100.0)
    return Health(score, weightiest(lost), points, np.full(points.shape[1], np.nan), is_fitted=False)


def weightiest(lost: Floats) -> Codes:
    """Which component takes most; NO_CODE where none takes anything to speak of. Of equals the first."""
    reason: Codes = lost.argmax(axis=0).astype(np.int8)
    reason[lost.max(axis=0) < NOTICED] = NO_CODE
    return reason

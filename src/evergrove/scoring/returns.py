"""What goes back: refunds that name no order, foretold by a rate of each customer's own; and what is said of it."""

from __future__ import annotations

import warnings
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from evergrove.core import EvergroveError, EvergroveWarning, _

if TYPE_CHECKING:
    from collections.abc import Mapping

    from evergrove.customers import CustomerBase
    from evergrove.models.spend import ReturnRate
    from evergrove.models.types import Fit, Floats, Summary

TRIFLE = 1e-4  # of all that was earned: not worth a sentence


class SpendNetOfReturns(EvergroveWarning):
    """Expected spend is net of what goes back without naming an order."""

    code = "scoring.spend_net_of_returns"
    message = _(
        "Of what customers pay, {share} is expected to go back without naming an order, by each customer's own "
        "returns so far as these tell; expected spend and the values of future orders are net of it."
    )
    hint = _("Nothing needs doing: refunds that name their order are deducted from it already.")


class ReturnsLeftIn(EvergroveWarning):
    """Something goes back, but expected spend foretold the held-out total nearer without taking it off."""

    code = "scoring.returns_left_in"
    message = _(
        "Of what customers pay, {share} is expected to go back without naming an order. The held-out spend was "
        "foretold nearer without taking that off ({without} against {net} of it), so the values of future orders do "
        "not deduct it."
    )
    hint = _("Amounts rose by more than goes back. Refunds that name their order are deducted in any case.")


class RefundsToCome(EvergroveWarning):
    """Orders that stand today will be refunded yet."""

    code = "scoring.refunds_to_come"
    message = _(
        "Refunds of about {amount} are still to come on orders that stand today, the latest {longest} "
        "{longest:day|days} after the order. Expected spend is net of them; what was earned so far is not."
    )
    hint = _("They follow from how long earlier refunds took.")


def returned(summary: Summary) -> tuple[Floats, Floats]:
    """
    Purchases that went back without naming an order, and all purchases, per customer; shapes (n,), (n,).

    A customer of x + 1 days of whose money a share went back counts as having returned that share of them.
    """
    days = summary.frequency + 1
    if summary.credited is None or summary.mean_day_spend is None:
        return np.zeros(len(days)), np.zeros(len(days))
    paid = summary.mean_day_spend * days
    share = np.divide(summary.credited, paid, out=np.zeros(len(days)), where=paid > 0)
    return np.minimum(share, 1.0) * days, np.where(paid > 0, days, 0.0)


def return_rate(summary: Summary) -> ReturnRate | None:
    """How much of what customers pay goes back without naming an order; None where nothing does, or all."""
    back, purchases = returned(summary)
    if not back.any():
        return None
    from evergrove.models.spend import ReturnRate  # noqa: PLC0415 -- only where something goes back

    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", EvergroveWarning)  # one rate for all is an answer too
            return ReturnRate.fit(back, purchases).model
    except EvergroveError:
        return None


def rate_of(parameters: Mapping[str, float]) -> ReturnRate:
    """The return rate of these parameters, as a stored model has them."""
    from evergrove.models.spend import ReturnRate  # noqa: PLC0415 -- as above

    return ReturnRate(**parameters)


def kept_share(fit: Fit[Any] | None, summary: Summary) -> Floats | None:
    """The share of what each customer pays that is expected to stay, shape (n,); None where nothing goes back."""
    returns = getattr(fit, "returns", None)
    return None if returns is None else 1.0 - returns.expected_rate(*returned(summary))


def with_returns_said(fit: Fit[Any] | None, summary: Summary) -> Fit[Any] | None:
    """The fit, with a sentence where it takes returns off."""
    if fit is None or getattr(fit, "returns", None) is None:
        return fit
    return replace(fit, warnings=(*fit.warnings, SpendNetOfReturns(share=share_returned(fit, summary))))


def share_returned(fit: Fit[Any], summary: Summary) -> str:
    """What is expected to go back of everybody's money, in words."""
    kept, days = kept_share(fit, summary), summary.frequency + 1
    paid = np.nan_to_num(
        np.zeros(len(days)) if summary.mean_day_spend is None else summary.mean_day_spend * days
    )
    return f"{1.0 - float((paid @ np.ones(len(days)) if kept is None else paid @ kept) / paid.sum()):.1%}"


def refunds_expected(base: CustomerBase) -> tuple[RefundsToCome, ...]:
    """What is to be said of orders that stand today and will be refunded yet; nothing where that is a trifle."""
    if base.refunds_to_come is None or base.delays is None:
        return ()
    amount, earned = float(base.refunds_to_come.sum()), float(np.nansum(base.historic_value))
    if not amount > TRIFLE * earned:
        return ()
    return (RefundsToCome(amount=f"{amount:,.0f}", longest=base.delays.longest),)

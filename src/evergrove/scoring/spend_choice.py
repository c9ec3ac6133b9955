"""
Which form of the spend model: the plainest that foretold held-out spend no worse than the others.

Gamma-Gamma on the customers' means is the champion to begin with. Two things may be wrong with it. Means hardly tell
how much one customer's days differ (p), which the first day beside the others does; and customers who come more often
may spend more, or less, a day. A form replaces the champion where its held-out log score is better by more than one
standard error of the paired difference, and the regression on frequency is tried only where independence is refuted.
The log score decides because the expectation alone is half of what the model is for: intervals rest on the whole
distribution, and the smallest absolute error is that of a median.

What goes back without naming an order is no part of a purchase day's amount, so expected spend is taken net of it, by
a return rate of each customer's own. Net is what value means: only where the total of held-out spend was foretold
nearer without by more than one standard error, because the amounts rose meanwhile, is nothing taken off, and that is
said. One window that happens to lie a little nearer the other way proves nothing.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property
from math import sqrt
from typing import TYPE_CHECKING, Any, cast

import numpy as np

from evergrove.core import EvergroveWarning, _
from evergrove.scoring.returns import ReturnsLeftIn, share_returned, with_returns_said
from evergrove.scoring.spend import (
    SpendEvidence,
    SpendForm,
    evidence,
    fit_spend,
    gross,
    observed,
    relative_spend,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

    from evergrove.models.gamma_gamma_rows import SpendFit
    from evergrove.models.spend import Independence
    from evergrove.models.types import Fit, Floats, Summary
    from evergrove.scoring.errors import SpendModelFailed
    from evergrove.scoring.types import SpendConvention, Split

FEWEST_JUDGES = 30  # customers with spend in the holdout


class SpendFollowsFrequency(EvergroveWarning):
    """Frequency and spend are dependent, and expected spend takes it into account."""

    code = "scoring.spend_follows_frequency"
    message = _(
        "Spend a purchase day goes with frequency: {change} where frequency doubles (correlation {correlation}, "
        "{low} to {high}). Expected spend is therefore conditional on frequency, which foretold "
        "the held-out spend of {judges} {judges:customer|customers} better."
    )
    hint = _("Nothing needs doing: the model without this takes the two as independent.")


class SpendDependenceLeft(EvergroveWarning):
    """Frequency and spend are dependent, but to say so foretold held-out spend no better."""

    code = "scoring.spend_dependence_left"
    message = _(
        "Spend a purchase day goes with frequency: {change} where frequency doubles (correlation {correlation}, "
        "{low} to {high}). A model that says so foretold the held-out spend of {judges} "
        "{judges:customer|customers} no better, so expected spend takes the two as independent."
    )
    hint = _("Nothing needs doing: the customers' own days tell most of it already.")


@dataclass(frozen=True)
class SpendContender:
    """
    One form on the calibration window, against the champion before it.

    Attributes:
        form: Which.
        log_score: Sum of log densities of the customers' held-out mean spend.
        absolute_error: Mean absolute error of their expected spend a purchase day, in currency.
        gain: Of log score over the champion so far; 0 for the first.
        standard_error: Of that paired gain.
    """

    form: SpendForm
    log_score: float
    absolute_error: float
    gain: float
    standard_error: float

    @property
    def wins(self) -> bool:
        """Whether the champion is replaced."""
        return self.gain > self.standard_error


@dataclass(frozen=True, eq=False)
class SpendChoice:
    """
    The spend model on all data and how it came about.

    Attributes:
        form: The chosen form.
        fit: On all data; its warnings hold what was found and done. None where none could be fitted.
        failure: Why not; None without a single positive amount too.
        independence: Of frequency and spend on all data; None where nobody asked, or too few came back.
        contenders: The forms that were judged, in order; empty without a holdout.
        judges: Customers with spend in the holdout.
    """

    form: SpendForm
    fit: Fit[Any] | None
    failure: SpendModelFailed | None = None
    independence: Independence | None = None
    contenders: tuple[SpendContender, ...] = ()
    judges: int = 0


def choose_spend(summary: Summary, split: Split | None, convention: SpendConvention) -> SpendChoice:
    """
    Choose a form on the holdout and fit it on all data.

    Args:
        summary: All data that models are fitted on.
        split: The origin to judge at; None without a holdout: then it is Gamma-Gamma on means.
        convention: Which days the spend model reads.
    """
    court = None if split is None else Court.over(split, convention)
    if court is None or court.judges < FEWEST_JUDGES or court.fit("means") is None:
        fit, failure = fit_spend(summary, convention)
        return SpendChoice("means", with_returns_said(fit, summary), failure)
    found = independent(summary, convention, court.shape_of_a_day)
    forms: tuple[SpendForm, ...] = ("first_day",) if convention == "all_days" else ()
    if found is not None and found.dependent:
        forms = (*forms, "frequency")
    contenders = tuple(court.contest(forms))
    form: SpendForm = next((each.form for each in reversed(contenders) if each.wins), "means")
    fit, failure = fit_spend(summary, convention, form)
    if fit is None and form != "means":
        form, (fit, failure) = "means", fit_spend(summary, convention)
    said = [finding(found, form, court.judges)]
    if fit is not None and getattr(fit, "returns", None) is not None:
        net, without = court.foretold(form), court.foretold(gross(form))
        if court.is_plainly_nearer(without, net):
            form = gross(form)
            shares = {"net": f"{court.share(net):.0%}", "without": f"{court.share(without):.0%}"}
            said.append(ReturnsLeftIn(share=share_returned(fit, summary), **shares))
            fit = replace(cast("SpendFit[Any]", fit), returns=None)
    if fit is not None:
        fit = replace(fit, warnings=(*fit.warnings, *(each for each in said if each is not None)))
    return SpendChoice(form, with_returns_said(fit, summary), failure, found, contenders, court.judges)


def independent(summary: Summary, convention: SpendConvention, p: float) -> Independence | None:
    """
    Test whether frequency and spend are independent among repeaters; None where these are too few.

    Args:
        summary: Of the customers.
        convention: Which days are averaged.
        p: Shape of a day's spend.
    """
    from evergrove.models.spend import TooFewRepeaters, independence  # noqa: PLC0415 -- where spend is chosen

    try:
        return independence(summary.frequency, *observed(summary, convention), p, summary.weight)
    except TooFewRepeaters:
        return None


def finding(found: Independence | None, form: SpendForm, judges: int) -> EvergroveWarning | None:
    """What is to be said of frequency and spend; None where they are independent, or nobody could tell."""
    if found is None or not found.dependent:
        return None
    kind = SpendFollowsFrequency if form == "frequency" else SpendDependenceLeft
    return kind(
        change=f"{found.per_doubling:+.1%}",
        correlation=f"{found.correlation:.2f}",
        low=f"{found.low:.2f}",
        high=f"{found.high:.2f}",
        judges=judges,
    )


@dataclass(frozen=True, eq=False)
class Court:
    """
    What forms are judged by: customers with spend in the holdout.

    Attributes:
        split: The origin.
        convention: Which days the spend model reads.
        rows: Who these customers are among those of the split. Shape (judges,).
        days: Purchase days in the holdout. Shape (judges,).
        mean: Their mean net amount, > 0. Shape (judges,).
    """

    split: Split
    convention: SpendConvention
    rows: Any
    days: Floats
    mean: Floats

    @classmethod
    def over(cls, split: Split, convention: SpendConvention) -> Court:
        """Customers whose holdout holds a purchase and, refunds taken off, an amount."""
        spend = np.zeros(len(split.purchases)) if split.spend is None else split.spend
        rows = np.flatnonzero((split.purchases > 0) & (spend > 0))
        days = split.purchases[rows]
        return cls(split, convention, rows, days, spend[rows] / days)

    @property
    def judges(self) -> int:
        """How many they are."""
        return len(self.rows)

    @cached_property
    def fits(self) -> dict[SpendForm, Fit[Any] | None]:
        """Fits at the origin, each made when it is first asked for."""
        return {}

    def fit(self, form: SpendForm) -> Fit[Any] | None:
        """A form's fit at the origin; None where it fails."""
        if form not in self.fits:
            self.fits[form] = fit_spend(self.split.fitted, self.convention, form)[0]
        return self.fits[form]

    @property
    def shape_of_a_day(self) -> float:
        """How regular one customer's days are (p), as well as the calibration window tells it."""
        fit = self.fit("first_day") or self.fit("means")
        return 1.0 if fit is None else float(fit.model.p)

    def contest(self, forms: tuple[SpendForm, ...]) -> Iterator[SpendContender]:
        """Means first, then each form against the champion so far; those that cannot be fitted are left out."""
        champion: Floats | None = None
        for form in ("means", *forms):
            fit = self.fit(form)
            if fit is None:
                continue
            scores, error = self._judged(fit.model)
            difference = np.zeros(1) if champion is None else scores - champion
            spread = float(difference.std()) * sqrt(len(difference))
            told = SpendContender(form, float(scores.sum()), error, float(difference.sum()), spread)
            yield told
            champion = scores if champion is None or told.wins else champion

    def foretold(self, form: SpendForm) -> Floats:
        """
        What a form would have said of held-out spend, given the purchases. Shape (n,).

        Of all customers of the origin, those with refunds alone in the window among them.
        """
        fit, convention = fit_spend(self.split.fitted, self.convention, form)[0], self.convention
        return np.asarray(self.split.purchases * evidence(fit, self.split.calibration, convention).expected)

    @property
    def spent(self) -> Floats:
        """Net amount in the holdout. Shape (n,)."""
        return np.zeros(len(self.split.purchases)) if self.split.spend is None else self.split.spend

    def share(self, told: Floats) -> float:
        """The total of a forecast over what came."""
        return float(told.sum()) / float(self.spent.sum())

    def is_plainly_nearer(self, one: Floats, other: Floats) -> bool:
        """
        Whether a forecast's total is nearer to what came than another's by more than one standard error.

        Nearness is the absolute logarithm of forecast over actual; the error is that of the paired difference over
        the customers.
        """
        from evergrove.scoring.rolling.purposes import gain, missed_total  # noqa: PLC0415 -- it imports this station

        if not min(float(each.sum()) for each in (one, other, self.spent)) > 0:
            return False
        return gain([missed_total(one, self.spent)], [missed_total(other, self.spent)]).is_plain

    def _judged(self, model: Any) -> tuple[Floats, float]:
        """Log density of each customer's held-out mean, shape (judges,), and the mean absolute error."""
        from evergrove.models.gamma_gamma_likelihood import log_density  # noqa: PLC0415 -- where spend is chosen

        n, m = (values[self.rows] for values in observed(self.split.calibration, self.convention))
        relative = relative_spend(model, self.split.calibration)
        known = SpendEvidence.under(model, n, m, None if relative is None else relative[self.rows])
        scale = model.gamma * (1.0 if known.relative is None else known.relative) + n * m
        scores = log_density(self.days, self.mean, model.p, model.q + model.p * n, scale)
        return scores, float(np.abs(known.expected - self.mean).mean())

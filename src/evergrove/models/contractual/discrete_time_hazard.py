"""Churn by tenure and covariates: a hazard for every period, survival and value for every customer."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np

from evergrove.models.contractual.effects_fit import EffectsFit, concluded
from evergrove.models.contractual.encoding import Encoding, design_of
from evergrove.models.contractual.hazard_fit import Task, check_options
from evergrove.models.contractual.hazard_links import Link, cells, hazard
from evergrove.models.contractual.panel import Panel
from evergrove.models.contractual.periods import Period, in_periods, rate_per_period, whole_periods
from evergrove.models.contractual.retention_model import EndlessLifetime
from evergrove.models.contractual.tenure_curve import TenureCurve
from evergrove.models.contractual.walk import Walk

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import ArrayLike

    from evergrove.core import Horizon
    from evergrove.models.contractual.covariate import Covariates
    from evergrove.models.contractual.tenures import Tenures
    from evergrove.models.types import Floats


@dataclass(frozen=True, eq=False)
class DiscreteTimeHazard:
    r"""
    The chance to leave in period t of those still there, by tenure and covariates.

    .. math::

        h(t \mid x) = \frac{1}{1 + e^{-\eta}} \qquad
        \eta = f(t) + x \beta + (z \gamma) \ln t

    or, with link "cloglog", h = 1 - exp(-e^eta): proportional hazards, observed by the period. The baseline
    f is a smooth curve over ln t (``TenureCurve``), a straight line beyond the data. Customers alike in
    covariates and tenure are taken to be alike: what is not in the covariates moves into f.

    Covariates are constants of a customer. One that is measured today (a plan that was changed because the
    customer meant to stay) describes the past badly, and one that sums up over tenure (total charges) is
    tenure in disguise: leave both out.

    Attributes:
        baseline: Coefficients of the features of f.
        curve: Where f bends.
        effects: Change of eta per column of the design, beta.
        trends: Change of the effect per unit of ln t, gamma, for the columns it is given for.
        encoding: How covariates become columns.
        link: "logit" or "cloglog".
        period: What tenure counts.

    Source:
        Singer and Willett (1993), It's About Time: Using Discrete-Time Survival Analysis to Study Duration
        and the Timing of Events, Journal of Educational Statistics 18(2), 155-195; cloglog: Prentice and
        Gloeckler (1978), Biometrics 34(1), 57-67.
    """

    baseline: tuple[float, ...]
    curve: TenureCurve
    effects: Mapping[str, float] = field(default_factory=dict)
    trends: Mapping[str, float] = field(default_factory=dict)
    encoding: Encoding = Encoding()
    link: Link = "logit"
    period: Period = "month"

    title: ClassVar[str] = "Discrete-time hazard"

    @classmethod
    def fit(
        cls,
        tenures: Tenures,
        covariates: Covariates | None = None,
        *,
        link: Link = "logit",
        knots: int = 5,
        varying: tuple[str, ...] = (),
        prior_sd: Mapping[str, float] | None = None,
    ) -> EffectsFit[DiscreteTimeHazard]:
        """
        Maximum likelihood estimates, by Newton's method on a grid of customers x periods.

        Args:
            tenures: How long each customer stayed.
            covariates: Columns by name, a row per tenure (a dict of arrays, a pandas table). Texts become a
                column per level, compared with the most frequent one; numbers are taken as they are.
            link: "logit" or "cloglog".
            knots: Of the baseline; 1 is a constant hazard, 2 a power of tenure.
            varying: Covariates whose effect changes in proportion to ln t.
            prior_sd: Covariate -> standard deviation of a normal prior around nought on its effects: on those
                of each level of a text, on that of a standard deviation of a number. Only what is named is
                held back; the log-likelihood reported is without it.

        Returns:
            The fit. ``warnings`` says what is left out or not identified; the same warnings are issued.

        Raises:
            NothingToLearn: Nobody has left, or nobody has stayed for a period.
            InvalidOption: ``link``, ``knots`` or ``prior_sd`` is none.
            RowsDiffer: Tenures and covariates differ in length.
            ContractNotConverged: The likelihood has no maximum.
        """
        check_options(cls.title, link, knots, prior_sd or {})
        tenures.check_learnable(cls.title)
        work = Task.of(tenures, covariates, link, knots, varying, prior_sd or {})
        found, log_likelihood = work.climbed(cls.title)
        return concluded(
            lambda values: cls._of(work, values),
            found,
            title=cls.title,
            names=work.names,
            back=work.way_back,
            log_likelihood=log_likelihood,
            customers=tenures.customers,
            doubts=work.encoding.doubts,
            depth=2,
        )

    @classmethod
    def _of(cls, work: Task, values: Floats) -> DiscreteTimeHazard:
        """The model with these coefficients."""
        titles = work.encoding.titles
        K = len(work.curve.knots)
        b, beta, gamma = np.split(values, [K, K + len(titles)])
        return cls(
            baseline=tuple(map(float, b)),
            curve=work.curve,
            effects=dict(zip(titles, map(float, beta), strict=True)),
            trends={titles[i]: float(value) for i, value in zip(work.varying, gamma, strict=True)},
            encoding=work.encoding,
            link=work.link,
            period=work.tenures.period,
        )

    def log_likelihood(self, tenures: Tenures, covariates: Covariates | None = None) -> float:
        """Log-likelihood of tenures whose periods are the model's, by individual customers."""
        panel = Panel.of(tenures, design_of(self.encoding, covariates, len(tenures)))
        walk = self._walk_of(panel.design)
        return sum(
            cells(self.link, walk.part(rows).eta(np.ones(len(lost)), panel.last), at_risk, lost).value
            for rows, at_risk, lost in panel.blocks()
        )

    def hazard(self, t: ArrayLike, covariates: Covariates | None = None) -> Floats:
        """
        The chance to leave in period t, of those still there.

        Args:
            t: Period, a whole number >= 1. Shape (n,) or a number.
            covariates: As in ``fit``, n rows.

        Returns:
            Shape (n,).
        """
        at, walk = self._walk(whole_periods("t", t, 1), covariates)
        return hazard(self.link, walk.eta(at, 1))[:, 0]

    def survival(self, t: ArrayLike, covariates: Covariates | None = None, tenure: ArrayLike = 0) -> Floats:
        """
        P(still a customer t periods later, given one after ``tenure`` periods).

        Args:
            t: Periods from ``tenure`` on, whole numbers >= 0; a number or shape (k,).
            covariates: As in ``fit``, n rows.
            tenure: Periods survived so far; 0 is a new customer. Shape (n,) or a number.

        Returns:
            Shape (n,) for one t, (n, k) for k of them.
        """
        later = whole_periods("t", t, 0)
        since, walk = self._walk(whole_periods("tenure", tenure, 0), covariates)
        curve = walk.survival(since, int(later.max(initial=0.0)))[:, later.astype(np.int64)]
        return curve[:, 0] if np.ndim(t) == 0 else curve

    def expected_lifetime(
        self, horizon: Horizon, covariates: Covariates | None = None, tenure: ArrayLike = 0
    ) -> Floats:
        """
        Expected periods as a customer within a horizon from ``tenure`` on, the current one included.

        Args:
            horizon: A number of periods, or a text such as "24 months"; of a period begun its share counts.
            covariates: As in ``fit``, n rows.
            tenure: Periods survived so far. Shape (n,) or a number.

        Returns:
            Periods, shape (n,).
        """
        length = in_periods(horizon, self.period)
        since, walk = self._walk(whole_periods("tenure", tenure, 0), covariates)
        return walk.lived(since, length)

    def discounted_expected_residual_lifetime(
        self, annual_rate: float, covariates: Covariates | None = None, renewal: ArrayLike = 1
    ) -> Floats:
        r"""
        DERL: all payments still expected, counted in payments of today.

        .. math:: \sum_{t = 0}^{\infty} \frac{S(n + t)}{S(n - 1)} (1 + d)^{-t}

        seen just before the n-th renewal falls due, as for ``RetentionModel``; beyond the longest tenure
        observed it rests on the straight line in ln t with which the baseline goes on.

        Args:
            annual_rate: Effective annual discount rate, > 0; d is its equivalent per ``period``.
            covariates: As in ``fit``, n rows.
            renewal: n, which renewal falls due next: tenure + 1. Shape (n,) or a number.

        Returns:
            Payments, shape (n,); relative error below 1e-9.

        Raises:
            EndlessLifetime: At rate 0, or so near it that 200,000 periods do not exhaust somebody's sum.
        """
        rate = rate_per_period(annual_rate, self.period)
        due, walk = self._walk(whole_periods("renewal", renewal, 1), covariates)
        sums = walk.discounted(due - 1, 1 / (1 + rate)) if rate > 0 else np.array([np.inf])
        if np.isinf(sums).any():
            raise EndlessLifetime(model=self.title, rate=annual_rate)
        return sums

    def as_dict(self) -> dict[str, Any]:
        """The model by its parts, for JSON."""
        return asdict(self)

    @classmethod
    def from_dict(cls, stored: Mapping[str, Any]) -> DiscreteTimeHazard:
        """Read what ``as_dict`` wrote."""
        parts = {
            "baseline": tuple(stored["baseline"]),
            "curve": TenureCurve(tuple(stored["curve"]["knots"])),
            "encoding": Encoding.from_dict(stored["encoding"]),
        }
        return cls(**{**stored, **parts})

    def _walk(self, periods: Floats, covariates: Covariates | None) -> tuple[Floats, Walk]:
        """Periods and the walk, for as many customers as the longer of the two has."""
        design = design_of(self.encoding, covariates, len(periods))
        return np.broadcast_to(periods, len(design)), self._walk_of(design)

    def _walk_of(self, design: Floats) -> Walk:
        titles = self.encoding.titles
        beta = np.array([self.effects[title] for title in titles])
        gamma = np.array([self.trends.get(title, 0.0) for title in titles])
        return Walk(
            level=np.einsum("np,p->n", design, beta),
            slope=np.einsum("np,p->n", design, gamma),
            baseline=np.array(self.baseline),
            curve=self.curve,
            link=self.link,
        )

"""sBG with covariates: customers differ by what is known of them, and further by chance."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np

from evergrove.models.contractual.beta_logistic_surface import Surface
from evergrove.models.contractual.effects_fit import EffectsFit, concluded
from evergrove.models.contractual.encoding import Encoding, Scaled, design_of
from evergrove.models.contractual.estimate import ContractNotConverged
from evergrove.models.contractual.gamma_steps import log_gamma_bend
from evergrove.models.contractual.panel import Panel
from evergrove.models.contractual.periods import Period, rate_per_period, whole_periods
from evergrove.models.contractual.retention_model import EndlessLifetime
from evergrove.models.contractual.shifted_beta_geometric import residuals
from evergrove.models.estimate import search
from evergrove.models.maximise import in_the_words_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import ArrayLike

    from evergrove.models.contractual.covariate import Covariates
    from evergrove.models.contractual.tenures import Tenures
    from evergrove.models.maximise import Objective, Optimum
    from evergrove.models.types import Floats

STARTS = (0.5, 3.0, 30.0)  # alpha + beta


@dataclass(frozen=True, eq=False)
class BetaLogistic:
    r"""
    The beta-logistic model: shifted-beta-geometric retention whose shapes depend on covariates.

    .. math::

        \alpha_i = \alpha e^{x_i a} \qquad \beta_i = \beta e^{x_i b}
        \qquad S(t \mid x_i) = \frac{B(\alpha_i, \beta_i + t)}{B(\alpha_i, \beta_i)}

    A covariate with the same effect on both shapes leaves the mean chance to leave as it is and changes how
    much customers differ; with a positive effect on alpha alone they leave earlier. What covariates do not
    tell is still heterogeneity, so that retention rises with tenure within every group, beyond the data too:
    the difference from ``DiscreteTimeHazard``, which draws the same curve from tenure alone.

    Attributes:
        alpha: First shape where all covariates are at their reference or nought, > 0.
        beta: Second shape there, > 0.
        alpha_effects: a, per column of the design.
        beta_effects: b, per column of the design.
        encoding: How covariates become columns.
        period: The period of renewal.

    Source:
        Heckman and Willis (1977), A Beta-logistic Model for the Analysis of Sequential Labor Force
        Participation by Married Women, Journal of Political Economy 85(1), 27-58; for retention: Fader and
        Hardie (2007), brucehardie.com/notes/019.
    """

    alpha: float
    beta: float
    alpha_effects: Mapping[str, float] = field(default_factory=dict)
    beta_effects: Mapping[str, float] = field(default_factory=dict)
    encoding: Encoding = Encoding()
    period: Period = "year"

    title: ClassVar[str] = "Beta-logistic"

    @classmethod
    def fit(cls, tenures: Tenures, covariates: Covariates) -> EffectsFit[BetaLogistic]:
        """
        Maximum likelihood estimates.

        Args:
            tenures: How long each customer, or each group of equal customers, stayed.
            covariates: Columns by name, a row per tenure, as for ``DiscreteTimeHazard``.

        Returns:
            The fit, its parameters being ln alpha, a, ln beta and b.

        Raises:
            NothingToLearn: Nobody has left, or nobody has ever renewed.
            RowsDiffer: Tenures and covariates differ in length.
            ContractNotConverged: No start led to a maximum.
        """
        tenures.check_learnable(cls.title)
        encoding = Encoding.learn(covariates)
        scaled = Scaled.of(design_of(encoding, covariates, len(tenures)))
        found = _climbed(tenures, scaled, cls.title)
        back = np.asarray(np.kron(np.eye(2), scaled.way_back), dtype=np.float64)
        return concluded(
            lambda values: cls._of(encoding, tenures.period, values),
            found,
            title=cls.title,
            names=tuple(
                name
                for shape in ("alpha", "beta")
                for name in (f"ln {shape}", *(f"{title} on {shape}" for title in encoding.titles))
            ),
            back=back,
            log_likelihood=found.value,
            customers=tenures.customers,
            doubts=encoding.doubts,
            depth=2,
        )

    @classmethod
    def _of(cls, encoding: Encoding, period: Period, values: Floats) -> BetaLogistic:
        """The model with these coefficients."""
        titles = encoding.titles
        a, b = np.split(values, 2)
        return cls(
            alpha=float(np.exp(a[0])),
            beta=float(np.exp(b[0])),
            alpha_effects=dict(zip(titles, map(float, a[1:]), strict=True)),
            beta_effects=dict(zip(titles, map(float, b[1:]), strict=True)),
            encoding=encoding,
            period=period,
        )

    def shapes(self, covariates: Covariates) -> tuple[Floats, Floats]:
        """alpha_i and beta_i of each customer, shape (n,) each."""
        design = self.encoding.matrix(covariates)
        effects = ((self.alpha, self.alpha_effects), (self.beta, self.beta_effects))
        alpha, beta = (
            base * np.exp(np.einsum("np,p->n", design, np.array([by[t] for t in self.encoding.titles])))
            for base, by in effects
        )
        return alpha, beta

    def log_likelihood(self, tenures: Tenures, covariates: Covariates) -> float:
        """Log-likelihood of tenures whose periods are the model's."""
        design = design_of(self.encoding, covariates, len(tenures))
        titles = self.encoding.titles
        a, b = ([by[t] for t in titles] for by in (self.alpha_effects, self.beta_effects))
        theta = np.array([np.log(self.alpha), *a, np.log(self.beta), *b])
        return Surface(Panel.of(tenures, design))(theta)[0]

    def survival(self, t: ArrayLike, covariates: Covariates, tenure: ArrayLike = 0) -> Floats:
        """
        P(still a customer t periods later, given one after ``tenure`` periods).

        Args:
            t: Periods from ``tenure`` on, whole numbers >= 0; a number or shape (k,).
            covariates: As in ``fit``, n rows.
            tenure: Periods survived so far; 0 is a new customer. Shape (n,) or a number.

        Returns:
            Shape (n,) for one t, (n, k) for k of them.
        """
        later, since = whole_periods("t", t, 0), whole_periods("tenure", tenure, 0)
        alpha, beta = self.shapes(covariates)
        at = (beta + since)[:, None]
        curve = np.exp(-log_gamma_bend(at, alpha[:, None], later))
        return curve[:, 0] if np.ndim(t) == 0 else curve

    def discounted_expected_residual_lifetime(
        self, annual_rate: float, covariates: Covariates, renewal: ArrayLike = 1
    ) -> Floats:
        """
        DERL of each customer, as for ``RetentionModel``, in closed form.

        Args:
            annual_rate: Effective annual discount rate (0.10 is ten per cent a year).
            covariates: As in ``fit``, n rows.
            renewal: n, which renewal falls due next, from 1 on. Shape (n,) or a number.

        Returns:
            Payments, shape (n,).

        Raises:
            EndlessLifetime: At rate 0, where somebody's sum has no limit.
        """
        rate = rate_per_period(annual_rate, self.period)
        due = whole_periods("renewal", renewal, 1)
        alpha, beta, due = np.broadcast_arrays(*self.shapes(covariates), due)
        sums = residuals(alpha, beta, due, rate, 0)
        if np.isinf(sums).any():
            raise EndlessLifetime(model=self.title, rate=annual_rate)
        return sums

    def as_dict(self) -> dict[str, Any]:
        """The model by its parts, for JSON."""
        return asdict(self)

    @classmethod
    def from_dict(cls, stored: Mapping[str, Any]) -> BetaLogistic:
        """Read what ``as_dict`` wrote."""
        return cls(**{**stored, "encoding": Encoding.from_dict(stored["encoding"])})


def _climbed(tenures: Tenures, scaled: Scaled, title: str) -> Optimum:
    """The optimum over (ln alpha, a, ln beta, b) of the scaled columns."""

    def surface(step: int) -> tuple[Objective, float]:
        panel = Panel.of(tenures, scaled.design, step)
        return Surface(panel), panel.customers

    share = float(tenures.lost.sum() / tenures.at_risk.sum())
    nought = np.zeros(len(scaled.mean))
    starts = [
        np.concatenate(([np.log(share * total)], nought, [np.log((1 - share) * total)], nought))
        for total in STARTS
    ]
    with in_the_words_of(ContractNotConverged):
        return search(surface, len(tenures), starts, title)

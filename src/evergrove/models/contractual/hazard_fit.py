"""Fit a discrete hazard: columns scaled to one, climbed, and taken back to the user's units."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from evergrove.core import InputError, _
from evergrove.models.contractual.encoding import Encoding, Scaled, design_of
from evergrove.models.contractual.estimate import ContractNotConverged
from evergrove.models.contractual.hazard_links import LINKS, Link, scale_of
from evergrove.models.contractual.hazard_surface import Surface
from evergrove.models.contractual.panel import Panel
from evergrove.models.contractual.tenure_curve import TenureCurve
from evergrove.models.estimate import search
from evergrove.models.maximise import in_the_words_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    from evergrove.models.contractual.covariate import Covariates
    from evergrove.models.contractual.tenures import Tenures
    from evergrove.models.maximise import Objective, Optimum
    from evergrove.models.types import Floats


class InvalidOption(InputError):
    """An option of a fit that cannot be used."""

    code = "models.invalid_option"
    message = _("{model}: {name} = {value} cannot be used.")
    hint = _("It takes {wanted}.")


def check_options(model: str, link: str, knots: int, prior_sd: Mapping[str, float]) -> None:
    """Raise ``InvalidOption`` for an unknown link, less than one knot, or a spread that is not positive."""
    if link not in LINKS:
        raise InvalidOption(model=model, name="link", value=repr(link), wanted=", ".join(LINKS))
    if knots < 1:
        raise InvalidOption(model=model, name="knots", value=knots, wanted="1, 2, 3, ...")
    for name, sd in prior_sd.items():
        if not sd > 0:
            raise InvalidOption(model=model, name=f"prior_sd[{name!r}]", value=sd, wanted="> 0")


@dataclass(frozen=True, eq=False)
class Task:
    """
    One fit.

    Attributes:
        tenures: The customers, n of them.
        encoding: How their covariates become columns.
        scaled: These columns, scaled, and the way back.
        curve: The features of tenure.
        varying: Columns whose effect changes with tenure.
        precision: Of the prior of each scaled coefficient, 1 / sd^2; 0 for none. Shape (K + p + q,).
        link: The scale of the hazard.
    """

    tenures: Tenures
    encoding: Encoding
    scaled: Scaled
    curve: TenureCurve
    varying: tuple[int, ...]
    precision: Floats
    link: Link

    @classmethod
    def of(
        cls,
        tenures: Tenures,
        covariates: Covariates | None,
        link: Link,
        knots: int,
        varying: tuple[str, ...],
        prior_sd: Mapping[str, float],
    ) -> Task:
        """Put a fit together; names of covariates become columns of the design."""
        encoding = Encoding.learn(covariates or {})
        scaled = Scaled.of(design_of(encoding, covariates, len(tenures)))
        curve = TenureCurve.through(tenures.lost, knots)
        columns = encoding.positions(varying) if len(curve.knots) > 1 else ()
        sd = np.full(len(scaled.mean), np.inf)
        for name, value in prior_sd.items():
            sd[list(encoding.positions((name,)))] = value
        # A prior is on a level's effect, or on that of a standard deviation of a number.
        per_effect = np.where(encoding.is_number, 1.0, 1 / scaled.spread) / sd
        slopes = np.concatenate((per_effect, per_effect[list(columns)]))
        precision = np.concatenate((np.zeros(len(curve.knots)), slopes**2))
        return cls(tenures, encoding, scaled, curve, columns, precision, link)

    @property
    def names(self) -> tuple[str, ...]:
        """Of the coefficients."""
        titles = self.encoding.titles
        baseline = (f"baseline {k}" for k in range(len(self.curve.knots)))
        return (*baseline, *titles, *(f"{titles[i]} x ln t" for i in self.varying))

    def climbed(self, title: str) -> tuple[Optimum, float]:
        """The optimum in scaled coordinates, and the log-likelihood there without the priors."""
        features = np.asarray(np.linalg.solve(self._upper.T, self._features.T).T, dtype=np.float64)

        def surface(step: int) -> tuple[Objective, float]:
            panel = Panel.of(self.tenures, self.scaled.design, step)
            return Surface(panel, features, self.varying, self.precision / step, self.link), panel.customers

        share = float(self.tenures.lost.sum() / self.tenures.at_risk.sum())
        start = np.zeros(len(self.precision))
        start[0] = scale_of(self.link, share)
        with in_the_words_of(ContractNotConverged):
            found = search(surface, len(self.tenures), [start], title)
        return found, found.value + float(self.precision @ found.theta**2) / 2

    @property
    def way_back(self) -> Floats:
        """Matrix from scaled coordinates (b, beta, gamma) to those of f(t), x and z ln t as they are."""
        K, mean, spread = len(self.curve.knots), self.scaled.mean, self.scaled.spread
        back = np.zeros((len(self.precision),) * 2)
        inverse = np.linalg.inv(self._upper)
        back[:K, :K] = inverse  # F = Q R, so Q b = F (R^-1 b)
        effects = range(K, K + len(mean))
        back[0, K : K + len(mean)] = -mean / spread
        back[effects, effects] = 1 / spread
        for j, column in enumerate(self.varying):
            # ((z - mean) / spread) (q0 + q1 ln t), with q0 and q1 the second column of R^-1
            at, q = K + len(mean) + j, inverse[:2, 1]
            back[:2, at] = -mean[column] / spread[column] * q
            back[[K + column, at], at] = q / spread[column]
        return back

    @property
    def _features(self) -> Floats:
        return self.curve.features(np.arange(1.0, self.tenures.last + 1))

    @property
    def _upper(self) -> Floats:
        """
        R of F = Q R: features as combinations of orthonormal ones, weighted by who was at risk; (K, K).

        The first column of Q is 1, the second linear in ln t, so that all effects keep their place.
        """
        weight = self.tenures.at_risk / self.tenures.at_risk.sum()
        features = self._features
        return np.asarray(np.linalg.cholesky((features.T * weight) @ features).T)

r"""
Which letters of a model its covariates move, and how.

A covariate z with slope gamma multiplies a customer's letter by :math:`e^{\pm \gamma z}`; several add up in
the exponent. A positive slope on purchase means a higher purchase rate, one on dropout an earlier end:

- purchase, all models: :math:`\alpha_i = \alpha e^{-\gamma' z_i}`, the mean rate r / alpha times
  :math:`e^{\gamma' z_i}`.
- dropout, Pareto/NBD (form ``rate``): :math:`\beta_i = \beta e^{-\delta' z_i}`, the mean dropout rate s / beta
  times :math:`e^{\delta' z_i}`.
- dropout, BG/NBD and MBG/NBD: three forms.

  ``odds`` (default): :math:`a_i = a e^{\delta' z_i}`. The odds a / b of the mean chance to leave are
  multiplied by :math:`e^{\delta' z_i}`, so that slopes read as in a logistic regression.

  ``concentration``: :math:`a_i = a e^{\delta' z_i}, b_i = b e^{\delta' z_i}`, as CLVTools has it. The mean
  chance a / (a + b) is the same for all customers and only its spread differs: such a slope cannot say that
  one group leaves sooner after a purchase than another. Where a and b run to infinity, as on the apparel
  data, it says nothing at all. It is here to reproduce published fits.

  ``shapes``: :math:`a_i = a e^{\delta' z_i}, b_i = b e^{\epsilon' z_i}`, as in the note that proposed
  covariates, with slopes epsilon on ``staying`` of their own. The other two are special cases, so that a
  likelihood-ratio test can tell which of them the data allow.

Source:
    Fader and Hardie (2007), Incorporating Time-Invariant Covariates into the Pareto/NBD and BG/NBD Models,
    brucehardie.com/notes/019.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal, NamedTuple

from evergrove.models.bg_nbd import BgNbd
from evergrove.models.covariates.beta_geometric_rows import bg_rows, mbg_rows
from evergrove.models.covariates.errors import NoSuchDropoutForm
from evergrove.models.covariates.pareto_rows import pareto_rows
from evergrove.models.mbg_nbd import MbgNbd
from evergrove.models.pareto_nbd import ParetoNbd

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from evergrove.models.covariates.gamma_rows import Rows
    from evergrove.models.process import TransactionModel

Process = Literal["purchase", "dropout", "staying"]
DropoutForm = Literal["rate", "odds", "concentration", "shapes"]

PROCESSES: tuple[Process, ...] = ("purchase", "dropout", "staying")


class Link(NamedTuple):
    """The slopes of a process move a letter up (sign 1) or down (-1)."""

    process: Process
    letter: str
    sign: float


@dataclass(frozen=True)
class Family:
    """
    What a model does with covariates.

    Attributes:
        rows: Letters and histories -> log-likelihoods and derivatives row by row.
        forms: Links by form of the dropout, the usual form first.
    """

    rows: Callable[..., Rows]
    forms: Mapping[DropoutForm, tuple[Link, ...]]


_PURCHASE = Link("purchase", "alpha", -1.0)
_LEAVING = Link("dropout", "a", 1.0)
_CHANCE: dict[DropoutForm, tuple[Link, ...]] = {
    "odds": (_PURCHASE, _LEAVING),
    "concentration": (_PURCHASE, _LEAVING, Link("dropout", "b", 1.0)),
    "shapes": (_PURCHASE, _LEAVING, Link("staying", "b", 1.0)),
}
_FAMILIES: dict[type[Any], Family] = {
    ParetoNbd: Family(pareto_rows, {"rate": (_PURCHASE, Link("dropout", "beta", -1.0))}),
    BgNbd: Family(bg_rows, _CHANCE),
    MbgNbd: Family(mbg_rows, _CHANCE),
}


def family_of(model: type[TransactionModel]) -> Family:
    """
    What a model does with covariates.

    Raises:
        NoSuchDropoutForm: It takes none.
    """
    family = _FAMILIES.get(model)  # exactly these: a model derived from one has another likelihood
    if family is None:
        raise NoSuchDropoutForm(model=model.title, form="-", forms="-")
    return family


def links_of(model: type[TransactionModel], form: DropoutForm | None) -> tuple[DropoutForm, tuple[Link, ...]]:
    """
    The form, the model's usual one for None, and its links.

    Raises:
        NoSuchDropoutForm: The model does not have that form.
    """
    forms = family_of(model).forms
    wanted: DropoutForm = next(iter(forms)) if form is None else form
    if wanted not in forms:
        raise NoSuchDropoutForm(model=model.title, form=wanted, forms=", ".join(forms))
    return wanted, forms[wanted]

"""What plots are asked with: a model, a language, a back-test; anything else is refused in a sentence."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from evergrove.core import Term, _
from evergrove.core.arguments import of_kind, one_of
from evergrove.models.process import TransactionModel
from evergrove.scoring.rolling import RollingBackTest
from evergrove.text import LANGUAGES, Formats

if TYPE_CHECKING:
    from evergrove.text import Language

BACK_TEST = Term(_("what eg.backtest found"))
MODEL = Term(_("a model: of a fit, fit.model"))


def formats_in(language: Language, currency: str = "") -> Formats:
    """
    How a language writes numbers and sentences.

    Raises:
        InvalidArgument: No catalogue speaks it.
    """
    one_of("language", language, LANGUAGES)
    return Formats(language, currency)


def check_model(model: Any) -> None:
    """
    Refuse what is no transaction model; a fit above all.

    Raises:
        InvalidArgument: It is none.
    """
    of_kind("model", model, TransactionModel, MODEL)


def check_back_test(found: Any) -> None:
    """
    Refuse what is no back-test.

    Raises:
        InvalidArgument: It is none.
    """
    of_kind("found", found, RollingBackTest, BACK_TEST)

"""Both models on all data; what could not be fitted is said, not raised."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from evergrove.scoring.choose import NAMED, PREFERRED, choose_model, fit_model, runner_up
from evergrove.scoring.errors import NoDropout, NoModel, SimplerModel, UnknownModel, UntestedModel
from evergrove.scoring.readiness import FORECASTS, JUDGEMENTS
from evergrove.scoring.spend_choice import choose_spend
from evergrove.scoring.types import Choice, Limit

if TYPE_CHECKING:
    from evergrove.models.types import Fit, Summary
    from evergrove.scoring.spend_choice import SpendChoice
    from evergrove.scoring.types import Readiness, SpendConvention, Split


@dataclass(frozen=True, eq=False)
class Fits:
    """
    The fits on all data and how they came about.

    Attributes:
        choice: Which transaction model and why.
        process: Its fit; None without one.
        spend: The spend model's fit; None without one.
        limits: What the data's limits do not say already.
        runner_up: Fit of the next best model by the back-test; None without a rival.
        spend_choice: How the spend model's form was chosen; None where nobody chose, as for a model read back.
    """

    choice: Choice
    process: Fit[Any] | None
    spend: Fit[Any] | None
    limits: tuple[Limit, ...]
    spend_choice: SpendChoice | None = None
    runner_up: Fit[Any] | None = None


def check_model(name: str) -> None:
    """
    Refuse a name that is neither a model's nor "auto".

    Raises:
        UnknownModel: It is not.
    """
    if name not in {"auto", *NAMED}:
        raise UnknownModel(name=name)


def fit_all(
    summary: Summary, ready: Readiness, model: str, split: Split | None, convention: SpendConvention
) -> Fits:
    """
    Fit a transaction model and the spend model.

    Args:
        summary: All data that models are fitted on.
        ready: What the data can carry.
        model: A name, or "auto".
        split: The origin that "auto" and the form of the spend model are judged at; None without a holdout.
        convention: Which days the spend model reads.

    Raises:
        EvergroveError: The named model does not fit; with "auto" a simpler one stands in.
    """
    limits: list[Limit] = []
    choice, process, rival = Choice("", "average_rate"), None, None
    if ready.process and model == "auto":
        choice, process = choose_model(summary, split)
        rival = runner_up(choice, summary)
        limits += limits_of_choice(choice, len(summary))
    elif ready.process:
        choice, process = Choice(model, "given"), fit_model(model, summary)
    spend = choose_spend(summary, split, convention) if ready.spend else None
    if spend is not None and spend.failure is not None:
        limits.append(Limit(spend.failure, instead=("expected_spend",)))
    return Fits(choice, process, None if spend is None else spend.fit, tuple(limits), spend, rival)


def limits_of_choice(choice: Choice, customers: int) -> tuple[Limit, ...]:
    """What a choice that fell back costs."""
    useless = [c for c in choice.candidates if c.name in PREFERRED and (c.failure is not None or c.flat)]
    names = ", ".join(c.name for c in useless)
    if choice.how == "fallback" and choice.name != "nbd":
        untested = UntestedModel(failed=names, model=choice.name)
        return (Limit(untested, missing=("choice_by_back_test",)),)
    if choice.how == "fallback":
        flat = all(c.failure is None for c in useless)
        reason = NoDropout(failed=names) if flat else SimplerModel(failed=names)
        return (Limit(reason, missing=("value_likely_lost",)),)
    if choice.how == "average_rate":
        last = next((c.failure for c in reversed(choice.candidates) if c.failure is not None), "")
        instead = ("expected_purchases_12m", "clv_12m")
        missing = tuple(name for name in FORECASTS if name not in instead)
        none = NoModel(customers=customers, reason=str(last))
        return (Limit(none, missing=missing + JUDGEMENTS, instead=instead),)
    return ()

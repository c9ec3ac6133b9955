"""Both models on all data; what could not be fitted is said, not raised."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from evergrove.scoring.champions import ChampionNotHeld
from evergrove.scoring.choose import NAMED, PREFERRED, choose_model, fit_model, runner_up, tried
from evergrove.scoring.errors import NoDropout, NoModel, SimplerModel, UnknownModel, UntestedModel
from evergrove.scoring.readiness import FORECASTS, JUDGEMENTS
from evergrove.scoring.recalibration import AS_FORECAST
from evergrove.scoring.spend_choice import choose_spend
from evergrove.scoring.types import Choice, Limit

if TYPE_CHECKING:
    from evergrove.models.types import Fit, Summary
    from evergrove.scoring.champions import Champions
    from evergrove.scoring.recalibration import Recalibration
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
        dates: Fit of the model of next orders' dates; None where that is the one of all scores.
        champions: What was taken over from a rolling back-test; None without one.
    """

    choice: Choice
    process: Fit[Any] | None
    spend: Fit[Any] | None
    limits: tuple[Limit, ...]
    runner_up: Fit[Any] | None = None
    dates: Fit[Any] | None = None
    champions: Champions | None = None

    @property
    def recalibration(self) -> Recalibration:
        """What past windows say of this model's money."""
        return AS_FORECAST if self.champions is None else self.champions.recalibration(self.choice.name)


def check_model(name: str) -> None:
    """
    Refuse a name that is neither a model's nor "auto".

    Raises:
        UnknownModel: It is not.
    """
    if name not in {"auto", *NAMED}:
        raise UnknownModel(name=name)


def fit_all(
    summary: Summary,
    ready: Readiness,
    model: str,
    split: Split | None,
    convention: SpendConvention,
    champions: Champions | None = None,
) -> Fits:
    """
    Fit a transaction model and the spend model.

    Args:
        summary: All data that models are fitted on.
        ready: What the data can carry.
        model: A name, or "auto".
        split: The origin that "auto" and the form of the spend model are judged at; None without a holdout.
        convention: Which days the spend model reads.
        champions: Of a rolling back-test, for "auto"; None without one.

    Raises:
        EvergroveError: The named model does not fit; with "auto" a simpler one stands in.
    """
    limits: list[Limit] = []
    choice, process, rival = Choice("", "average_rate"), None, None
    by = champions if ready.process and model == "auto" else None
    if ready.process and model == "auto":
        choice, process = choose_model(summary, split, by)
        rival = runner_up(choice, summary, by)
        limits += limits_of_choice(choice, len(summary))
        limits += _not_held(choice, by)
    elif ready.process:
        choice, process = Choice(model, "given"), fit_model(model, summary)
    spend = choose_spend(summary, split, convention) if ready.spend else None
    if spend is not None and spend.failure is not None:
        limits.append(Limit(spend.failure, instead=("expected_spend",)))
    return Fits(
        choice,
        process,
        None if spend is None else spend.fit,
        tuple(limits),
        rival,
        dates=_for_dates(choice, summary, by),
        champions=by,
    )


def _for_dates(choice: Choice, summary: Summary, champions: Champions | None) -> Fit[Any] | None:
    """The fit of the model that knows dates plainly better than the chosen one; None without one."""
    name = champions.for_dates(choice.name) if champions is not None and choice.name else ""
    found = tried(name, summary) if name else None
    return None if found is None or found.flat else found.fit


def _not_held(choice: Choice, champions: Champions | None) -> tuple[Limit, ...]:
    """What is to be said where a champion should have been taken, and could not be."""
    wanted = "" if champions is None else champions.instead_of(choice.name)
    return (Limit(ChampionNotHeld(model=wanted)),) if wanted else ()


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

"""The words around a back-test: who is who, what it is good for, and the verdict in one sentence."""

from __future__ import annotations

from math import expm1
from typing import TYPE_CHECKING

from evergrove.core import EvergroveWarning, Sentence, Term, _
from evergrove.scoring.choose import model_class
from evergrove.scoring.errors import UnknownModel
from evergrove.scoring.rolling.contenders import WITH_SEASON

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from evergrove.scoring.rolling.evidence import Champion
    from evergrove.scoring.rolling.types import PurposeKey

RULES: Mapping[str, str] = {
    "average_rate": _("the average rate so far"),
    "last_period": _("the same as last period"),
    "past_spend": _("past spend"),
    "recency": _("the length of the silence"),
}
OTHERS: Mapping[str, str] = {"learned": _("the learned model")}
"""Contenders that are neither rules nor closed forms."""
PURPOSE_WORDS: Mapping[PurposeKey, str] = {
    "ranking": _("ranking customers"),
    "totals": _("totals"),
    "next_date": _("dates of next orders"),
    "churn": _("who leaves"),
}
LASTING = "nbd"
"""The model in which nobody leaves: of it one can only say who buys again."""
WHO_RETURNS = _("who buys again")
BAND_WORDS: Mapping[str, str] = {
    "lowest_quarter": _("the quarter that had spent least"),
    "second_quarter": _("the second quarter"),
    "third_quarter": _("the third quarter"),
    "top_quarter": _("the quarter that had spent most"),
}
SEASONAL = _("{model} with season")
STACKED = _("{first} and {second} together")
SAID: Mapping[PurposeKey, str] = {
    "ranking": _("Gini {value}"),
    "totals": _("off by {value}"),
    "next_date": _("off by {value} {value:day|days}"),
    "churn": _("log loss {value}"),
}
TAKEN = _("{champion} for {purpose} ({ours} against {theirs} of {rule})")
KEPT = _("{rule} for {purpose} ({ours}; no model is reliably better)")
ALONE = _("{champion} for {purpose} ({ours}; no naive rule to compare with)")
VERDICT = _("Judged over {origins} {origins:window|windows} of {days} {days:day|days}, take {parts}.")
NO_VERDICT = _("No contender could be judged: none said anything that can be compared.")


class FewJudged(EvergroveWarning):
    """So few customers that every figure is chance."""

    code = "scoring.few_judged"
    message = _(
        "At the last origin {customers} {customers:customer was|customers were} known, {returned} of whom bought in the window after it: "
        "these figures are chance more than anything else."
    )
    hint = _("Judge by them from some {needed} customers on.")


class OneOrigin(EvergroveWarning):
    """A choice that rests on one window."""

    code = "scoring.one_origin"
    message = _("The champions rest on one window only: another season may prefer others.")
    hint = _("A shorter --window, or more history, gives more.")


class Unspoken(EvergroveWarning):
    """A contender failed at some origins."""

    code = "scoring.contender_failed"
    message = _("{contender} said nothing at {failed} of {origins} {origins:origin|origins}: {reason}")
    hint = _("It is compared only where all of its origins are.")


class SeasonUnknown(EvergroveWarning):
    """No origin has a season to learn from."""

    code = "scoring.season_unknown"
    message = _("Seasonal factors are 1 everywhere; the season is {reason}.")
    hint = _("Give more history: a season shows from the second year on.")


def purpose_words(purpose: PurposeKey | str, name: str) -> str:
    """
    What somebody is used for: NBD, which lets nobody leave, tells who buys again rather than who leaves.

    Args:
        purpose: Key.
        name: Of the contender.
    """
    if purpose == "churn" and name.removesuffix(WITH_SEASON) == LASTING:
        return WHO_RETURNS
    return PURPOSE_WORDS[purpose]  # type: ignore[index]


def title(name: str, parts: tuple[str, str] | None = None) -> str | Sentence:
    """
    A contender as people call it; ``Sentence`` and ``Term`` are translated where they are shown.

    Args:
        name: Of the contender.
        parts: Of a stack.
    """
    if parts is not None:
        return Sentence("scoring.stacked", STACKED, {"first": title(parts[0]), "second": title(parts[1])})
    if name.endswith(WITH_SEASON):
        plain = title(name.removesuffix(WITH_SEASON))
        return Sentence("scoring.seasonal", SEASONAL, {"model": plain})
    if name in RULES or name in OTHERS:
        return Term(RULES.get(name) or OTHERS[name])
    try:
        return model_class(name).title
    except UnknownModel:
        return name  # somebody's own


def said(spoken: str | Sentence | EvergroveWarning, translate: Callable[[str], str]) -> str:
    """A name, a sentence or a warning in a language; of a warning what is the matter, not the way out."""
    if isinstance(spoken, EvergroveWarning):
        return Sentence(spoken.code, spoken.message, spoken.params).said(translate)
    if isinstance(spoken, Sentence):
        return spoken.said(translate)
    return translate(spoken) if isinstance(spoken, Term) else spoken


def loss_figure(purpose: PurposeKey, loss: float) -> str:
    """A loss as the figure that people know: a Gini, a share, days, a log loss."""
    shown = {
        "ranking": f"{1 - loss:.3f}",
        "totals": f"{expm1(loss):.1%}",
        "next_date": f"{loss:.1f}",
        "churn": f"{loss:.3f}",
    }
    return shown[purpose]


def verdict(champions: Sequence[Champion], origins: int, days: int) -> Sentence:
    """What to take for what, in one sentence."""
    if not champions:
        return Sentence("scoring.no_verdict", NO_VERDICT)
    params = {"origins": origins, "days": days, "parts": tuple(map(_part, champions))}
    return Sentence("scoring.verdict", VERDICT, params)


def _part(champion: Champion) -> Sentence:
    stack = champion.stack
    parts = stack.parts if stack is not None and stack.accepted else None
    params: dict[str, object] = {
        "champion": title(champion.name, parts),
        "purpose": Term(purpose_words(champion.purpose, champion.name)),
        "ours": Sentence(
            f"scoring.loss_{champion.purpose}",
            SAID[champion.purpose],
            {"value": loss_figure(champion.purpose, champion.loss)},
        ),
    }
    if champion.naive is None:
        return Sentence("scoring.taken_alone", ALONE, params)
    params["rule"] = title(champion.naive.name)
    if not champion.replaced:
        return Sentence("scoring.rule_kept", KEPT, params)
    params["theirs"] = loss_figure(champion.purpose, champion.naive.loss)
    return Sentence("scoring.champion_taken", TAKEN, params)

"""Results in sentences: the answer first, honest where there is none, in three languages."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from evergrove.measurement.words import ANSWERS, REASONS, said, verdict
from evergrove.text import LANGUAGES, Formats, Language

if TYPE_CHECKING:
    from collections.abc import Mapping

NAME = "Welcome new customers"
ENGLISH = Formats("en", "CNY")


def result(**more: Any) -> dict[str, Any]:
    """A result of the welcome flow, as figures hold it."""
    return {
        "playbook": "L2",
        "people_treated": 412,
        "people_control": 47,
        "margin": {"effect": 3.2, "low": 0.4, "high": 6.0, "se": 2.2, "p": 0.14},
        "reason": None,
        "level": 0.8,
        "planned_control": 0.1,
        "srm_p": 0.85,
        "trustworthy": True,
        "window_days": 61.0,
        "window_needed": 60,
        "people_complete": 459,
        "complete": True,
        "messages": 1234,
        "cost": "12.3400",
        "basis": "margin",
        "true_effect": None,
    } | more


def margin(effect: float, low: float, high: float) -> dict[str, float]:
    """A difference with its interval."""
    return {"effect": effect, "low": low, "high": high, "se": 1.0, "p": 0.1}


def test_what_a_playbook_earned_is_said_first() -> None:
    """The sentence that a marketer asked for."""
    found = said(result(), NAME, ENGLISH)

    assert found.answer == (
        "“Welcome new customers” earned CN¥3.20 a customer (80% interval CN¥0.40 to CN¥6.00); "
        "412 treated against 47 control."
    )
    assert found.total == (
        "For all treated customers together that is CN¥1,318 (CN¥165 to CN¥2,472); "
        "the CN¥12.34 for 1,234 messages is not taken off."
    )
    assert (
        found.window
        == "Every customer has been watched for at least 60 days, long enough for the effect to show."
    )
    assert found.doubts == found.truth == ""
    assert found.notes == (found.total, found.window)


@pytest.mark.parametrize(
    ("changed", "kind", "part"),
    [
        ({"margin": margin(-2.1, -3.9, -0.3)}, "lost", "lost money: -CN¥2.10 a customer"),
        (
            {"margin": margin(3.2, 0.4, 6.0), "complete": False},
            "earned_so_far",
            "has earned CN¥3.20 a customer so far",
        ),
        ({"margin": margin(-2.1, -3.9, -0.3), "complete": False}, "lost_so_far", "has lost money so far"),
        ({"margin": margin(1.0, -1.0, 3.0)}, "unclear", "anything from -CN¥1.00 to CN¥3.00 is possible"),
        ({"margin": margin(1.0, 0.0, 2.0)}, "unclear", "not clear yet"),
        ({"margin": None, "reason": "stats.no_variance"}, "nothing", "nothing can be said yet"),
        (
            {"trustworthy": False, "srm_p": 1e-9},
            "mistrusted",
            "do not fit the planned control share of 10% (p below 0.001)",
        ),
        (
            {"trustworthy": False, "margin": None, "reason": "stats.too_few_units"},
            "mistrusted",
            "not to be trusted",
        ),
    ],
)
def test_each_result_has_the_answer_that_it_bears(changed: dict[str, Any], kind: str, part: str) -> None:
    """An interval that touches 0 decides nothing, and a broken assignment comes before every number."""
    found = said(result(**changed), NAME, ENGLISH)

    assert found.kind == verdict(result(**changed)) == kind
    assert part in found.answer


def test_a_figure_that_is_not_to_be_trusted_is_not_shown() -> None:
    """Whoever reads a number remembers it, and forgets the doubt."""
    found = said(result(trustworthy=False, srm_p=1e-9, true_effect=2.0), NAME, ENGLISH)

    assert not any("3.20" in text or "1,318" in text for text in (found.answer, *found.notes))
    assert "Find out what before you believe any of these figures." in found.doubts
    assert found.truth == ""


def test_where_nothing_can_be_said_the_reason_is() -> None:
    """The code of the statistics in words; a code without words is left out, not shown."""
    for reason, words in REASONS.items():
        assert said(result(margin=None, reason=reason), NAME, ENGLISH).doubts == words
    unknown = said(result(margin=None, reason="stats.something_new"), NAME, ENGLISH)
    assert unknown.doubts == ""
    assert unknown.total == "1,234 messages were sent for CN¥12.34."
    assert said(result(margin=None, reason=None, messages=0), NAME, ENGLISH).total == ""
    assert said(result(margin=None, reason=None, messages=1), NAME, ENGLISH).total.startswith(
        "1 message was sent"
    )


def test_a_window_that_has_not_passed_says_how_long_it_takes() -> None:
    """How long, for how many it has passed, and how far the others are."""
    found = said(result(complete=False, people_complete=12, window_days=15.2), NAME, ENGLISH)
    unknown = said(result(complete=False, people_complete=0, window_needed=None), NAME, ENGLISH)

    assert found.window == (
        "Window incomplete: it takes 60 days until the effect has shown, and 12 of 459 customers have been watched "
        "that long (15 days on average)."
    )
    assert "nobody has bought twice yet" in unknown.window


def test_the_truth_of_a_simulation_stands_beside_the_estimate() -> None:
    """Whether the interval holds it is for the page to say, not for the reader to work out."""
    held, missed = (said(result(true_effect=true), NAME, ENGLISH).truth for true in (2.5, 7.0))
    alone = said(result(margin=None, reason="stats.too_few_units", true_effect=7.0), NAME, ENGLISH).truth

    assert held.endswith("CN¥2.50 a customer. The interval holds it.")
    assert missed.endswith("CN¥7.00 a customer. The interval misses it, as 20% of such intervals do.")
    assert alone.endswith("CN¥7.00 a customer.")


def test_the_programme_has_a_name_of_its_own() -> None:
    """No playbook bears it, so it stands without quotation marks."""
    assert said(result(playbook="global"), "", ENGLISH).answer.startswith("The programme as a whole earned")


@pytest.mark.parametrize("language", [each for each in LANGUAGES if each != "en"])
@pytest.mark.parametrize(
    "changed",
    [
        {},
        {"margin": margin(-2.1, -3.9, -0.3)},
        {"complete": False},
        {"complete": False, "margin": margin(-2.1, -3.9, -0.3), "window_needed": None},
        {"margin": margin(1.0, -1.0, 3.0), "true_effect": 9.0},
        {"margin": None, "reason": "stats.no_variance", "true_effect": 1.0},
        {"margin": None, "reason": "stats.too_few_units"},
        {"trustworthy": False, "playbook": "global"},
        {"true_effect": 3.0},
    ],
)
def test_no_english_is_left_in_chinese(language: Language, changed: Mapping[str, Any]) -> None:
    """Every answer and every note has been translated; p is p in every language."""
    found = said(result(**changed), "", Formats(language, "CNY"))

    for text in (found.answer, *found.notes):
        assert not set(text.replace("p ", "")) & set("abcdefghijklmnopqrstuvwxyz"), text
        assert text not in ANSWERS.values()


@pytest.mark.parametrize(
    ("bounds", "says"),
    [
        ((5.0, 2.0, 8.0), "has risen by CN¥5.00 against control"),
        ((-5.0, -8.0, -2.0), "has fallen against control since the assignment: -CN¥5.00"),
        ((-3.2, -9.0, 2.6), "is not clear: -CN¥3.20 against control, but anything from -CN¥9.00 to CN¥2.60"),
    ],
)
def test_what_models_expect_is_said_as_theirs(bounds: tuple[float, float, float], says: str) -> None:
    """By the sign of both bounds, of whom, as of which day, and that it decides nothing; nothing where arms are wrong."""
    told = {"as_of": "2026-08-02", "surrogate": margin(*bounds), "surrogate_people": 12}
    told["surrogate_fitted_on"] = "2026-05-31"

    found = said(result(**told), NAME, ENGLISH)

    assert found.foretold.startswith("Model-based:")
    assert says in found.foretold.replace("\u2060", "").replace("−", "-")
    for part in ("2 Aug 2026", "31 May 2026", "12 customers who had bought before"):
        assert part in found.foretold
    assert "nothing is decided by them" in found.caution
    assert found.notes[-2:] == (found.foretold, found.caution)
    assert found.own_notes == found.notes[:-1]
    assert said(result(**told, trustworthy=False), NAME, ENGLISH).caution == ""
    assert said(result(**told, trustworthy=False), NAME, ENGLISH).foretold == ""
    assert said(result(), NAME, ENGLISH).foretold == ""  # as an earlier release kept it

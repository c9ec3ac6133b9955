"""Personas: what was put into a simulated group is found again, and where nothing was put in, nothing is."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from evergrove.segments.personas import Counted, persona
from evergrove.segments.personas.rules import CHANCE, FEWEST, TooFewToTell
from evergrove.segments.personas.words import ATTRIBUTES, FIGURES, sentences, title
from evergrove.text import Formats

if TYPE_CHECKING:
    from evergrove.text import Language

Z = 1.2815515594600038
"""Standard errors on each side of an 80 % interval."""
LANGUAGES: tuple[Language, ...] = ("en", "zh-Hans", "zh-Hant")


def counted(column: list[Any], ours: np.ndarray[Any, Any]) -> Counted:
    """What the pipeline counts in SQL, customer by customer."""
    known: Counter[bool] = Counter()
    values: dict[str, tuple[int, int]] = {}
    for has, mine in zip(column, ours, strict=True):
        if has is not None:
            known[bool(mine)] += 1
            for value in has:
                inside, outside = values.get(value, (0, 0))
                values[value] = (inside + mine, outside + (not mine))
    return Counted(known[True], known[False], values)


def drawn(rng: np.random.Generator, shares: dict[str, float], n: int) -> list[tuple[str, ...] | None]:
    """One value each, by these shares."""
    return [(str(value),) for value in rng.choice(list(shares), size=n, p=list(shares.values()))]


def test_what_was_put_in_is_found_with_its_lift() -> None:
    """
    Referral is 40 % inside and 10 % outside: a lift of 4; advertising 40 % and 70 %; nothing else differs.

    Spend is doubled inside: P(one of ours above one of the others) is 2/3 for exponentials, so delta is 1/3. Each
    within 4 standard errors, which the 80 % intervals tell.
    """
    rng = np.random.default_rng(1)
    ours = np.arange(4000) < 1000
    inside = drawn(rng, {"referral": 0.4, "ad": 0.4, "shop": 0.2}, 1000)
    outside = drawn(rng, {"referral": 0.1, "ad": 0.7, "shop": 0.2}, 3000)
    found = persona(
        {
            "source": counted([*inside, *outside], ours),
            "price_band": counted(drawn(rng, {"low": 0.5, "high": 0.5}, 4000), ours),
        },
        {"spend_12m": rng.exponential(np.where(ours, 200.0, 100.0)), "silence": rng.exponential(30.0, 4000)},
        ours,
    )
    by_value = {each.value: each for each in found.attributes}
    assert set(by_value) == {"referral", "ad"}
    for value, true in (("referral", 4.0), ("ad", 4 / 7)):
        lift = by_value[value].lift
        standard_error = np.log(lift.high / lift.low) / (2 * Z)
        assert abs(np.log(lift.value / true)) < 4 * standard_error
    (spend,) = found.shifts
    assert spend.name == "spend_12m"
    assert abs(spend.delta.value - 1 / 3) < 4 * (spend.delta.high - spend.delta.low) / (2 * Z)
    assert found.asked == 3 + 2 + 2


def test_a_group_drawn_by_chance_has_hardly_ever_a_persona() -> None:
    """
    Nobody is different: over 80 draws of 30 comparisons, findings come in about as few draws as the correction says.

    Where all hypotheses are true, the rate of false discoveries is that of any at all: at most 5 %, and a binomial
    count of 80 draws stays below 5 % + 3 standard errors. Small effects are not told besides.
    """
    rng = np.random.default_rng(2)
    names = {f"v{n}": 1 / 20 for n in range(20)}
    told = 0
    for _draw in range(80):
        ours = rng.random(1200) < 0.3
        figures = {f"f{n}": rng.normal(size=1200) for n in range(10)}
        found = persona({"source": counted(drawn(rng, names, 1200), ours)}, figures, ours)
        assert found.asked == 30
        told += bool(found.attributes or found.shifts)
    assert told / 80 < CHANCE + 3 * np.sqrt(CHANCE * (1 - CHANCE) / 80)


def test_what_is_not_known_counts_on_neither_side() -> None:
    """Shares are of those of whom the attribute is known; known on one side only, nothing is asked."""
    ours = np.arange(400) < 100
    half: list[Any] = [("a",) if n % 2 else None for n in range(100)]
    rest: list[Any] = [("b",) if n % 3 else ("a",) for n in range(300)]
    found = persona(
        {
            "source": counted([*half, *rest], ours),
            "campaign": counted([None] * 100 + [("x",)] * 300, ours),
        },
        {"silence": np.where(ours, np.nan, 1.0)},
        ours,
    )
    assert found.asked == 2
    first = next(each for each in found.attributes if each.value == "a")
    assert first.ours == 1.0
    assert first.others == pytest.approx(1 / 3)
    assert {each.value for each in found.attributes} == {"a", "b"}


def test_several_values_of_one_customer_count_each() -> None:
    """Of channels people have many."""
    ours = np.arange(200) < 100
    channels: list[Any] = [("web", "app")] * 100 + [("web",)] * 100
    found = persona({"channels": counted(channels, ours)}, {}, ours)
    (app,) = found.attributes
    assert (app.value, app.ours, app.others) == ("app", 1.0, 0.0)
    assert app.lift.low > 1.2


def test_a_handful_is_not_described() -> None:
    """A persona of a few would tell of persons."""
    ours = np.arange(200) < FEWEST - 1
    with pytest.raises(TooFewToTell) as caught:
        persona({}, {}, ours)
    assert caught.value.params["customers"] == FEWEST - 1


def document(**changed: Any) -> dict[str, Any]:
    """A persona that says one thing of each kind."""
    attribute = {"share": 0.4, "share_of_others": 0.1, "lift": 4.0, "low": 3.5, "high": 4.6, "q": 0.001}
    shift = {"median": 5.0, "median_of_others": 2.0, "delta": 0.5, "low": 0.4, "high": 0.6, "q": 0.001}
    return {
        "customers": 100,
        "others": 900,
        "asked": 30,
        "chance": 0.05,
        "attributes": [
            {"name": "source", "value": "referral", **attribute},
            {"name": "day_part", "value": "evening", **attribute, "lift": 0.25, "low": 0.2, "high": 0.3},
            {"name": "category", "value": "tea", **attribute, "share": 0.0, "lift": 0.0},
            {"name": "channels", "value": "app", **attribute, "share_of_others": 0.0, "lift": None},
        ],
        "shifts": [{"name": "orders", **shift}, {"name": "aov_12m", **shift, "delta": -0.5}],
    } | changed


def test_a_persona_reads_as_sentences() -> None:
    """In English as written here; in Chinese none of it is left in English."""
    assert sentences(document(), Formats("en", "CNY")) == [
        "100 customers against 900 others.",
        "Came from referral: 40% of them, 10% of all others (4.0 times as often; 3.5 to 4.6).",
        "Is active in the evening: only 40% of them, 10% of all others (0.25 times as often; 0.20 to 0.30).",
        "Buys mostly tea: none of them, 10% of all others.",
        "Uses app: 40% of them, nobody else.",
        "Orders so far: 5 in the middle, against 2; in 75% of pairs theirs is the higher.",
        "Average order: CN¥5.00 in the middle, against CN¥2.00; in 75% of pairs theirs is the lower.",
        "Of 30 comparisons these hold; about 5% of such findings would be chance.",
    ]
    for language in LANGUAGES[1:]:
        said = " ".join(sentences(document(), Formats(language, "CNY")))
        assert "of them" not in said
        assert "evening" not in said
    assert "none held" in sentences(document(attributes=[], shifts=[]), Formats("en"))[-1]


@pytest.mark.parametrize("language", LANGUAGES)
def test_everything_that_can_set_apart_has_words(language: Language) -> None:
    """Each attribute, each figure and each axis, in every language."""
    formats = Formats(language)
    words = [*ATTRIBUTES.values(), *(name for name, _kind in FIGURES.values())]
    translated = [formats.say(text) if "{" not in text else formats.say(text, value="x") for text in words]
    assert len(set(translated)) == len(words)
    if language != "en":
        assert not [text for text, own in zip(words, translated, strict=True) if own == text]
    assert title("tier", "high", formats)

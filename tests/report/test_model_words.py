"""What parameters say, in words: each model in the sentences that are true of it."""

from __future__ import annotations

import pytest

from evergrove.models import BgNbd, MbgNbd, Nbd, ParetoNbd
from evergrove.report.model_words import portrait_words, spend_words
from evergrove.scoring.portrait import portrait
from evergrove.text import LANGUAGES, Formats


def said(model: ParetoNbd | MbgNbd | BgNbd | Nbd) -> list[tuple[str, str]]:
    """Sentences with their parameters, in English."""
    found = portrait(model)
    assert found is not None
    return [tuple(each) for each in portrait_words(found, Formats("en", "CNY"))]  # type: ignore[misc]


def test_pareto_nbd_tells_of_a_half_life() -> None:
    """Of CDNOW's published parameters: 11.669 (2^(1/0.606) - 1) weeks are 175 days."""
    gaps, half = said(ParetoNbd(r=0.553, alpha=10.578, s=0.606, beta=11.669))

    assert gaps[1] == "r, alpha"
    assert half == (
        "Half of all new customers have left after 175 days; after a year 36% are still there.",
        "s, beta",
    )


def test_only_where_the_first_order_is_a_chance_to_leave_is_it_told() -> None:
    """MBG/NBD lets people leave with it, BG/NBD after it."""
    mbg, bg = (
        " ".join(sentence for sentence, _letters in said(kind(r=1.0, alpha=10.0, a=1.0, b=3.0)))
        for kind in (MbgNbd, BgNbd)
    )

    assert "25% of new customers leave with their first order" in mbg
    assert "first order" not in bg
    assert "After each further order, on average 25% of customers leave" in bg


def test_of_nbd_nobody_is_said_to_leave() -> None:
    """Neither a half-life nor a share."""
    assert said(Nbd(r=0.5, alpha=10.0))[-1][0].startswith("This model lets nobody leave")
    assert len(said(Nbd(r=0.5, alpha=10.0))) == 2


@pytest.mark.parametrize("language", LANGUAGES)
def test_amounts_are_told_where_there_are_any(language: str) -> None:
    """With the spread where the model has one: 1 / sqrt(p)."""
    formats = Formats(language, "CNY")  # type: ignore[arg-type]

    assert spend_words(None, 4.0, formats) == []
    (spread,) = spend_words(397.2, 4.0, formats)
    (plain,) = spend_words(397.2, None, formats)
    assert "50%" in spread.sentence.replace(" ", "").replace("\u00a0", "")
    assert "397" in spread.sentence
    assert "397" in plain.sentence
    assert plain.letters == ""

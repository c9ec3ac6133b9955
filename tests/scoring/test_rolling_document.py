"""A back-test as a document, a table and a sentence."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from evergrove.core import Sentence, __version__
from evergrove.models import FlatRidge
from evergrove.scoring.lineage import UnknownFormat
from evergrove.scoring.rolling import (
    check_format,
    document,
    evidence_document,
    group_rows,
    measure_rows,
    read_evidence,
)
from evergrove.scoring.rolling.evidence import (
    Champion,
    Followed,
    Gain,
    OriginFacts,
    RollingBackTest,
    Stack,
    Standing,
)
from evergrove.scoring.rolling.types import (
    Deciles,
    Failure,
    GroupRow,
    Measures,
    Record,
    SeasonalFactor,
    Turn,
)
from evergrove.scoring.rolling.words import OneOrigin, Unspoken, title, verdict
from evergrove.text import LANGUAGES, translator

if TYPE_CHECKING:
    from evergrove.scoring.rolling.types import PurposeKey

GOLDEN = Path(__file__).parent / "golden" / "backtest_1.json"
FIRST, SECOND = date(2025, 9, 30), date(2025, 12, 29)
NAN = float("nan")

RATE = Measures(
    customers=900,
    actual_purchases=400.0,
    purchases=440.0,
    bias=0.1,
    mae=0.5,
    wape=1.125,
    rmse=0.9,
    spearman=0.4,
    gini=0.6,
    decile_error=NAN,
    deciles=Deciles((0.1, 0.9), (0.2, 0.8)),
    returned=210,
)
PARETO = replace(
    RATE,
    purchases=390.0,
    bias=-0.025,
    gini=0.7,
    actual_spend=9000.0,
    spend=8500.0,
    spend_bias=-0.0555,
    spend_mae=11.0,
    spend_wape=1.1,
    spend_rmse=40.0,
    log_score=-0.8,
    pit_share=0.79,
    pit=(0.1,) * 10,
    coverage=0.9,
    coverage_likely=0.75,
    likely=40,
    width=30.0,
    brier=0.1,
    log_loss=0.33,
    auc=0.81,
    reliability=Deciles((0.1, 0.6), (0.12, 0.55)),
    next_mae=19.5,
)


def champion(purpose: PurposeKey, **given: Any) -> Champion:
    """Pareto/NBD before the average rate so far."""
    usual: dict[str, Any] = {
        "purpose": purpose,
        "name": "pareto-nbd",
        "loss": 0.3,
        "naive": Standing("average_rate", 0.4),
        "gain": Gain(0.1, 0.02, 2),
        "challenger": Standing("pareto-nbd", 0.3),
        "replaced": True,
        "runner_up": Standing("average_rate", 0.4),
        "standings": (Standing("pareto-nbd", 0.3), Standing("average_rate", 0.4)),
        "origins": (FIRST, SECOND),
        "followed": (Followed(SECOND, "pareto-nbd", 0.31, "average_rate", 0.41),),
    }
    return Champion(**(usual | given))


STACKED = Stack(
    parts=("pareto-nbd", "average_rate"),
    weight=0.6,
    loss=0.25,
    rivals=(Standing("pareto-nbd", 0.3), Standing("average_rate", 0.42)),
    gain=Gain(0.05, 0.01, 1),
    accepted=True,
    origins=(SECOND,),
)
CHAMPIONS = (
    champion("ranking"),
    champion("totals", name="average_rate", loss=0.05, naive=Standing("average_rate", 0.05), replaced=False),
    champion("next_date", loss=19.5, naive=None, gain=None),
    champion("churn", name="stack", loss=0.25, naive=Standing("recency", 0.42), stack=STACKED),
)


@pytest.fixture
def found() -> RollingBackTest:
    """Two contenders at two origins, written down by hand."""
    failure = Failure(
        "scoring.nobody_known_before", Sentence("scoring.nobody_known_before", "{known} known.", {"known": 3})
    )
    flat = FlatRidge(model="Pareto/NBD", parameters="s", values="s = 3")
    row = GroupRow("cohort", "2025-Q1", 900, 0.4, 0.5, 0.6)
    return RollingBackTest(
        as_of=date(2026, 3, 29),
        first_date=date(2024, 1, 1),
        unit="week",
        window_days=90,
        currency="CNY",
        amounts=True,
        every=1,
        origins=(OriginFacts(FIRST, SECOND, 900, 800, 210, 400.0, 9000.0),),
        records=(
            Record(
                "average_rate",
                "naive",
                (
                    Turn(FIRST, RATE, None, (), 0.25, 1.5),
                    Turn(SECOND, None, failure, (), 0.125, None),
                ),
                RATE,
                (row,),
            ),
            Record(
                "pareto-nbd",
                "model",
                (Turn(FIRST, PARETO, None, (flat,), 0.5, None), Turn(SECOND, PARETO, None, (), 0.5, 2.0)),
                PARETO,
                (replace(row, actual_spend=10.0, spend=9.5, spend_mae=4.0),),
            ),
        ),
        seasons=(
            SeasonalFactor(
                "pareto-nbd",
                FIRST,
                date(2024, 9, 30),
                identified=True,
                reason=Sentence("scoring.season", "{came} came.", {"came": 120}),
                ratio=1.25,
                standard_error=0.05,
                purchases=1.24,
                spend=1.24,
            ),
        ),
        champions=CHAMPIONS,
        verdict=verdict(CHAMPIONS, 2, 90),
        warnings=(OneOrigin(), Unspoken(contender=title("average_rate"), failed=1, origins=2, reason="-")),
    )


def test_the_document_is_the_released_one(found: RollingBackTest) -> None:
    """A reader of the first format finds everything where it was."""
    text = json.dumps(document(found), ensure_ascii=False, indent=1, allow_nan=False)

    released = json.loads(GOLDEN.read_text(encoding="utf-8"))
    assert json.loads(text) == released | {"code_version": __version__}


@pytest.mark.parametrize("language", LANGUAGES)
def test_what_is_kept_is_read_in_any_language(found: RollingBackTest, language: Any) -> None:
    """Kept as JSON before anybody's language is known, it says what the document says in that language."""
    seasonal = replace(found.records[1], name="pareto-nbd+season")
    found = replace(found, records=(*found.records, seasonal))
    kept = json.loads(json.dumps(evidence_document(found), allow_nan=False))

    read = read_evidence(kept, translator(language))

    assert read == json.loads(json.dumps(document(found, translator(language))))
    assert "template" not in json.dumps(read)
    with pytest.raises(UnknownFormat):
        read_evidence(kept | {"format": "evergrove.backtest/9"}, translator(language))


def test_the_first_format_is_still_read_and_others_are_refused() -> None:
    """By the format in its head."""
    check_format(json.loads(GOLDEN.read_text(encoding="utf-8")))

    with pytest.raises(UnknownFormat):
        check_format({"format": "evergrove.backtest/99"})


@pytest.mark.parametrize(
    ("name", "words"),
    [("pareto-nbd", "who leaves"), ("nbd", "who buys again"), ("nbd+season", "who buys again")],
)
def test_nbd_tells_who_buys_again_not_who_leaves(name: str, words: str) -> None:
    """In NBD nobody leaves: the verdict does not say that it knows who does."""
    sentence = str(verdict((champion("churn", name=name),), 2, 90))

    assert f"for {words} (log loss" in sentence


def test_a_table_has_a_row_for_each_origin_and_one_for_all(found: RollingBackTest) -> None:
    """What is not known is empty, never NaN; costs add up."""
    rows = measure_rows(found)

    assert [(row["contender"], row["origin"]) for row in rows] == [
        ("average_rate", "2025-09-30"),
        ("average_rate", "2025-12-29"),
        ("average_rate", "all"),
        ("pareto-nbd", "2025-09-30"),
        ("pareto-nbd", "2025-12-29"),
        ("pareto-nbd", "all"),
    ]
    assert rows[0]["decile_error"] is None
    assert rows[1]["mae"] is None
    assert (rows[2]["seconds"], rows[2]["memory_mb"]) == (0.375, 1.5)
    assert found.table.column_names == list(rows[0])
    assert [row["contender"] for row in group_rows(found)] == ["average_rate", "pareto-nbd"]
    assert not any(isinstance(v, float) and np.isnan(v) for row in rows for v in row.values())


def test_the_verdict_is_one_sentence(found: RollingBackTest) -> None:
    """For each purpose who is taken, by which figure, against whom; or why the rule stays."""
    assert str(found) == (
        "Judged over 2 windows of 90 days, take Pareto/NBD for ranking customers (Gini 0.700 against 0.600 of "
        "the average rate so far), the average rate so far for totals (off by 5.1%; no model is reliably "
        "better), Pareto/NBD for dates of next orders (off by 19.5 days; no naive rule to compare with), "
        "Pareto/NBD and the average rate so far together for who leaves (log loss 0.250 against 0.420 of the "
        "length of the silence)."
    )


@pytest.mark.parametrize("language", [each for each in LANGUAGES if each != "en"])
def test_every_language_has_the_verdict(found: RollingBackTest, language: Any) -> None:
    """No English word is left but the names of models and measures; the figures are the same."""
    translated = found.verdict.said(translator(language))

    for word in ("Judged", "windows", "ranking", "against", "silence", "together", "naive", "days"):
        assert word not in translated
    for figure in ("0.700", "0.600", "5.1%", "19.5", "0.250", "0.420", "Pareto/NBD", "Gini"):
        assert figure in translated


def test_nothing_to_compare_is_said_too() -> None:
    """A back-test whose contenders all failed has a verdict as well."""
    assert "No contender" in str(verdict((), 1, 90))


def test_titles_are_what_people_call_them() -> None:
    """Models by their papers, twins by their model, others by their own name."""
    assert str(title("mbg-nbd")) == "MBG/NBD"
    assert str(title("bg-nbd+season")) == "BG/NBD with season"
    assert str(title("last_period")) == "the same as last period"
    assert str(title("my-forest")) == "my-forest"

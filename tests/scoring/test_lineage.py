"""model.json says what the scores were made with, and makes them again."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from evergrove.core import __version__
from evergrove.models.mbg_nbd import MbgNbd
from evergrove.models.pareto_nbd import ParetoNbd
from evergrove.scoring.lineage import DamagedModel, UnknownFormat, model_document, read_model
from evergrove.scoring.score import foresee, score
from evergrove.scoring.service import Extras, value_customers
from evergrove.scoring.spend import SpendEvidence, observed
from evergrove.settings import StageSettings, ValueSettings

if TYPE_CHECKING:
    from evergrove.customers import CustomerBase
    from evergrove.scoring.types import Valuation

FIRST, GOLDEN = (Path(__file__).parent / "golden" / f"model_{n}.json" for n in (1, 2))


@pytest.fixture(scope="module")
def valuation(cdnow: CustomerBase) -> Valuation:
    """CDNOW under Pareto/NBD, at a margin."""
    return value_customers(
        cdnow,
        ValueSettings(margin=0.4, cac=3.0, currency="USD"),
        StageSettings(),
        "pareto-nbd",
        Extras(back_test=False, intervals=False, seed=9),
    )


def test_a_stored_model_gives_the_same_scores(valuation: Valuation, cdnow: CustomerBase) -> None:
    """Through JSON text and back, every column to the last bit."""
    text = json.dumps(model_document(valuation), allow_nan=False)

    stored = read_model(json.loads(text))

    assert stored.process is not None
    assert stored.process == valuation.process.model  # type: ignore[union-attr]
    days, mean = observed(cdnow.summary(), stored.convention)
    known = SpendEvidence.under(stored.spend, days, mean)
    future = foresee(stored.process, cdnow, stored.terms.delta(stored.process.unit), stored.active_days)
    again = score(future, known.expected, cdnow, stored.terms)
    for name, column in again.columns().items():
        np.testing.assert_array_equal(column, getattr(valuation.scores, name), err_msg=name)


def test_the_document_carries_its_lineage(valuation: Valuation) -> None:
    """Data window, customers, code, seed, terms, and how the model was chosen."""
    document = model_document(valuation)

    assert document["format"] == "evergrove.model/2"
    assert document["code_version"] == __version__
    assert document["seed"] == 9
    assert document["data"] == {
        "first_date": "1997-01-01",
        "observation_end": "1998-06-30",
        "customers_scored": 2357,
        "customers_fitted": 2357,
    }
    assert document["terms"]["basis"] == "net_profit"
    assert document["choice"]["how"] == "given"
    assert document["spend_convention"] == "all_days"
    assert np.shape(document["model"]["covariance"]) == (4, 4)


@pytest.mark.parametrize(
    ("file", "runner_up"), [(FIRST, None), (GOLDEN, MbgNbd(r=0.525, alpha=6.183, a=0.891, b=1.614))]
)
def test_both_formats_are_read(file: Path, runner_up: MbgNbd | None) -> None:
    """The first knew of no runner-up."""
    stored = read_model(json.loads(file.read_text(encoding="utf-8")))

    assert stored.process == ParetoNbd(r=0.553, alpha=10.578, s=0.606, beta=11.669)
    assert stored.runner_up == runner_up
    assert stored.spend is not None
    assert (stored.spend.p, stored.spend.q, stored.spend.gamma) == (6.25, 3.74, 15.44)
    assert (stored.terms.discount_rate, stored.terms.margin) == (0.1, 0.4)


def shape_of(value: Any) -> Any:
    """Names all the way down: what a format consists of."""
    if isinstance(value, dict):
        return {name: shape_of(part) for name, part in value.items()}
    if isinstance(value, list) and value and isinstance(value[0], dict):
        return [shape_of(value[0])]
    return "..."


def test_todays_document_has_the_shape_of_its_golden_file(valuation: Valuation) -> None:
    """A change of names needs another format."""
    golden = json.loads(GOLDEN.read_text(encoding="utf-8"))
    today = model_document(valuation)
    golden["choice"]["candidates"] = today["choice"]["candidates"] = []
    for later in ("runner_up", "dates", "champions"):
        golden[later] = today[later]  # none where the model was named

    assert shape_of(today) == shape_of(golden)


@pytest.mark.parametrize("found", ["evergrove.model/3", "evergrove.summary/1", None])
def test_other_formats_are_refused(found: str | None) -> None:
    """By name."""
    with pytest.raises(UnknownFormat, match=r"evergrove\.model/1"):
        read_model({"format": found})


@pytest.mark.parametrize(
    ("part", "value"),
    [
        ("model", {"name": "pareto-nbd", "parameters": {"r": 1.0}}),
        ("model", {"name": "weibull", "parameters": {}}),
        ("model", {"name": "nbd", "parameters": {"r": -1.0, "alpha": 2.0}}),
        ("terms", {}),
        ("unit", None),
    ],
)
def test_a_damaged_file_is_refused(part: str, value: Any) -> None:
    """With a way out, and never with half a model."""
    document = json.loads(GOLDEN.read_text(encoding="utf-8"))
    document[part] = value
    if value is None:
        del document[part]

    with pytest.raises(DamagedModel):
        read_model(document)

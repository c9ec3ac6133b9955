"""What scores take over from a back-test: only by evidence, never from later, and exactly what it says."""

from __future__ import annotations

import json
from datetime import date, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from tests.scoring.rolling_shops import opened, pareto_shop
from tests.scoring.test_lineage import shape_of
from tests.scoring.test_rolling_champions import NAIVE, origins

from evergrove.customers import summarise
from evergrove.scoring import Extras, kept_document, refit_due, score_with, value_customers
from evergrove.scoring.champions import (
    Champions,
    ChampionsOfAnotherShop,
    ChampionsOfLater,
    ChampionsTooOld,
    check_recent,
    check_same_shop,
    read_champions,
)
from evergrove.scoring.lineage import DamagedModel, UnknownFormat, model_document, read_model
from evergrove.scoring.rolling import Options, champions_document, rolling_back_test
from evergrove.scoring.rolling.live import live_of
from evergrove.settings import StageSettings, ValueSettings

if TYPE_CHECKING:
    from evergrove.customers import CustomerBase
    from evergrove.scoring import Valuation

GOLDEN = Path(__file__).parent / "golden" / "champions_1.json"
AS_OF = date(1998, 6, 30)
STAGES, SETTINGS = StageSettings(), ValueSettings(currency="USD")


def document_of(ranking: tuple[str, ...] = (), **given: Any) -> dict[str, Any]:
    """Champions as a back-test of CDNOW might have left them."""
    dates, factors = given.pop("dates", ()), given.pop("factors", {})
    purposes = [
        {"purpose": "ranking", "as_good": list(ranking), "losses": []},
        {"purpose": "next_date", "as_good": list(dates), "losses": []},
    ]
    return {
        "format": "evergrove.champions/1",
        "as_of": AS_OF.isoformat(),
        "window_days": 90,
        "origins": ["1998-01-01", "1998-04-01"],
        "customers": 2357,
        "champions": [],
        "live": {
            "purposes": purposes,
            "recalibrations": [{"model": m, "total": f, "deciles": []} for m, f in factors.items()],
        },
    } | given


def valued(
    base: CustomerBase, champions: Champions | None, model: str = "auto", *, intervals: bool = False
) -> Valuation:
    """CDNOW, lean but for the choice."""
    extras = Extras(back_test=False, intervals=intervals, champions=champions)
    return value_customers(base, SETTINGS, STAGES, model, extras)


@pytest.fixture(scope="module")
def auto(cdnow: CustomerBase) -> Valuation:
    """As without any back-test: Pareto/NBD."""
    return valued(cdnow, None, intervals=True)


def test_where_the_rule_stays_nothing_changes(cdnow: CustomerBase, auto: Valuation) -> None:
    """No model was plainly better than a naive rule: auto's choice, to the last bit."""
    found = valued(cdnow, read_champions(document_of()))

    assert (found.choice.name, found.choice.how) == (auto.choice.name, "back_test")
    for name, column in auto.scores.columns().items():
        if name not in {"clv_12m_low", "clv_12m_high"}:  # nobody drew them
            np.testing.assert_array_equal(getattr(found.scores, name), column, err_msg=name)


def test_who_is_as_good_as_the_best_stays(cdnow: CustomerBase, auto: Valuation) -> None:
    """Another model stands first, and auto's is not plainly worse: no reason to change."""
    found = valued(cdnow, read_champions(document_of(("mbg-nbd", auto.choice.name))))

    assert (found.choice.name, found.choice.how) == (auto.choice.name, "champion")
    np.testing.assert_array_equal(found.scores.clv_12m, auto.scores.clv_12m)


def test_a_plainly_better_model_speaks_in_every_column(cdnow: CustomerBase, auto: Valuation) -> None:
    """The scores are those of the champion, named; the dates those of the model that is better at dates."""
    champions = read_champions(document_of(("mbg-nbd",), dates=("bg-nbd",)))

    found = valued(cdnow, champions)
    named, bg = valued(cdnow, None, "mbg-nbd"), valued(cdnow, None, "bg-nbd")

    assert auto.choice.name == "pareto-nbd"
    assert (found.choice.name, found.choice.how) == ("mbg-nbd", "champion")
    assert found.runner_up is not None
    assert found.runner_up.model.name != "mbg-nbd"
    for name in ("p_alive", "p_active_180d", "expected_purchases_12m"):
        np.testing.assert_array_equal(getattr(found.scores, name), getattr(named.scores, name), err_msg=name)
    ours, theirs = (each.scores.clv_12m / each.scores.expected_spend for each in (found, named))
    np.testing.assert_allclose(ours, theirs, rtol=1e-12)
    dated = np.isfinite(named.scores.next_order_date)
    np.testing.assert_array_equal(np.isfinite(found.scores.next_order_date), dated)
    both = dated & np.isfinite(bg.scores.next_order_date)
    assert both.sum() > 100
    for name in ("next_order_date", "next_order_p25", "next_order_p75"):
        here, there = getattr(found.scores, name)[both], getattr(bg.scores, name)[both]
        np.testing.assert_array_equal(here, there, err_msg=name)
    assert (found.scores.next_order_date[both] != named.scores.next_order_date[both]).any()


@pytest.mark.parametrize(
    ("ranking", "totals", "churn", "able"),
    [
        (["pareto-nbd", "mbg-nbd", "mbg-cnbd"], ["mbg-cnbd"], ["pareto-nbd"], ("mbg-cnbd",)),
        (["pareto-nbd", "mbg-nbd"], [], ["mbg-nbd"], ("mbg-nbd",)),
        (["pareto-nbd"], ["mbg-nbd"], [], ("pareto-nbd",)),
        ([], [], ["mbg-nbd"], ("mbg-nbd",)),
        ([], [], [], ()),
    ],
)
def test_of_those_as_good_at_ranking_the_better_ones_at_totals_speak(
    ranking: list[str], totals: list[str], churn: list[str], able: tuple[str, ...]
) -> None:
    """Each purpose narrows down what the ones before it leave open, and overrules none of them."""
    document = document_of()
    good = {"ranking": ranking, "totals": totals, "churn": churn}
    document["live"]["purposes"] = [
        {"purpose": purpose, "as_good": names, "losses": []} for purpose, names in good.items()
    ]

    found = read_champions(document)

    assert found.able == able
    assert found.instead_of("nbd") == (able[0] if able else "")
    assert all(found.instead_of(name) == "" for name in able)


def test_a_factor_on_money_is_on_all_of_it_and_on_nothing_else(cdnow: CustomerBase, auto: Valuation) -> None:
    """Value with its bounds, of each customer and of all; no chance, no count, no date, not the runner-up's."""
    champions = read_champions(document_of(factors={"pareto-nbd": 0.8, "mbg-nbd": 3.0}))

    found = valued(cdnow, champions, intervals=True)

    for name in ("clv_12m", "clv_12m_low", "clv_12m_high", "clv"):
        here, there = getattr(found.scores, name), getattr(auto.scores, name)
        np.testing.assert_allclose(here, 0.8 * there, rtol=1e-12, err_msg=name)
    np.testing.assert_allclose(
        found.scores.clv_total, found.scores.historic_value + found.scores.clv, rtol=1e-12
    )
    for name in (
        "p_alive",
        "expected_purchases_12m",
        "expected_spend",
        "clv_12m_runner_up",
        "next_order_date",
    ):
        np.testing.assert_array_equal(getattr(found.scores, name), getattr(auto.scores, name), err_msg=name)
    ours, theirs = found.totals.clv_12m, auto.totals.clv_12m
    assert (ours.estimate, ours.low, ours.high) == pytest.approx(
        (0.8 * theirs.estimate, 0.8 * theirs.low, 0.8 * theirs.high), rel=1e-9
    )


def test_a_champion_that_cannot_be_fitted_is_said(cdnow: CustomerBase, auto: Valuation) -> None:
    """A model of a later version, say: auto's choice takes its place, with a sentence."""
    found = valued(cdnow, read_champions(document_of(("weibull",))))

    assert (found.choice.name, found.choice.how) == (auto.choice.name, "back_test")
    assert "scoring.champion_not_held" in {warning.code for warning in found.warnings}


def test_later_nights_hear_the_same_champions(cdnow: CustomerBase) -> None:
    """Read back from JSON, every number is the fit's; another back-test, or none, asks for a new fit."""
    champions = read_champions(document_of(("mbg-nbd",), dates=("pareto-nbd",), factors={"mbg-nbd": 1.25}))
    found = valued(cdnow, champions, intervals=True)
    document = json.loads(json.dumps(kept_document(found, STAGES), allow_nan=False, sort_keys=True))

    again = score_with(cdnow, document, SETTINGS, STAGES)

    for name, column in found.scores.columns().items():
        np.testing.assert_array_equal(getattr(again.scores, name), column, err_msg=name)
    assert again.model == "mbg-nbd"
    stored = read_model(model_document(found))
    assert stored.dates is not None
    assert stored.dates.name == "pareto-nbd"

    def due(heard: Champions | None) -> bool:
        return refit_due(document, SETTINGS, STAGES, as_of=AS_OF, refit_days=7, champions=heard)

    assert not due(read_champions(json.loads(json.dumps(champions.document))))
    assert due(None)
    assert due(read_champions(document_of(("pareto-nbd",))))


def test_champions_are_heard_for_two_windows_and_never_before_they_knew(cdnow: CustomerBase) -> None:
    """180 days after a back-test of windows of 90; not a day before its own last order, not in another shop."""
    champions = read_champions(document_of())

    check_recent(champions, AS_OF)
    check_recent(champions, AS_OF + timedelta(days=180))
    with pytest.raises(ChampionsTooOld):
        check_recent(champions, AS_OF + timedelta(days=181))
    with pytest.raises(ChampionsOfLater):
        check_recent(champions, AS_OF - timedelta(days=1))
    check_same_shop(champions, cdnow)
    with pytest.raises(ChampionsOfAnotherShop):
        check_same_shop(read_champions(document_of(customers=3000)), cdnow)


@pytest.mark.parametrize("part", ["live", "origins", "as_of", "customers"])
def test_a_damaged_document_is_refused(part: str) -> None:
    """Never half of the champions; nor another kind of document."""
    document = document_of()
    del document[part]

    with pytest.raises(DamagedModel):
        read_champions(document)
    with pytest.raises(UnknownFormat, match=r"evergrove\.champions/1"):
        read_champions(document_of() | {"format": "evergrove.model/2"})


def test_closed_forms_are_compared_with_the_rules_alone() -> None:
    """A learned model may be the champion; scores take the best model that can be written down, if it is plain."""
    errors = {"recency": 1.5, "pareto-nbd": 0.8, "mbg-nbd": 0.3, "nbd": 0.1, "learned": 0.05}
    better = live_of(origins(3, errors), NAIVE)
    worse = live_of(origins(3, errors | {"recency": 0.2}), NAIVE)

    [churn] = [each for each in better.purposes if each.purpose == "churn"]
    assert churn.as_good == ("mbg-nbd",)
    assert [each.name for each in churn.losses] == ["mbg-nbd", "pareto-nbd"]
    [churn] = [each for each in worse.purposes if each.purpose == "churn"]
    assert churn.as_good == ()


def test_without_a_rule_to_beat_scores_take_nothing_over() -> None:
    """Of few customers no rule says who leaves: the best model there is has shown no gain over anything."""
    alone = live_of(origins(3, {"pareto-nbd": 0.8, "mbg-nbd": 0.3}), NAIVE)

    [churn] = [each for each in alone.purposes if each.purpose == "churn"]
    assert churn.as_good == ()
    assert [each.name for each in churn.losses] == ["mbg-nbd", "pareto-nbd"]


def test_no_later_row_reaches_the_champions() -> None:
    """A back-test as of a day says the same of a shop whose later orders are deleted, or another shop's."""
    first = date(2024, 1, 1)
    births = np.sort(np.random.default_rng(2).integers(0, 250, 400)).astype(np.int64)
    customer, day, amount = pareto_shop(births, 500, first, seed=3)
    as_of, said = first + timedelta(days=400), []
    altered = np.where(day > 400, 50 * amount, amount), np.where(day > 400, customer % 7, customer)
    for amounts, customers in ((amount, customer), altered):
        with opened(customers, day, amounts, first) as (_base, engine):
            base = summarise(engine, as_of, StageSettings())
            options = Options(origins=2, models=("pareto-nbd", "mbg-nbd"), season=False)
            said.append(champions_document(rolling_back_test(base, engine, options)))
    assert json.dumps(said[0]) == json.dumps(said[1])
    assert said[0]["as_of"] == as_of.isoformat()
    golden = json.loads(GOLDEN.read_text(encoding="utf-8"))
    golden["live"]["recalibrations"] = []  # two windows cover no year
    assert shape_of(said[0]) == shape_of(golden)


def test_the_first_format_is_still_read(cdnow: CustomerBase) -> None:
    """What the first release left of CDNOW: Pareto/NBD ranks best, MBG/NBD knows dates better, money stays."""
    champions = read_champions(json.loads(GOLDEN.read_text(encoding="utf-8")))

    check_recent(champions, cdnow.observation_end)
    check_same_shop(champions, cdnow)
    assert (champions.deciding, champions.able) == ("ranking", ("pareto-nbd",))
    assert champions.runners_up() == ("pareto-nbd", "mbg-nbd")
    assert champions.for_dates("pareto-nbd") == "mbg-nbd"
    assert not champions.recalibration("pareto-nbd").changes

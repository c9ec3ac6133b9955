"""``evergrove explain``: one customer from orders to playbook."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from evergrove.cli.explain import shown
from evergrove.pipeline.explain import SHOWN_SCORES
from evergrove.pipeline.origins import ORIGINS, score_origins

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.cli.conftest import Done

    Command = Callable[..., Done]

LEAN = ("--no-report", "--no-xlsx", "--no-intervals", "--model", "bg-nbd")


def test_a_customer_is_explained_from_orders_to_tier(evergrove: Command, orders: Path) -> None:
    """Every order, the numbers with their arithmetic, and the sentence that decided the tier."""
    assert evergrove("value", orders, *LEAN).status == 0

    done = evergrove("explain", "C-013")

    assert done.status == 0, done.err
    assert done.out.count("A0") == 14  # the customer's orders
    for word in ("frequency", "p_alive", "Tier", "Stage", "Playbook"):
        assert word in done.out


def test_the_explanation_agrees_with_the_published_row(
    evergrove: Command, orders: Path, tmp_path: Path
) -> None:
    """What explain computes anew is what the table says."""
    assert evergrove("value", orders, *LEAN).status == 0
    published = json.loads((tmp_path / "evergrove-out" / "summary.json").read_text(encoding="utf-8"))

    done = evergrove("explain", "C-013", "--json")

    explained = json.loads(done.out)
    assert explained["numbers"]["orders"] == 14
    assert explained["as_of"] == published["as_of"]
    assert [o["role"] for o in explained["orders"]].count("first") == 1
    roles = [o["role"] for o in explained["orders"]]
    assert explained["numbers"]["frequency"] == roles.count("repeat")


def test_an_unknown_customer_is_named(evergrove: Command, orders: Path) -> None:
    """The sentence says that ids are text, and shows one."""
    assert evergrove("value", orders, *LEAN).status == 0
    done = evergrove("explain", "c-13")
    assert done.status == 2
    assert "c-13" in done.err
    assert "C-0" in done.err


def test_without_an_earlier_run_it_says_what_to_do(evergrove: Command) -> None:
    """There is nothing to explain yet."""
    done = evergrove("explain", "C-013")
    assert done.status == 2
    assert "evergrove value" in done.err


def test_changed_sources_are_noticed(evergrove: Command, orders: Path) -> None:
    """Explaining from another file than the results came from would be a lie."""
    assert evergrove("value", orders, *LEAN).status == 0
    orders.write_text(orders.read_text() + "Z1,C-001,2025-12-02,99.00,CNY\n")
    done = evergrove("explain", "C-013")
    assert done.status == 2
    assert "orders.csv" in done.err


def test_every_score_says_where_it_came_from(evergrove: Command, orders: Path) -> None:
    """The model with its fitted parameters, the horizon, the terms; in the reader's language."""
    assert evergrove("value", orders, *LEAN, "--margin", "0.4", "--discount-rate", "0.08").status == 0
    fitted = json.loads((orders.parent / "evergrove-out" / "model.json").read_text(encoding="utf-8"))

    done = evergrove("explain", "C-013", "--json")
    chinese = evergrove("explain", "C-013", "--json", "--lang", "zh-Hant")

    explained = json.loads(done.out)
    origins = explained["origins"]
    assert set(origins) == set(explained["scores"])
    for letter, value in fitted["model"]["parameters"].items():
        assert f"{letter}={value:.4g}" in origins["p_alive"]
    assert "180 days" in origins["p_active_180d"]
    assert "margin 0.4" in origins["clv_12m"]
    assert "8% a year" in origins["clv_12m"]
    assert not set(origins.values()) & set(json.loads(chinese.out)["origins"].values())


def test_without_a_model_the_stand_in_is_named() -> None:
    """No sentence speaks of a model that was not fitted."""
    run = {
        "purchases": None,
        "spend": None,
        "unit": "week",
        "active_days": 180,
        "margin": 1.0,
        "discount_rate": 0.1,
    }

    origins = score_origins(("expected_purchases_12m", "expected_spend"), run, "revenue")

    assert "average rate" in str(origins["expected_purchases_12m"])
    assert "own mean" in str(origins["expected_spend"])
    assert all("no model" in str(origin) for origin in origins.values())


def test_every_score_that_is_shown_has_an_origin() -> None:
    """A new score comes with its phrase."""
    assert set(SHOWN_SCORES) == set(ORIGINS)


@pytest.mark.parametrize(
    ("value", "written"),
    [(8.6e-14, "< 0.001"), (0.0, "0"), (0.001, "0.001"), (1.0, "1"), (1234.5, "1,234.5"), (None, "")],
)
def test_what_is_small_is_not_nothing(value: float | None, written: str) -> None:
    """Only a number that is nought is written as 0."""
    assert shown(value) == written

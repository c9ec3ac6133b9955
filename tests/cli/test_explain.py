"""``evergrove explain``: one customer from orders to playbook."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.cli.conftest import Done

    Command = Callable[..., Done]


def test_a_customer_is_explained_from_orders_to_tier(evergrove: Command, orders: Path) -> None:
    """Every order, the numbers with their arithmetic, and the sentence that decided the tier."""
    assert evergrove("value", orders, "--no-report", "--no-xlsx").status == 0

    done = evergrove("explain", "C-013")

    assert done.status == 0, done.err
    assert done.out.count("A0") == 14  # the customer's orders
    for word in ("frequency", "p_alive", "Tier", "Stage", "Playbook"):
        assert word in done.out


def test_the_explanation_agrees_with_the_published_row(
    evergrove: Command, orders: Path, tmp_path: Path
) -> None:
    """What explain computes anew is what the table says."""
    assert evergrove("value", orders, "--no-report", "--no-xlsx").status == 0
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
    assert evergrove("value", orders, "--no-report", "--no-xlsx").status == 0
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
    assert evergrove("value", orders, "--no-report", "--no-xlsx").status == 0
    orders.write_text(orders.read_text() + "Z1,C-001,2025-12-02,99.00,CNY\n")
    done = evergrove("explain", "C-013")
    assert done.status == 2
    assert "orders.csv" in done.err

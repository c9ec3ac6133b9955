"""The page on coupons: its file is a campaign, its commands print what stands there, and its tables leave nothing out."""

from __future__ import annotations

import re
import shlex
import tomllib
from dataclasses import fields
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING

from tests.programs.conftest import NOON, document
from typer.testing import CliRunner

from evergrove.app.creation import create_workspace
from evergrove.cli.main import cli
from evergrove.core import SetClock
from evergrove.programs.coupons import Order, Terms, terms_of
from evergrove.programs.coupons.codes import BITS, chance_of_a_hit
from evergrove.programs.coupons.rules import takes_off
from evergrove.programs.coupons.types import COUPON_STATES, KINDS

if TYPE_CHECKING:
    import pytest

PAGE = (Path(__file__).resolve().parents[2] / "docs" / "coupons.md").read_text(encoding="utf-8")
(FILE,) = re.findall(r"```toml\n(.*?)```", PAGE, re.DOTALL)
ORDERS = "order_id,code,customer_id,amount\nA-1002,SPRING26,C-2,500.00\n"


def test_the_commands_print_what_the_page_prints(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """From the file to the refund; the commands further down work, too."""
    for name in ("LC_ALL", "LC_MESSAGES", "LANG", "EVERGROVE_HOME"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("evergrove.app.workspace.SystemClock", lambda: SetClock(NOON))
    chosen = {"value": {"currency": "CNY", "timezone": "Asia/Shanghai"}}
    create_workspace(
        tmp_path / "shop", chosen=chosen, key_file=tmp_path / "keys" / "key", clock=SetClock(NOON)
    )
    (tmp_path / "welcome.toml").write_text(FILE, encoding="utf-8")
    (tmp_path / "orders.csv").write_text(ORDERS, encoding="utf-8")
    (first, second), printed = re.findall(r"```console\n(.*?)```", PAGE, re.DOTALL), []
    for line in (first + second).splitlines():
        done = CliRunner().invoke(cli, shlex.split(line.removeprefix("$ evergrove ")))
        assert done.exit_code == 0, f"{line}: {done.output}{done.stderr}"
        printed.append(done.stdout)

    (wanted,) = re.findall(r"```text\n(.*?)```", PAGE, re.DOTALL)
    assert "".join(printed[: len(first.splitlines())]) == wanted
    assert "1 row: 1 taken, 0 known before, 0 refused." in printed[-3]
    assert "SPRING26" in (tmp_path / "codes.csv").read_text(encoding="utf-8-sig")
    assert "60.00 CNY" in printed[-1]


def test_every_entry_stands_in_the_page() -> None:
    """And every kind and state."""
    entries = {each.name for each in fields(Terms)} - {"places"}
    said = set(re.findall(r"`(\w+)`", PAGE))
    assert {*entries, *KINDS, *COUPON_STATES} <= said
    assert tomllib.loads(FILE)["key"] == terms_of(tomllib.loads(FILE)).key


def test_the_figures_of_the_page_are_right() -> None:
    """25 at most of 100 with a cost of 60 and a floor of 0.15; 68.7 bits; 2 in 10^9."""
    floored = terms_of(document(margin_floor=0.15))
    assert takes_off(floored, Order("A", Decimal(100), "CNY", None, Decimal(60))).discount == 25
    assert round(BITS, 1) == 68.7
    assert round(chance_of_a_hit(10**6, 10**6) * 10**9) == 2

"""``evergrove value``: what a person gets, from a clean file to a hopeless one."""

from __future__ import annotations

import csv
import json
import os
import re
from typing import TYPE_CHECKING

import pytest

from evergrove.export import CUSTOMER_COLUMNS
from evergrove.ingest.columns.guess import ROLES
from evergrove.ingest.columns.mapping import SUFFIXES
from evergrove.warehouse import literal, open_engine

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.cli.conftest import Done

    Command = Callable[..., Done]

PROVING = "EVERGROVE_PROVE" in os.environ
COLUMNS = [
    "customer_id",
    "first_order_date",
    "last_order_date",
    "orders",
    "frequency",
    "recency",
    "T",
    "monetary_value",
    "historic_value",
    "spend_12m",
    "orders_12m",
    "aov_12m",
    "p_alive",
    "p_active_180d",
    "expected_purchases_12m",
    "expected_spend",
    "clv_12m",
    "clv_12m_low",
    "clv_12m_high",
    "clv_12m_runner_up",
    "clv",
    "clv_total",
    "simple_clv",
    "rfm_recency",
    "rfm_frequency",
    "rfm_monetary",
    "rfm_group",
    "next_order_date",
    "next_order_p25",
    "next_order_p75",
    "tier",
    "stage",
    "action",
    "model",
    "runner_up",
    "currency",
    "basis",
]
ORDERS = sum(1 + customer % 14 for customer in range(60))
BRIEF = ("--model", "bg-nbd", "--no-intervals", "--no-report", "--no-xlsx")
"""Where the sentences matter and not the values: no choice among models takes its seconds."""
QUICK = ("--model", "bg-nbd", "--no-intervals", "--no-xlsx")
"""The same with the report."""
DRAWN = ("--no-report", "--no-xlsx") if PROVING else ("--model", "bg-nbd", "--no-report", "--no-xlsx")
"""With draws; models are chosen before them in ``make prove``."""


def table(path: Path, sql: str) -> list[tuple[object, ...]]:
    """Rows of a query over a Parquet file named ``customers``."""
    with open_engine() as engine:
        engine.view("customers", f"select * from read_parquet({literal(str(path))})")
        return engine.run(sql)


def test_one_command_writes_everything(evergrove: Command, orders: Path, tmp_path: Path) -> None:
    """A clean export gives all files, ten lines or so, and the columns in their promised order."""
    done = evergrove("value", orders)

    assert done.status == 0, done.err
    out = tmp_path / "evergrove-out"
    names = {p.name for p in out.iterdir()}
    assert names == {
        "customers.parquet",
        "customers.csv",
        "customers.xlsx",
        "lists",
        "rejects.csv",
        "model.json",
        "summary.json",
        "report.html",
    }
    assert 8 <= len(done.out.splitlines()) <= 12
    with open_engine() as engine:
        found = engine.run(f"describe select * from read_parquet({literal(str(out / 'customers.parquet'))})")
    assert [row[0] for row in found] == COLUMNS == [c.name for c in CUSTOMER_COLUMNS]
    assert [row[1] for row in found] == [c.type for c in CUSTOMER_COLUMNS]
    counted = table(out / "customers.parquet", "select count(*), sum(orders) from customers")
    assert counted == [(60, ORDERS)]


def test_the_summary_accounts_for_every_row_and_file(
    evergrove: Command, orders: Path, tmp_path: Path
) -> None:
    """Good + rejected + duplicate = read, and the manifest names exactly the files that are there."""
    orders.write_text(orders.read_text() + "A1,,2025-01-01,10.00,CNY\nA00001,C-000,x,10.00,CNY\n")
    assert evergrove("value", orders, *QUICK).status == 0

    out = tmp_path / "evergrove-out"
    figures = json.loads((out / "summary.json").read_text(encoding="utf-8"))
    rows = figures["rows"]
    assert rows["read"] == ORDERS + 2 == rows["good"] + rows["rejected"] + rows["duplicate"]
    assert sorted(figures["files"]) == sorted(
        p.relative_to(out).as_posix() for p in out.rglob("*") if p.is_file()
    )
    with (out / "rejects.csv").open(encoding="utf-8") as stream:
        rejects = list(csv.DictReader(stream))
    assert [(r["line"], r["raw"]) for r in rejects] == [
        (str(ORDERS + 2), "A1,,2025-01-01,10.00,CNY"),
        (str(ORDERS + 3), "A00001,C-000,x,10.00,CNY"),
    ]
    assert all(r["code"].startswith("ingest.") and r["reason"] for r in rejects)


def test_rejected_rows_are_no_formulas(evergrove: Command, orders: Path, tmp_path: Path) -> None:
    """Whatever a row says, and whatever the file is called, a spreadsheet shows it and runs nothing."""
    hostile = orders.rename(orders.with_name("=evil.csv"))
    hostile.write_text(hostile.read_text() + '=HYPERLINK("http://evil.example"),C-000,x,10.00,CNY\n')

    assert evergrove("value", hostile.name, *BRIEF).status == 0

    with (tmp_path / "evergrove-out" / "rejects.csv").open(encoding="utf-8", newline="") as stream:
        (row,) = csv.DictReader(stream)
    assert (row["file"], row["raw"][:3]) == ("'=evil.csv", "'=H")


def test_leaving_things_out_leaves_them_out(evergrove: Command, orders: Path, tmp_path: Path) -> None:
    """--no-csv takes the lists and workbooks with it; intervals become NULL."""
    done = evergrove(
        "value", orders, "--no-report", "--no-csv", "--no-intervals", "--model", "bg-nbd", "-o", "lean"
    )

    assert done.status == 0, done.err
    out = tmp_path / "lean"
    assert {p.name for p in out.iterdir()} == {
        "customers.parquet",
        "rejects.csv",
        "model.json",
        "summary.json",
    }
    assert table(out / "customers.parquet", "select count(clv_12m_low), count(clv_12m) from customers") == [
        (0, 60)
    ]


def test_json_is_the_summary_and_nothing_else(evergrove: Command, orders: Path) -> None:
    """Standard output is one JSON document that says what summary.json says."""
    done = evergrove("value", orders, "--json", *BRIEF)

    assert done.status == 0
    figures = json.loads(done.out)
    assert figures["format"] == "evergrove.summary/1"
    assert figures["customers"] == 60


def test_quiet_says_nothing(evergrove: Command, orders: Path) -> None:
    """A schedule wants silence when all is well."""
    done = evergrove("value", orders, "--quiet", *BRIEF)
    assert (done.status, done.out, done.err) == (0, "", "")


def test_the_same_command_twice_gives_the_same_customers(
    evergrove: Command, orders: Path, tmp_path: Path
) -> None:
    """Draws are seeded: a second run replaces the first with the same bytes."""
    assert evergrove("value", orders, *DRAWN).status == 0
    first = (tmp_path / "evergrove-out" / "customers.csv").read_bytes()
    assert evergrove("value", orders, *DRAWN).status == 0
    assert (tmp_path / "evergrove-out" / "customers.csv").read_bytes() == first


def test_an_order_after_the_observation_end_changes_nothing(
    evergrove: Command, orders: Path, tmp_path: Path
) -> None:
    """No look-ahead, from file to file: the later order's customer is not even listed."""
    past = ("--as-of", "2025-06-30", *DRAWN)
    assert evergrove("value", orders, *past, "-o", "before").status == 0
    orders.write_text(orders.read_text() + "Z1,C-new,2025-12-01,99.00,CNY\nZ2,C-001,2025-12-02,99.00,CNY\n")
    assert evergrove("value", orders, *past, "-o", "after").status == 0

    before, after = (tmp_path / name / "customers.csv" for name in ("before", "after"))
    assert before.read_bytes() == after.read_bytes()


@pytest.mark.parametrize(("lang", "word"), [("en", "customers"), ("zh-CN", "客户"), ("zh-TW", "顧客")])
def test_the_reader_chooses_the_language(evergrove: Command, orders: Path, lang: str, word: str) -> None:
    """The same lines in three languages; zh-CN and zh-TW are understood."""
    done = evergrove("value", orders, "--lang", lang, *BRIEF)
    assert done.status == 0, done.err
    assert word in done.out


def test_the_environment_chooses_the_language_when_nobody_else_does(evergrove: Command, orders: Path) -> None:
    """A terminal in Taiwan speaks Traditional Chinese."""
    done = evergrove("value", orders, *BRIEF, LANG="zh_TW.UTF-8")
    assert "顧客" in done.out


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["missing.csv"], "missing.csv"),
        (["orders.csv", "--map", "customer=Nobody"], "Nobody"),
        (["orders.csv", "--map", "customer"], "--map customer=Buyer"),
        (["orders.csv", "--as-of", "yesterday"], "--as-of 2026-03-31"),
        (["orders.csv", "--as-of", "2001-01-01"], "--as-of"),
        (["orders.csv", "--lang", "tlh"], "zh-Hant"),
        (["orders.csv", "-o", "orders.csv"], "-o"),
        (["orders.csv", "--discount-rate", "-2"], "-2"),
        (["orders.csv", "--settings", "missing.toml"], "missing.toml"),
    ],
)
def test_bad_input_is_one_sentence_with_the_way_out(
    evergrove: Command, orders: Path, tmp_path: Path, arguments: list[str], says: str
) -> None:
    """Exit status 2, the code for those who search, no traceback, nothing written."""
    before = orders.read_bytes()
    done = evergrove("value", *arguments)

    assert done.status == 2, done.err
    assert says in done.err
    assert "Traceback" not in done.err
    assert "[" in done.err
    assert orders.read_bytes() == before
    assert not (tmp_path / "evergrove-out").exists()


@pytest.mark.parametrize("status", ["cancelled", "unpaid", "refunded"])
def test_where_no_purchase_is_left_no_day_is_asked_for(
    evergrove: Command, tmp_path: Path, status: str
) -> None:
    """Another --as-of would not help: the sentence names what became of the orders."""
    rows = [f"{n},c{n},2026-03-0{n},20,{status}\n" for n in (1, 2, 3)]
    (tmp_path / "gone.csv").write_text(
        "order,customer,date,amount,status\n" + "".join(rows), encoding="utf-8"
    )

    done = evergrove("value", "gone.csv")

    assert done.status == 2
    assert "cancelled, never paid or refunded" in done.err
    assert "[pipeline.nothing_left]" in done.err
    assert "--as-of" not in done.err


def test_an_error_is_json_where_json_was_asked_for(evergrove: Command) -> None:
    """A script reads the code, not the sentence."""
    done = evergrove("value", "missing.csv", "--json")
    assert done.status == 2
    assert json.loads(done.out)["error"]["code"].startswith("ingest.")


def test_a_file_of_somebody_elses_stops_the_run_before_it_starts(
    evergrove: Command, orders: Path, tmp_path: Path
) -> None:
    """The folder is checked first, not after a long computation."""
    out = tmp_path / "evergrove-out"
    out.mkdir()
    (out / "thesis.docx").write_text("mine")

    done = evergrove("value", orders)

    assert done.status == 2
    assert "thesis.docx" in done.err
    assert [p.name for p in out.iterdir()] == ["thesis.docx"]


def test_kept_columns_stand_in_the_call_lists(evergrove: Command, tmp_path: Path) -> None:
    """Somebody who calls customers needs name and phone, as they were written."""
    lines = ["customer,date,amount,name,phone"]
    lines += [
        f"C{c},2025-{m:02d}-05,{900 + c}.00,Name {c},0{912000000 + c}" for c in range(40) for m in range(1, 9)
    ]
    (tmp_path / "orders.csv").write_text("\n".join(lines))

    done = evergrove("value", "orders.csv", "--keep", "name,phone", "--currency", "CNY", *BRIEF)

    assert done.status == 0, done.err
    listed = sorted((tmp_path / "evergrove-out" / "lists").glob("*.csv"))
    assert listed
    with listed[0].open(encoding="utf-8-sig") as stream:
        header, first, *_ = csv.reader(stream)
    assert header[:3] == ["Customer", "name", "phone"]
    assert first[1].startswith("Name ")
    assert first[2].strip().startswith("0912")


def test_thresholds_come_from_a_settings_file(evergrove: Command, orders: Path, tmp_path: Path) -> None:
    """A shop with its own idea of high value writes it down once."""
    (tmp_path / "evergrove.toml").write_text(
        '[tiers]\nbounds = "fixed"\nhigh_spend = 300\nhigh_frequency = 2\nhigh_average_order = 60\n'
        "potential_spend = 200\npotential_frequency = 1\npotential_average_order = 50\n"
        "medium_spend = 100\nmedium_frequency = 1\nmedium_average_order = 20\n"
    )
    done = evergrove("value", orders, "--tiers", *BRIEF)
    assert done.status == 0, done.err
    path = tmp_path / "evergrove-out" / "customers.parquet"
    assert table(path, "select count(*) > 5 from customers where tier = 'high'") == [(True,)]
    assert "300" in done.out


def test_a_rejected_row_is_named_with_its_reason(evergrove: Command, orders: Path) -> None:
    """Rows that were left out are no secret of rejects.csv."""
    with orders.open("a", encoding="utf-8") as more:
        more.write("A99999,C-001,2093-05-01,10.00,CNY\n")

    done = evergrove("value", orders, *BRIEF)

    assert "1 rejected" in done.out
    assert "Rejected 1: The date lies more than a day in the future." in done.out


def test_without_amounts_no_money_and_no_tier_is_shown(evergrove: Command, tmp_path: Path) -> None:
    """A tier with nobody in it would read as a finding."""
    lines = [f"A{n},C-{n % 40},2024-{1 + n % 12:02d}-{1 + n % 27:02d}" for n in range(200)]
    path = tmp_path / "visits.csv"
    path.write_text("\n".join(["order_id,customer_id,paid_at", *lines]) + "\n", encoding="utf-8")

    done = evergrove("value", path, "--no-report", "--no-csv", "--no-intervals")

    assert done.status == 0, done.err
    assert ", without amounts." in done.out
    assert "net -" not in done.out
    assert "Tiers:" not in done.out


def test_a_chinese_note_has_no_gap_after_its_colon(evergrove: Command, orders: Path) -> None:
    """The full-width colon takes the room of a space already."""
    text = orders.read_text("utf-8").replace(",CNY", ",USD")
    orders.write_text(text, encoding="utf-8")

    done = evergrove("value", orders, "--lang", "zh-CN", *BRIEF)

    assert "注意：层级" in done.err
    assert "USD" in done.err
    assert "--currency CNY" not in done.err


def test_orders_after_the_observation_end_do_not_stretch_the_period_shown(
    evergrove: Command, orders: Path
) -> None:
    """What is counted ends on the day that was named."""
    done = evergrove("value", orders, "--as-of", "2025-06-30", *BRIEF)

    shown = re.search(r" from 2024-\d\d-\d\d to (\d{4}-\d\d-\d\d)\.", done.out)
    assert shown is not None, done.out
    assert "2025-05" < shown[1] <= "2025-06-30"


def test_the_help_names_every_role_and_every_way_of_writing(evergrove: Command) -> None:
    """What --map understands can be found without reading the code."""
    done = evergrove("value", "--help", COLUMNS="120")

    words = set(re.findall(r"[a-z_]+", done.out.partition("Arguments")[0]))
    assert words >= set(ROLES)
    assert words >= {style for styles in SUFFIXES.values() for style in styles}
    assert words >= {role for role in SUFFIXES if role in ROLES}


def test_a_role_without_a_header_is_switched_off(evergrove: Command, orders: Path) -> None:
    """The guess would have taken the column; the others stay as they were."""
    guessed = evergrove("value", orders, "--json", *BRIEF)

    without = evergrove("value", orders, "--json", "--map", "currency=,order=order_id", *BRIEF)

    assert without.status == 0, without.err
    roles = {match["role"] for match in json.loads(guessed.out)["mapping"]}
    assert {match["role"] for match in json.loads(without.out)["mapping"]} == roles - {"currency"}

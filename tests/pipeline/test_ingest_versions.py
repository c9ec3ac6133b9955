"""Which of many versions of an order holds, now and as it was known at every earlier import."""

from __future__ import annotations

from itertools import permutations
from typing import Any

import pytest

from evergrove.ingest import ReadOptions, RowCounts, facts_noted, read_orders
from evergrove.warehouse import open_engine

HEADER = "order_id,customer_id,order_date,amount,status"
REFUNDS = "order_id,customer_id,order_date,amount,status,refunded_amount"


def test_the_newest_version_holds_and_the_older_is_a_duplicate(one_shop: Any) -> None:
    """By the export's time, where the source says nothing of its own; not by which came in first."""
    assert one_shop.tell("A1,ann,2026-05-01,10,paid", exported="2026-05-02").rows.good == 1
    assert one_shop.tell("A1,ann,2026-05-01,30,paid", exported="2026-05-20").rows.good == 1
    assert one_shop.tell("A1,ann,2026-05-01,20,paid", exported="2026-05-10").rows.duplicate == 1

    assert one_shop.orders() == [("A1", "ann", 30)]


def test_of_two_versions_of_one_moment_the_same_holds_in_either_order(new_shop: Any) -> None:
    """Their content decides; for nobody can say which is the later one."""
    held = []
    for name, amounts in (("there", (10, 30)), ("back", (30, 10))):
        shop = new_shop(name)
        for amount in amounts:
            shop.tell(f"A1,ann,2026-05-01,{amount},paid", exported="2026-05-02")
        held.append(shop.orders())

    assert held[0] == held[1]


def test_the_sources_own_time_comes_before_the_exports(one_shop: Any) -> None:
    """An updated_at decides, whenever the file was written."""
    header = "order_id,customer_id,order_date,amount,updated_at"
    one_shop.tell("A1,ann,2026-05-01,30,2026-05-09 08:00", exported="2026-05-10", header=header)

    later = one_shop.tell("A1,ann,2026-05-01,20,2026-05-08 23:00", exported="2026-06-10", header=header)

    assert later.rows.duplicate == 1
    assert one_shop.orders() == [("A1", "ann", 30)]


def test_the_night_the_clocks_go_back_keeps_the_order_of_exports(one_shop: Any) -> None:
    """02:40 in summer time, half an hour later 02:10 in winter time: the later one holds."""
    berlin = ReadOptions(timezone="Europe/Berlin")
    for at, amount in (("2025-10-26T00:40", 10), ("2025-10-26T01:10", 20)):
        told = one_shop.ingest(f"{HEADER}\nA1,ann,2025-10-20,{amount},paid\n", exported=at, options=berlin)
        assert told.rows.good == 1

    assert one_shop.orders() == [("A1", "ann", 20)]


def test_an_export_read_in_another_zone_is_still_the_later_one(one_shop: Any) -> None:
    """An hour after the first, eleven hours before it by the clock of New York: where a day differs, it is refused."""
    row = "A1,ann,2026-05-01T23:30:00Z,10,paid"
    one_shop.ingest(f"{HEADER}\n{row}\n", "2026-05-03T10:00", ReadOptions(timezone="Asia/Shanghai"))

    again = one_shop.ingest(
        f"{HEADER}\n{row}\n\n", "2026-05-03T11:00", ReadOptions(timezone="America/New_York")
    )

    assert again.rows.rejected == 1
    assert [order[1:] for order in one_shop.facts()["orders"]] == [("ann", "2026-05-02", 10.0)]


def test_a_version_that_returns_to_what_was_said_before_holds(one_shop: Any) -> None:
    """Ten, twenty and ten again is ten: the same content is no repetition when something lay between."""
    for day, amount in (("02", 10), ("03", 20), ("04", 10)):
        rows = (f"A1,ann,2026-05-01,{amount},paid", f"B{day},ben,2026-05-01,1,paid")
        assert one_shop.tell(*rows, exported=f"2026-05-{day}").rows.good == 2

    assert one_shop.orders()[0] == ("A1", "ann", 10)


def test_an_order_that_is_cancelled_later_goes(one_shop: Any) -> None:
    """And comes back when it is paid after all; its customer stays known."""
    one_shop.tell("A1,ann,2026-05-01,10,paid", "A2,ben,2026-05-01,10,paid", exported="2026-05-02")
    cancelled = one_shop.tell("A1,ann,2026-05-01,10,cancelled", exported="2026-05-03")

    assert cancelled.rows.good == 1
    assert cancelled.intake.excluded["cancelled"].rows == 1
    assert one_shop.orders() == [("A2", "ben", 10)]
    assert one_shop.facts()["customers"] == [("ann",), ("ben",)]

    one_shop.tell("A1,ann,2026-05-01,10,paid", exported="2026-05-04")
    assert one_shop.orders() == [("A1", "ann", 10), ("A2", "ben", 10)]


def test_a_cancellation_dated_on_its_own_day_cancels_all_the_same(one_shop: Any) -> None:
    """Only what was bought on another day is another purchase."""
    one_shop.tell("A1,ann,2026-05-01,10,paid", exported="2026-05-02")

    cancelled = one_shop.tell("A1,ann,2026-05-03,10,cancelled", exported="2026-05-04")

    assert cancelled.rows.rejected == 0
    assert one_shop.orders() == []


def test_an_order_that_waited_for_payment_becomes_a_purchase(one_shop: Any) -> None:
    """The day it was paid is no conflict with the day it was placed."""
    one_shop.tell("A1,ann,2026-05-01,10,pending", "A2,ben,2026-05-01,1,paid", exported="2026-05-02")
    assert one_shop.orders() == [("A2", "ben", 1)]

    paid = one_shop.tell("A1,ann,2026-05-03,10,paid", exported="2026-05-04")

    assert paid.rows.good == 1
    assert one_shop.orders() == [("A1", "ann", 10), ("A2", "ben", 1)]


def test_what_a_version_says_was_given_back_goes_with_it(one_shop: Any) -> None:
    """The refund of the version that holds counts, once, and no other's."""
    one_shop.tell("A1,ann,2026-05-01,100,paid,", exported="2026-05-02", header=REFUNDS)
    one_shop.tell("A1,ann,2026-05-01,100,paid,30", exported="2026-05-03", header=REFUNDS)
    more = one_shop.tell("A1,ann,2026-05-01,100,paid,40", exported="2026-05-04", header=REFUNDS)
    late = one_shop.tell("A1,ann,2026-05-01,100,paid,35", exported="2026-05-03T12:00", header=REFUNDS)

    assert (more.rows.good, late.rows.duplicate) == (1, 1)
    assert one_shop.facts()["refunds"] == [("A1", "ann", "2026-05-01", 40)]
    assert one_shop.facts(until_seq=2)["refunds"] == [("A1", "ann", "2026-05-01", 30)]
    assert one_shop.facts(until_seq=1)["refunds"] == []


def test_an_order_refunded_as_a_whole_stays_an_order(one_shop: Any) -> None:
    """It was paid; what was given back is a refund of it."""
    one_shop.tell("A1,ann,2026-05-01,100,paid", "A2,ann,2026-05-02,5,paid", exported="2026-05-03")
    one_shop.tell("A1,ann,2026-05-01,100,refunded", exported="2026-05-04")

    assert one_shop.orders() == [("A1", "ann", 100), ("A2", "ann", 5)]
    assert one_shop.facts()["refunds"] == [("A1", "ann", "2026-05-01", 100)]


@pytest.mark.parametrize("order", list(permutations(range(3))))
def test_a_changed_customer_or_day_never_holds(one_shop: Any, order: tuple[int, ...]) -> None:
    """The oldest version says whose order it is and of which day, whichever import came first."""
    versions = [
        ("A1,ann,2026-05-01,10,paid", "2026-05-02"),
        ("A1,zoe,2026-05-01,20,paid", "2026-05-03"),
        ("A1,ann,2026-05-09,30,paid", "2026-05-10"),
    ]
    for i in order:
        one_shop.tell(versions[i][0], exported=versions[i][1])

    assert one_shop.orders() == [("A1", "ann", 10)]
    assert one_shop.facts()["customers"] == [("ann",)]


def test_lines_of_an_order_are_one_version(one_shop: Any) -> None:
    """Two articles make one order; exported again with a third it is a new version, not more articles."""
    header = "order_id,customer_id,order_date,product,quantity,price"
    rows = [
        f"A1,ann,2026-05-01,{product},1,{price}" for product, price in (("cup", 4), ("pot", 9), ("tea", 2))
    ]
    others = [f"B{i},ben,2026-05-01,{product},1,1" for i in range(5) for product in ("cup", "pot")]
    first = one_shop.tell(*rows[:2], *others, exported="2026-05-02", header=header)
    again = one_shop.tell(*rows, *others, exported="2026-05-03", header=header)

    assert first.rows == RowCounts(read=12, good=12)
    assert again.rows == RowCounts(read=13, good=3, duplicate=10)
    assert one_shop.orders()[0] == ("A1", "ann", 15)
    assert one_shop.orders(until_seq=1)[0] == ("A1", "ann", 13)


def test_what_was_known_at_each_import_is_shown_again(one_shop: Any) -> None:
    """Facts as known at an import are those that held when it had come in."""
    files = [
        ("A1,ann,2026-05-01,10,paid", "A2,ben,2026-05-02,20,paid"),
        ("A1,ann,2026-05-01,15,paid", "A3,cem,2026-05-04,1,paid"),
        ("A2,ben,2026-05-02,20,cancelled", "A1,zoe,2026-05-01,10,paid"),
        ("A2,ben,2026-05-02,25,paid", "A1,ann,2026-05-01,-5,paid"),
    ]
    then = []
    for day, rows in enumerate(files, start=5):
        one_shop.tell(*rows, exported=f"2026-05-{day:02}")
        then.append(one_shop.facts())

    assert [one_shop.facts(until_seq=seq) for seq in (1, 2, 3, 4)] == then
    assert len({str(facts) for facts in then}) == 4


def test_only_what_said_something_new_is_news(one_shop: Any) -> None:
    """order_facts tells which import changed what about whom; an order exported again is none."""
    one_shop.tell("A1,ann,2026-05-01,10,paid", "A2,ben,2026-05-02,20,paid", exported="2026-05-03")
    one_shop.tell("A1,ann,2026-05-01,10,paid", "A2,ben,2026-05-02,20,cancelled", exported="2026-05-04")

    news = "select import_seq, customer_id, status from order_facts order by all"
    assert one_shop.ask(news) == [(1, "ann", "paid"), (1, "ben", "paid"), (2, "ben", "void")]


@pytest.mark.slow
@pytest.mark.parametrize(("limit", "value"), [("FEW_FILES", 4), ("LEAST_IDLE", 0)])
def test_many_imports_become_one_file_and_say_the_same(
    one_shop: Any, monkeypatch: pytest.MonkeyPatch, limit: str, value: int
) -> None:
    """A shop that exports everything every day: two rows an order are kept, and every day can be shown."""
    monkeypatch.setattr(f"evergrove.ingest.facts.versions.{limit}", value)
    then = []
    for day in range(1, 10):
        rows = [f"A{i},c{i},2026-05-01,{10 + (i == 3 and day >= 4)},paid" for i in range(9)]
        one_shop.tell(*rows, f"B{day},ann,2026-05-{day:02},1,paid", exported=f"2026-06-{day:02}")
        then.append(one_shop.facts())

    assert [one_shop.facts(until_seq=seq) for seq in range(1, 10)] == then
    orders = one_shop.warehouse.newest().tables["orders"]
    assert len(orders.files) <= 4
    assert orders.rows < 9 * 10
    assert facts_noted(one_shop.warehouse.newest()).has_versions


@pytest.mark.parametrize(("few_rows", "files"), [(9, 1), (7, 9)])
def test_small_tables_are_written_anew_after_eight_files(
    one_shop: Any, monkeypatch: pytest.MonkeyPatch, few_rows: int, files: int
) -> None:
    """The ninth import of one order each; a table of more rows than few keeps its files until there are 32."""
    monkeypatch.setattr("evergrove.ingest.facts.versions.FEW_ROWS", few_rows)
    for day in range(1, 10):
        one_shop.tell(f"A{day},ann,2026-05-{day:02},1,paid", exported=f"2026-06-{day:02}")

    assert len(one_shop.warehouse.newest().tables["orders"].files) == files
    assert len(one_shop.orders()) == 9


def test_a_repetition_that_is_the_newest_sight_of_an_order_is_kept(
    one_shop: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It says nothing new, and is why an export from before it, which comes in late, changes nothing."""
    monkeypatch.setattr("evergrove.ingest.facts.versions.FEW_FILES", 1)
    for nth, (day, amount) in enumerate([("02", 10), ("05", 10), ("03", 20)]):
        rows = (f"A1,ann,2026-05-01,{amount},paid", f"B{nth},ben,2026-05-01,1,paid")
        one_shop.tell(*rows, exported=f"2026-05-{day}")

    assert one_shop.orders()[0] == ("A1", "ann", 10)


def test_file_by_file_is_the_same_as_all_at_once(one_shop: Any) -> None:
    """What a workspace holds after daily exports is what reading all of them together publishes."""
    rows = [f"A{i},c{i % 5},2026-05-{1 + i:02},{10 + i},paid" for i in range(20)]
    files = []
    for day in range(5, 21, 5):
        told = rows[max(0, day - 8) : day]
        if day == 15:
            told[0] = told[0].replace("paid", "cancelled")
        text = "\n".join(["order_id,customer_id,order_date,amount,status", *told]) + "\n"
        files.append(one_shop.write(text, f"{day:02}.csv"))
    for day, path in enumerate(files, start=1):
        one_shop.ingest(path, f"2026-06-{day:02}")
    with open_engine(threads=1) as engine:
        read_orders(engine, files, ReadOptions())
        together = engine.run("select order_id, customer_id, order_date, amount from orders order by all")
    assert one_shop.ask("select * from orders order by all") == together


def test_the_newest_line_of_an_order_says_how_old_its_version_is(one_shop: Any) -> None:
    """One line was changed on the 9th: what an export tells of the 7th is older."""
    header = "order_id,customer_id,order_date,product,amount,updated_at"
    one_shop.tell(
        "A1,ann,2026-05-01,tea,10,2026-05-02",
        "A1,ann,2026-05-01,cup,20,2026-05-09",
        exported="2026-05-10",
        header=header,
    )

    older = one_shop.tell(
        "A1,ann,2026-05-01,tea,10,2026-05-07",
        "A1,ann,2026-05-01,cup,5,2026-05-07",
        exported="2026-05-11",
        header=header,
    )

    assert older.rows.duplicate == 2
    assert one_shop.orders() == [("A1", "ann", 30)]


def test_a_refund_reduces_only_an_order_of_the_same_customer(one_shop: Any) -> None:
    """Two shops' numbers can meet in one file: what ben got back does not lower ann's order."""
    header = "order_id,customer_id,order_date,amount,status,parent_id"
    one_shop.tell(
        "A1,ann,2026-05-01,10,paid,",
        "B1,ben,2026-05-01,10,paid,",
        "R1,ben,2026-05-03,-4,refunded,A1",
        "R2,ben,2026-05-03,-3,refunded,B1",
        exported="2026-05-04",
        header=header,
    )

    assert [(order, who, back) for order, who, _day, back in one_shop.facts()["refunds"]] == [
        ("", "ben", 4.0),
        ("B1", "ben", 3.0),
    ]

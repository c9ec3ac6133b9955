"""The living shop goes on as it began: the same orders come, their rows change as real ones do."""

from __future__ import annotations

import csv
from datetime import date, timedelta
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from evergrove.ingest import ReadOptions, read_orders
from evergrove.simulation import (
    NO_EFFECT,
    Coupon,
    DayIsOver,
    Delivery,
    InvalidOption,
    LivingOptions,
    LivingShop,
    NoSuchDay,
    ShopOptions,
    UnknownRecipient,
    simulate_shop,
    world,
    write_orders,
)
from evergrove.simulation.shop import draw_shop
from evergrove.simulation.types import TEN_THOUSANDTHS, customer_ids
from evergrove.warehouse import open_engine

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

    from evergrove.simulation import DayOrders

SMALL = LivingOptions(customers=3_000)


def days_of(shop: LivingShop) -> list[date]:
    """The days that a shop lives."""
    return [shop.first_day + timedelta(days=n) for n in range(shop.options.days)]


def lived(shop: LivingShop) -> list[DayOrders]:
    """The exports of all its days."""
    return [shop.orders_of(day) for day in days_of(shop)]


def column(rows: list[DayOrders], name: str) -> NDArray[Any]:
    """One column of several exports."""
    return np.concatenate([getattr(r, name) for r in rows])


def coupons(customers: range, day: date) -> list[Delivery]:
    """A coupon for each of some customers."""
    coupon = Coupon(percent=10, valid_until=day + timedelta(days=14))
    return [Delivery(str(name), "T1b", 0, coupon) for name in customer_ids(np.array(customers))]


@pytest.fixture(scope="module")
def untouched() -> list[DayOrders]:
    """What comes without any message."""
    return lived(LivingShop(SMALL))


def test_the_history_is_that_of_the_seeded_shop(tmp_path: Path) -> None:
    """Same rows, same text, with the moment of the last change behind them; no change lies in the future."""
    shop = LivingShop(SMALL)
    shop.write_history(tmp_path / "living.csv")
    write_orders(simulate_shop(ShopOptions(customers=3_000)), tmp_path / "seeded.csv")

    living, seeded = (
        (tmp_path / name).read_text(encoding="utf-8").splitlines() for name in ("living.csv", "seeded.csv")
    )
    changes = [line.rpartition(",")[2] for line in living[1:]]

    assert sorted(line.rpartition(",")[0] for line in living) == sorted(seeded)
    assert living[0].rpartition(",")[2] == "updated_at"
    assert max(changes) < str(shop.first_day)


def test_the_customers_known_buy_what_was_drawn_of_their_future(untouched: list[DayOrders]) -> None:
    """Customer by customer and day by day, the orders of ``simulate_shop``'s own future come."""
    options = SMALL.shop
    bought = draw_shop(options).bought
    ahead = (bought.day >= options.days) & (bought.day < options.days + SMALL.days)
    drawn = sorted(
        zip(bought.customer[ahead], bought.day[ahead] - options.days, bought.amount[ahead], strict=True)
    )

    came = []
    for n, rows in enumerate(untouched):
        today = rows.ordered_at.astype("datetime64[D]") == np.datetime64(SMALL.as_of) + 1 + n
        new = today & (rows.status == world.PAID) & (rows.customer < 3_000)
        came += [(c, n, a) for c, a in zip(rows.customer[new], rows.amount[new], strict=True)]

    assert sorted(came) == drawn
    assert len(drawn) > 300


def test_newcomers_arrive_at_the_pace_of_the_history() -> None:
    """Their number is that of the same weeks of the year before, a year's growth later; within 4 sd."""
    shop = LivingShop(LivingOptions(customers=20_000))
    first = shop._cast.lives.first_day
    days = shop.options.shop.days
    came = (first >= days).sum()
    year_before = ((first >= days - 365) & (first < days - 365 + 28)).sum()
    growth = (1 + 0.3 * (days + 14) / 365) / (1 + 0.3 * (days - 351) / 365)

    expected = growth * year_before

    assert abs(came - expected) < 4 * np.sqrt(expected + growth**2 * year_before)
    assert came > 400


def test_the_same_seed_and_messages_give_the_same_orders() -> None:
    """To the last digit; another seed gives others."""
    shops = [LivingShop(LivingOptions(customers=500, seed=seed)) for seed in (7, 7, 8)]
    for shop in shops:
        shop.receive(shop.first_day, coupons(range(400), shop.first_day))
    one, same, other = (lived(shop) for shop in shops)

    for name in ("number", "customer", "amount", "updated_at"):
        np.testing.assert_array_equal(column(one, name), column(same, name))
    assert not np.array_equal(column(one, "amount"), column(other, "amount"))


def test_messages_change_nothing_for_those_who_received_none(untouched: list[DayOrders]) -> None:
    """Other customers' orders are the same, but for the numbers that the shop gives its orders."""
    shop = LivingShop(SMALL)
    shop.receive(shop.first_day, coupons(range(1_500), shop.first_day))
    touched = lived(shop)

    for before, after in zip(untouched, touched, strict=True):
        others, same = before.customer >= 1_500, after.customer >= 1_500
        for name in ("customer", "ordered_at", "amount", "refund", "status", "product"):
            np.testing.assert_array_equal(getattr(before, name)[others], getattr(after, name)[same])
    assert column(touched, "customer").size > column(untouched, "customer").size


def test_in_a_shop_without_effect_messages_change_nothing(untouched: list[DayOrders]) -> None:
    """Not a digit, even with coupons in everybody's hands."""
    shop = LivingShop(LivingOptions(customers=3_000, responses=NO_EFFECT))
    shop.receive(shop.first_day, coupons(range(3_000), shop.first_day))

    for before, after in zip(untouched, lived(shop), strict=True):
        for name, values in vars(before).items():
            np.testing.assert_array_equal(values, getattr(after, name))


def test_rows_return_as_versions_when_orders_change(untouched: list[DayOrders]) -> None:
    """Who, when and how much stay; the state goes from Paid to Completed, refunded or cancelled, later each time."""
    versions: dict[int, list[tuple[Any, ...]]] = {}
    for rows in untouched:
        assert len(np.unique(rows.number)) == len(rows)
        fixed = zip(rows.customer, rows.ordered_at, rows.amount, rows.category, rows.product, strict=True)
        state = zip(rows.updated_at, rows.status, rows.refund, strict=True)
        for number, what, how in zip(rows.number.tolist(), fixed, state, strict=True):
            versions.setdefault(number, []).append((what, *how))
    several = [v for v in versions.values() if len(v) > 1]

    assert len(several) > 200
    for history in several:
        whats, moments, statuses, refunds = zip(*history, strict=True)
        assert len(set(whats)) == 1
        assert list(moments) == sorted(set(moments))
        assert statuses[0] == world.PAID
        assert list(refunds) == sorted(refunds)
    ends = [(v[-1][2], v[-1][3] > 0) for v in several]
    assert {(world.COMPLETED, False), (world.COMPLETED, True), (world.CANCELLED, False)} <= set(ends)


def test_orders_of_the_history_are_settled_and_refunded_too() -> None:
    """Each of its orders that was still Paid is Completed once; late refunds come as rows of their own."""
    shop = LivingShop(SMALL)
    history = shop.shop.orders
    rows = lived(shop)
    still_paid = np.unique(history.number[history.status == world.PAID])
    number, status = column(rows, "number"), column(rows, "status")

    known = number <= history.number.max()

    np.testing.assert_array_equal(np.sort(number[known]), still_paid)
    assert (status[known] == world.COMPLETED).all()
    early = np.concatenate([r.amount[r.status == world.REFUNDED] for r in rows[:5]])
    assert len(early) > 0  # no order of these days is old enough for that
    assert (early < 0).all()


def test_the_reader_takes_history_and_days_as_one_shop(tmp_path: Path) -> None:
    """Files in any order: nothing is rejected, and the net revenue is what the last versions say."""
    shop = LivingShop(LivingOptions(customers=3_000, days=8))
    files = [tmp_path / f"{day}.csv" for day in days_of(shop)]
    for day, file in zip(days_of(shop), files, strict=True):
        shop.write_day(day, file)
    shop.write_history(tmp_path / "history.csv")
    with open_engine() as engine:
        intake = read_orders(engine, (*files[::-1], tmp_path / "history.csv"), ReadOptions())
        sold = engine.value("select sum(amount) from orders where order_date > $d", d=SMALL.as_of)
        returned = engine.value("select sum(amount) from refunds where refund_date > $d", d=SMALL.as_of)

    rows = lived(shop)
    _number, back = np.unique(column(rows, "number")[::-1], return_index=True)
    amount, refund, status, moment = (
        column(rows, name)[::-1][back] for name in ("amount", "refund", "status", "ordered_at")
    )
    kept = np.isin(status, (world.COMPLETED, world.PAID, world.REFUNDED))
    kept &= moment.astype("datetime64[D]") > np.datetime64(SMALL.as_of)
    assert intake.rows.rejected == 0
    assert int((sold - returned) * TEN_THOUSANDTHS) == (amount - refund)[kept].sum()


def test_the_customers_file_says_how_to_write_to_each(tmp_path: Path) -> None:
    """All who bought, once; consent as stated; newcomers come in files of their own."""
    shop = LivingShop(SMALL)
    shop.write_customers(tmp_path / "all.csv")
    shop.write_customers(tmp_path / "new.csv", since=SMALL.as_of, until=shop.last_day)
    with (tmp_path / "all.csv").open(encoding="utf-8", newline="") as stream:
        known = list(csv.DictReader(stream))
    with (tmp_path / "new.csv").open(encoding="utf-8", newline="") as stream:
        new = list(csv.DictReader(stream))

    assert [row["customer"] for row in known] == customer_ids(np.arange(3_000)).tolist()
    assert list(known[0]) == ["customer", "email", "name", "language", "timezone", "consent"]
    for consent, share in (("yes", 0.85), ("", 0.10), ("no", 0.05)):
        count = sum(row["consent"] == consent for row in known)
        assert abs(count - share * 3_000) < 4 * np.sqrt(share * (1 - share) * 3_000)
    assert {row["language"] for row in known} == {"en", "zh-Hans", "zh-Hant"}
    assert all(row["name"].isascii() == (row["language"] == "en") for row in known)
    assert len(new) > 40
    assert not {row["customer"] for row in new} & {row["customer"] for row in known}
    assert all(row["email"] == f"{row['customer'].lower()}@mail.example" for row in known + new)


def test_nobody_answers_once_the_day_is_over() -> None:
    """Messages come before the day's orders, or not at all."""
    shop = LivingShop(LivingOptions(customers=50))
    shop.orders_of(shop.first_day + timedelta(days=2))

    with pytest.raises(DayIsOver, match="2026-07-03 were handed out"):
        shop.receive(shop.first_day + timedelta(days=2), coupons(range(1), shop.first_day))
    shop.receive(shop.first_day + timedelta(days=3), coupons(range(1), shop.first_day))


@pytest.mark.parametrize("recipient", ["nobody", "C000099", "c000099@mail.example", "X000001", "C", ""])
def test_strangers_to_the_shop_are_refused(recipient: str) -> None:
    """By the name that was given."""
    shop = LivingShop(LivingOptions(customers=50))

    with pytest.raises(UnknownRecipient, match=f"called {recipient}"):
        shop.receive(shop.first_day, [Delivery(recipient, "L5", 0)])


def test_the_shop_lives_on_its_days_only() -> None:
    """The sentence names the first and the last."""
    shop = LivingShop(LivingOptions(customers=50))

    for day in (shop.options.as_of, shop.last_day + timedelta(days=1)):
        with pytest.raises(NoSuchDay, match=f"2026-07-01 to 2026-07-28; {day}"):
            shop.orders_of(day)
    with pytest.raises(InvalidOption, match="days is 0"):
        LivingOptions(days=0)

"""Every shipped preset: a file made from its real headers goes in and comes out equal."""

from __future__ import annotations

import csv
import io
import json
from collections import defaultdict
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pytest

from evergrove.ingest.columns.errors import NoBuyer
from evergrove.ingest.presets.errors import OnlyByAlias, UnknownPreset
from evergrove.ingest.presets.preset import parsed, preset_named, preset_of, shipped_presets
from evergrove.warehouse import open_engine

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from pathlib import Path

    from tests.ingest.conftest import Reading

    ReadPaths = Callable[..., Reading]


@dataclass(frozen=True)
class Bought:
    """One order of the synthetic shop: two lines each, some given back in part, some never paid."""

    number: int
    buyer: str
    at: datetime
    lines: tuple[Decimal, Decimal]
    refund: Decimal
    is_paid: bool

    @property
    def total(self) -> Decimal:
        """What was paid."""
        return sum(self.lines, Decimal(0))


def bought() -> list[Bought]:
    """Forty orders of nine buyers at noon, UTC: the day is the same in all zones of the presets."""
    start = datetime(2025, 3, 1, 4, tzinfo=UTC)
    return [
        Bought(
            number=n,
            buyer=f"buyer{n % 9}",
            at=start + timedelta(days=n),
            lines=(Decimal(n) + Decimal("0.50"), Decimal("7.25")),
            refund=Decimal("3.00") if n % 5 == 0 else Decimal(0),
            is_paid=n % 7 != 3,
        )
        for n in range(1, 41)
    ]


Row = dict[str, str]


def shopify(order: Bought) -> list[Row]:
    """Order fields on the first line only."""
    at = order.at.strftime("%Y-%m-%d %H:%M:%S +0000")
    first = {
        "Name": f"#{order.number}",
        "Email": f"{order.buyer}@example.com",
        "Financial Status": "paid" if order.is_paid else "pending",
        "Paid at": at if order.is_paid else "",
        "Currency": "EUR",
        "Total": str(order.total),
        "Created at": at,
        "Refunded Amount": str(order.refund),
        "Billing Zip": "'0123",
        "Lineitem name": "Tee",
        "Lineitem sku": "T1",
        "Lineitem quantity": "1",
        "Lineitem price": str(order.lines[0]),
    }
    second = {
        "Name": f"#{order.number}",
        "Email": f"{order.buyer}@example.com",
        "Created at": at,
        "Lineitem name": "Hat",
        "Lineitem sku": "H1",
        "Lineitem quantity": "1",
        "Lineitem price": str(order.lines[1]),
    }
    return [first, second]


def woocommerce(order: Bought) -> list[Row]:
    """customer_id 0 is every guest."""
    at = order.at.strftime("%Y-%m-%d %H:%M:%S")
    return [
        {
            "order_id": str(order.number),
            "order_number": str(order.number),
            "order_date": at,
            "paid_date": at if order.is_paid else "",
            "status": "completed" if order.is_paid else "on-hold",
            "order_total": str(order.total),
            "order_currency": "USD",
            "customer_id": "0",
            "customer_user": "0",
            "customer_email": f"{order.buyer}@example.com",
            "cart_discount": "0.00",
        }
    ]


def stripe(order: Bought) -> list[Row]:
    """A failed payment is none."""
    return [
        {
            "id": f"ch_{order.number}",
            "PaymentIntent ID": f"pi_{order.number}",
            "Created date (UTC)": order.at.strftime("%Y-%m-%d %H:%M:%S"),
            "Amount": str(order.total),
            "Currency": "usd",
            "Amount Refunded": str(order.refund),
            "Converted Amount": str(order.total),
            "Fee": "0.30",
            "Status": "Paid" if order.is_paid else "Failed",
            "Customer ID": f"cus_{order.buyer}" if order.number % 9 < 6 else "",
            "Customer Email": f"{order.buyer}@example.com",
        }
    ]


def stripe_api(order: Bought) -> list[Row]:
    """Amounts in cents."""
    return [
        {
            "id": f"ch_{order.number}",
            "object": "charge",
            "amount": str(int(order.total * 100)),
            "amount_captured": str(int(order.total * 100)),
            "amount_refunded": str(int(order.refund * 100)),
            "balance_transaction": f"txn_{order.number}",
            "created": str(int(order.at.timestamp())),
            "currency": "usd",
            "customer": f"cus_{order.buyer}",
            "livemode": "true",
            "payment_intent": f"pi_{order.number}",
            "status": "succeeded" if order.is_paid else "failed",
        }
    ]


def ga4(order: Bought) -> list[Row]:
    """Microseconds; a purchase told twice; a refund as an event of its own; events that are no order."""
    micros = int(order.at.timestamp()) * 1_000_000
    person = {"user_pseudo_id": f"{order.buyer}.17"}
    seen = {"event_name": "page_view", "event_timestamp": str(micros - 5_000_000), **person}
    if not order.is_paid:
        return [seen]
    purchase = {
        "event_name": "purchase",
        "event_timestamp": str(micros),
        "ecommerce.transaction_id": f"T{order.number}",
        "ecommerce.purchase_revenue": str(order.total),
        "ecommerce.purchase_revenue_in_usd": "1.00",
        **person,
    }
    rows = [seen, purchase]
    if order.number % 4 == 0:
        rows.append({**purchase, "event_timestamp": str(micros + 9_000_000)})
    if order.refund:
        rows.append(
            {
                "event_name": "refund",
                "event_timestamp": str(micros + 60_000_000),
                "ecommerce.transaction_id": f"T{order.number}",
                "ecommerce.refund_value": str(order.refund),
                **person,
            }
        )
    return rows


def local(order: Bought) -> str:
    """Its time in China."""
    return (order.at + timedelta(hours=8)).strftime("%Y-%m-%d %H:%M:%S")


def taobao(order: Bought) -> list[Row]:
    """Ids wrapped, closed orders unpaid."""
    return [
        {
            "订单编号": f'="12345678901234567{order.number:02d}"',
            "买家会员名": f"会员{order.buyer}",
            "总金额": str(order.total + 5),
            "买家应付货款": str(order.total + 5),
            "买家实际支付金额": str(order.total) if order.is_paid else "0.00",
            "订单状态": "交易成功" if order.is_paid else "交易关闭",
            "收货人姓名": "张**",
            "联系手机": "'138****0000",
            "订单创建时间": local(order),
            "订单付款时间": local(order) if order.is_paid else "",
            "宝贝标题": "衣服，两件",
            "宝贝总数量": "2",
            "退款金额": str(order.refund),
        }
    ]


def jd(order: Bought) -> list[Row]:
    """Nothing says what was not paid: only what was paid is exported."""
    if not order.is_paid:
        return []
    return [
        {
            "店铺ID": "1",
            "订单号": f"9{order.number:011d}",
            "商品名称": "上衣",
            "订购数量": "2",
            "下单时间": local(order),
            "应付金额": str(order.total),
            "下单帐号": f"jd_{order.buyer}",
            "客户姓名": "张*",
            "联系电话": "138****0000",
        }
    ]


def douyin(order: Bought) -> list[Row]:
    """A row a sub-order, ids with a tab at their end."""
    return [
        {
            "主订单编号": f"69{order.number:017d}\t",
            "子订单编号": f"70{order.number:016d}{nth}\t",
            "选购商品": "上衣",
            "商品ID": str(nth),
            "商品数量": "1",
            "商品金额": str(amount + 1),
            "订单应付金额": str(amount),
            "订单提交时间": local(order),
            "支付完成时间": local(order) if order.is_paid else "",
            "订单状态": "已完成" if order.is_paid else "已关闭",
            "售后状态": "-",
            "买家ID": f"u_{order.buyer}",
        }
        for nth, amount in enumerate(order.lines)
    ]


BUILT: dict[str, tuple[Callable[[Bought], list[Row]], bool]] = {
    "shopify": (shopify, True),
    "woocommerce": (woocommerce, False),
    "stripe": (stripe, True),
    "stripe_api": (stripe_api, True),
    "ga4": (ga4, True),
    "taobao": (taobao, True),
    "jd": (jd, False),
    "douyin": (douyin, False),
}
"""How each preset's sample is made, and whether the export tells amounts given back."""


def sample(name: str, folder: Path) -> Path:
    """A file with the preset's real header, in its own order and encoding."""
    preset = preset_named(name, ())
    rows = [row for order in bought() for row in BUILT[name][0](order)]
    further = [key for row in rows for key in row if key not in preset.headers]
    header = [*preset.headers, *dict.fromkeys(further)]
    return written(folder / f"{name}.csv", header, rows, preset.encoding)


def written(path: Path, header: Sequence[str], rows: Sequence[Mapping[str, Any]], encoding: str) -> Path:
    """A CSV file with every cell under its header."""
    text = io.StringIO()
    writer = csv.DictWriter(text, header, restval="", lineterminator="\r\n")
    writer.writeheader()
    writer.writerows(rows)
    path.write_bytes(text.getvalue().encode(encoding))
    return path


@pytest.mark.parametrize("name", BUILT)
def test_a_sample_goes_in_and_comes_out_equal(name: str, tmp_path: Path, read_paths: ReadPaths) -> None:
    """Orders, buyers, days, money paid and given back are those of the shop; the preset is told by its header."""
    gives_back = BUILT[name][1]

    reading = read_paths(sample(name, tmp_path))

    paid = [order for order in bought() if order.is_paid]
    orders = reading.orders()
    assert len(orders) == len(paid)
    assert [(day, Decimal(str(amount))) for _o, _c, day, amount in sorted(orders, key=lambda o: o[2])] == [
        (order.at.date().isoformat(), order.total) for order in paid
    ]
    spent: dict[str, Decimal] = defaultdict(Decimal)
    for order in paid:
        spent[order.buyer] += order.total
    told: dict[str, Decimal] = defaultdict(Decimal)
    for _order, customer, _day, amount in orders:
        told[customer] += Decimal(str(amount))
    assert sorted(told.values()) == sorted(spent.values())
    given = sum((Decimal(str(amount)) for *_rest, amount in reading.refunds()), Decimal(0))
    assert given == (sum(order.refund for order in paid) if gives_back else 0)
    assert reading.intake.rejected == {}


@pytest.mark.parametrize("preset", shipped_presets(), ids=lambda preset: preset.name)
def test_a_real_header_tells_its_own_preset(preset: Any) -> None:
    """Spaces at the end, a BOM and another order of the columns make no difference."""
    if preset.by_alias:
        assert not preset.signature
        assert "No header list" in preset.traps[0]
        return
    header = [f"{name} " for name in reversed(preset.headers)]
    header[0] = "\ufeff" + header[0]

    found = preset_of(header)

    assert found is not None
    assert found.name == preset.name
    known = set(preset.headers)
    assert all(
        set(headers) & known or not headers or role in ("guest", "refund")
        for role, headers in preset.columns.items()
    )


def test_a_zero_decimal_currency_has_no_cents(tmp_path: Path, read_paths: ReadPaths) -> None:
    """1000 of the smallest unit are 10.00 dollars, 1000 yen, 1.000 dinar."""
    for code, amount in (("usd", 10.0), ("jpy", 1000.0), ("kwd", 1.0)):
        row = stripe_api(bought()[0])[0] | {"amount": "1000", "amount_refunded": "0", "currency": code}
        path = tmp_path / f"{code}.json"
        path.write_text(json.dumps(row) + "\n", encoding="utf-8")

        assert [order[3] for order in read_paths(path).orders()] == [amount]


def test_pinduoduo_names_no_buyer(tmp_path: Path, read_paths: ReadPaths) -> None:
    """Refused with the reason and the way out; with a column for the buyer it goes in."""
    preset = preset_named("pinduoduo", ())
    row = {
        "商品": "x",
        "订单号": "1",
        "订单状态": "已签收",
        "商家实收金额(元)": "5.00",
        "售后状态": "无售后或售后取消",
        "订单成交时间": "2025-03-05 10:00:00",
        "商家备注": "u1",
    }
    path = written(tmp_path / "pdd.csv", preset.headers, [row, row | {"订单号": "2"}], "utf-8")

    with pytest.raises(NoBuyer, match=r"names no buyer.*--as order_lines.*--map customer="):
        read_paths(path)

    assert len(read_paths(path, mapping={"customer": "商家备注"}).orders()) == 2


def test_a_preset_without_a_known_header_says_so(tmp_path: Path, read_paths: ReadPaths) -> None:
    """SHOPLINE, 91APP, Shopee and Youzan are read by alias only."""
    path = tmp_path / "o.csv"
    path.write_text(
        "訂單編號,會員編號,訂單日期,訂單金額\nA1,m1,2025-03-05,120\nA2,m2,2025-03-06,80\n", encoding="utf-8"
    )

    for name in ("shopline", "91app", "shopee"):
        reading = read_paths(path, preset=name)
        assert OnlyByAlias in reading.warned()
        assert (reading.intake.currency, reading.intake.timezone) == ("TWD", "Asia/Taipei")

    path.write_text(
        "订单号,买家手机号,订单实付金额,买家付款时间\nA1,13800138000,120,2025-03-05 10:00:00\n",
        encoding="utf-8",
    )
    reading = read_paths(path, preset="youzan")
    assert OnlyByAlias in reading.warned()
    assert (reading.intake.currency, reading.intake.timezone) == ("CNY", "Asia/Shanghai")
    assert reading.orders() == [("A1", "13800138000", "2025-03-05", 120.0)]

    with pytest.raises(UnknownPreset, match="shopify"):
        read_paths(path, preset="shoplift")


def test_guests_are_told_by_what_they_left(tmp_path: Path, read_paths: ReadPaths) -> None:
    """Where the customer is blank, the preset's second column fills in; a 0 is nobody."""
    preset = preset_named("shopify", ())
    rows = shopify(bought()[0]), shopify(bought()[1])
    guest = [row | {"Email": "", "Phone": "'+49 30 1234"} for row in rows[1]]
    path = written(tmp_path / "o.csv", preset.headers, [*rows[0], *guest], "utf-8")

    reading = read_paths(path)

    assert {customer for _order, customer, *_rest in reading.orders()} == {
        "buyer1@example.com",
        "+49 30 1234",
    }


def test_the_named_encoding_settles_what_bytes_leave_open(tmp_path: Path, read_paths: ReadPaths) -> None:
    """A short file can be two encodings' text; a preset's exports have one. UTF-8 stays UTF-8."""
    for encoding, shown in (("gb18030", "GB18030"), ("utf-8", "UTF-8")):
        path = sample("jd", tmp_path)
        path.write_bytes(path.read_bytes().decode("gb18030").encode(encoding))

        assert set(read_paths(path, preset="jd").intake.encodings.values()) == {shown}


def test_a_preset_is_checked() -> None:
    """Another format, or a name that is no file name, is none."""
    with pytest.raises(ValueError, match="format"):
        parsed("x", {"format": "evergrove.preset/9", "title": "x"})
    with pytest.raises(ValueError, match="name"):
        parsed("../x", {"format": "evergrove.preset/1", "title": "x"})


def test_an_export_of_nested_records_is_read_like_a_flat_one(tmp_path: Path, read_paths: ReadPaths) -> None:
    """BigQuery keeps GA4's money in a record: as Parquet, as JSON lines, and flat, it says the same."""
    header = [*preset_named("ga4", ()).headers, "ecommerce.refund_value"]
    rows = [row for order in bought() for row in ga4(order)]
    flat = written(tmp_path / "flat.csv", header, rows, "utf-8")
    lines, parquet = tmp_path / "nested.json", tmp_path / "nested.parquet"
    nested: list[dict[str, Any]] = []
    for row in rows:
        record = {name.partition(".")[2]: value for name, value in row.items() if "." in name}
        nested.append({name: value for name, value in row.items() if "." not in name} | {"ecommerce": record})
    lines.write_text("".join(json.dumps(row) + "\n" for row in nested), encoding="utf-8")
    with open_engine(threads=1) as engine:
        typed = (
            "select event_name, cast(event_timestamp as bigint) as event_timestamp, user_pseudo_id,"
            " struct_pack(transaction_id := ecommerce->>'transaction_id',"
            " purchase_revenue := cast(ecommerce->>'purchase_revenue' as double),"
            " refund_value := cast(ecommerce->>'refund_value' as double)) as ecommerce"
            f" from read_json('{lines}', format = 'newline_delimited',"
            " columns = {event_name: 'varchar', event_timestamp: 'varchar', user_pseudo_id: 'varchar', ecommerce: 'json'})"
        )
        engine.copy_to(typed, parquet, "format parquet")

    found = []
    for path in (flat, lines, parquet):
        reading = read_paths(path)
        assert list(reading.intake.presets.values()) == ["ga4"]
        found.append((reading.orders(), reading.refunds(), reading.intake.rows))

    assert len(found[0][0]) == sum(order.is_paid for order in bought())
    assert found[1:] == found[:1] * 2

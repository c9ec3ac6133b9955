"""Which column plays which role, in the exports that people have."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from evergrove.ingest.columns.errors import ColumnNotFound, UnknownColumn, UnknownRole
from evergrove.ingest.columns.guess import BY_CONTENT, ROLES, guess_columns
from evergrove.ingest.columns.mapping import check_headers, positions_of, read_wishes
from evergrove.ingest.presets.preset import preset_of
from evergrove.ingest.sources.column import Column
from evergrove.ingest.sources.errors import MissingHeader
from evergrove.ingest.sources.headers import find_header
from evergrove.ingest.values.words import (
    currency_codes,
    currency_names,
    currency_signs,
    plain_header,
    role_words,
    script_of,
    status_state,
    table,
    unit_of,
)

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

NOON = "2024-03-05 12:00:00"
LATER = "2024-03-05 12:01:00"

TAOBAO = {
    "订单编号": '="1234567890123456789"',
    "买家会员名": "tb张三",
    "买家支付宝账号": "***",
    "买家应付货款": "12.50",
    "买家应付邮费": "0.00",
    "买家支付积分": "0",
    "总金额": "15.00",
    "返点积分": "0",
    "买家实际支付金额": "12.50",
    "买家实际支付积分": "0",
    "订单状态": "交易成功",
    "买家留言": "",
    "收货人姓名": "张*",
    "收货地址 ": "浙江省",
    "运送方式": "快递",
    "联系电话": "",
    "联系手机": "'138****0000",
    "订单创建时间": NOON,
    "订单付款时间": LATER,
    "宝贝标题": "衣服",
    "宝贝种类": "1",
    "物流单号": "No:1",
    "物流公司": "中通",
    "订单备注": "",
    "宝贝总数量": "1",
    "店铺Id": "0",
    "店铺名称": "店",
    "订单关闭原因": "",
    "卖家服务费": "0",
    "退款金额": "0.00",
    "确认收货时间": "2024-03-09 12:00:00",
}
SHOPIFY = {
    "Name": "#1001",
    "Email": "a@example.com",
    "Financial Status": "paid",
    "Paid at": "2025-10-07 09:50:26 +0200",
    "Fulfillment Status": "fulfilled",
    "Currency": "EUR",
    "Subtotal": "30.00",
    "Shipping": "5.00",
    "Taxes": "0.00",
    "Total": "35.00",
    "Discount Amount": "0.00",
    "Created at": "2025-10-07 09:50:20 +0200",
    "Lineitem quantity": "1",
    "Lineitem name": "Tee",
    "Lineitem price": "30.00",
    "Lineitem sku": "T1",
    "Cancelled at": "",
    "Refunded Amount": "0.00",
    "Phone": "'+49 1",
    "Id": "555",
    "Outstanding Balance": "0.00",
}
WOOCOMMERCE = {
    "order_id": "1",
    "order_number": "1",
    "order_date": NOON,
    "paid_date": LATER,
    "status": "completed",
    "shipping_total": "1.00",
    "cart_discount": "0",
    "order_total": "15.00",
    "order_currency": "USD",
    "customer_id": "0",
    "customer_user": "0",
    "customer_email": "a@example.com",
    "billing_first_name": "A",
}
STRIPE = {
    "id": "ch_1",
    "Description": "x",
    "Amount": "5.00",
    "Amount Refunded": "0.00",
    "Currency": "usd",
    "Created (UTC)": "2024-03-05 12:00",
    "Converted Amount": "5.00",
    "Fee": "0.30",
    "Status": "Paid",
    "Customer ID": "cus_1",
    "Customer Email": "a@example.com",
}
DOUYIN = {
    "主订单编号": "1\t",
    "子订单编号": "11\t",
    "选购商品": "x",
    "商品ID": "5",
    "商品数量": "1",
    "商品金额": "5.00",
    "订单应付金额": "5.50",
    "订单提交时间": NOON,
    "支付完成时间": LATER,
    "订单状态": "已完成",
    "售后状态": "-",
    "买家ID": "u1",
}
JD = {
    "店铺ID": "1",
    "订单号": "2",
    "商品名称": "x",
    "订购数量": "1",
    "下单时间": NOON,
    "应付金额": "5.00",
    "下单帐号": "jd_1",
    "客户姓名": "张*",
    "联系电话": "138****0000",
}
TAIWAN = {
    "訂單編號": "A1",
    "會員編號": "M1",
    "訂購日期": "114/03/05",
    "付款金額": "NT$ 1,200",
    "訂單狀態": "已完成",
    "退款金額": "0",
}
RETAIL = {
    "InvoiceNo": "536365",
    "StockCode": "85123A",
    "Description": "LANTERN",
    "Quantity": "6",
    "InvoiceDate": "12/1/2010 8:26",
    "UnitPrice": "2.55",
    "CustomerID": "17850",
    "Country": "United Kingdom",
}
GA4 = {
    "event_name": "purchase",
    "event_timestamp": "1709600000000000",
    "user_pseudo_id": "1234567890.1709600000",
    "ecommerce.transaction_id": "T1",
    "ecommerce.purchase_revenue": "9.50",
    "ecommerce.shipping_value": "1.00",
}
CDNOW = {"customer_id": "1", "master_id": "4", "date": "1997-01-01", "cds": "2", "spend": "29.33"}

EXPORTS: list[tuple[str, Mapping[str, str], Mapping[str, str]]] = [
    (
        "taobao",
        TAOBAO,
        {
            "customer": "买家会员名",
            "order": "订单编号",
            "date": "订单付款时间",
            "created": "订单创建时间",
            "amount": "买家实际支付金额",
            "refund": "退款金额",
            "status": "订单状态",
            "quantity": "宝贝总数量",
            "product": "宝贝标题",
        },
    ),
    (
        "shopify",
        SHOPIFY,
        {
            "customer": "Email",
            "order": "Name",
            "date": "Paid at",
            "created": "Created at",
            "amount": "Total",
            "refund": "Refunded Amount",
            "status": "Financial Status",
            "cancelled": "Cancelled at",
            "currency": "Currency",
            "product": "Lineitem sku",
        },
    ),
    (
        "woocommerce",
        WOOCOMMERCE,
        {
            "customer": "customer_email",
            "order": "order_id",
            "date": "paid_date",
            "amount": "order_total",
            "currency": "order_currency",
            "status": "status",
        },
    ),
    (
        "stripe",
        STRIPE,
        {
            "customer": "Customer ID",
            "order": "id",
            "date": "Created (UTC)",
            "amount": "Amount",
            "refund": "Amount Refunded",
            "status": "Status",
        },
    ),
    (
        "douyin",
        DOUYIN,
        {
            "customer": "买家ID",
            "order": "主订单编号",
            "line": "子订单编号",
            "date": "支付完成时间",
            "amount": "订单应付金额",
            "price": "商品金额",
            "quantity": "商品数量",
            "status": "订单状态",
            "after_sale": "售后状态",
        },
    ),
    (
        "jd",
        JD,
        {
            "customer": "下单帐号",
            "order": "订单号",
            "date": "下单时间",
            "amount": "应付金额",
            "quantity": "订购数量",
        },
    ),
    (
        "",
        TAIWAN,
        {
            "customer": "會員編號",
            "order": "訂單編號",
            "date": "訂購日期",
            "amount": "付款金額",
            "status": "訂單狀態",
            "refund": "退款金額",
        },
    ),
    (
        "",
        RETAIL,
        {
            "customer": "CustomerID",
            "order": "InvoiceNo",
            "date": "InvoiceDate",
            "quantity": "Quantity",
            "price": "UnitPrice",
            "product": "StockCode",
        },
    ),
    (
        "ga4",
        GA4,
        {
            "customer": "user_pseudo_id",
            "order": "ecommerce.transaction_id",
            "date": "event_timestamp",
            "amount": "ecommerce.purchase_revenue",
        },
    ),
    ("", CDNOW, {"customer": "customer_id", "date": "date", "amount": "spend"}),
]


def columns_of(*rows: Mapping[str, str]) -> list[Column]:
    """Text columns from rows."""
    return [Column(name, "text", [row[name] for row in rows]) for name in rows[0]]


@pytest.mark.parametrize(
    ("platform", "row", "roles"), EXPORTS, ids=lambda value: value if isinstance(value, str) else ""
)
def test_exports_are_understood(platform: str, row: Mapping[str, str], roles: Mapping[str, str]) -> None:
    """Paid time before created time, paid amount before list amount, the id before the name."""
    headers = list(row)
    guess = guess_columns("file", columns_of(row, row), {}, preset_of(headers))

    found = {role: headers[match.position] for role, match in guess.matches.items()}
    assert {role: found.get(role) for role in roles} == roles
    assert (guess.preset.name if guess.preset else "") == platform
    assert all(match.confidence >= 0.9 for role, match in guess.matches.items() if role in roles)


def test_a_file_without_buyers_is_refused_with_the_way_out() -> None:
    """Pinduoduo exports name no buyer: the sentence says what was found and which flag settles it."""
    row = {
        "订单成交时间": NOON,
        "商品": "x",
        "订单号": "1",
        "订单状态": "已签收",
        "用户实付金额(元)": "5.00",
        "售后状态": "无售后",
    }

    with pytest.raises(ColumnNotFound, match=r"customer.*订单成交时间, 商品, 订单号.*--map customer="):
        guess_columns("pdd.csv", columns_of(row), {})


def test_content_settles_what_no_header_says() -> None:
    """One column of dates, one of decimals, one that repeats; the confidence says that it is a guess."""
    rows = [{"a": f"x{i % 3}", "b": f"2024-03-0{i + 1}", "c": f"{i}.50"} for i in range(9)]

    guess = guess_columns("file", columns_of(*rows), {})

    assert {role: match.position for role, match in guess.matches.items()} == {
        "customer": 0,
        "date": 1,
        "amount": 2,
    }
    assert {match.confidence for match in guess.matches.values()} == {0.5}
    assert {match.why for match in guess.matches.values()} == {BY_CONTENT}


def test_two_columns_of_dates_without_a_name_are_not_guessed() -> None:
    """Either could be the order's: the user decides."""
    rows = [{"customer_id": "x", "a": "2024-03-05", "b": "2024-03-06", "amount": "5"}]

    with pytest.raises(ColumnNotFound, match="date"):
        guess_columns("file", columns_of(*rows), {})


@pytest.mark.parametrize("header", ["Discount Amount", "优惠金额", "运费金额", "Tax Total", "手續費"])
def test_money_that_is_not_the_orders_is_left_alone(header: str) -> None:
    """A discount, a tax or a fee is not what was paid."""
    row = {"customer_id": "x", "date": "2024-03-05", header: "5.50"}

    assert "amount" not in guess_columns("file", columns_of(row), {}).matches


def test_a_price_alone_is_the_amount() -> None:
    """Without quantity and amount, what stands under "price" was paid."""
    row = {"customer_id": "x", "date": "2024-03-05", "price": "5.50"}

    guess = guess_columns("file", columns_of(row), {})

    assert guess.matches["amount"].position == 2
    assert guess.matches["amount"].confidence < 0.7


def test_a_masked_column_loses_to_a_whole_one() -> None:
    """138****0000 is many people."""
    rows = [
        {"买家手机号": "138****0000", "邮箱": f"{i}@example.com", "付款时间": NOON, "金额": "5"}
        for i in range(9)
    ]

    guess = guess_columns("file", columns_of(*rows), {})

    assert guess.matches["customer"].position == 1


def test_the_users_word_counts() -> None:
    """--map names a header, may say how it is written, and may switch a role off."""
    header = ["Buyer", "When", "Paid: total", "Status"]
    wishes = read_wishes({"customer": "buyer", "date": "When:dmy", "amount": "Paid: total", "status": ""})

    assert wishes["date"].style == "dmy"
    assert wishes["amount"].header == "Paid: total"
    assert positions_of(wishes, header) == {"customer": 0, "date": 1, "amount": 2, "status": None}


def test_a_slip_of_the_users_names_the_near_miss() -> None:
    """An unknown role or header is an error that says what was meant."""
    with pytest.raises(UnknownRole, match="Did you mean customer"):
        read_wishes({"custmer": "x"})
    wishes = read_wishes({"customer": "Buyr"})
    with pytest.raises(UnknownColumn, match="Did you mean Buyer"):
        check_headers(wishes, (), [["Buyer", "Date"]])
    with pytest.raises(UnknownColumn, match=r"--keep phon.* Did you mean Phone\?"):
        check_headers({}, ("phon",), [["Buyer", "Phone"]])


@pytest.mark.parametrize("name", ["phone", "mobile number", "电话", "Buyers since", "??"])
def test_what_is_no_slip_is_not_guessed_at(name: str) -> None:
    """A column that the file does not have is answered with those that it has."""
    with pytest.raises(UnknownColumn) as refused:
        check_headers({}, (name,), [["Buyer", "Paid on", "电子邮件"]])
    assert str(refused.value) == (
        f"--keep {name}: no column is called {name}. Columns found: Buyer, Paid on, 电子邮件."
    )
    with pytest.raises(UnknownRole) as unknown:
        read_wishes({"telephone": "x"})
    assert "Did you mean" not in str(unknown.value)
    assert "customer, order" in str(unknown.value)


def test_every_role_can_be_named() -> None:
    """--map knows the roles of the documentation."""
    documented = {"customer", "order", "date", "amount", "quantity", "price", "refund", "status", "currency"}
    assert documented <= set(ROLES)


@pytest.mark.parametrize(
    ("rows", "position"),
    [
        ([["order_id", "customer_id"], ["1", "a"]], 0),
        ([["Orders of March"], [], ["order_id", "customer_id", "amount"], ["1", "a", "5"]], 2),
        ([["sep=;"], ["kunde", "datum", "betrag"], ["a", "2024-01-01", "5"]], 1),
        ([["Report", "", ""], ["kunde", "datum", "betrag"], ["a", "2024-01-01", "5"]], 1),
        ([["订单报表", "2024-03-05"], ["订单编号", "会员编号"], ["1", "2"]], 1),
    ],
)
def test_the_header_is_found_below_a_preamble(rows: Sequence[Sequence[str]], position: int) -> None:
    """By its known names, else by being the first full row of names."""
    assert find_header("file", rows).position == position


def test_data_without_a_header_are_refused() -> None:
    """The first row is quoted, so that one sees what is missing."""
    with pytest.raises(MissingHeader, match="1, a, 2024-01-01"):
        find_header("file", [["1", "a", "2024-01-01"], ["2", "b", "2024-01-02"]])


def test_headers_are_compared_without_what_does_not_matter() -> None:
    """Case, spaces, punctuation, full-width forms, units in brackets."""
    spellings = {"Order ID", "order_id", "ORDER-ID", "\ufefforder id ", "'Order Id'", "Ｏｒｄｅｒ　ＩＤ"}
    assert {plain_header(spelling) for spelling in spellings} == {"orderid"}
    assert plain_header("总金额（元）") == "总金额"
    assert (unit_of("总金额（元）"), unit_of("Created (UTC)"), unit_of("amount")) == ("元", "utc", "")


def test_the_writing_is_told_apart() -> None:
    """Traditional and Simplified headers decide the default zone."""
    assert script_of(("訂單編號", "會員編號", "日期")) == "zh-Hant"
    assert script_of(("订单编号", "会员编号", "日期")) == "zh-Hans"
    assert script_of(("order_id", "amount")) == ""


@pytest.mark.parametrize(
    ("text", "state"),
    [
        ("paid", "paid"),
        ("Partially refunded", "paid"),
        ("部分退款", "paid"),
        ("买家已付款,等待卖家发货", "paid"),
        ("已发货，待签收", "paid"),
        ("訂單成立", "paid"),
        ("wc-processing", "paid"),
        ("TRADE_FINISHED", "paid"),
        ("等待买家付款", "unpaid"),
        ("未付款", "unpaid"),
        ("pending", "unpaid"),
        ("WAIT_BUYER_PAY", "unpaid"),
        ("交易关闭", "cancelled"),
        ("已取消", "cancelled"),
        ("系统自动取消", "cancelled"),
        ("Voided", "cancelled"),
        ("不成立", "cancelled"),
        ("refunded", "refunded"),
        ("未发货，退款成功", "refunded"),
        ("已全額退款", "refunded"),
        ("无售后", "none"),
        ("", "none"),
        ("mystery", None),
    ],
)
def test_statuses_of_platforms_are_known(text: str, state: str | None) -> None:
    """Paid, unpaid, cancelled, refunded; partly refunded stays paid."""
    assert status_state(text) == state


def test_the_tables_of_words_are_sound() -> None:
    """No status word has two meanings, every currency name leads to a code, every alias can be found."""
    meanings: dict[str, set[str]] = {}
    for state, words in table("words")["status"]["exact"].items():
        for word in words:
            meanings.setdefault(plain_header(word) or word, set()).add(state)
    assert {word: states for word, states in meanings.items() if len(states) > 1} == {}
    assert set(currency_names().values()) <= currency_codes()
    assert {code for codes in currency_signs().values() for code in codes} <= currency_codes()
    assert all("" not in words.ranks for words in role_words().values())

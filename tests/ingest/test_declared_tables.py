"""Declared tables: what they promise, how their files are read, and what never enters the warehouse."""

from __future__ import annotations

import os
from datetime import UTC, date, datetime
from itertools import count
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.ingest.test_presets import bought, douyin, written

from evergrove.core import InputError, SetClock
from evergrove.ingest import ReadOptions
from evergrove.ingest.columns.errors import TableColumnMissing, TableUnclear
from evergrove.ingest.facts.tables import show_tables, stored_tables
from evergrove.ingest.presets.preset import preset_named
from evergrove.ingest.reasons import REASONS
from evergrove.ingest.tables.declared import declared_tables
from evergrove.ingest.tables.recognise import recognise
from evergrove.ingest.tables.service import TableIntake, read_table
from evergrove.ingest.values.dates import DateReading, read_day, read_moment
from evergrove.pipeline.ingest_tables import TableOutcome, ingest_tables
from evergrove.warehouse import Engine, Warehouse, open_engine

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from evergrove.ingest.tables.declared import DeclaredTable
    from evergrove.ledger import Ledger

TODAY = date(2026, 6, 30)
NOW = datetime(2026, 6, 30, 12, tzinfo=UTC)
EXPORTED = datetime(2026, 6, 1, tzinfo=UTC)
EXAMPLES = 100 if "EVERGROVE_PROVE" in os.environ else 3
GOOD = {
    "order_lines": "order_id,line_id,sku,product_name,category,quantity,price,note\nA1,1,s1,Tee,Tops,2,10.00,for ann@x.example\n",
    "products": "商品编号,商品名称,类目,售价,成本,在售\np1,上衣,服装,99.00,40.50,是\n",
    "events": "event,customer_id,timestamp,page,ip\npage_view,c1,2026-05-01T10:00:00Z,/shop?mail=ann@x.example,10.0.0.1\n",
    "tickets": "案件編號,會員編號,建立日期,處理狀態,問題類型,內容\nT1,c1,2026-05-01,結案,物流,ann@x.example\n",
    "surveys": "response_id,customer_id,submitted_at,survey,nps,comment\nR1,c1,2026-05-01,NPS May,9,ann@x.example\n",
    "subscriptions": "subscription_id,customer_id,subscription_status,start_date,current_period_end\nS1,c1,逾期,2026-05-01,2026-06-01\n",
    "costs": "order_id,cost_type,cost,date,note\nA1,运费,5.10,2026-05-01,ann@x.example\n",
    "spend": "date,platform,campaign,花费,impressions,clicks\n2026-05-01,douyin,may,100.50,1000,10\n",
    "rates": "date,from_currency,to_currency,rate\n2026-05-01,USD,CNY,7.123456\n",
    "consents": "customer_id,channel,purpose,status,consented_at\nc1,email,marketing,granted,2026-05-01\n",
    "channel_tokens": "顾客编号,模板ID,次数,授权时间\nc1,TPL-1,1,2026-05-01 10:00\n",
    "identities": "customer_id,union_id,member_no\nc1,u1,M7\n",
    "refunds": "order_id,customer_id,refund_date,refund_amount\nA1,c1,2026-05-01,5.00\n",
}
"""One good file of each table, in one of the three writings."""


@pytest.fixture
def shelf(engine: Engine, tmp_path: Path) -> Callable[..., TableIntake]:
    """``shelf("tickets", text)``: read a file of a declared table; the engine keeps what it told."""

    def read(table: str, text: str | bytes, **options: Any) -> TableIntake:
        path = tmp_path / f"{table}.csv"
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
        given = ReadOptions(today=TODAY, **options)
        intake = read_table(engine, declared_tables()[table], path, given, EXPORTED)
        rows = intake.intake.rows
        assert rows.good + rows.rejected + rows.duplicate == rows.read
        assert engine.value("select count(*) from rejects where reason is null") == 0
        return intake

    return read


class Shop:
    """A workspace's parts over SQLite."""

    def __init__(self, folder: Path, ledger: Ledger) -> None:
        self.folder, self.by, self.ledger = folder, "cli", ledger
        self.clock = SetClock(NOW)
        self.warehouse = Warehouse(folder / "warehouse", self.ledger, self.clock)

    def take(self, table: str, text: str, exported: datetime = EXPORTED, **options: Any) -> TableOutcome:
        """Bring in a text as a file."""
        path = self.folder / f"given-{next(numbers)}.csv"
        path.write_text(text, encoding="utf-8")
        (one,) = ingest_tables(self, [path], table, ReadOptions(**options), self.clock, exported_at=exported)
        assert one.rows.good + one.rows.rejected + one.rows.duplicate == one.rows.read
        return one

    def facts(self, until_seq: int | None = None) -> dict[str, list[tuple[Any, ...]]]:
        """What holds in every table, but which import told it."""
        with open_engine(threads=1) as engine:
            show_tables(engine, self.warehouse, self.warehouse.newest(), until_seq=until_seq)
            return {
                table.name: sorted(
                    tuple(map(str, row))
                    for row in engine.run(f"select * exclude (import_seq) from {table.name}")
                )
                for table in stored_tables()
            }


numbers = count()


@pytest.fixture
def new_shop(tmp_path: Path, ledger_in: Callable[[Path], Ledger]) -> Iterator[Callable[[], Shop]]:
    """As many workspaces as a test asks for."""
    made: list[Shop] = []

    def make() -> Shop:
        folder = tmp_path / f"shop-{next(numbers)}"
        made.append(Shop(folder, ledger_in(folder)))
        return made[-1]

    yield make
    for shop in made:
        shop.ledger.close()


@pytest.mark.parametrize("table", declared_tables().values(), ids=lambda table: table.name)
def test_a_declaration_holds_together(table: DeclaredTable) -> None:
    """Keys and groups name columns; every column says what it is; no header stands for two columns twice over."""
    names = {column.name for column in table.columns}

    assert {
        *table.key,
        *table.needs,
        *table.otherwise,
        *(n for group in table.one_of for n in group),
    } <= names
    for column in table.columns:
        assert column.sentence.endswith(".")
        assert column.class_ in ("key", "attribute", "personal", "free_text")
        assert any("\u4e00" <= letter <= "\u9fff" for alias in column.aliases for letter in alias)
        assert not (column.is_sealed and column.name in {*table.key, *table.otherwise})
    if table.store == "warehouse":
        assert table.otherwise or all(
            column.is_required for column in table.columns if column.name in table.needs
        )


@pytest.mark.parametrize("table", GOOD)
def test_a_file_is_told_by_its_headers(table: str, tmp_path: Path) -> None:
    """Without --as, in English, Simplified and Traditional Chinese."""
    path = tmp_path / "unnamed.csv"
    path.write_text(GOOD[table], encoding="utf-8")

    found = recognise(path, ReadOptions())

    assert found.table == table
    assert found.confidence > 0.7


@pytest.mark.parametrize("table", [table.name for table in stored_tables()])
def test_a_good_file_is_read_in_full(table: str, shelf: Callable[..., TableIntake]) -> None:
    """Nothing is rejected, nothing is left over, and what is personal is counted and stays out of the warehouse."""
    read = shelf(table, GOOD[table])

    assert (read.intake.rows.good, read.intake.rejected, read.unused, read.ignored) == (1, {}, {}, ())
    sealed = {match.role for match in read.intake.columns} & {c.name for c in declared_tables()[table].sealed}
    assert {*read.dropped, *read.sealed} == sealed


@pytest.mark.slow
def test_what_is_personal_never_enters_the_warehouse(new_shop: Callable[[], Shop]) -> None:
    """A byte search over every file of it; the shop's own ids are there, so the search can find."""
    shop = new_shop()
    for table in stored_tables():
        shop.take(table.name, GOOD[table.name])
    with open_engine(threads=1) as engine:
        files = sorted((shop.folder / "warehouse").rglob("*.parquet"))
        found = "".join(str(engine.run(f"select * from read_parquet('{path}')")) for path in files)

    assert len(files) == len(stored_tables())
    assert "c1" in found
    assert "/shop" in found
    for word in ("ann@", "x.example", "10.0.0.1"):
        assert word not in found
        assert all(word.encode() not in path.read_bytes() for path in files)


def test_values_are_typed(shelf: Callable[..., TableIntake], engine: Engine) -> None:
    """Times become the shop's, words become the table's, signs of money become a currency."""
    shelf(
        "events",
        "event_name,user_id,timestamp,value\nPage View,c1,2026-05-01T20:00:00Z,NT$ 5.5\n登录,c2,2026/05/02 10:00,\nwish,c3,1777600000,\n",
        timezone="Asia/Taipei",
    )

    rows = engine.run("select kind, customer_id, happened_at, value, currency from told_rows order by line")

    assert [(k, c, str(a), None if v is None else float(v), m) for k, c, a, v, m in rows] == [
        ("visit", "c1", "2026-05-02 04:00:00", 5.5, "TWD"),
        ("login", "c2", "2026-05-02 10:00:00", None, None),
        ("wish", "c3", "2026-05-01 09:46:40", None, None),
    ]


def test_every_row_has_a_verdict_with_its_reason(shelf: Callable[..., TableIntake], engine: Engine) -> None:
    """Missing, unreadable, out of time, told twice, told otherwise, a repeated header, a total."""
    read = shelf(
        "tickets",
        "ticket_id,customer_id,created_at,closed_at,status\n"
        "T1,c1,2026-05-01 10:00,2026-05-02,done\n"
        "T1,c1,2026-05-01 10:00,2026-05-02,done\n"
        "T1,c1,2026-05-01 10:00,2026-05-02,open\n"
        ",c1,2026-05-01,,open\n"
        "T4,,2026-05-01,,open\n"
        "T5,c1,soon,,open\n"
        "T6,c1,1900-01-01,,open\n"
        "T7,c1,2031-01-01,,open\n"
        "1.2E+11,c1,2026-05-01,,open\n"
        "T9,c1,2026-05-01,2026-02-30,open\n"
        "T10,c1,2026-05-01\n"
        "ticket_id,customer_id,created_at,closed_at,status\n"
        "Total,,,,\n"
        "T13,c\u200b1,2026-05-01,,open\n",
    )

    assert engine.run("select line, code from rejects order by line") == [
        (4, "ingest.repeated_row"),
        (5, "ingest.missing_cell"),
        (6, "ingest.no_customer"),
        (7, "ingest.bad_date"),
        (8, "ingest.date_placeholder"),
        (9, "ingest.date_in_future"),
        (10, "ingest.damaged_id"),
        (12, "ingest.ragged_row"),
        (13, "ingest.repeated_header"),
        (14, "ingest.total_row"),
        (15, "ingest.bad_id"),
    ]
    assert read.unused == {"closed_at": 1}
    assert (read.intake.rows.good, read.intake.rows.duplicate) == (2, 1)
    assert {code for _line, code in engine.run("select line, code from rejects")} <= REASONS.keys()


def test_a_table_that_lacks_what_its_rows_need_is_refused(shelf: Callable[..., TableIntake]) -> None:
    """With the column, the columns there are, and the flag that settles it; which then does."""
    text = "nummer,customer_id,created_at\nT1,c1,2026-05-01\n"

    with pytest.raises(TableColumnMissing, match=r"ticket_id.*nummer, customer_id.*--map ticket_id="):
        shelf("tickets", text)

    assert shelf("tickets", text, mapping={"ticket_id": "nummer"}).intake.rows.good == 1


def test_two_tables_that_fit_alike_are_for_the_user_to_name(tmp_path: Path) -> None:
    """Which one is not guessed; both ways out are named."""
    path = tmp_path / "x.csv"
    path.write_text(
        "ticket_id,response_id,customer_id,created_at,score,status\n1,2,c1,2026-05-01,9,open\n",
        encoding="utf-8",
    )

    with pytest.raises(TableUnclear, match=r"--as (tickets|surveys) or --as (tickets|surveys)"):
        recognise(path, ReadOptions())


def test_lines_of_an_export_know_their_preset(tmp_path: Path, shelf: Callable[..., TableIntake]) -> None:
    """The same Douyin file tells orders, and the lines in them."""
    preset = preset_named("douyin", ())
    rows = [row for order in bought() for row in douyin(order)]
    path = written(tmp_path / "d.csv", [*preset.headers, "买家ID"], rows, "utf-8")

    assert recognise(path, ReadOptions()).table == "orders"
    read = shelf("order_lines", path.read_bytes())

    assert read.intake.rows.good == 2 * len(bought())
    assert read.intake.presets == {str(tmp_path / "order_lines.csv"): "douyin"}
    assert {m.role: m.column for m in read.intake.columns}["amount"] == "订单应付金额"


def test_pinduoduo_tells_articles(tmp_path: Path, shelf: Callable[..., TableIntake], engine: Engine) -> None:
    """Without a buyer it is told as lines, and a refunded one says so."""
    preset = preset_named("pinduoduo", ())
    row = {
        "商品": "上衣",
        "商品id": "9",
        "订单号": "1",
        "订单状态": "已签收",
        "商家实收金额(元)": "5.00",
        "订单成交时间": "",
    }
    rows = [row | {"售后状态": "无售后或售后取消"}, row | {"订单号": "2", "售后状态": "退款成功"}]
    path = written(tmp_path / "p.csv", preset.headers, rows, "utf-8")

    assert recognise(path, ReadOptions()).table == "order_lines"
    assert shelf("order_lines", path.read_bytes()).intake.rows.good == 2

    assert engine.run("select order_id, after_sale, currency from told_rows order by line") == [
        ("1", None, "CNY"),
        ("2", "refunded", "CNY"),
    ]


@pytest.mark.slow
def test_an_import_again_changes_nothing(new_shop: Callable[[], Shop]) -> None:
    """The same bytes are known; the same rows in other bytes are duplicates; a newer version holds."""
    shop, text = new_shop(), GOOD["products"]
    first, again = shop.take("products", text), shop.take("products", text)
    same = shop.take("products", text + "\n", exported=datetime(2026, 6, 2, tzinfo=UTC))
    before = shop.facts()
    dearer = shop.take("products", text.replace("99.00", "89.00"), exported=datetime(2026, 6, 3, tzinfo=UTC))
    late = shop.take("products", text.replace("99.00", "79.00"), exported=datetime(2026, 5, 3, tzinfo=UTC))

    assert (first.is_new, again.is_new, again.rows) == (True, False, first.rows)
    assert (same.rows.good, same.rows.duplicate) == (0, 1)
    assert (dearer.rows.good, late.rows.duplicate) == (1, 1)
    assert "99.0000" in before["products"][0]
    assert "89.0000" in shop.facts()["products"][0]
    assert shop.facts(until_seq=same.seq) == before


def cell(column: Any) -> st.SearchStrategy[str]:
    """A cell of a column, from a few, so that rows meet; blank now and then, and rarely unusable."""
    by_type = {
        "id": ["1", "2", "A-3", "007"],
        "day": ["2026-05-01", "2026-05-02", "soon"],
        "moment": ["2026-05-01 10:00:00", "2026-05-01T10:00:00Z", "2026-05-02", "1900-01-01"],
        "amount": ["10.00", "1,250.50", "-3", "x"],
        "number": ["1", "2.5"],
        "count": ["0", "12", "-1"],
        "rate": ["7.1", "0.140845"],
        "currency": ["USD", "CNY", "¤"],
        "flag": ["yes", "否"],
        "state": ["paid", "退款成功", "?"],
    }
    values = by_type.get(column.type, ["visit", "x", "一"])
    return st.sampled_from([*values, values[0], values[0], *([] if column.is_required else ["", ""])])


@st.composite
def cases(draw: st.DrawFn) -> tuple[str, list[tuple[str, datetime]], list[int], list[int]]:
    """A table, files of it, and two orders in which all come in, the second with repetitions."""
    table = draw(st.sampled_from(stored_tables()))
    columns = [column for column in table.kept if column.is_required or draw(st.booleans())]
    needed = [group[0] for group in table.one_of if not any(c.name in group for c in columns)]
    columns += [column for column in table.kept if column.name in needed]
    header = ",".join(column.name for column in columns)
    files = []
    for _file in range(draw(st.integers(2, 4))):
        rows = draw(st.lists(st.tuples(*map(cell, columns)), min_size=1, max_size=5))
        lines = [",".join(f'"{text}"' for text in row) for row in rows]
        exported = datetime(2026, 6, draw(st.integers(1, 3)), tzinfo=UTC)
        files.append(("\n".join([header, *lines, ""]), exported))
    unique = list({text: (text, exported) for text, exported in files}.values())
    places = range(len(unique))
    again = draw(st.lists(st.sampled_from(places), max_size=2))
    return table.name, unique, list(draw(st.permutations(places))), [*draw(st.permutations(places)), *again]


@pytest.mark.slow
@settings(max_examples=EXAMPLES, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(case=cases())
def test_any_order_and_any_repetition_of_tables_gives_the_same_facts(
    new_shop: Callable[[], Shop], case: tuple[str, list[tuple[str, datetime]], list[int], list[int]]
) -> None:
    """For every declared table: what holds is a function of what was said and when, not of when it came in."""
    table, files, one_way, other_way = case
    found = []
    for way in (one_way, other_way):
        shop = new_shop()
        for place in way:
            text, exported = files[place]
            try:
                shop.take(table, text, exported)
            except InputError:  # nothing in it can be used, whatever came before
                continue
        found.append(shop.facts())

    assert found[0] == found[1]


@pytest.mark.slow
def test_rows_written_anew_say_what_was_known_at_every_import(
    new_shop: Callable[[], Shop], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Dropping what said nothing new changes no answer, not even where exports came in late."""
    monkeypatch.setattr("evergrove.ingest.facts.tables.MOST_FILES", 1)
    shop, then = new_shop(), []
    for nth, (day, price) in enumerate([(1, 10), (4, 10), (2, 20), (3, 10), (5, 10), (6, 10), (7, 30)]):
        text = f"product_id,product_name,price\np1,Tee,{price}\nq{nth},Hat,1\n"
        shop.take("products", text, datetime(2026, 6, day, tzinfo=UTC))
        then.append(shop.facts())

    assert [shop.facts(until_seq=seq) for seq in range(1, 1 + len(then))] == then
    with open_engine(threads=1) as engine:
        seen = shop.warehouse.newest()
        assert seen is not None
        assert len(seen.tables["products"].files) == 1
        show_tables(engine, shop.warehouse, seen)
        told = engine.value("select count(*) from fact_products where row_key = 'p1'")
        assert told < len(then)


@pytest.mark.parametrize("zone", ["Asia/Shanghai", "America/St_Johns", "Europe/Berlin"])
def test_what_sql_casts_by_itself_our_rules_read_alike(
    shelf: Callable[..., TableIntake], engine: Engine, zone: str
) -> None:
    """Times with and without a zone, around the clock's changes and at the edges of what is believed."""
    texts = [
        f"{day}{time}"
        for day in (
            "2026-03-29",
            "2025-10-26",
            "2024-02-29",
            "2025-02-29",
            "1970-01-01",
            "1969-12-31",
            "2026-06-30",
        )
        for time in (
            "",
            " 02:30",
            "T02:30:15",
            "T23:59:59Z",
            "T00:30:00.123456+14:00",
            " 10:00:00-09:30",
            "T25:00:00Z",
        )
    ]
    lines = "".join(f"T{n},c,{text}\n" for n, text in enumerate(texts))
    shelf("tickets", f"ticket_id,customer_id,created_at\n{lines}", timezone=zone)

    told = dict(engine.run("select line - 2, cast(opened_at as varchar) from told_rows"))
    rejected = dict(engine.run("select line - 2, code from rejects"))

    reading = DateReading(zone=ZoneInfo(zone), today=TODAY)
    for n, text in enumerate(texts):
        day = read_day(text, reading)
        assert rejected.get(n, "") == day.fault, text
        if day.value is not None:
            assert told[n] == read_moment(text, reading), text

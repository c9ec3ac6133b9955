"""Every statement of segments says the same in Spark's words: there and back again, on customers made up at random."""

from __future__ import annotations

import random
from datetime import date, datetime, time, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pytest
import sqlglot
from sqlglot import ErrorLevel, exp
from sqlglot.optimizer.annotate_types import annotate_types
from sqlglot.optimizer.qualify import qualify

import evergrove
from evergrove.warehouse import open_engine

if TYPE_CHECKING:
    from collections.abc import Iterator

    from evergrove.warehouse import Engine

STATEMENTS = {
    path.stem: path for path in sorted((Path(evergrove.__file__).parent / "segments/sql").glob("*.sql"))
}
END = date(2026, 6, 30)
WORD, DAY, MOMENT, COUNT, MONEY, NUMBER, FLAG = (
    "VARCHAR",
    "DATE",
    "TIMESTAMP",
    "BIGINT",
    "DECIMAL(18, 4)",
    "DOUBLE",
    "BOOLEAN",
)
SCHEMA = {
    name: {
        column: {"w": WORD, "d": DAY, "t": MOMENT, "c": COUNT, "m": MONEY, "n": NUMBER, "b": FLAG}[kind]
        for column, kind in (each.split(":") for each in columns.split())
    }
    for name, columns in {
        "events": "customer_id:w kind:w happened_at:t",
        "tickets": "customer_id:w opened_at:t closed_at:t",
        "surveys": "customer_id:w kind:w answered_at:t score:c",
        "refunds": "customer_id:w refund_date:d amount:m",
        "orders": "order_id:w customer_id:w order_date:d amount:m",
        "order_lines": "order_id:w product_id:w category:w brand:w quantity:c",
        "products": "product_id:w category:w brand:w",
        "purchases": "customer_id:w order_date:d gap:c net_amount:m",
        "credits": "customer_id:w credit_date:d amount:m",
        "roster": "customer_id:w row:c",
        "customer_summary": "customer_id:w frequency:c first_order_date:d last_order_date:d",
        "customer_category": "customer_id:w category:w",
        "category_rhythm": "category:w p80:n p95:n",
        "category_gaps": "customer_id:w p80:n p95:n",
        "subscriptions": "customer_id:w status:w started_on:d trial_until:d cancelled_on:d paid_until:d ended_on:d updated_at:t",
        "transitions": "customer_id:w axis:w from_:w to_:w cause:w as_of:d run_seq:c",
        "tiers": "customer_id:w tier:w stage:w action:w",
        "scores": "customer_id:w first_order_date:d orders:c spend_12m:m orders_12m:c aov_12m:m T:n recency:n clv_12m:n",
        "traits": (
            "customer_id:w acquisition_source:w acquisition_campaign:w top_category:w price_band:w channels_12m:w"
            " active_hour:n active_days_12m:c category_entropy:n price_place:n acquisition_cost:m"
        ),
        "consents": "customer_id:w purpose:w channel:w state:w",
        "memberships": "customer_id:w segment:w",
        "earlier_members": (
            "segment:w customer_id:w entered_on:d exited_on:d entry_reason:w exit_reason:w version:c"
        ),
        "members_tonight": "segment:w customer_id:w",
        "asked_segments": "segment:w version:c is_changed:b is_held:b",
        "other_persons": "customer_id:w",
        "unprofiled_tonight": "customer_id:w",
        "known_customers": "customer_id:w",
        "not_summarised": "customer_id:w",
    }.items()
}  # fmt: skip
WORDS = {
    "kind": ("nps", "visit", "login", "click", "csat"),
    "status": ("active", "cancelled", "paused", "past_due", "trial", "ended"),
    "axis": ("tier", "stage"),
    "cause": ("evidence", "clock", "initial"),
    "segment": ("a", "b", "c"),
    "purpose": ("marketing",),
    "channel": ("email", "sms"),
    **dict.fromkeys(("from_", "to_", "tier", "stage"), ("low", "high", "growth", None)),
}
PARAMETERS: dict[str, Any] = {
    "observation_end": END, "as_of": END, "end": END, "until": END,
    "origin": END - timedelta(days=120), "start": END - timedelta(days=60), "since": END - timedelta(days=90),
    "after": END - timedelta(days=200), "kept_since": END - timedelta(days=100),
    "axis": "tier", "kind": "nps", "key": "a", "purpose": "marketing", "channel": "email", "what": "category",
    "value": "w1", "has_tickets": True, "has_refunds": True,
}  # fmt: skip
MANY = 60
"""Rows of a table, and the value of a parameter that is a number and not listed."""


def cell(draw: random.Random, table: str, column: str, kind: str, nth: int) -> Any:
    """A value of a column; NULL now and then, but for ids."""
    if column == "customer_id" and table in ONE_EACH:
        return f"c{nth + (40 if table == 'known_customers' else 0):02d}"
    if column == "row":
        return nth
    if column == "run_seq":
        return nth
    if (
        not column.endswith("_id")
        and column not in {"as_of", "axis", "segment", "order_date", "entered_on"}
        and draw.random() < 0.15
    ):
        return None
    day = END - timedelta(days=draw.randrange(-20, 500))
    made: dict[str, Any] = {
        WORD: draw.choice(WORDS.get(column, ("w1", "w2", "w3"))),
        DAY: day,
        MOMENT: datetime.combine(day, time(draw.randrange(24), draw.randrange(60))),
        COUNT: draw.randrange(0, 11),
        MONEY: pa.scalar(draw.randrange(1, 90_000) / 100).cast(pa.decimal128(18, 4)).as_py(),
        NUMBER: draw.randrange(0, 240) / 10,
        FLAG: draw.random() < 0.5,
    }
    if column.endswith("_id"):
        return f"{column[0]}{draw.randrange(25):02d}"
    return made[kind]


ONE_EACH = (
    "customer_summary", "customer_category", "category_gaps", "tiers", "scores", "traits", "roster", "known_customers",
    "other_persons", "not_summarised",
)  # fmt: skip
ARROW = {
    WORD: pa.string(), DAY: pa.date32(), MOMENT: pa.timestamp("us"), COUNT: pa.int64(),
    MONEY: pa.decimal128(18, 4), NUMBER: pa.float64(), FLAG: pa.bool_(),
}  # fmt: skip


@pytest.fixture(scope="module")
def engine() -> Iterator[Engine]:
    """Every table that a statement of segments reads."""
    draw = random.Random(7)  # noqa: S311 - made up, not secret
    with open_engine(threads=1) as opened:
        for name, columns in SCHEMA.items():
            rows = [
                {column: cell(draw, name, column, kind, nth) for column, kind in columns.items()}
                for nth in range(MANY)
            ]
            schema = pa.schema([(column, ARROW[kind]) for column, kind in columns.items()])
            opened.register(f"made_{name}", pa.Table.from_pylist(rows, schema=schema))
            opened.create(name, f"select * from made_{name}")
        yield opened


def spoken(name: str) -> tuple[Any, dict[str, Any]]:
    """A statement with its parameters as it is, and the values bound to them."""
    query = sqlglot.parse_one(STATEMENTS[name].read_text(encoding="utf-8"), read="duckdb")
    found = {str(each.this) for each in query.find_all(exp.Placeholder)}
    return query, {
        each: PARAMETERS.get(each, 3 if each in {"step", "least_gaps"} else MANY) for each in found
    }


@pytest.mark.parametrize("name", STATEMENTS)
def test_there_and_back_again_a_statement_says_the_same(engine: Engine, name: str) -> None:
    """Written for Spark, read as Spark's, and written for DuckDB: the same rows, of which there are some."""
    query, values = spoken(name)
    spark = query.sql(dialect="spark", unsupported_level=ErrorLevel.RAISE, comments=False)
    back = sqlglot.parse_one(spark, read="spark").sql(dialect="duckdb", comments=False)

    plain, again = engine.run(query.sql(dialect="duckdb"), **values), engine.run(back, **values)

    assert plain
    assert "APPROX" not in spark
    assert sorted(map(repr, again)) == sorted(map(repr, plain))


@pytest.mark.parametrize("name", STATEMENTS)
def test_days_are_told_apart_by_a_function(name: str) -> None:
    """One day less another is a number in DuckDB and an interval in Spark, which is no double there: date_diff is both's."""
    query, values = spoken(name)
    for each in list(query.find_all(exp.Placeholder)):
        value = values[str(each.this)]
        each.replace(
            exp.cast(exp.Literal.string(str(value)), "date")
            if isinstance(value, date)
            else exp.convert(value)
        )
    schema: dict[str, object] = dict(SCHEMA)
    typed = annotate_types(qualify(query, schema=schema, dialect="duckdb"), schema=schema, dialect="duckdb")

    for less in typed.find_all(exp.Sub):
        both = {side.type.this for side in (less.this, less.expression) if side.type is not None}
        assert both != {exp.DataType.Type.DATE}, less.sql()

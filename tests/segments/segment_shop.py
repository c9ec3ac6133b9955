"""Customers written down at random once, with gaps everywhere, and an evaluator that goes through them one by one."""

from __future__ import annotations

import random
import re
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pyarrow as pa

from evergrove.segments.language.types import (
    Compared,
    Every,
    FromToday,
    Holds,
    Not,
    Some,
    Unknown,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from evergrove.segments.language.types import Condition, Term, Value
    from evergrove.warehouse import Engine

AS_OF = date(2026, 6, 30)
CUSTOMERS = 60
Row = dict[str, Any]
Tables = dict[str, list[Row]]
KINDS, CATEGORIES, SOURCES = ("visit", "login"), ("tea", "it's 50%", None), ("google", "Google_ads", "", None)
SCHEMAS = {
    "scores": pa.schema(
        [
            ("customer_id", pa.string()),
            ("last_order_date", pa.date32()),
            ("next_order_date", pa.date32()),
            ("orders", pa.int64()),
            ("spend_12m", pa.decimal128(18, 4)),
            ("p_alive", pa.float64()),
            ("rfm_group", pa.string()),
        ]
    ),
    "tiers": pa.schema(
        [
            ("customer_id", pa.string()),
            ("tier", pa.string()),
            ("stage", pa.string()),
            ("stage_since", pa.date32()),
        ]
    ),
    "traits": pa.schema([("customer_id", pa.string()), ("acquisition_source", pa.string())]),
    "events": pa.schema(
        [("customer_id", pa.string()), ("kind", pa.string()), ("happened_at", pa.timestamp("us"))]
    ),
    "orders": pa.schema(
        [
            ("order_id", pa.string()),
            ("customer_id", pa.string()),
            ("order_date", pa.date32()),
            ("amount", pa.decimal128(18, 4)),
        ]
    ),
    "order_lines": pa.schema(
        [
            ("order_id", pa.string()),
            ("product_id", pa.string()),
            ("category", pa.string()),
            ("brand", pa.string()),
            ("quantity", pa.decimal128(18, 4)),
        ]
    ),
    "products": pa.schema([("product_id", pa.string()), ("category", pa.string()), ("brand", pa.string())]),
    "tickets": pa.schema([("customer_id", pa.string()), ("opened_at", pa.timestamp("us"))]),
    "surveys": pa.schema(
        [
            ("customer_id", pa.string()),
            ("kind", pa.string()),
            ("score", pa.decimal128(18, 4)),
            ("answered_at", pa.timestamp("us")),
        ]
    ),
    "consents": pa.schema([(each, pa.string()) for each in ("customer_id", "purpose", "channel", "state")]),
}


def tables(seed: int = 7) -> Tables:
    """A shop of sixty customers; whoever is short of something has None."""
    chance = random.Random(seed)  # noqa: S311 - made up customers
    names = [f"C{n:02}" for n in range(CUSTOMERS)]

    def maybe(value: Any) -> Any:
        return value if chance.random() < 0.8 else None

    def day(span: int = 200, ahead: int = 0) -> date:
        return AS_OF + timedelta(days=chance.randint(-span, ahead))

    def moment() -> datetime:
        return datetime.combine(day(60, 5), datetime.min.time()) + timedelta(hours=chance.randint(0, 23))

    products = [
        {"product_id": f"P{n}", "category": chance.choice(CATEGORIES), "brand": maybe("B1")} for n in range(5)
    ]
    orders = [
        {
            "order_id": f"O{n}",
            "customer_id": chance.choice(names),
            "order_date": day(120, 3),
            "amount": Decimal(n),
        }
        for n in range(150)
    ]
    return {
        "scores": [
            {
                "customer_id": name,
                "last_order_date": maybe(day()),
                "next_order_date": maybe(day(0, 40)),
                "orders": maybe(chance.randint(0, 6)),
                "spend_12m": maybe(Decimal(chance.choice(("0", "99.9999", "100", "250.5")))),
                "p_alive": maybe(chance.choice((0.0, 0.25, 0.5, 1.0))),
                "rfm_group": maybe(chance.choice(("loyal", "lost"))),
            }
            for name in names
        ],
        "tiers": [
            {
                "customer_id": name,
                "tier": maybe(chance.choice(("low", "medium", "potential", "high"))),
                "stage": maybe(chance.choice(("new", "mature", "decline", "churned"))),
                "stage_since": maybe(day()),
            }
            for name in names[:-3]
        ],
        "traits": [
            {"customer_id": name, "acquisition_source": chance.choice(SOURCES)} for name in names[:40]
        ],
        "events": [
            {
                "customer_id": maybe(chance.choice(names)),
                "kind": chance.choice(KINDS),
                "happened_at": moment(),
            }
            for _n in range(200)
        ],
        "orders": orders,
        "order_lines": [
            {
                "order_id": chance.choice(orders)["order_id"],
                "product_id": maybe(f"P{chance.randint(0, 5)}"),
                "category": maybe(chance.choice(CATEGORIES)),
                "brand": maybe(chance.choice(("B1", "B2"))),
                "quantity": maybe(Decimal(chance.choice((1, 2, -1)))),
            }
            for _n in range(120)
        ],
        "products": products,
        "tickets": [{"customer_id": chance.choice(names), "opened_at": moment()} for _n in range(30)],
        "surveys": [
            {
                "customer_id": chance.choice(names),
                "kind": chance.choice(("nps", "csat")),
                "score": Decimal(chance.randint(0, 10)),
                "answered_at": moment(),
            }
            for _n in range(80)
        ],
        "consents": [
            {"customer_id": name, "purpose": "marketing", "channel": "email", "state": state}
            for name, state in zip(names[::3], ("granted", "denied") * CUSTOMERS, strict=False)
        ],
    }


def show(engine: Engine, shop: Tables) -> Any:
    """Put a shop into an engine; its consents are handed back."""
    for name, rows in shop.items():
        if name != "consents":
            engine.register(name, pa.Table.from_pylist(rows, schema=SCHEMAS[name]))
    return pa.Table.from_pylist(shop["consents"], schema=SCHEMAS["consents"])


class Naive:
    """
    Who is meant, customer by customer, in plain Python: the language's rules once more, from its documentation.

    A comparison with something unknown is false; ``not`` turns what stands in its brackets.
    """

    def __init__(self, shop: Tables, segments: Mapping[str, set[str]] | None = None) -> None:
        self._shop = shop
        self._segments = segments or {}

    def members(self, condition: Condition) -> set[str]:
        """The customers of whom it is true."""
        names = [row["customer_id"] for row in self._shop["scores"]]
        return {name for name in names if self._true(condition, name)}

    def _true(self, condition: Condition, name: str) -> bool:
        if isinstance(condition, Every):
            return all(self._true(part, name) for part in condition.parts)
        if isinstance(condition, Some):
            return any(self._true(part, name) for part in condition.parts)
        if isinstance(condition, Not):
            return not self._true(condition.part, name)
        value = self._value(condition.term, name)
        if isinstance(condition, Unknown):
            return (value is None) == condition.holds
        if isinstance(condition, Holds):
            return bool(value)
        return value is not None and _compares(condition, value)

    def _value(self, term: Term, name: str) -> Any:
        if term.arguments is None:
            return self._field(term.name, name)
        found: Callable[..., Any] = getattr(self, f"_{term.name}")
        return found(name, *term.arguments)

    def _field(self, field: str, name: str) -> Any:
        since = {"days_since_last_order": ("last_order_date", 1), "days_in_stage": ("stage_since", 1)}
        since |= {"days_until_next_order": ("next_order_date", -1)}
        column, sign = since.get(field, (field, 0))
        table = next(each for each, schema in SCHEMAS.items() if column in schema.names and each != "orders")
        found = next((row[column] for row in self._shop[table] if row["customer_id"] == name), None)
        return found if sign == 0 or found is None else (AS_OF - found).days * sign

    def _rows(self, table: str, name: str, at: str, days: int | None = None) -> list[Row]:
        rows = [row for row in self._shop[table] if row["customer_id"] == name]
        return [row for row in rows if _is_within(row[at], days)]

    def _events(self, name: str, kind: str, days: int | None = None) -> int:
        return sum(row["kind"] == kind for row in self._rows("events", name, "happened_at", days))

    def _days_since_event(self, name: str, kind: str) -> int | None:
        rows = self._rows("events", name, "happened_at")
        days = [(AS_OF - row["happened_at"].date()).days for row in rows if row["kind"] == kind]
        return min(days, default=None)

    def _tickets(self, name: str, days: int | None = None) -> int:
        return len(self._rows("tickets", name, "opened_at", days))

    def _answer(self, name: str, kind: str) -> Any:
        rows = [row for row in self._rows("surveys", name, "answered_at") if row["kind"] == kind]
        latest = max((row["answered_at"] for row in rows), default=None)
        return min((row["score"] for row in rows if row["answered_at"] == latest), default=None)

    def _orders_within(self, name: str, days: int) -> int:
        return len(self._rows("orders", name, "order_date", days))

    def _paid_within(self, name: str, days: int) -> Decimal:
        return sum((row["amount"] for row in self._rows("orders", name, "order_date", days)), Decimal())

    def _bought(self, name: str, what: str, value: str, days: int | None = None) -> bool:
        bought = {row["order_id"] for row in self._rows("orders", name, "order_date", days)}
        products = {row["product_id"]: row for row in self._shop["products"]}
        for line in self._shop["order_lines"]:
            if line["order_id"] in bought and (line["quantity"] is None or line["quantity"] > 0):
                article = products.get(line["product_id"], {})
                own = line["product_id"] if what == "product" else line[what]
                if (own if own is not None or what == "product" else article.get(what)) == value:
                    return True
        return False

    def _consent(self, name: str, purpose: str, channel: str = "any") -> str:
        wanted = {"customer_id": name, "purpose": purpose, "channel": channel}
        found = (row["state"] for row in self._shop["consents"] if wanted.items() <= row.items())
        return str(next(found, "unknown"))

    def _in_segment(self, name: str, key: str) -> bool:
        return name in self._segments.get(key, set())


def _is_within(at: date, days: int | None) -> bool:
    day = at.date() if isinstance(at, datetime) else at
    return day <= AS_OF and (days is None or day > AS_OF - timedelta(days=days))


def _plain(value: Value) -> Any:
    return AS_OF + timedelta(days=value.days) if isinstance(value, FromToday) else value


def _compares(condition: Compared, value: Any) -> bool:
    wanted = [_plain(each) for each in condition.values]
    bare = condition.op.removeprefix("not ")
    found = _holds(bare, Decimal(str(value)) if isinstance(value, float) else value, wanted)
    return found if bare == condition.op else not found


def _holds(op: str, value: Any, wanted: Sequence[Any]) -> bool:
    first = wanted[0]
    if op in ("like", "ilike"):
        pattern = "".join({"%": ".*", "_": "."}.get(each, re.escape(each)) for each in first)
        return re.fullmatch(pattern, value, re.DOTALL | (re.IGNORECASE if op == "ilike" else 0)) is not None
    if op in ("in", "between"):
        return value in wanted if op == "in" else bool(first <= value <= wanted[-1])
    below, same = bool(value < first), bool(value == first)
    return {"=": same, "!=": not same, "<": below, "<=": below or same}.get(
        op, not below if op == ">=" else not (below or same)
    )

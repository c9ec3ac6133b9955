"""The published table of customers: its columns, in their order, and the query that makes it."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from evergrove.core import _, __version__
from evergrove.export.types import Column
from evergrove.segments.measures.tables import without_purchase
from evergrove.warehouse import identifier, literal

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import date
    from pathlib import Path

    from evergrove.warehouse import Engine

SCHEMA = "evergrove.customers/1"
CURRENCY, COUNT, DAYS, DAY = _("currency"), _("count"), _("days"), _("calendar day")
"""Units, as words."""


def _money(name: str, sentence: str) -> Column:
    return Column(name, "money", f"c.{name}", "DECIMAL(18,4)", sentence, CURRENCY)


def _estimate(name: str, sentence: str, unit: str = CURRENCY) -> Column:
    return Column(name, "estimate", f"s.{name}", "DOUBLE", sentence, unit)


def _share(name: str, sentence: str) -> Column:
    return Column(name, "probability", f"s.{name}", "DOUBLE", sentence, "0..1")


def _count(name: str, sentence: str, unit: str = COUNT) -> Column:
    return Column(name, "count", f"c.{name}", "BIGINT", sentence, unit)


def _score(name: str, sentence: str) -> Column:
    return Column(name, "score", f"nullif(s.{name}, -1)", "TINYINT", sentence, "1..5")


def _ahead(name: str, sentence: str) -> Column:
    day = f"($observation_end + cast(s.{name} as integer))"
    return Column(name, "date", day, "DATE", sentence, DAY)


CUSTOMER_COLUMNS: tuple[Column, ...] = (
    Column("customer_id", "id", "c.customer_id", "VARCHAR", _("The customer's id, as text.")),
    Column("first_order_date", "date", "c.first_order_date", "DATE", _("Day of the first purchase."), DAY),
    Column("last_order_date", "date", "c.last_order_date", "DATE", _("Day of the latest purchase."), DAY),
    _count("orders", _("Paid orders so far.")),
    _count("frequency", _("Repeat purchases: purchase days after the first.")),
    Column("recency", "days", "c.recency", "BIGINT", _("Age of the customer at the last purchase."), DAYS),
    Column("T", "days", "c.T", "BIGINT", _("Age of the customer at the end of observation."), DAYS),
    _money("monetary_value", _("Mean net amount of a repeat purchase day; empty without a repeat.")),
    Column(
        "historic_value",
        "money",
        "s.historic_value",
        "DECIMAL(18,4)",
        _("What the customer has brought so far."),
        CURRENCY,
    ),
    _money("spend_12m", _("Net revenue of the 365 days that end with the observation.")),
    _count("orders_12m", _("Paid orders in these 365 days.")),
    _money("aov_12m", _("Average order in these 365 days: spend_12m / orders_12m.")),
    _share("p_alive", _("Chance that the customer has not left for good, as the model means it.")),
    _share("p_active_180d", _("Chance of at least one purchase in the next 180 days.")),
    _estimate("expected_purchases_12m", _("Expected purchase days in the next 365.25 days."), COUNT),
    _estimate("expected_spend", _("Expected amount of one purchase day.")),
    _estimate("clv_12m", _("Expected value of the next 365.25 days, discounted.")),
    _estimate("clv_12m_low", _("Lower end of the 80% interval of the discounted 12-month value.")),
    _estimate("clv_12m_high", _("Upper end of the 80% interval of the discounted 12-month value.")),
    _estimate(
        "clv_12m_runner_up",
        _("clv_12m by the next best model of the back-test; empty where there was no rival."),
    ),
    _estimate("clv", _("Residual value: all expected later value, discounted.")),
    _estimate("clv_total", _("historic_value + clv.")),
    _estimate("simple_clv", _("Average order x orders per year x lifetime in years.")),
    _score("rfm_recency", _("Quintile of recency, 5 is most recent.")),
    _score("rfm_frequency", _("Quintile of the number of orders, 5 is most.")),
    _score("rfm_monetary", _("Quintile of net spend, 5 is most.")),
    Column("rfm_group", "word", "s.rfm_group", "VARCHAR", _("Name of the RFM group.")),
    _ahead(
        "next_order_date", _("Median day of the next order; empty when an order within 365 days is unlikely.")
    ),
    _ahead("next_order_p25", _("Day by which a quarter of such customers have ordered again.")),
    _ahead("next_order_p75", _("Day by which three quarters have ordered again.")),
    Column("tier", "word", "s.tier", "VARCHAR", _("Value tier: high, potential, medium, low.")),
    Column("stage", "word", "s.stage", "VARCHAR", _("Place in the life cycle.")),
    Column("action", "word", "s.action", "VARCHAR", _("Key of the playbook for this customer.")),
    Column("model", "word", "$model", "VARCHAR", _("Model behind the forecasts; empty without one.")),
    Column("runner_up", "word", "$runner_up", "VARCHAR", _("Next best model; empty without one.")),
    Column(
        "currency",
        "text",
        "$currency",
        "VARCHAR",
        _("ISO 4217 code of all money in the row; empty if not declared."),
    ),
    Column("basis", "word", "$basis", "VARCHAR", _("What value means here: revenue, margin or net_profit.")),
)


def coded(column: str, names: Sequence[str]) -> str:
    """SQL that writes a small integer code as its name; NULL for a code outside the list."""
    cases = " ".join(f"when {code} then {literal(name)}" for code, name in enumerate(names))
    return f"case s.{identifier(column)} {cases} end"


def customers_query(
    engine: Engine,
    codes: Mapping[str, Sequence[str]],
    *,
    currency: str,
    basis: str,
    models: tuple[str, str],
    observation_end: date,
    others: int | None = None,
    columns: Sequence[Column] = CUSTOMER_COLUMNS,
) -> str:
    """
    The query behind the table of customers, in the order of their ids.

    It lines the rows of ``customer_summary`` up with the registered columns ``scored``, and adds the known
    customers that have no purchase (``without_purchase.sql``), with NULLs for scores.

    Args:
        engine: Holds customer_summary, scored, known_customers, orders and refunds.
        codes: Column name -> the names that its codes 0, 1, ... stand for.
        currency: ISO code or empty.
        basis: revenue, margin or net_profit.
        models: Names of the model behind the forecasts and of the runner-up; "" for none.
        observation_end: The last day whose orders count.
        others: Known customers without a purchase, where they have been looked for already (0: there are none);
            None looks for them.
        columns: Which, in which order.
    """
    bound = {
        "$observation_end": f"date {literal(observation_end.isoformat())}",
        "$currency": literal(currency),
        "$basis": literal(basis),
        "$model": f"nullif({literal(models[0])}, '')",
        "$runner_up": f"nullif({literal(models[1])}, '')",
    }

    def published(column: Column, sql: str) -> str:
        for name, text in bound.items():
            sql = sql.replace(name, text)
        return f"cast({sql} as {column.type}) as {identifier(column.name)}"

    scored = ", ".join(
        published(c, coded(c.name, codes[c.name]) if c.name in codes else c.sql) for c in columns
    )
    lined_up = "from customer_summary c positional join scored s"
    if not (without_purchase(engine, observation_end) if others is None else others):
        return f"select {scored} {lined_up}"
    given = {"currency": "$currency", "basis": "$basis"} | {
        n: f"w.{n}" for n in ("customer_id", "stage", "action")
    }
    unscored = ", ".join(published(c, given.get(c.name, "null")) for c in columns)
    return (
        f"select * exclude (sort_key) from (select c.customer_id as sort_key, {scored} {lined_up} "
        f"union all select w.customer_id as sort_key, {unscored} from without_purchase w) order by sort_key"
    )


def write_parquet(
    engine: Engine,
    query: str,
    path: Path,
    *,
    lineage: Mapping[str, object],
    columns: Sequence[Column] = CUSTOMER_COLUMNS,
    schema: str = SCHEMA,
) -> None:
    """
    Write a table as Parquet; units, basis, horizon and model stand in the file's metadata.

    Args:
        engine: Runs the query.
        query: The rows.
        path: The file.
        lineage: Where the rows come from, by name.
        columns: What they are.
        schema: Name and version of the table's format.
    """
    said = {c.name: {"unit": c.unit, "says": c.sentence} for c in columns}
    facts = {"format": schema, "version": __version__, **lineage, "columns": said}
    metadata = literal(json.dumps(facts, ensure_ascii=False))
    options = f"format parquet, compression snappy, use_tmp_file false, kv_metadata {{evergrove: {metadata}}}"
    engine.copy_to(query, path, options)

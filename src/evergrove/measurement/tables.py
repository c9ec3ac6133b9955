"""What measurement keeps in the ledger: the value ledger, one row a playbook and day; targets, one row a month."""

from __future__ import annotations

from sqlalchemy import BigInteger, Boolean, Column, Date, Float, Integer, String, Table, UniqueConstraint

from evergrove.ledger import Amount, Document, Instant, metadata

value_ledger = Table(
    "value_ledger",
    metadata,
    Column("id", String(32), primary_key=True),
    Column("playbook", String(40), nullable=False, comment="Its key; 'global' for all playbooks together."),
    Column("as_of", Date, nullable=False, comment="The last day whose orders and refunds count."),
    Column("first_assigned", Date, nullable=False),
    Column("people_treated", Integer, nullable=False, comment="As assigned."),
    Column("people_control", Integer, nullable=False, comment="As assigned."),
    Column("mean_treated", Float, comment="Realised margin per customer since the assignment."),
    Column("mean_control", Float),
    Column("margin_difference", Float, comment="Per customer; NULL where nothing can be said."),
    Column("low", Float),
    Column("high", Float),
    Column("se", Float),
    Column("df", Float),
    Column("p", Float),
    Column("orders_treated", Float, comment="Orders per customer since the assignment."),
    Column("orders_control", Float),
    Column("orders_difference", Float),
    Column("orders_low", Float),
    Column("orders_high", Float),
    Column("orders_se", Float),
    Column("orders_df", Float),
    Column("orders_p", Float),
    Column("reason", String(60), comment="Why there is no difference."),
    Column("level", Float, nullable=False, comment="Probability between low and high."),
    Column("strata", Integer, nullable=False),
    Column("estimator", String(20), nullable=False),
    Column(
        "variance_left",
        Float,
        nullable=False,
        server_default="1",
        comment="After what each had brought before is taken out; 1: nothing is.",
    ),
    Column("planned_control", Float, nullable=False),
    Column("srm_p", Float, nullable=False, comment="Below 0.001 nothing else in the row is to be trusted."),
    Column("window_days", Float, nullable=False, comment="Since the assignment, on average."),
    Column("window_needed", Integer, comment="Two p90 purchase gaps; NULL while unknown."),
    Column("people_complete", Integer, nullable=False, comment="Whose window has passed."),
    Column("complete", Boolean, nullable=False),
    Column("messages", Integer, nullable=False),
    Column("cost", Amount, nullable=False, comment="Of the messages; not taken off the difference."),
    Column("basis", String(20), nullable=False),
    Column("surrogate_difference", Float, comment="Change of residual CLV per customer, told by models."),
    Column("surrogate_low", Float),
    Column("surrogate_high", Float),
    Column("surrogate_se", Float),
    Column("surrogate_df", Float),
    Column("surrogate_p", Float),
    Column(
        "surrogate_people", Integer, nullable=False, server_default="0", comment="Of whom they say something."
    ),
    Column("surrogate_fitted_on", Date, comment="The last day that these models had seen."),
    Column("run_id", Integer, nullable=False),
    Column("recorded_at", Instant, nullable=False),
    UniqueConstraint("playbook", "as_of"),
)

coupon_subsidy = Table(
    "coupon_subsidy",
    metadata,
    Column("campaign", String, primary_key=True, comment="Of coupons."),
    Column("playbook", String(40), primary_key=True, comment="That gave out its codes."),
    Column("as_of", Date, nullable=False, comment="The last day whose orders count."),
    Column("people_treated", Integer, nullable=False, comment="As assigned."),
    Column("people_control", Integer, nullable=False, comment="As assigned."),
    Column("redeemers", Integer, nullable=False, comment="Of the treated."),
    Column("rate", Float, comment="1 - extra buyers / redeemers, not clipped; NULL where it is not known."),
    Column("low", Float),
    Column("high", Float),
    Column("extra_buyers", Float, comment="Per assigned: treated less control."),
    Column("redeemed_share", Float, comment="Redeemers per assigned, of the treated."),
    Column("level", Float, nullable=False, comment="Probability between low and high."),
    Column("reason", String(60), comment="Why there is no rate."),
    Column("recorded_at", Instant, nullable=False),
)
"""What share of a campaign's redeemers would have bought anyway, the newest figure of each playbook."""

value_part = Table(
    "value_part",
    metadata,
    Column(
        "playbook", String(40), primary_key=True, comment="As in value_ledger; empty: all that give a coupon."
    ),
    Column(
        "dimension", String(20), primary_key=True, comment="In what the parts differ: tier, stage, month ..."
    ),
    Column("part", String(60), primary_key=True),
    Column("as_of", Date, primary_key=True, comment="The last day whose orders and refunds count."),
    Column("document", Document, nullable=False, comment="The figures of value_ledger, of this part."),
    Column("run_id", BigInteger, nullable=False),
    Column("recorded_at", Instant, nullable=False),
)
"""The value ledger part by part; of each month its last day is kept."""

experiment_count = Table(
    "experiment_count",
    metadata,
    Column("as_of", Date, primary_key=True, comment="The last day whose orders count."),
    Column("window_days", Integer, nullable=False, comment="Over which an outcome is counted."),
    Column("basis", String(20), nullable=False),
    Column("margin", Float, comment="The setting; NULL: revenue is counted."),
    Column("expected", Float, nullable=False, comment="The effect a person that is worth finding."),
    Column("document", Document, nullable=False, comment="Arms and strata of every experiment, as sums."),
    Column("run_id", BigInteger, nullable=False),
    Column("recorded_at", Instant, nullable=False),
)
"""Experiments as last night counted them; the night before gives way."""

outcome_cap = Table(
    "outcome_cap",
    metadata,
    Column("basis", String(20), primary_key=True, comment="What the figures count: revenue or margin."),
    Column("cap", Float, nullable=False, comment="A customer's figure above it counts as the cap."),
    Column("day", Date, nullable=False, comment="The last day before anybody was assigned."),
    Column("days", BigInteger, nullable=False, comment="That the figures it is the quantile of span."),
    Column("customers", BigInteger, nullable=False),
    Column("set_at", Instant, nullable=False),
)
"""Where figures that decide are cut off: fixed once, by the time before any outreach."""

self_stop = Table(
    "self_stop",
    metadata,
    Column("playbook", String(40), primary_key=True),
    Column("as_of", Date, primary_key=True, comment="The last day whose orders and refunds counted."),
    Column("reason", String(60), nullable=False),
    Column("params", Document, nullable=False, comment="Fields of the reason's sentence."),
    Column("run_id", BigInteger, nullable=False),
    Column("stopped_at", Instant, nullable=False),
)
"""When a playbook stopped by itself, and why; who starts it again gives it a new beginning."""

target_month = Table(
    "target_month",
    metadata,
    Column("month", Date, primary_key=True, comment="Its first day."),
    Column("as_of", Date, nullable=False, comment="The last day that counts."),
    Column("run_id", Integer, nullable=False, comment="The snapshot whose states these are."),
    Column("document", Document, nullable=False),
    Column("recorded_at", Instant, nullable=False),
)

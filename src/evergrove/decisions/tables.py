"""What was decided, for whom nothing was sent as well; and what guards look at: cases, budgets, caps, rates."""

from __future__ import annotations

from sqlalchemy import BigInteger, CheckConstraint, Column, Date, Float, Index, Integer, String, Table

from evergrove.ledger import Amount, Document, Instant, metadata

decision = Table(
    "decision",
    metadata,
    Column("id", String(32), primary_key=True),
    Column("run_id", BigInteger, nullable=False),
    Column("as_of", Date, nullable=False),
    Column("playbook", String, nullable=False),
    Column("version", Integer, nullable=False),
    Column("customer_id", String, nullable=False),
    Column("occasion", String, nullable=False),
    Column("step", Integer, nullable=False),
    Column("outcome", String, nullable=False),
    Column("reason", String, comment="Code of why nothing leaves."),
    Column("params", Document, nullable=False, comment="Fields of the reason's sentence."),
    Column("arm", String, comment="Only where everything else allowed the message."),
    Column("probability", Float, comment="Of being treated, in the layer that decided the arm."),
    Column("tier", String, nullable=False),
    Column("stage", String, nullable=False),
    Column("cost", Amount, nullable=False),
    Column("decided_at", Instant, nullable=False),
    Column("channel", String, comment="By which it was to leave."),
    Column("basis", Document, comment="Hour, zone, and what spoke against each channel."),
    CheckConstraint("outcome in ('send', 'control', 'blocked', 'outranked', 'skipped')", name="outcome"),
    CheckConstraint("(arm is not null) = (outcome in ('send', 'control'))", name="arm"),
    Index(None, "as_of", "playbook"),
    Index(None, "as_of", "reason"),
    Index(None, "customer_id"),
)
"""One row a step and day."""

decision_choice = Table(
    "decision_choice",
    metadata,
    Column("id", String(32), primary_key=True),
    Column("run_id", BigInteger, nullable=False),
    Column("as_of", Date, nullable=False),
    Column(
        "customer_id", String, nullable=False, comment="The person, under the id that the draw was made by."
    ),
    Column("best", String(32), comment="The decision that was best; NULL: nothing was."),
    Column("picked", String(32), comment="The decision that came up; NULL: nothing did."),
    Column("probability", Float, nullable=False, comment="Of what came up, before the arm."),
    Column("share", Float, nullable=False, comment="That was drawn by chance."),
    Column("arm", String, comment="Drawn afterwards; NULL where nothing came up."),
    Column("arm_probability", Float, comment="Of being treated, in the layer that decided the arm."),
    Column("actions", Document, nullable=False, comment="All that was allowed, with value and probability."),
    Column("decided_at", Instant, nullable=False),
    Index(None, "as_of"),
    Index(None, "customer_id"),
)
"""One row a person and choice: the eligible set with the probability of every action in it, nothing included."""

CASE_KINDS = ("complaint", "detractor", "return")
SPANS = ("day", "week", "month")
PERIODS = ("month", "total")

outreach_case = Table(
    "outreach_case",
    metadata,
    Column("id", String(32), primary_key=True),
    Column("customer_id", String, nullable=False),
    Column("kind", String, nullable=False),
    Column("source", String, nullable=False, comment="Who told of it, such as tickets or user:3."),
    Column("opened_at", Instant, nullable=False),
    Column("until", Instant, nullable=False, comment="From then on it holds nothing back."),
    Column("closed_at", Instant),
    Column("closed_by", String),
    CheckConstraint(f"kind in {CASE_KINDS}", name="kind"),
    Index(None, "customer_id"),
)
"""Matters that are open with a customer; while one is, marketing is held back."""

budget = Table(
    "budget",
    metadata,
    Column("scope", String, primary_key=True, comment="everything, channel:NAME or playbook:KEY."),
    Column("period", String, primary_key=True),
    Column("amount", Amount, nullable=False),
    Column("currency", String, nullable=False),
    Column("zone", String, nullable=False, comment="In which its months begin."),
    Column("set_by", String, nullable=False),
    Column("set_at", Instant, nullable=False),
    CheckConstraint("amount >= 0", name="amount"),
    CheckConstraint(f"period in {PERIODS}", name="period"),
)
"""How much may be spent."""

budget_span = Table(
    "budget_span",
    metadata,
    Column("scope", String, primary_key=True),
    Column("period", String, primary_key=True),
    Column("span", String(7), primary_key=True, comment="Its month, YYYY-MM; total: all of time."),
    Column("committed", Amount, nullable=False, comment="Decided and not yet sent."),
    Column("spent", Amount, nullable=False, comment="Sent."),
)
"""How much of a budget is used: the sums of its entries, changed with them by one conditional update."""

budget_entry = Table(
    "budget_entry",
    metadata,
    Column("scope", String, primary_key=True),
    Column("period", String, primary_key=True),
    Column("ref", String(32), primary_key=True, comment="The message's name in the outbox."),
    Column("kind", String, primary_key=True),
    Column("span", String(7), nullable=False),
    Column("amount", Amount, nullable=False, comment="Expected cost."),
    Column("variance", Float, nullable=False, comment="Of the cost, in squared currency."),
    Column("at", Instant, nullable=False),
    CheckConstraint("kind in ('commit', 'release', 'spend')", name="kind"),
    Index(None, "ref"),
)
"""What each message takes from each budget it falls under: committed once, and spent or released once."""

own_cap = Table(
    "own_cap",
    metadata,
    Column("customer_id", String, primary_key=True),
    Column("channel", String, primary_key=True, comment="Empty: all channels together."),
    Column("span", String, primary_key=True),
    Column("most", Integer, nullable=False),
    Column("set_at", Instant, nullable=False),
    CheckConstraint("most >= 0", name="most"),
    CheckConstraint(f"span in {SPANS}", name="span"),
)
"""How often a customer wants to hear at most; the shop's own caps hold beside it."""

send_rate = Table(
    "send_rate",
    metadata,
    Column("channel", String, primary_key=True),
    Column("next_at", Instant, nullable=False, comment="When the provider takes the next message."),
)
"""How fast each channel may go."""

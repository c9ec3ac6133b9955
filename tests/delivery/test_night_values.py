"""What the latest run knows of customers stands in their letters: from a file of orders to the words of a message."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import select

from evergrove.app import letters as app
from evergrove.app.weeks import READ
from evergrove.core import SetClock
from evergrove.delivery import MemoryChannel, send
from evergrove.delivery.letters import add_letter, night_values, nights
from evergrove.delivery.letters.nights import missing_to_high
from evergrove.outbox import OUTBOX
from evergrove.people.identity import merge
from evergrove.segments.states.placement import Placement, Policy, Yardsticks
from evergrove.segments.types import Rhythm, SilenceCut, StageCuts, TierBounds
from evergrove.settings import StageSettings, TierSettings
from evergrove.testing.workspaces import write_people

if TYPE_CHECKING:
    from pathlib import Path

    from evergrove.app import Workspace

DAY = date(2026, 7, 1)
NEW = [f"N{n:02}" for n in range(12)]
NAMELESS = [f"M{n:02}" for n in range(4)]
WORDS = {
    "en": {
        "subject": "Thank you",
        "body": "{{ greeting }}\n\nAbout {{ last_product }}, of {{ favourite_category }}: {{ spend_12m }}"
        '{{ points | default: ", no points yet" }}.',
    }
}
LETTER = {
    "format": "evergrove.letter/1",
    "name": "new-thanks",
    "category": "marketing",
    "params": {},
    "words": WORDS,
}


def bring_in(here: Workspace, folder: Path) -> None:
    """Sixteen new customers with orders of two lines each; of four of them the articles have no names."""
    lines = ["order_id,customer_id,order_date,product_name,sku,category,quantity,price"]
    for name in NEW:
        lines += [f"o{name},{name},{DAY},Sencha <first>,s1,Tea,2,600.00"]
        lines += [f"o{name},{name},{DAY},Cup,s2,Cups,1,34.60"]
    lines += [f"o{name},{name},{DAY},,s3,Tea,1,50.00" for name in NAMELESS]
    (folder / "orders.csv").write_text("\n".join(lines) + "\n", encoding="utf-8")
    here.ingest([folder / "orders.csv"], READ)
    people = dict.fromkeys([*NEW, *NAMELESS], "yes")
    here.ingest_customers([write_people(folder / "people.csv", people)], READ)


@pytest.fixture
def run_of_new(begun: Workspace, tmp_path: Path) -> Workspace:
    """After the night that has seen them; their first letters wait."""
    here = replace(begun, clock=SetClock(begun.clock.now() + timedelta(days=1)))
    bring_in(here, tmp_path)
    here.run()
    return here


def sent_at_noon(here: Workspace, channel: MemoryChannel) -> dict[str, str]:
    """Send what is due, past all quiet hours; the text of each mail by customer."""
    clock = SetClock(here.clock.now() + timedelta(hours=10))
    send(here.ledger, here.seal, channel, clock, here.settings, warehouse=here.warehouse)
    return {mail.recipient[0].partition("@")[0].upper(): mail.rendered.text for mail in channel.mails}


def test_the_last_product_and_the_favourite_category_stand_in_the_message(
    run_of_new: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    """In the words of the shop; who lacks one is skipped, with which; read once for all, and the preview says the same."""
    here = run_of_new
    with here.ledger.writing() as connection:
        add_letter(connection, LETTER, here.settings, here.clock.now(), "test")
    readings = []

    def counted(*given: Any) -> Any:
        readings.append(given)
        return night_values(*given)

    monkeypatch.setattr(nights, "night_values", counted)
    channel = MemoryChannel(width=3)
    texts = sent_at_noon(here, channel)

    line = "About Sencha <first>, of Tea: CN¥1,235, no points yet."  # 2 x 600 + 34.60, to the unit
    told = {name: text for name, text in texts.items() if name in NEW}
    assert len(told) >= 6
    assert {text.split("\n")[2] for text in told.values()} == {line}
    pages = [mail.rendered.html for mail in channel.mails if mail.recipient[0].upper()[:3] in told]
    assert all("Sencha &lt;first&gt;" in page for page in pages)
    assert not [name for name in texts if name in NAMELESS]
    assert len(readings) == 1

    row = OUTBOX.c
    query = select(row.state, row.reason, row.detail).where(
        row.customer_id.in_(NAMELESS), row.arm == "treated"
    )
    with here.ledger.reading() as connection:
        stopped = {(each.state, each.reason, str(each.detail)) for each in connection.execute(query)}
        letter = app.one(here, "new-thanks")
    assert stopped == {("skipped", "delivery.missing_value", "{'value': 'last_product'}")}

    seen = app.preview(here, letter, "en", figures={"customer_id": next(iter(told))})
    lacks = app.preview(here, letter, "en", figures={"customer_id": NAMELESS[0]})
    assert seen.mail is not None
    assert seen.mail.text.split("\n")[2] == next(iter(told.values())).split("\n")[2]
    assert lacks.problem is not None
    assert lacks.problem.params["name"] == "last_product"


def test_letters_that_name_nothing_of_it_read_nothing(
    run_of_new: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The files of the warehouse are left alone."""

    def refuse(*_given: Any) -> Any:
        raise AssertionError

    plain = {**LETTER, "words": {"en": {"subject": "Thank you", "body": "{{ greeting }}"}}}
    with run_of_new.ledger.writing() as connection:
        add_letter(connection, plain, run_of_new.settings, run_of_new.clock.now(), "test")
    monkeypatch.setattr(nights, "night_values", refuse)
    query = OUTBOX.update().where(OUTBOX.c.template != "new-thanks").values(state="expired")
    with run_of_new.ledger.writing() as connection:
        connection.execute(query.where(OUTBOX.c.state == "queued"))

    assert len(sent_at_noon(run_of_new, MemoryChannel())) >= 6


def test_who_was_joined_since_the_run_is_found_under_the_other_id(run_of_new: Workspace) -> None:
    """And nobody else: a stranger has no values."""
    with run_of_new.ledger.writing() as connection:
        merge(connection, NEW[0], "somebody-new", run_of_new.clock.now())
        found = night_values(connection, run_of_new.warehouse, ["somebody-new", NEW[1], "a stranger"])

    assert found["somebody-new"]["last_product"] == found[NEW[1]]["last_product"] == "Sencha <first>"
    assert Decimal(found[NEW[1]]["spend_12m"]) == Decimal("1234.60")
    assert found[NEW[1]]["currency"] == "CNY"
    assert found["a stranger"] == {}


def placed_by(**choice: Any) -> Placement:
    """The usual bounds: high from 5000 a year, 6 repeat orders, 800 an order."""
    bounds = TierBounds((1000.0, 2000.0, 5000.0), (1.0, 3.0, 6.0), (200.0, 400.0, 800.0), "fixed")
    cuts = StageCuts(0.5, Rhythm(0, 90.0, 180.0), SilenceCut(), SilenceCut())
    policy = Policy(TierSettings(**choice), StageSettings(), "CNY")
    return Placement(policy, Yardsticks(bounds, cuts))


@pytest.mark.parametrize(
    ("spend", "frequency", "average", "missing"),
    [
        ("3200.00", "potential", "high", "1800"),  # the second high band makes the median
        ("3200.50", "high", "low", "1800"),  # 1799.5, rounded up: less would be too little
        ("3200.00", "potential", "potential", None),  # one high band of three is not enough
        ("3200.00", "medium", "high", None),  # too few orders for the top tier, whatever was spent
        ("5000.00", "high", "high", None),  # nothing is missing
        ("3200.00", None, "high", None),  # not known
    ],
)
def test_an_amount_is_promised_only_where_it_keeps_the_promise(
    spend: str, frequency: str | None, average: str | None, missing: str | None
) -> None:
    """By the rule that makes tiers: the median of three bands, high with at least the potential band on frequency."""
    row = {"spend_band": "potential", "frequency_band": frequency, "average_order_band": average}

    assert missing_to_high(row, Decimal(spend), placed_by()) == missing

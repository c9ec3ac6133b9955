"""``/v1/freshness`` and ``/v1/rates``: how new the data are, and which amounts wait for an exchange rate."""

from __future__ import annotations

from datetime import date

from pydantic import Field

from evergrove.api.values import plain
from evergrove.http import Amount, Answer, Moment, Routes, ThisCall
from evergrove.reading import freshness as reading

routes = Routes(tag="imports")


class EventsAtHand(Answer):
    """Events by what became of them; more than 100,000 of a kind are not counted."""

    waiting: int = Field(
        description="Not yet among the facts: each minute and before each run they are taken."
    )
    refused: int = Field(description="Of no use as they stand: /v1/events?state=refused says why.")
    conflict: int = Field(description="They contradict an earlier one of the same name, and have no effect.")


class Freshness(Answer):
    """The newest of everything."""

    first_order: date | None
    last_order: date | None = Field(
        description="Day of the newest order in any file or event; null: there is none."
    )
    newest_import: int | None = Field(examples=[58])
    imported_at: Moment | None
    as_of: date | None = Field(description="Day of the newest run; null: there was none.")
    published_at: Moment | None
    imports_since: int = Field(description="Imports that the newest run does not know yet.")
    events: EventsAtHand


class RatePair(Answer):
    """Rates of one currency in another."""

    currency: str = Field(examples=["USD"])
    base: str = Field(description="One unit of ``currency`` is worth so much of this one.", examples=["CNY"])
    days: int = Field(description="For so many days a rate is known.")
    first_date: date
    last_date: date
    newest_rate: Amount = Field(description="Of the last of these days.", examples=["7.1"])


class WaitingAmount(Answer):
    """Rows in another currency that no rate is known for: they count nowhere until one comes in."""

    what: str = Field(description="orders, refunds or costs.", examples=["orders"])
    currency: str | None = Field(examples=["USD"])
    rows: int
    amount: float | None = Field(description="In that currency; null where it was not summed.")


class Rates(Answer):
    """Exchange rates."""

    currency: str = Field(description="The shop's; empty where none is declared.", examples=["CNY"])
    rate_days: int = Field(description="An order counts at the latest rate that is at most so many days old.")
    pairs: list[RatePair]
    as_of: date | None = Field(description="Day of the run that found what waits; null: there was none.")
    waiting: list[WaitingAmount]


@routes.get("/freshness", right="imports.read")
def fresh(call: ThisCall) -> Freshness:
    """The newest order, import and run, and events that wait or were refused."""
    with call.here.ledger.reading() as connection:
        found = reading.freshness(connection, call.here.warehouse)
    return Freshness(
        first_order=found.first_order,
        last_order=found.last_order,
        newest_import=found.import_seq,
        imported_at=found.imported_at,
        as_of=found.as_of,
        published_at=found.published_at,
        imports_since=found.imports_since,
        events=EventsAtHand(**found.events),
    )


@routes.get("/rates", right="imports.read")
def rates(call: ThisCall) -> Rates:
    """Exchange rates that are known, and amounts that wait for one."""
    run, chosen = call.here.warehouse.newest("run"), call.here.settings
    return Rates(
        currency=call.service.currency,
        rate_days=chosen.workspace.rate_days,
        pairs=[
            RatePair(**{**vars(each), "base": each.base or call.service.currency})
            for each in reading.pairs(call.here.warehouse)
        ],
        as_of=run.as_of if run else None,
        waiting=[WaitingAmount(**plain(dict(each))) for each in reading.waiting_then(run)],
    )

"""``/v1/customers``: who there is, what each is worth, and why each stands where they stand."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Any, Literal

from fastapi import Path, Query, Response
from pydantic import Field

from evergrove.access import sight
from evergrove.api.values import Plain, Where, condition_of, plain, said, worded
from evergrove.http import Amount, Answer, Call, Moment, Page, Routes, ThisCall
from evergrove.http.paging import ThisPage
from evergrove.http.published import of_snapshot
from evergrove.people.masking import masked, masked_address
from evergrove.people.reasons import REASONS
from evergrove.reading import Asked, Card, count_customers, customers_page, orders_of
from evergrove.reading.card import newest_card
from evergrove.reading.columns import SORTED
from evergrove.reading.shelf import View
from evergrove.segments import read_placement
from evergrove.segments.codes import ACTIONS, Action
from evergrove.segments.sentences.moves import explain_move
from evergrove.segments.sentences.words import PLAYBOOK_WORDS

routes = Routes(tag="customers")

CustomerId = Annotated[
    str,
    Path(
        min_length=1,
        max_length=200,
        pattern=r"^[^\x00]+$",
        description="Any id of the person, as the shop's files have it.",
    ),
]


class Window(Answer):
    """When the next order is likely."""

    median: date = Field(description="Half of such customers have ordered again by this day.")
    p25: date | None = Field(default=None, description="A quarter has.")
    p75: date | None = Field(default=None, description="Three quarters have.")


class Value(Answer):
    """What a customer brought, and what is expected."""

    historic_value: Amount | None = Field(description="Realised so far.")
    clv_12m: float | None = Field(
        description="Expected in the next 365.25 days, discounted.", examples=[412.7]
    )
    clv_12m_low: float | None = Field(description="Lower end of the 80 % interval.", examples=[0.0])
    clv_12m_high: float | None = Field(description="Upper end.", examples=[1290.0])
    clv: float | None = Field(description="All expected later value, discounted.")
    p_alive: float | None = Field(description="Chance that the customer has not left for good.")
    p_active_180d: float | None = Field(description="Chance of an order in the next 180 days.")


class CustomerLine(Answer):
    """A customer in a list."""

    customer_id: str = Field(examples=["C-1042"])
    tier: str | None = Field(examples=["high"])
    own_tier: str | None = Field(description="Of a policy of the shop's own.", examples=[None])
    stage: str | None = Field(examples=["mature"])
    action: str | None = Field(description="Key of the playbook.", examples=["T1"])
    value: Value
    health: float | None = Field(description="0 to 100.", examples=[72.5])
    orders: int | None = Field(examples=[9])
    orders_12m: int | None = Field(examples=[4])
    spend_12m: Amount | None
    first_order_date: date | None
    last_order_date: date | None
    next_order_date: date | None
    unprofiled: str | None = Field(
        default=None, description="Code of why nothing is computed of the customer; null where it is."
    )


class Customers(Page[CustomerLine]):
    """A page of customers."""

    as_of: date = Field(description="The last day whose orders count.")


class Why(Answer):
    """Why somebody stands where they stand."""

    code: str = Field(examples=["segments.stage_new"])
    params: dict[str, Any] = Field(description="The numbers behind it.")
    sentence: str | None = Field(description="The same for people; null where its numbers are not kept.")
    as_of: date | None = Field(description="Of which day the numbers are.")


class Standing(Answer):
    """Where a customer stands on one axis."""

    key: str | None = Field(examples=["high"])
    since: date | None
    because: Why | None


class Move(Answer):
    """One move."""

    customer_id: str
    axis: Literal["tier", "stage", "own_tier"]
    from_: str | None = Field(serialization_alias="from", examples=["medium"])
    to: str | None = Field(examples=["high"])
    cause: str = Field(examples=["evidence"])
    as_of: date
    run: int | None = Field(description="Number of the run; null for a move since the newest one.")
    evidence: dict[str, Any] | None
    sentence: str


class Playbook(Answer):
    """What is to be done for a customer."""

    key: str = Field(examples=["T1"])
    name: str = Field(examples=["Care for high value"])


class Contact(Answer):
    """Where a person is reached; masked unless whoever asks may see it."""

    customer_id: str
    name: str | None
    email: str | None
    language: str | None
    zone: str | None
    is_masked: bool


class Lineage(Answer):
    """What the figures rest on."""

    as_of: date
    snapshot: int
    run: int = Field(description="Number of the run.")
    models: int = Field(description="Number of the models' document: /v1/runs/{snapshot} shows it.")
    model: str | None = Field(examples=["pareto-nbd"])
    basis: str | None = Field(description="What value means.", examples=["revenue"])
    currency: str | None = Field(examples=["CNY"])
    policy: str = Field(description="Name and version of the tiers' policy.", examples=["settings"])
    computed_at: Moment
    live_at: Moment | None = Field(
        description="When it was worked out between two runs; null where the run itself holds."
    )
    live_seq: int | None = Field(description="The newest event that it answers.")


class Customer(Answer):
    """One customer."""

    customer_id: str = Field(examples=["C-1042"])
    customer_ids: list[str] = Field(description="All ids that are this person.")
    status: Literal["active", "erased", "unknown"]
    value: Value
    tier: Standing
    stage: Standing
    own_tier: str | None
    action: Playbook | None
    next_order: Window | None = Field(description="Null where an order within a year is unlikely.")
    health: float | None
    due_on: date | None = Field(description="Until then time alone moves nobody.")
    unprofiled: Why | None = Field(description="Why nothing is computed of the customer; null where it is.")
    contacts: list[Contact]
    moves: list[Move] = Field(
        description="The newest first: those since the run, and with full=true earlier ones."
    )
    figures: dict[str, Plain] = Field(
        description="Published columns by name, with full=true all of them; docs/reference/columns.md tells of each."
    )
    lineage: Lineage


class Order(Answer):
    """One order as it holds."""

    order_id: str | None
    customer_id: str
    date: date
    amount: Amount | None


class Orders(Answer):
    """What a person bought, the newest first."""

    orders: list[Order]
    refunds: list[Order]
    currency: str = Field(description="Empty where none is declared.")


class Count(Answer):
    """How many there are."""

    customers: int
    as_of: date


@routes.get("/customers", right="customers.read")
def customers(
    call: ThisCall,
    page: ThisPage,
    response: Response,
    where: Where = "",
    sort: Annotated[str, Query(description=f"One of: {', '.join(SORTED)}.")] = "customer_id",
    order: Literal["asc", "desc"] = "asc",
) -> Customers:
    """Customers, a page at a time, all of one snapshot."""
    condition, known = condition_of(call, where)
    after = None if page.after is None else (page.after[0], str(page.after[1]))
    asked = Asked(page.limit, sort, order == "desc", after, condition, known)
    with call.service.reader.pinned(page.snapshot, may_lag=True) as view:
        found = customers_page(view, asked)
        of_snapshot(response, view.run.id, personal=False)
        lines = [line_of(row) for row in found.rows]
        return Customers(items=lines, next_cursor=page.next(found.after, view.run.id), as_of=view.as_of)


@routes.get("/customer-count", right="customers.read")
def count(call: ThisCall, response: Response, where: Where = "") -> Count:
    """How many customers there are of whom a condition is true."""
    condition, known = condition_of(call, where)
    with call.service.reader.pinned(may_lag=True) as view:
        of_snapshot(response, view.run.id, personal=False)
        return Count(customers=count_customers(view, condition, known), as_of=view.as_of)


@routes.get("/customers/{customer_id}", right="customers.read")
def customer(
    call: ThisCall,
    customer_id: CustomerId,
    response: Response,
    *,
    full: Annotated[bool, Query(description="Every published column, and the newest moves, too.")] = False,
) -> Customer:
    """One customer: value, tier, stage and why; live where something was heard since the run."""
    with newest_card(call.service.reader, call.here.seal, customer_id, is_full=full) as (view, card):
        of_snapshot(response, view.run.id, personal=True)
        return shown(call, view, card)


@routes.get("/customers/{customer_id}/orders", right="customers.read")
def orders(call: ThisCall, customer_id: CustomerId) -> Orders:
    """Orders and refunds of one person, as they hold in the facts of this moment."""
    found = orders_of(call.here, customer_id)
    return Orders(
        orders=[_order(each, "order_date") for each in found.orders],
        refunds=[_order(each, "refund_date") for each in found.refunds],
        currency=found.currency,
    )


def _order(row: Any, day: str) -> Order:
    return Order(
        order_id=row["order_id"], customer_id=row["customer_id"], date=row[day], amount=row["amount"]
    )


def line_of(row: Any) -> CustomerLine:
    """A row of a list."""
    told = {name: row[name] for name in CustomerLine.model_fields if name in row}
    return CustomerLine(**told, value=value_of(row), unprofiled=row["unprofiled_reason"])


def value_of(row: Any) -> Value:
    """The figures of value of a row."""
    return Value(**{name: row.get(name) for name in Value.model_fields})


def shown(call: Call, view: View, card: Card) -> Customer:
    """A card as whoever asks may see it, in their language."""
    row, live = card.figures, card.live
    why = row.get("unprofiled_reason")
    return Customer(
        customer_id=card.customer_id,
        customer_ids=list(card.members),
        status=card.status,
        value=value_of(row),
        tier=_standing(call, card, "tier"),
        stage=_standing(call, card, "stage"),
        own_tier=row.get("own_tier"),
        action=_playbook(call, row.get("action")),
        next_order=_window(row),
        health=row.get("health"),
        due_on=row.get("due_on"),
        unprofiled=None if why is None else _why_not(call, view, why),
        contacts=_contacts(call, card),
        moves=[move_of(call, each) for each in card.moves],
        figures={name: plain(value) for name, value in row.items() if name != "unprofiled_reason"},
        lineage=Lineage(
            as_of=live.as_of if live else view.as_of,
            snapshot=view.run.id,
            run=view.run.details["run_seq"],
            models=view.run.details["model_run"],
            model=row.get("model"),
            basis=row.get("basis"),
            currency=row.get("currency"),
            policy=_policy(view),
            computed_at=view.run.recorded_at,
            live_at=live.computed_at if live else None,
            live_seq=live.seq if live else None,
        ),
    )


def _policy(view: View) -> str:
    adopted = read_placement(view.run.details["placement"]).policy.adopted
    return "settings" if adopted is None else f"{adopted.name} {adopted.version}"


def _standing(call: Call, card: Card, axis: str) -> Standing:
    why = card.reasons.get(axis)
    because = None
    if why is not None:
        because = Why(
            code=why.code, params=plain(dict(why.params)), sentence=said(why.sentence, call), as_of=why.as_of
        )
    return Standing(key=card.figures.get(axis), since=card.figures.get(f"{axis}_since"), because=because)


def _why_not(call: Call, view: View, code: str) -> Why:
    sentence = worded(REASONS.get(code, code), call)
    return Why(code=code, params={}, sentence=sentence, as_of=view.as_of)


def _playbook(call: Call, key: str | None) -> Playbook | None:
    if key is None:
        return None
    return Playbook(key=key, name=worded(PLAYBOOK_WORDS[Action(ACTIONS.index(key))], call))


def _window(row: Any) -> Window | None:
    if row.get("next_order_date") is None:
        return None
    return Window(median=row["next_order_date"], p25=row.get("next_order_p25"), p75=row.get("next_order_p75"))


def _contacts(call: Call, card: Card) -> list[Contact]:
    is_open = sight(call.actor, "personal") == "shown"
    return [
        Contact(
            customer_id=each.customer_id,
            name=each.name if is_open or not each.name else masked(each.name),
            email=each.email if is_open or not each.email else masked_address(each.email),
            language=each.language,
            zone=each.zone,
            is_masked=not is_open,
        )
        for each in card.contacts
    ]


def move_of(call: Call, row: Any) -> Move:
    """A row of ``transitions``."""
    return Move(
        customer_id=row["customer_id"],
        axis=row["axis"],
        from_=row["from_"],
        to=row["to_"],
        cause=row["cause"],
        as_of=row["as_of"],
        run=row["run_seq"],
        evidence=plain(row["evidence"]),
        sentence=said(explain_move(row), call) or "",
    )

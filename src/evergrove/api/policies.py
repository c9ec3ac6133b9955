"""``/v1/policies``, ``/v1/tiers``, ``/v1/stages``: by what customers are placed, and how many stand where."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Any

from fastapi import Query, Response
from pydantic import Field

from evergrove.api.values import plain, said
from evergrove.app.asked import adopt_policy
from evergrove.core import Sentence
from evergrove.http import Answer, Body, Moment, Routes, ThisCall
from evergrove.http.published import of_snapshot
from evergrove.pipeline.tier_preview import TierPreview, preview_policy
from evergrove.reading.filters import ask
from evergrove.segments.tiers.adoption import (
    SHIPPED,
    adopted_policy,
    adoptions,
    newest_adopted,
    policy_named,
    shipped_text,
)
from evergrove.segments.tiers.documents import SETTINGS, policy_document, read_policy
from evergrove.segments.tiers.errors import UnknownPolicy
from evergrove.segments.tiers.policy import TierPolicy, policy_from
from evergrove.segments.tiers.written import policy_text, policy_written
from evergrove.text import Language

routes = Routes(tag="policies")

LONGEST = 20_000
"""Characters of a policy that is written as a text."""


class Adoption(Answer):
    """A policy that was let rule."""

    name: str
    version: int
    sha256: str = Field(description="Of its document; empty for the settings.")
    adopted_at: Moment


class Policies(Answer):
    """The policies of tiers, and which one rules."""

    ruling: str = Field(examples=["settings"])
    version: int
    document: dict[str, Any] = Field(
        description="Of the one that rules; that of the settings is made from them."
    )
    text: str = Field(description="The same as TOML.")
    shipped: dict[str, dict[str, Any]] = Field(description="Documents that Evergrove brings, by name.")
    texts: dict[str, str] = Field(description="The same as TOML, with their comments.")
    adoptions: list[Adoption] = Field(description="The oldest first.")


class Chosen(Body):
    """A policy: by its name, as a document, or as a text; of several the last rules."""

    name: str = Field(default=SETTINGS, max_length=60, examples=["three_tiers"])
    document: dict[str, Any] | None = Field(
        default=None, description="One of the shop's own.", examples=[None]
    )
    text: str = Field(default="", max_length=LONGEST, description="The same as TOML.", examples=[""])


class Flow(Answer):
    """Customers who stand in one tier and would stand in another, or the same."""

    from_: str = Field(serialization_alias="from")
    to: str
    customers: int
    clv_12m: float | None


class Mover(Answer):
    """One of the most valuable customers who would move."""

    customer_id: str
    from_: str = Field(serialization_alias="from")
    to: str
    clv_12m: float | None


class Preview(Answer):
    """Who would move under a policy; nothing is stored."""

    as_of: date
    policy: str
    tiers: list[str] = Field(description="Its tiers, the lowest first.", examples=[["low", "medium", "high"]])
    names: dict[str, str] = Field(
        description="What it calls those that are not the usual ones, to the reader."
    )
    text: str = Field(description="The policy as TOML; empty for that of the settings.")
    customers: int
    moved: int
    flows: list[Flow]
    movers: list[Mover]
    bounds: dict[str, dict[str, list[float | None]]]
    warnings: list[str]


class Group(Answer):
    """Customers who stand alike."""

    key: str = Field(examples=["high"])
    customers: int
    clv_12m: float | None = Field(description="Of all of them together.")
    spend_12m: str | None


class Groups(Answer):
    """How many stand where."""

    as_of: date
    items: list[Group]


@routes.get("/policies", right="figures.read")
def policies(call: ThisCall) -> Policies:
    """The tier policies that Evergrove brings, which one rules, and which ever did."""
    with call.here.ledger.reading() as connection:
        newest, ever = newest_adopted(connection), adoptions(connection)
        ruling = adopted_policy(connection)
    shipped = {name: policy_document(found) for name in SHIPPED if (found := policy_named(name))}
    document = policy_document(ruling or policy_from(call.here.settings.tiers))
    document = {**document, "name": document["name"] or SETTINGS}
    return Policies(
        ruling=newest.name if newest else SETTINGS,
        version=newest.version if newest else 0,
        document=plain(document),
        text=policy_text(document),
        shipped=plain(shipped),
        texts={name: shipped_text(name) for name in SHIPPED},
        adoptions=[Adoption(**vars(each)) for each in ever],
    )


@routes.post("/policies/preview", right="policies.write", once=False)
def preview(call: ThisCall, chosen: Chosen) -> Preview:
    """Say who would move under a policy, and what they are worth; nothing is stored."""
    policy = _policy(chosen)
    found = preview_policy(call.here.warehouse, call.here.settings, policy)
    sentences = [Sentence(each.code, each.message, each.params) for each in found.warnings]
    return Preview(
        **_figures(found),
        names=_names(found, call.language),
        text="" if policy is None else policy_text(policy_document(policy)),
        warnings=[said(each, call) or "" for each in sentences],
    )


@routes.post("/policies", right="policies.write")
def adopt(call: ThisCall, chosen: Chosen) -> Adoption:
    """Let a policy rule from the next run on; who moves for it is not written to."""
    return Adoption(**vars(adopt_policy(call.here, _policy(chosen))))


@routes.get("/tiers", right="figures.read")
def tiers(
    call: ThisCall,
    response: Response,
    *,
    own: Annotated[bool, Query(description="By the tiers of the shop's own policy.")] = False,
) -> Groups:
    """How many customers stand in each tier, and what they are worth together."""
    return _groups(call, response, "own_tier" if own else "tier")


@routes.get("/stages", right="figures.read")
def stages(call: ThisCall, response: Response) -> Groups:
    """How many customers stand in each stage, and what they are worth together."""
    return _groups(call, response, "stage")


def _groups(call: ThisCall, response: Response, column: str) -> Groups:
    with call.service.reader.pinned(may_lag=True) as view:
        rows = ask(
            view,
            f"select {column} as key, count(*) as customers, sum(clv_12m) as clv_12m, sum(spend_12m) as spend_12m"
            f" from customers where {column} is not null group by {column} order by customers desc, key",
        )
        of_snapshot(response, view.run.id, personal=False)
        return Groups(as_of=view.as_of, items=[Group(**plain(row)) for row in rows])


def _policy(chosen: Chosen) -> TierPolicy | None:
    """By its text or document, or one of those whose names are known; never by a path."""
    if chosen.text.strip():
        return policy_written(chosen.text)
    if chosen.document is not None:
        return read_policy(chosen.document)
    if chosen.name not in (*SHIPPED, SETTINGS):
        raise UnknownPolicy(name=chosen.name, known=(*SHIPPED, SETTINGS))
    return policy_named(chosen.name)


def _names(found: TierPreview, language: Language) -> dict[str, str]:
    """Of the tiers before and after, in the reader's language; the usual ones are called as ever."""
    return {
        tier.key: tier.names[language]
        for policy in (found.ruled, found.rules)
        for tier in policy.tiers
        if language in tier.names
    }


def _figures(found: TierPreview) -> dict[str, Any]:
    return {
        "as_of": found.as_of,
        "policy": found.policy,
        "tiers": list(found.tiers),
        "customers": found.customers,
        "moved": found.moved,
        "flows": [
            Flow(from_=before, to=after, customers=count, clv_12m=plain(float(value)))
            for (before, after), (count, value) in found.flows.items()
        ],
        "movers": [
            Mover(customer_id=who, from_=before, to=after, clv_12m=plain(float(value)))
            for who, before, after, value in found.movers
        ],
        "bounds": {
            name: {kind: [plain(float(each)) for each in bounds] for kind, bounds in kinds.items()}
            for name, kinds in found.bounds.items()
        },
    }

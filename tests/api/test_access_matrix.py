"""
Case 10 of the threat model: every route, every role, by key and by log-in.

Who may use a route stands here a second time, written by hand: what the code says of its routes (``x-right``) is held
against this table, and what the service answers against both. A route that is not in the table fails.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from evergrove.access import ROLES, rights_of
from evergrove.core import InputError
from evergrove.http import routes
from evergrove.testing.routes import lines_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from contextlib import AbstractContextManager

    from httpx2 import Response
    from starlette.requests import Request
    from starlette.testclient import TestClient

    from evergrove.access import Role
    from evergrove.http import Rule
    from evergrove.testing.house import House

PUBLIC, KNOWN = "everybody on the network", "everybody who is known"
SIGNED = {"POST /v1/email-receipts": "delivery.report_not_signed"}
"""Open to everybody who holds a secret, which is looked at before anything is read."""
LETTERS: dict[str, Role] = {"v": "viewer", "m": "marketer", "n": "analyst", "a": "admin"}
TABLE = {
    PUBLIC: """
        GET /v1/about
        POST /v1/set-up
        POST /v1/sign-in
        POST /v1/enter
        POST /v1/reset
        GET /v1/links/{token}
        POST /v1/links/{token}/leave
        PUT /v1/links/{token}/wishes
        POST /v1/email-receipts
        POST /v1/receipts/{channel}
        GET /health
        GET /ready
        GET /docs
        GET /openapi.json
        """,
    KNOWN: """
        GET /v1/me
        GET /v1/log-in
        POST /v1/sign-out
        POST /v1/password
        """,
    "vmna": """
        GET /v1/customers
        GET /v1/customer-count
        GET /v1/customers/{customer_id}
        GET /v1/customers/{customer_id}/orders
        GET /v1/customers/{customer_id}/transitions
        GET /v1/customers/{customer_id}/past
        GET /v1/customers/{customer_id}/alive
        GET /v1/customers/{customer_id}/timeline
        GET /v1/customers/{customer_id}/decisions
        GET /v1/customer-lineage
        POST /v1/customer-search
        GET /v1/transitions
        GET /v1/transitions/flows
        GET /v1/policies
        GET /v1/tiers
        GET /v1/stages
        GET /v1/segments
        GET /v1/segment-language
        GET /v1/segment-language/completion
        GET /v1/segments/{key}
        GET /v1/segments/{key}/members
        GET /v1/segments/{key}/history
        GET /v1/segments/{key}/changes
        GET /v1/runs
        GET /v1/runs/{snapshot}
        GET /v1/runs/{snapshot}/models
        GET /v1/models
        GET /v1/back-tests
        GET /v1/back-tests/{snapshot}
        GET /v1/targets
        GET /v1/targets/own
        GET /v1/reviews/{month}
        GET /v1/overview
        GET /v1/overview/attention
        GET /v1/cohorts
        GET /v1/playbooks
        GET /v1/playbooks/{key}
        GET /v1/playbooks/{key}/versions
        GET /v1/playbooks/{key}/trial
        GET /v1/playbooks/{key}/held
        GET /v1/effects
        GET /v1/value-ledger
        GET /v1/value-ledger/file
        GET /v1/treatment-effects
        GET /v1/experiments
        GET /v1/subsidy-rates
        GET /v1/global-control
        GET /v1/customers/{customer_id}/held-out
        GET /v1/control-prices
        GET /v1/decisions/plan
        GET /v1/outreach/state
        GET /v1/guards
        GET /v1/budgets
        GET /v1/tables
        GET /v1/tables/{name}
        GET /v1/due
        GET /v1/personas
        GET /v1/readiness
        """,
    "mna": """
        POST /v1/segment-language/check
        PUT /v1/segments/{key}
        DELETE /v1/segments/{key}
        GET /v1/persons/{customer_id}
        GET /v1/suppressions
        GET /v1/outbox
        GET /v1/outbox-counts
        GET /v1/outbox/{outbox_id}
        GET /v1/tasks
        GET /v1/tasks/counts
        GET /v1/channels
        GET /v1/imports
        GET /v1/files
        GET /v1/files/{file_id}
        GET /v1/formats
        GET /v1/formats/columns
        GET /v1/freshness
        GET /v1/rates
        GET /v1/imports/{number}
        GET /v1/imports/{number}/rejected
        GET /v1/settings
        GET /v1/events
        GET /v1/jobs
        GET /v1/cases
        GET /v1/letters
        GET /v1/letters/{name}
        GET /v1/letters/{name}/preview
        GET /v1/letter-values
        GET /v1/coupon-campaigns
        GET /v1/coupon-campaigns/{key}
        GET /v1/coupon-campaigns/{key}/figures
        GET /v1/coupon-campaigns/{key}/codes
        GET /v1/coupon-refusals
        GET /v1/coupon-campaigns/{key}/subsidy
        POST /v1/jobs
        GET /v1/schedules
        GET /v1/jobs/events
        GET /v1/jobs/kinds
        GET /v1/jobs/{number}
        GET /v1/jobs/{number}/events
        POST /v1/exports
        GET /v1/exports
        GET /v1/exports/{export}
        DELETE /v1/exports/{export}
        POST /v1/exports/{export}/link
        GET /v1/exports/files/{token}
        GET /v1/keys
        POST /v1/keys
        DELETE /v1/keys/{prefix}
        """,
    "ma": """
        POST /v1/persons/{customer_id}/consents
        POST /v1/playbooks
        POST /v1/playbooks/{key}/start
        POST /v1/playbooks/{key}/approve
        POST /v1/playbooks/{key}/try
        POST /v1/playbooks/{key}/release
        POST /v1/playbooks/{key}/pause
        POST /v1/letters
        POST /v1/letter-check
        POST /v1/letters/{name}/test
        PUT /v1/coupon-campaigns/{key}
        POST /v1/coupon-campaigns/{key}/pause
        POST /v1/coupon-campaigns/{key}/resume
        POST /v1/coupon-campaigns/{key}/issue
        POST /v1/coupon-campaigns/{key}/codes
        POST /v1/coupon-campaigns/{key}/stock
        GET /v1/coupons/{code}
        POST /v1/coupons/{code}/reserve
        POST /v1/coupons/{code}/redeem
        POST /v1/coupons/{code}/void
        POST /v1/coupon-roll-backs
        POST /v1/coupon-redemptions
        POST /v1/messages/send
        POST /v1/suppressions/{number}/release
        POST /v1/outbox/{outbox_id}/settle
        POST /v1/outbox/{outbox_id}/retry
        POST /v1/tasks/{task_id}/take
        POST /v1/tasks/{task_id}/finish
        POST /v1/tasks/{task_id}/cancel
        POST /v1/outreach/stop
        POST /v1/outreach/resume
        POST /v1/cases
        POST /v1/cases/{case_id}/close
        PUT /v1/budgets/{scope}/{period}
        DELETE /v1/budgets/{scope}/{period}
        """,
    "na": """
        POST /v1/policies/preview
        POST /v1/policies
        POST /v1/persons/{customer_id}/merge
        POST /v1/persons/{customer_id}/unmerge
        POST /v1/runs
        POST /v1/runs/replay
        POST /v1/back-tests
        PUT /v1/targets/own
        POST /v1/effects
        POST /v1/imports
        POST /v1/files/{file_id}/look
        POST /v1/files/{file_id}/take
        DELETE /v1/files/{file_id}
        POST /v1/identify
        POST /v1/track
        POST /v1/page
        POST /v1/screen
        POST /v1/group
        POST /v1/alias
        POST /v1/batch
        POST /v1/orders
        POST /v1/refunds
        POST /v1/customers
        POST /v1/events/{number}/retry
        POST /v1/channel-tokens
        POST /v1/jobs/{number}/cancel
        POST /v1/jobs/{number}/retry
        GET /v1/doctor
        GET /v1/outbound
        GET /metrics
        """,
    "a": """
        POST /v1/suppression-search
        POST /v1/persons/{customer_id}/export
        DELETE /v1/persons/{customer_id}
        GET /v1/users
        POST /v1/users
        GET /v1/users/{account_id}
        PATCH /v1/users/{account_id}
        POST /v1/users/{account_id}/reset
        POST /v1/users/{account_id}/disable
        GET /v1/audit
        GET /v1/audit/head
        GET /v1/audit/verdict
        POST /v1/backups
        GET /v1/backups/newest
        POST /v1/outbound/resume
        PATCH /v1/settings
        """,
}
IN_PERSON = """
    PATCH /v1/settings
    POST /v1/keys
    POST /v1/users
    PATCH /v1/users/{account_id}
    POST /v1/users/{account_id}/reset
    POST /v1/users/{account_id}/disable
    """
"""What decides who may come in: no key does it, whatever its scopes."""
WHO = {line.strip(): who for who, lines in TABLE.items() for line in lines.strip().splitlines()}
PERSONS = {line.strip() for line in IN_PERSON.strip().splitlines()}


class LetIn(InputError):
    """What a request meets behind the rule of its route: here it ends, and nothing is done."""

    code = "test.let_in"
    message = "Let in."


@pytest.fixture
def guarded(
    opening: Callable[..., AbstractContextManager[House]], monkeypatch: pytest.MonkeyPatch
) -> Iterator[House]:
    """A house in which every request ends as soon as its rule has let it in."""

    def stop(_request: Request, _known: set[str]) -> None:
        raise LetIn

    monkeypatch.setattr(routes, "_refuse_unknown", stop)
    with opening(server={"burst": "100000", "event_burst": "100000"}) as house:
        yield house


def rules(house: House) -> dict[str, Rule]:
    """Each route of the service with its rule."""
    return {str(line): line.rule for line in lines_of(house.app)}


def who(rule: Rule) -> str:
    """Who may use a route, by what the code says of it."""
    if rule.public:
        return PUBLIC
    if rule.known:
        return KNOWN
    return "".join(letter for letter, role in LETTERS.items() if rule.right in rights_of(role))


def ask(client: TestClient, line: str, **headers: str) -> Response:
    """A request to a route, its parameters filled with something."""
    method, _space, path = line.partition(" ")
    filled = "/".join("1" if part.startswith("{") else part for part in path.split("/"))
    body: dict[str, str] | None = None if method == "GET" else {}
    return client.request(method, filled, headers=headers, json=body)


def test_case_10_every_route_has_an_entry_and_every_entry_a_route(house: House) -> None:
    """The code's rights are those that were thought of by hand; nothing is left out on either side."""
    assert {line: who(rule) for line, rule in rules(house).items()} == WHO
    assert {line for line, rule in rules(house).items() if rule.person} == PERSONS
    assert sum(len(lines.split("\n")) - 2 for lines in TABLE.values()) == len(WHO)


@pytest.mark.parametrize("role", ROLES)
@pytest.mark.parametrize("by", ["key", "log-in"])
def test_case_10_every_role_gets_what_the_table_says(guarded: House, role: Role, by: str) -> None:
    """By key and by log-in: let in, or 403 with the right that is missing; the rule comes before everything else."""
    client, headers = guarded.client(role), {}
    if by == "log-in":
        client, opened = guarded.signed_in(role)
        headers = {"X-CSRF-Token": opened.csrf}
    letter = next(letter for letter, named in LETTERS.items() if named == role)

    for line, allowed in WHO.items():
        answer = ask(client, line, **headers)
        is_in = allowed in {PUBLIC, KNOWN} or letter in allowed
        if line in SIGNED:
            assert (answer.status_code, answer.json()["code"]) == (401, SIGNED[line]), (line, role, by)
            continue
        expected = (422, "test.let_in") if is_in else (403, "access.right_missing")
        if is_in and by == "key" and line in PERSONS:
            expected = (403, "access.person_needed")
        assert (answer.status_code, answer.json()["code"]) == expected, (line, role, by)


def test_case_10_nobody_is_nobody(guarded: House) -> None:
    """Without a key or a log-in: the public routes, and 401 on all others, whether there is such a thing or not."""
    client = guarded.client(None)

    for line, allowed in WHO.items():
        answer = ask(client, line)
        expected = (422, "test.let_in") if allowed == PUBLIC else (401, "http.no_credentials")
        expected = (401, SIGNED[line]) if line in SIGNED else expected
        assert (answer.status_code, answer.json()["code"]) == expected, line


def test_a_key_opens_its_scopes_only(guarded: House) -> None:
    """An administrator's key with one scope does one thing; what everybody known may do stays."""
    client = guarded.client(None, Authorization=f"Bearer {guarded.key('admin', 'audit.read')}")
    all_rules = rules(guarded)

    for line, allowed in WHO.items():
        code = ask(client, line).json()["code"]
        is_in = allowed in {PUBLIC, KNOWN} or all_rules[line].right == "audit.read"
        let_in = SIGNED.get(line, "test.let_in")
        assert code == (let_in if is_in else "access.right_missing"), line

"""
Every page, every role: the hand-written table beside the code's rules, as ``tests/api/test_access_matrix.py`` for programs.

A page that is not in the table fails.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest

from evergrove.access import ROLES, rights_of
from evergrove.testing.browsing import Browser
from evergrove.testing.routes import lines_of

if TYPE_CHECKING:
    from evergrove.access import Role
    from evergrove.http import Rule
    from evergrove.testing.house import House

PUBLIC, KNOWN = "everybody on the network", "everybody who is known"
LETTERS: dict[str, Role] = {"v": "viewer", "m": "marketer", "n": "analyst", "a": "admin"}
TABLE = {
    PUBLIC: """
        GET /assets/{digest}/{name}
        GET /favicon.ico
        POST /choices
        GET /sign-in
        POST /sign-in
        GET /link/{token}
        POST /link/{token}
        GET /forgotten
        POST /forgotten
        GET /l/{token}
        POST /l/{token}
        GET /p/{token}
        POST /p/{token}
        GET /c/{token}
        HEAD /c/{token}
        GET /o/{token}
        HEAD /o/{token}
        """,
    KNOWN: """
        POST /sign-out
        GET /settings
        GET /settings/account
        POST /settings/account
        """,
    "vmna": """
        GET /customers
        POST /customer/count
        POST /customer/search
        GET /customers/{customer_id}
        GET /customer-figures/files/{key}.{kind}
        GET /cohorts
        GET /cohorts/files/{key}.{kind}
        GET /models
        GET /models/files/{key}.{kind}
        GET /models/histories
        GET /models/histories/files/{key}.{kind}
        GET /models/back-tests
        GET /models/back-tests/{snapshot}
        GET /models/back-tests/{snapshot}/files/{key}.{kind}
        GET /models/runs
        GET /models/runs/{snapshot}
        GET /
        GET /overview/files/{key}.{kind}
        GET /overview/targets
        GET /overview/targets/files/{key}.{kind}
        GET /todo
        GET /todo/files/{key}.{kind}
        GET /playbooks
        GET /playbooks/files/{key}.{kind}
        GET /playbooks/{key}
        GET /playbooks/{key}/now
        GET /playbooks/{key}/price
        GET /playbooks/{playbook_key}/files/{key}.{kind}
        GET /segments
        GET /segments/files/{key}.{kind}
        GET /segments/personas
        GET /segments/personas/part
        GET /segments/personas/files/{key}.{kind}
        GET /segments/moves
        GET /segments/moves/files/{key}.{kind}
        GET /guards
        GET /budgets
        GET /budget-plan
        GET /value-ledger
        GET /experiments
        GET /experiments/list
        GET /beliefs
        GET /beliefs/files/{key}.{kind}
        GET /segments/policy
        GET /segments/{key}
        GET /segments/{key}/now
        GET /segments/{key}/changes
        GET /segments/{segment_key}/files/{key}.{kind}
        """,
    "mna": """
        GET /outbox
        GET /outbox/{outbox_id}
        GET /segments/new
        POST /segments/new
        POST /segments/check
        GET /segments/{key}/edit
        POST /segments/{key}/edit
        POST /segments/{key}/end
        GET /customer-files
        POST /customer-files
        GET /customer-files/{export}
        POST /customer-files/{export}
        GET /data
        GET /data/files/{key}.{kind}
        GET /data/imports/{number}
        GET /data/imports/{number}/files/{key}.{kind}
        GET /data/imports/{number}/rejected
        GET /data/imports/{number}/rejected.csv
        GET /data/readiness
        GET /data/readiness/list
        GET /data/rates
        GET /data/events
        GET /data/formats
        GET /letters
        GET /letters/files/{key}.{kind}
        GET /letters/{name}
        GET /letters/{name}/look
        GET /tasks
        GET /tasks/files/{key}.{kind}
        GET /coupons
        GET /coupons/files/{key}.{kind}
        GET /coupons/{key}
        GET /settings/general
        GET /settings/keys
        POST /settings/keys
        POST /settings/keys/{prefix}/revoke
        GET /settings/privacy
        GET /settings/jobs
        POST /settings/jobs
        GET /settings/jobs/{number}
        GET /settings/jobs/{number}/progress
        GET /settings/jobs/{number}/live
        GET /begin/wait
        """,
    "ma": """
        POST /outreach/stop
        POST /outreach/resume
        GET /letters/new
        POST /letters/new
        POST /letters/check
        POST /letters/look
        GET /letters/{name}/edit
        POST /letters/{name}/edit
        POST /letters/{name}/test
        POST /tasks/{task_id}/take
        POST /tasks/{task_id}/finish
        POST /tasks/{task_id}/cancel
        GET /coupons/new
        POST /coupons/new
        POST /coupons/{key}/pause
        POST /coupons/{key}/resume
        POST /coupons/{key}/issue
        POST /coupons/{key}/draw
        POST /coupons/{key}/stock
        POST /coupons/void
        POST /outbox/{outbox_id}/settle
        POST /outbox/{outbox_id}/retry
        POST /guards/suppressions/{number}/release
        POST /guards/cases
        POST /guards/cases/{case_id}/close
        POST /budgets
        POST /budgets/end
        POST /customer/consent
        GET /playbooks/new
        POST /playbooks/new
        GET /playbooks/{key}/edit
        POST /playbooks/{key}/edit
        POST /playbooks/{key}/try
        POST /playbooks/{key}/start
        POST /playbooks/{key}/approve
        POST /playbooks/{key}/pause
        POST /playbooks/{key}/release
        POST /todo/playbooks/{key}/start
        POST /todo/playbooks/{key}/pause
        """,
    "na": """
        GET /segments/policy/preview
        POST /segments/policy
        POST /segments/policy/adopt
        POST /customer/join
        POST /customer/part
        POST /data/upload
        GET /data/waiting/{file_id}
        POST /data/waiting/{file_id}/take
        POST /data/waiting/{file_id}/discard
        POST /data/events/{number}/retry
        POST /models/back-tests
        POST /models/runs
        POST /models/runs/replay
        GET /settings/health
        POST /settings/jobs/{number}/cancel
        POST /settings/jobs/{number}/retry
        GET /begin
        GET /begin/check
        POST /begin/demo
        POST /begin/value
        """,
    "a": """
        POST /customer/keep
        POST /customer/erase
        POST /settings/general
        GET /settings/people
        POST /settings/people
        POST /settings/people/{account_id}
        GET /settings/audit
        POST /settings/health/backup
        POST /settings/health/resume
        """,
}
WHO = {line.strip(): who for who, lines in TABLE.items() for line in lines.strip().splitlines()}


def who(rule: Rule) -> str:
    """Who may open a page, by what the code says of it."""
    if rule.public:
        return PUBLIC
    if rule.known:
        return KNOWN
    return "".join(letter for letter, role in LETTERS.items() if rule.right in rights_of(role))


def test_every_page_has_an_entry_and_every_entry_a_page(house: House) -> None:
    """The code's rights are those that were thought of by hand; nothing is left out on either side."""
    assert {str(line): who(line.rule) for line in lines_of(house.app, pages=True)} == WHO
    assert sum(len(lines.split("\n")) - 2 for lines in TABLE.values()) == len(WHO)


@pytest.mark.parametrize("role", ROLES)
def test_every_role_opens_what_the_table_says(begun_house: House, role: Role) -> None:
    """403 with the right that is missing, or the page (422: it needs a parameter); never a fault of ours."""
    letter = next(letter for letter, named in LETTERS.items() if named == role)
    browser = Browser(begun_house, role)

    for line, allowed in WHO.items():
        method, _space, path = line.partition(" ")
        if method != "GET" or "{" in path:
            continue
        is_in = allowed in {PUBLIC, KNOWN} or letter in allowed
        status = browser.client.get(path).status_code
        assert status < 400 or status == 422 if is_in else status == 403, (line, role, status)


def test_who_is_not_known_sees_the_door_only(house: House) -> None:
    """Every page but the public ones leads to the sign-in, and no form is taken."""
    browser = Browser(house, None)
    browser.client.follow_redirects = False

    for line, allowed in WHO.items():
        method, _space, path = line.partition(" ")
        filled = re.sub(r"\{\w+\}", "1", path.replace("{kind}", "csv"))
        if allowed != PUBLIC:
            answer = browser.client.request(method, filled)
            assert answer.status_code == 303, line
            assert answer.headers["location"].startswith("/sign-in"), line

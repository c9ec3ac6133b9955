"""Everything that can be read, read once by everybody: an answer, or the reason why there is none."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest

from evergrove.access import ROLES, rights_of

if TYPE_CHECKING:
    from evergrove.testing.house import House

READ = {
    "/v1/customers": "customers.read",
    "/v1/customer-count": "customers.read",
    "/v1/customers/C000002": "customers.read",
    "/v1/customers/C000002/orders": "customers.read",
    "/v1/customers/C000002/transitions": "customers.read",
    "/v1/customers/C000002/past": "customers.read",
    "/v1/customers/C000002/alive": "customers.read",
    "/v1/customers/C000002/timeline": "customers.read",
    "/v1/customer-lineage": "customers.read",
    "/v1/transitions": "customers.read",
    "/v1/transitions/flows": "figures.read",
    "/v1/policies": "figures.read",
    "/v1/tiers": "figures.read",
    "/v1/stages": "figures.read",
    "/v1/segments": "segments.read",
    "/v1/segment-language": "segments.read",
    "/v1/segment-language/completion?text=tier": "segments.read",
    "/v1/persons/C000002": "persons.read",
    "/v1/runs": "figures.read",
    "/v1/back-tests": "figures.read",
    "/v1/models": "figures.read",
    "/v1/readiness": "figures.read",
    "/v1/targets": "figures.read",
    "/v1/targets/own": "figures.read",
    "/v1/reviews/2026-06": "figures.read",
    "/v1/overview": "figures.read",
    "/v1/overview/attention": "customers.read",
    "/v1/cohorts": "figures.read",
    "/v1/cohorts?by=source": "figures.read",
    "/v1/playbooks": "figures.read",
    "/v1/playbooks/L2": "figures.read",
    "/v1/effects": "figures.read",
    "/v1/imports": "imports.read",
    "/v1/imports/1": "imports.read",
    "/v1/imports/1/rejected": "imports.read",
    "/v1/tables": "customers.read",
    "/v1/tables/scores": "customers.read",
    "/v1/settings": "settings.read",
    "/v1/due": "figures.read",
    "/v1/personas?group=tier%3Dlow": "figures.read",
}
SECONDS = {"/v1/reviews/2026-06", "/v1/targets", "/v1/targets/own", "/v1/readiness", "/v1/overview"}
"""These take seconds: before ``make prove`` one of those who may reads them, and all who may not are refused."""


@pytest.mark.slow
def test_everything_is_read_by_those_who_may_and_by_nobody_else(begun_house: House) -> None:
    """Of a workspace after its first night every list and every single thing has an answer, by right and no other way."""
    for path, right in READ.items():
        may = [role for role in ROLES if right in rights_of(role)]
        for role in ROLES:
            if path in SECONDS and role in may[1:] and "EVERGROVE_PROVE" not in os.environ:
                continue
            answer = begun_house.client(role).get(path)
            expected = 200 if right in rights_of(role) else 403
            assert answer.status_code == expected, (path, role, answer.text)
            if expected == 200:
                assert answer.json(), path
        assert begun_house.client(None).get(path).status_code == 401


def test_nothing_is_there_before_the_first_run(house: House) -> None:
    """Before anything was published, customers are not found with a sentence, and lists of the ledger are empty."""
    client = house.client("admin")
    for path in (
        "/v1/customers",
        "/v1/customers/C1",
        "/v1/transitions",
        "/v1/tiers",
        "/v1/targets",
        "/v1/overview",
        "/v1/overview/attention",
        "/v1/cohorts",
        "/v1/models",
        "/v1/due",
    ):
        answer = client.get(path)
        assert (answer.status_code, answer.json()["code"]) == (404, "pipeline.nothing_published"), path
    for path in ("/v1/segments", "/v1/runs", "/v1/imports", "/v1/back-tests", "/v1/effects"):
        assert client.get(path).json()["items"] == []

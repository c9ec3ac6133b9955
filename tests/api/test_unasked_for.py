"""Cases 11, 12, 13, 15 and 16 of the threat model over HTTP: what was not asked for is neither set, shown nor done."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from pydantic import BaseModel
from sqlalchemy import select

from evergrove.access.tables import account
from evergrove.app import jobs as work
from evergrove.jobs import attempt, claim, show
from evergrove.people import contacts
from evergrove.testing.routes import lines_of

if TYPE_CHECKING:
    from httpx2 import Response

    from evergrove.testing.house import House

OPEN = {
    "POST /v1/identify",
    "POST /v1/track",
    "POST /v1/page",
    "POST /v1/screen",
    "POST /v1/group",
    "POST /v1/alias",
    "POST /v1/batch",
}
"""Segment's bodies: programs that speak its language send fields that we do not know, and that are kept as told."""


def roles(house: House) -> dict[str, tuple[str, bool]]:
    """Role and sight of each account."""
    with house.here.ledger.reading() as connection:
        rows = connection.execute(select(account.c.id, account.c.role, account.c.sees_personal))
        return {row.id: (row.role, row.sees_personal) for row in rows}


def refused_path(answer: Response) -> list[str]:
    """The paths that a 422 names."""
    assert answer.status_code == 422, answer.text
    return [each["path"] for each in answer.json()["errors"]]


def test_case_11_ids_are_random_and_a_guess_learns_nothing(house: House) -> None:
    """One that nobody has is answered as one that is somebody's and not yours to see: there is no oracle."""
    assert all(len(each) == 32 and int(each, 16) for each in house.ids.values())
    admin, viewer = house.person("admin"), house.client("viewer")
    for path in ("", "/reset", "/disable"):
        method = "GET" if not path else "POST"
        missing = admin.request(method, f"/v1/users/{'0' * 32}{path}")
        assert missing.status_code in {400, 404}
        answers = [viewer.request(method, f"/v1/users/{one}{path}") for one in (house.ids["admin"], "0" * 32)]
        assert {each.status_code for each in answers} == {403}
        assert answers[0].json()["message"] == answers[1].json()["message"]


@pytest.mark.parametrize("field", ["workspace_id", "status", "id", "password_hash", "created_at", "is_first"])
def test_case_12_nobody_sets_what_is_not_offered(house: House, field: str) -> None:
    """422, the field by its path, and nothing of the request was done."""
    before = roles(house)
    body = {"role": "viewer", field: "admin"}

    changed = house.person("admin").patch(f"/v1/users/{house.ids['marketer']}", json=body)
    invited = house.person("admin").post("/v1/users", json={"email": "x@shop.example", **body})

    assert refused_path(changed) == [f"body.{field}"]
    assert refused_path(invited) == [f"body.{field}"]
    assert roles(house) == before


def test_case_12_nobody_promotes_themselves(house: House) -> None:
    """By key or log-in, in a body or past it."""
    before = roles(house)
    for role in ("viewer", "marketer", "analyst"):
        client, opened = house.signed_in(role)
        mine, headers = f"/v1/users/{house.ids[role]}", {"X-CSRF-Token": opened.csrf}
        assert client.patch(mine, json={"role": "admin"}, headers=headers).status_code == 403
        assert client.patch("/v1/me", json={"role": "admin"}, headers=headers).status_code == 405
        assert house.client(role).patch(mine, json={"sees_personal": True}).status_code == 403
    assert roles(house) == before


def test_case_12_the_last_administrator_stays(house: House) -> None:
    """Neither made anything else nor disabled: nobody could undo it."""
    one = house.ids["admin"]
    client = house.person("admin")

    assert client.patch(f"/v1/users/{one}", json={"role": "viewer"}).json()["code"] == "access.last_admin"
    assert client.post(f"/v1/users/{one}/disable").status_code == 403
    assert roles(house)[one][0] == "admin"


def test_case_12_figures_are_computed_and_never_sent(house: House) -> None:
    """A customer's value, tier and points are nobody's to write."""
    for field, value in (("clv", "9999"), ("tier", "high"), ("points_balance", 1), ("approved_by", "me")):
        body = {"customer_id": "C-1", "email": "c1@shop.example", field: value}
        answer = house.client("admin").post("/v1/customers", json=body)
        assert answer.status_code == 422, (field, answer.text)
        assert field in answer.text


def bodies(house: House) -> dict[str, type[BaseModel]]:
    """The model of each route's body."""
    kinds = {str(line): line.body for line in lines_of(house.app)}
    return {
        line: kind for line, kind in kinds.items() if isinstance(kind, type) and issubclass(kind, BaseModel)
    }


def test_case_12_every_body_names_all_its_fields(house: House) -> None:
    """What is not named is refused, in bodies of routes to come as well, and in what lies within them."""
    found = {line: kind for line, kind in bodies(house).items() if line not in OPEN}
    assert len(found) > 15
    for line, kind in found.items():
        for model in within(kind):
            assert model.model_config.get("extra") == "forbid", (line, model)


def within(kind: type[BaseModel]) -> set[type[BaseModel]]:
    """A model and those of its fields."""
    found, waiting = set(), [kind]
    while waiting:
        model = waiting.pop()
        if model in found:
            continue
        found.add(model)
        for each in model.model_fields.values():
            waiting += [one for one in parts(each.annotation) if issubclass(one, BaseModel)]
    return found


def parts(annotation: Any) -> list[type]:
    """The classes that an annotation is made of."""
    if isinstance(annotation, type) and not getattr(annotation, "__args__", ()):
        return [annotation]
    return [one for each in getattr(annotation, "__args__", ()) for one in parts(each)]


READ = (
    "/v1/customers?limit=500",
    "/v1/customers/{id}",
    "/v1/customers/{id}/orders",
    "/v1/customers/{id}/transitions",
    "/v1/persons/{id}",
    "/v1/transitions?limit=500",
    "/v1/segments",
    "/v1/imports",
    "/v1/jobs",
    "/v1/due",
    "/v1/tables/scores?limit=500",
    "/v1/audit?limit=500",
    "/v1/settings",
)


@pytest.mark.slow
@pytest.mark.parametrize("role", ["viewer", "marketer", "analyst"])
def test_case_13_nobody_without_the_right_is_told_a_name_or_an_address(begun_house: House, role: Any) -> None:
    """In no list, no single thing, no error: none of the names and addresses that the workspace holds."""
    with begun_house.here.ledger.reading() as connection:
        some = [f"C{n:06}" for n in range(1, 200)]
        known = contacts(connection, begun_house.here.seal, some)
    secret = {text for one in known.values() for text in (one.name, one.email) if text}
    assert len(secret) > 50
    client = begun_house.client(role)

    for path in READ:
        text = client.get(path.replace("{id}", "C000008")).text
        assert not {each for each in secret if each in text}, (path, role)


@pytest.mark.parametrize("field", ["email", "name", "phone"])
def test_case_13_nobody_filters_or_sorts_by_what_is_masked(begun_house: House, field: str) -> None:
    """It cannot even be named: conditions know no such field, so that there is no oracle to ask."""
    client = begun_house.client("marketer")
    asked = [
        client.get("/v1/customers", params={"where": f"{field} = 'x@y.example'"}),
        client.get("/v1/customer-count", params={"where": f"{field} = 'x@y.example'"}),
        client.get("/v1/customers", params={"sort": field}),
        client.post("/v1/segment-language/check", json={"where": f"{field} = 'x@y.example'"}),
        client.put("/v1/segments/leak", json={"where": f"{field} = 'x@y.example'"}),
    ]

    assert {each.status_code for each in asked} <= {403, 422}, [each.text for each in asked]


def test_case_15_a_saved_segment_is_asked_with_the_rights_of_whoever_asks(house: House) -> None:
    """An administrator's segment opens nothing to a key that may not read customers, and names nothing personal."""
    admin = house.client("admin")
    assert admin.put("/v1/segments/big", json={"text": "tier = 'high'"}).status_code == 200
    assert admin.put("/v1/segments/leak", json={"text": "email = 'x@y.example'"}).status_code == 422
    reader = house.client(None, Authorization=f"Bearer {house.key('analyst', 'segments.read')}")

    assert reader.get("/v1/segments/big").status_code == 200
    assert reader.get("/v1/segments/big/members").status_code == 403
    assert reader.put("/v1/segments/big", json={"text": "tier = 'low'"}).status_code == 403


@pytest.mark.parametrize("withdrawn", ["role", "account"])
def test_case_16_a_job_stops_when_the_right_behind_it_is_withdrawn(house: House, withdrawn: str) -> None:
    """Between ordering and doing: demoted or disabled, the job is given up and says why; nothing of it was done."""
    one, here = house.ids["analyst"], house.here
    assert house.client("analyst").post("/v1/jobs", json={"kind": "inbox"}).status_code == 202
    admin = house.person("admin")
    if withdrawn == "role":
        assert admin.patch(f"/v1/users/{one}", json={"role": "viewer"}).status_code == 200
    else:
        assert admin.post(f"/v1/users/{one}/disable").status_code == 200

    hold = claim(here.ledger, "w", ["inbox"], here.clock.now())
    assert hold is not None
    kind = work.kinds(here.folder, here.clock)["inbox"]
    ending = attempt(here.ledger, hold, kind, here.clock, lambda: 0.5, beat_s=0.01)

    assert ending.state == "dead"
    assert ending.reason == {"role": "access.right_missing", "account": "access.sign_in_needed"}[withdrawn]
    with here.ledger.reading() as connection:
        assert show(connection, hold.id).result is None

"""Exports over HTTP: asked for, made by a worker, fetched once by whom they belong to."""

from __future__ import annotations

from threading import Event
from typing import TYPE_CHECKING, Any

import pytest

from evergrove.app import jobs as workspace_jobs
from evergrove.audit import entries

if TYPE_CHECKING:
    from evergrove.testing.house import House


def work(house: House) -> None:
    """A worker does what is due."""
    told = workspace_jobs.Listener(lambda _: None, lambda _: None, lambda _hold, _ending: None)
    workspace_jobs.do_jobs(house.here, Event(), told, drain=True)


def path_of(link: dict[str, Any]) -> str:
    """The path of a link's address."""
    return "/v1" + str(link["url"]).partition("/v1")[2]


def test_a_file_is_asked_for_made_and_fetched_once(begun_house: House) -> None:
    """By a marketer; the link leads under the configured address, and opens nothing a second time (case 44)."""
    client = begun_house.client("marketer")
    wanted = {"filter": "tier = 'high'", "columns": ["customer_id", "tier", "email"], "format": "jsonl"}

    asked = client.post("/v1/exports", json=wanted, headers={"Idempotency-Key": "export-1"})
    again = client.post("/v1/exports", json=wanted, headers={"Idempotency-Key": "export-1"})
    assert asked.status_code == 202
    assert (asked.json(), again.headers["Idempotency-Replayed"]) == (again.json(), "true")
    name = asked.json()["id"]
    assert client.post(f"/v1/exports/{name}/link").status_code == 409
    work(begun_house)

    told = client.get(f"/v1/exports/{name}").json()
    assert (told["state"], told["is_there"], told["filter"]) == ("done", True, "tier = 'high'")
    link = client.post(f"/v1/exports/{name}/link")
    assert link.status_code == 201
    assert link.json()["url"].startswith(begun_house.here.settings.access.base_url)
    fetched = client.get(path_of(link.json()))
    assert fetched.status_code == 200
    assert fetched.headers["Content-Disposition"].startswith("attachment")
    assert fetched.headers["Cache-Control"] == "no-store"
    assert len(fetched.text.splitlines()) == told["rows"]
    assert "…@" in fetched.text  # no right to addresses: masked
    assert client.get(path_of(link.json())).json()["code"] == "export.link_spent"


def test_exports_are_their_owners_alone(begun_house: House) -> None:
    """Cases 10 and 11: another's export is not found, by nobody, an administrator among them."""
    name = begun_house.client("marketer").post("/v1/exports", json={}).json()["id"]
    work(begun_house)
    link = begun_house.client("marketer").post(f"/v1/exports/{name}/link").json()
    other = begun_house.client("admin")

    assert other.get(f"/v1/exports/{name}").status_code == 404
    assert other.post(f"/v1/exports/{name}/link").status_code == 404
    assert other.delete(f"/v1/exports/{name}").status_code == 404
    assert other.get(path_of(link)).status_code == 400
    assert other.get("/v1/exports").json()["items"] == []
    assert begun_house.client(None).get(path_of(link)).status_code == 401
    assert begun_house.client("viewer").post("/v1/exports", json={}).status_code == 403
    assert begun_house.client("marketer").get(path_of(link)).status_code == 200


def test_fifty_exports_at_once_are_capped_and_cancelled_by_their_owner(begun_house: House) -> None:
    """Case 75: three wait, the others are refused with a time to come back; a cancelled one makes room."""
    client = begun_house.client("marketer")
    answers = [client.post("/v1/exports", json={}) for _ in range(6)]

    assert [each.status_code for each in answers] == [202, 202, 202, 429, 429, 429]
    assert answers[-1].headers["Retry-After"]
    assert begun_house.client("analyst").post("/v1/exports", json={}).status_code == 202
    first = answers[0].json()["id"]
    assert client.delete(f"/v1/exports/{first}").json()["state"] == "cancelled"
    assert client.post("/v1/exports", json={}).status_code == 202

    page = client.get("/v1/exports", params={"limit": 3}).json()
    rest = client.get("/v1/exports", params={"limit": 3, "cursor": page["next_cursor"]}).json()
    assert [each["id"] for each in (*page["items"], *rest["items"])][-1] == first
    assert (len(page["items"]), len(rest["items"]), rest["next_cursor"]) == (3, 1, None)


@pytest.mark.parametrize(
    ("wanted", "status", "code"),
    [
        ({"table": "account"}, 404, "pipeline.no_such_table"),
        ({"filter": "email = 'a@b.example'"}, 422, "segments.unknown_field"),
        ({"filter": "1=1) OR (1=1"}, 422, "segments.not_read"),
        ({"columns": ["customer_id; drop table account"]}, 422, "export.unknown_column"),
        ({"format": "pickle"}, 422, "http.invalid_request"),
        ({"folder": "/etc"}, 422, "http.invalid_request"),
    ],
)
def test_what_cannot_be_made_is_refused(
    begun_house: House, wanted: dict[str, Any], status: int, code: str
) -> None:
    """Before anything is queued, with the way out."""
    answer = begun_house.client("marketer").post("/v1/exports", json=wanted)

    assert (answer.status_code, answer.json()["code"]) == (status, code)
    assert begun_house.client("marketer").get("/v1/exports").json()["items"] == []


def test_what_was_exported_is_in_the_trail(begun_house: House) -> None:
    """By which key; the condition is not told there, for somebody's id may stand in it."""
    client = begun_house.client("marketer")
    name = client.post("/v1/exports", json={"filter": "customer_id = 'C000001'"}).json()["id"]
    work(begun_house)

    with begun_house.here.ledger.reading() as connection:
        rows = entries(connection, what=f"export:{name}")
    assert [row.act for row in rows] == ["exports.made", "exports.asked"]
    assert rows[-1].who.startswith("key:evg_")
    assert "C000001" not in str(rows)

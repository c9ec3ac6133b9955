"""Cases 7 and 8 of the threat model over HTTP: pages of other sites, reading that changes nothing, keys."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import select

from evergrove.access.tables import api_key
from evergrove.access.tokens import digest
from evergrove.ledger import Ledger
from evergrove.server.observing import observed
from evergrove.settings import LogSettings
from evergrove.testing.house import BASE
from evergrove.testing.routes import lines_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from contextlib import AbstractContextManager
    from pathlib import Path

    from evergrove.testing.house import House

STREAMS = {"/v1/jobs/events", "/v1/jobs/{number}/events"}
"""They do not end by themselves; test_jobs_api reads them."""
NOTED = {"/v1/persons/C000002/export"}
"""To hand out all that is known of somebody is noted in the audit trail, and nothing else is written."""
FILLED = {
    "customer_id": "C000002",
    "key": "L2",
    "name": "scores",
    "month": "2026-06",
    "number": "1",
    "snapshot": "2",
    "export": "1",
    "token": "none",
    "prefix": "evg_000000000000",
    "account_id": "0" * 32,
}
WITHOUT_LOG_IN = ("/v1/links/", "/v1/email-receipts", "/v1/receipts/")
"""Links of letters and providers' reports: what counts is the link or the signature, whoever is signed in beside it."""
QUERIES = {"/v1/personas": "?group=tier%3Dlow", "/v1/segment-language/completion": "?text=tier"}


@pytest.fixture
def open_house(opening: Callable[..., AbstractContextManager[House]]) -> Iterator[House]:
    """A house that does not count how often one asks."""
    with opening(server={"burst": "100000", "event_burst": "100000"}) as house:
        yield house


def lines(house: House) -> list[tuple[str, str]]:
    """Method and path of every route, its parameters filled with something."""
    found = []
    for each in lines_of(house.app):
        path = each.path
        for name, value in FILLED.items():
            path = path.replace(f"{{{name}}}", value)
        if each.path not in STREAMS:
            found.append((each.method, path))
    return found


@pytest.mark.parametrize(
    "headers",
    [{"Origin": "https://evil.example"}, {"Content-Type": "text/plain"}, {"X-CSRF-Token": "0" * 64}],
    ids=["another origin", "text/plain", "a wrong token"],
)
def test_case_7_no_page_of_another_site_changes_anything(
    open_house: House, monkeypatch: pytest.MonkeyPatch, headers: dict[str, str]
) -> None:
    """Every route that is no reading one, with the log-in of an administrator: 403, and nothing is written."""
    client, opened = open_house.signed_in("admin")
    written = writes(monkeypatch)
    changing = [line for line in lines(open_house) if line[0] not in {"GET", "HEAD"}]
    assert len(changing) > 40

    for method, path in changing:
        if path in {"/v1/set-up", "/v1/sign-in", "/v1/enter", "/v1/reset"} and "X-CSRF-Token" in headers:
            continue  # nobody holds a token before them; their origin is looked at all the same
        answer = client.request(
            method, path, headers={"Origin": BASE, "X-CSRF-Token": opened.csrf, **headers}, content=b"{}"
        )
        refused = {401, 403, 404, 422} if path.startswith(WITHOUT_LOG_IN) else {403}
        assert answer.status_code in refused, (method, path, answer.text)
    assert written == []


def writes(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Filled with a word for each writing transaction from now on."""
    found: list[str] = []
    for name in ("writing", "rebuilding"):
        real = getattr(Ledger, name)

        def counted(self: Ledger, _real: Any = real, _name: str = name) -> Any:
            found.append(_name)
            return _real(self)

        monkeypatch.setattr(Ledger, name, counted)
    return found


@pytest.mark.slow
def test_case_7_reading_changes_nothing(begun_house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    """Every GET, of things that are there and of things that are not: no writing transaction, and no 5xx."""
    client = begun_house.client("admin")
    client.get("/v1/me")  # when a key was last used is kept, once a minute
    written, kept = writes(monkeypatch), files_of(begun_house)
    read = [path for method, path in lines(begun_house) if method == "GET"]
    assert len(read) > 40

    for path in read:
        answer = client.get(path + QUERIES.get(path, ""))
        assert answer.status_code < 500, (path, answer.text)
        assert written == ([] if path not in NOTED else ["writing"]), path
        written.clear()
    assert files_of(begun_house) == kept


def files_of(house: House) -> dict[str, int]:
    """Every file of the workspace with its size, but the ledger's log, and what was computed and can be again."""
    folder = house.here.folder
    return {
        str(path.relative_to(folder)): path.stat().st_size
        for path in folder.rglob("*")
        if path.is_file() and not path.name.startswith("ledger.sqlite-") and path.parent.name != "cache"
    }


def test_case_8_a_key_is_shown_once_and_kept_as_a_hash(house: House) -> None:
    """Its prefix is shown afterwards, its text never again, neither by us nor by the ledger."""
    client = house.person("marketer")

    made = client.post("/v1/keys", json={"name": "till", "scopes": ["segments.read"]})

    assert made.status_code == 201
    prefix, text = made.json()["prefix"], made.json()["key"]
    assert text.startswith(f"{prefix}_")
    shown = client.get("/v1/keys").text
    assert prefix in shown
    assert text not in shown
    with house.here.ledger.reading() as connection:
        row = connection.execute(select(api_key).where(api_key.c.prefix == prefix)).one()
    assert row.secret_hash == digest(text.removeprefix(f"{prefix}_"))
    assert text not in repr(row)


def test_case_8_a_key_does_what_its_scopes_say_and_ends_at_once(house: House) -> None:
    """Neither more than its scopes, nor more than its owner; revoked, it opens nothing on the very next call."""
    client = house.person("marketer")
    refused = client.post("/v1/keys", json={"name": "x", "scopes": ["users.manage"]})
    assert (refused.status_code, refused.json()["code"]) == (403, "access.scope_too_wide")
    assert client.post("/v1/keys", json={"name": "x", "scopes": ["all"]}).status_code == 422
    other = {"name": "x", "scopes": ["segments.read"], "account_id": house.ids["analyst"]}
    assert client.post("/v1/keys", json=other).status_code == 403
    made = client.post("/v1/keys", json={"name": "till", "scopes": ["segments.read"]}).json()
    till = house.client(None, Authorization=f"Bearer {made['key']}")

    assert till.get("/v1/segments").status_code == 200
    assert till.get("/v1/customers").status_code == 403
    assert house.client("analyst").delete(f"/v1/keys/{made['prefix']}").status_code == 404
    assert client.delete(f"/v1/keys/{made['prefix']}").status_code == 204
    assert till.get("/v1/segments").status_code == 401
    assert client.delete(f"/v1/keys/{made['prefix']}").status_code == 204


@pytest.mark.parametrize("name", ["key", "api_key", "access_token", "writeKey", "q"])
def test_case_8_a_key_in_an_address_opens_nothing_and_is_in_no_log(
    house: House, tmp_path: Path, name: str
) -> None:
    """On reading routes, on changing ones, on public ones: 401, and not a part of it is written down."""
    key, file = house.keys["admin"], tmp_path / "log.jsonl"
    with observed(LogSettings(file=str(file), level="debug"), "serve"):
        client = house.client(None)
        answers = [
            client.get("/v1/customers", params={name: key}),
            client.post("/v1/outbound/resume", params={name: key}),
            client.get("/v1/about", params={name: key}),
            house.client("admin").get("/v1/me", params={name: key}),
        ]

    assert [(each.status_code, each.json()["code"]) for each in answers] == [(401, "http.key_in_address")] * 4
    ours = [line for line in file.read_text().splitlines() if json.loads(line).get("logger") != "httpx"]
    told = "\n".join(line for line in ours if '"request"' in line)
    assert key.split("_", 2)[2] not in told
    assert all(key not in each.text for each in answers)


def test_lists_of_keys_are_ones_own_but_for_who_manages_them(house: House) -> None:
    """A page at a time, and a cursor goes on where it ended."""
    client = house.person("marketer")
    for n in range(3):
        client.post("/v1/keys", json={"name": f"till {n}", "scopes": []})

    mine = client.get("/v1/keys").json()["items"]
    assert {each["account_id"] for each in mine} == {house.ids["marketer"]}
    assert {each["account_id"] for each in house.client("admin").get("/v1/keys").json()["items"]} == set(
        house.ids.values()
    )
    walked, cursor = [], None
    while True:
        page = client.get("/v1/keys", params={"limit": 2} | ({"cursor": cursor} if cursor else {})).json()
        walked += page["items"]
        cursor = page["next_cursor"]
        if cursor is None:
            break
    assert walked == mine

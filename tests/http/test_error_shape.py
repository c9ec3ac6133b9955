"""Every error has one shape, whoever raises it."""

from __future__ import annotations

from decimal import Decimal
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any, Literal

import pytest
from pydantic import Field

from evergrove.access.errors import TooManyAttempts
from evergrove.core import InUse
from evergrove.core.errors import EvergroveError
from evergrove.http import Amount, Body, Moment, Routes
from evergrove.http.statuses import OF_CODE
from evergrove.ledger import LedgerBusy, LedgerFailed
from evergrove.server.build import build

if TYPE_CHECKING:
    from evergrove.testing.house import House

RAISED: dict[str, Exception] = {
    "busy": LedgerBusy(where="x", seconds=10),
    "full": LedgerFailed(where="x", reason="database or disk is full"),
    "failed": LedgerFailed(where="x", reason="disk I/O error"),
    "in_use": InUse(folder="x"),
    "often": TooManyAttempts(seconds=7),
    "unforeseen": ZeroDivisionError("the password of ada@shop.example"),
}


ROUTES = Routes(tag="test")


@ROUTES.get("/raise/{what}", public="a test")
def raises(what: str) -> None:
    """Raise it."""
    raise RAISED[what]


class Order(Body):
    """What comes in."""

    amount: Amount
    kind: Literal["order", "refund"] = "order"
    at: Moment | None = None
    count: int = Field(default=1, ge=1, le=9)
    name: str = Field(default="", max_length=5)


@pytest.fixture
def raising(house: House) -> House:
    """A service with routes that raise, and one that reads a body."""
    routes = Routes("/test", tag="test")

    routes.get("/raise/{what}", public="a test")(raises)

    @routes.post("/orders", right="events.write")
    def orders(order: Order, limit: int = 5) -> dict[str, Any]:
        return {"amount": str(order.amount), "limit": limit}

    house.also(routes)
    return house


@pytest.mark.parametrize(
    ("what", "status", "code", "wait"),
    [
        ("busy", 503, "ledger.busy", "2"),
        ("full", 507, "ledger.failed", None),
        ("failed", 503, "ledger.failed", "2"),
        ("in_use", 409, "core.in_use", "2"),
        ("often", 429, "access.too_many_attempts", "7"),
        ("unforeseen", 500, "http.our_mistake", None),
    ],
)
def test_an_error_tells_code_message_hint_and_request(
    raising: House, what: str, status: int, code: str, wait: str | None
) -> None:
    """Status by class, Retry-After where waiting helps, and nothing of what nobody foresaw."""
    answer = raising.client(None).get(f"/v1/test/raise/{what}")

    told = answer.json()
    assert (answer.status_code, told["code"], answer.headers.get("Retry-After")) == (status, code, wait)
    assert told["message"]
    assert told["request_id"] == answer.headers["X-Request-Id"]
    assert "ada" not in answer.text


def test_only_debugging_tells_where_a_mistake_came_from(raising: House) -> None:
    """A traceback, for whoever mends it; else its place stands in the log and nowhere else."""
    path = "/v1/test/raise/unforeseen"
    plain = raising.client(None).get(path).json()
    raising.app = build(raising.service, further=[SimpleNamespace(routes=ROUTES)], debug=True)
    told = raising.client(None).get("/v1/raise/unforeseen").json()

    assert "errors" not in plain
    assert "ZeroDivisionError" in told["errors"][0]["message"]


def test_the_frameworks_own_errors_have_the_same_shape(raising: House) -> None:
    """404, 405 with Allow, and a body that is no JSON."""
    client = raising.client()

    nowhere, wrong = client.get("/v1/nowhere"), client.delete("/v1/about")
    broken = client.post("/v1/test/orders", content=b"{", headers={"Content-Type": "application/json"})

    assert (nowhere.status_code, nowhere.json()["code"]) == (404, "http.no_such_place")
    assert (wrong.status_code, wrong.json()["code"]) == (405, "http.wrong_method")
    assert wrong.headers["Allow"] == "GET"
    assert (broken.status_code, broken.json()["code"]) == (400, "http.malformed_body")


@pytest.mark.parametrize(
    ("body", "path", "code"),
    [
        ({}, "body.amount", "http.value_missing"),
        ({"amount": 1, "tier": "gold"}, "body.tier", "http.value_unknown"),
        ({"amount": "1e400"}, "body.amount", "http.value_of_other_type"),
        ({"amount": "1" * 16}, "body.amount", "http.value_not_that_long"),
        ({"amount": "0.12345"}, "body.amount", "http.value_not_that_long"),
        ({"amount": "NaN"}, "body.amount", "http.value_of_other_type"),
        ({"amount": "ten"}, "body.amount", "http.value_of_other_type"),
        ({"amount": 1, "kind": "gift"}, "body.kind", "http.value_not_one_of"),
        ({"amount": 1, "at": "2026-03-31T09:30:00"}, "body.at", "http.value_of_other_type"),
        ({"amount": 1, "count": 10}, "body.count", "http.value_not_in_range"),
        ({"amount": 1, "name": "longer"}, "body.name", "http.value_not_that_long"),
        ({"amount": 1, "name": 5}, "body.name", "http.value_of_other_type"),
        ([], "body", "http.value_of_other_type"),
    ],
)
def test_a_value_that_cannot_be_used_is_named(raising: House, body: Any, path: str, code: str) -> None:
    """Where it stands and how it is wrong; the value itself is not repeated."""
    answer = raising.client().post("/v1/test/orders", json=body)

    assert answer.status_code == 422
    assert answer.json()["code"] == "http.invalid_request"
    assert [(each["path"], each["code"]) for each in answer.json()["errors"]] == [(path, code)]


def test_a_misspelled_parameter_is_no_question_without_it(raising: House) -> None:
    """A filter that is not heard would answer as if there were none."""
    answer = raising.client().post("/v1/test/orders?limt=3", json={"amount": 1})

    assert answer.json()["errors"][0]["path"] == "query.limt"


@pytest.mark.parametrize("given", [128.5, "128.50", 0.1, 12])
def test_amounts_are_exact_however_they_come(raising: House, given: Any) -> None:
    """A number of JSON is read by its shortest spelling, not by what is nearest in binary."""
    answer = raising.client().post("/v1/test/orders", json={"amount": given})

    assert Decimal(answer.json()["amount"]) == Decimal(str(given))


def test_an_error_speaks_the_language_that_is_asked_for(raising: House) -> None:
    """By weight; a language that we do not speak is passed over; without a wish, the workspace's own."""
    client = raising.client()
    said = {
        wish: client.get("/v1/nowhere", headers={"Accept-Language": wish}).json()["message"]
        for wish in ("zh-TW", "fr, zh-CN;q=0.8, en;q=0.1", "en", "*", "q=;;,", "")
    }

    assert len({said["zh-TW"], said["fr, zh-CN;q=0.8, en;q=0.1"], said["en"]}) == 3
    assert said["*"] == said["q=;;,"] == said[""] == said["en"]


@pytest.mark.parametrize(
    ("given", "is_kept"), [("abcdef-12345", True), ("short", False), ("with space", False), ("x" * 65, False)]
)
def test_a_request_keeps_its_own_id_where_it_is_one(raising: House, given: str, *, is_kept: bool) -> None:
    """Letters, digits and dashes, 8 to 64 of them."""
    answer = raising.client().get("/v1/about", headers={"X-Request-Id": given})

    assert (answer.headers["X-Request-Id"] == given) is is_kept


def test_every_answer_is_read_as_what_it_is_and_kept_nowhere(raising: House) -> None:
    """Case 43: also errors, and no other site's page may read one."""
    client = raising.client()
    for answer in (client.get("/v1/me"), client.get("/v1/nowhere"), client.get("/v1/test/raise/unforeseen")):
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
        assert answer.headers["Cache-Control"] == "no-store"
        assert "default-src 'none'" in answer.headers["Content-Security-Policy"]
        assert answer.headers["Content-Type"] == "application/json"
        assert "Access-Control-Allow-Origin" not in answer.headers


def test_statuses_are_of_codes_that_there_are() -> None:
    """A code that was renamed would silently become another status."""
    import evergrove.app.jobs
    import evergrove.pipeline.kept_board
    import evergrove.pipeline.person
    import evergrove.pipeline.replay
    import evergrove.segments.language  # noqa: F401 - so that their errors are known

    assert set(OF_CODE) <= {each.code for each in _below(EvergroveError) if hasattr(each, "code")}


def _below(error: type[EvergroveError]) -> set[type[EvergroveError]]:
    return {error}.union(*map(_below, error.__subclasses__()))

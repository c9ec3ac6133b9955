"""Letters over HTTP: kept in versions, shown as a customer would get them, and tried out on people of the team."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import func, select

from evergrove.audit.tables import AUDIT
from evergrove.delivery import MemoryChannel
from evergrove.delivery.letters import letter_text
from evergrove.outbox.tables import OUTBOX

if TYPE_CHECKING:
    from evergrove.testing.house import House


def letter(body: str = "{{ greeting }}\n\nNews of {{ shop }}.", **more: Any) -> dict[str, Any]:
    """What is posted."""
    words = {"en": {"subject": "For {{ name }}", "body": body, **more}}
    return {
        "document": {"format": "evergrove.letter/1", "name": "news", "category": "marketing", "words": words}
    }


@pytest.fixture
def mails(monkeypatch: pytest.MonkeyPatch) -> MemoryChannel:
    """What would have left over SMTP."""
    channel = MemoryChannel()
    monkeypatch.setattr("evergrove.app.letters.SmtpChannel", lambda _settings: channel)
    return channel


def test_a_letter_is_kept_in_versions(house: House) -> None:
    """The newest is what messages take; the same again is none; older ones are there to be read."""
    client = house.client("marketer")
    assert client.post("/v1/letters", json=letter()).json()["version"] == 1
    again = client.post("/v1/letters", json=letter()).json()
    assert (again["version"], again["is_new"]) == (1, False)
    assert client.post("/v1/letters", json=letter("Hello")).json()["version"] == 2

    whole = client.get("/v1/letters/news").json()
    first = client.get("/v1/letters/news", params={"version": 1}).json()
    assert [each["version"] for each in whole["versions"]] == [2, 1]
    assert whole["document"]["words"]["en"]["body"] == "Hello"
    assert "News of" in first["document"]["words"]["en"]["body"]
    listed = {each["name"]: each for each in client.get("/v1/letters").json()["items"]}
    assert (listed["news"]["version"], listed["new-coupon"]["forms"]) == (2, ["email", "short"])
    assert listed["new-thanks"]["languages"] == ["en", "zh-Hans", "zh-Hant"]


def test_what_is_wrong_with_a_letter_is_said_and_nothing_is_kept(house: House) -> None:
    """Where it is, by part and line; looked at only, it is neither kept."""
    client = house.client("marketer")
    for where in ("/v1/letters", "/v1/letter-check"):
        answer = client.post(where, json=letter("a\n{{ nmae }}"))
        assert (answer.status_code, answer.json()["code"]) == (422, "delivery.unknown_value")
        assert "line 2" in answer.json()["message"]
    looked = client.post("/v1/letter-check", json=letter()).json()
    assert (looked["subject"], looked["version"]) == ("For Ada", 0)
    for path in ("/v1/letters/news", "/v1/letters/news/preview", "/v1/letters/..%2Fframe", "/v1/letters/no"):
        assert client.get(path).status_code == 404
    assert client.get("/v1/letters/new-thanks", params={"version": 7}).status_code == 404


def test_a_letter_is_shown_to_a_sample_reader(house: House) -> None:
    """In the language that is asked for, with its text message and what that costs."""
    client = house.client("analyst")
    shown = client.get("/v1/letters/new-coupon/preview", params={"language": "zh-Hant"}).json()

    assert shown["subject"] == "您的第二筆訂單可享9折優惠"
    assert shown["html"].startswith("<!doctype html>")
    assert (shown["short"]["encoding"], shown["short"]["segments"]) == ("UCS-2", 1)
    assert (shown["skipped"], shown["is_masked"]) == (None, False)


def test_a_customer_s_preview_masks_the_name_by_right(begun_house: House) -> None:
    """Who may not see names sees their ends; who would be skipped is said so, with the reason."""
    admin, analyst = begun_house.client("admin"), begun_house.client("analyst")
    items = admin.get("/v1/customers", params={"limit": 50}).json()["items"]
    named = None
    for each in items:
        asked = {"customer_id": each["customer_id"], "language": "en"}
        shown = admin.get("/v1/letters/new-thanks/preview", params=asked).json()
        if not shown["text"].startswith("Hello,"):
            named = each["customer_id"]
            break
    assert named is not None
    asked = {"customer_id": named, "language": "en"}
    open_, hidden = (
        client.get("/v1/letters/new-thanks/preview", params=asked).json() for client in (admin, analyst)
    )
    assert (open_["is_masked"], hidden["is_masked"]) == (False, True)
    assert open_["text"].split("\n")[0] != hidden["text"].split("\n")[0]
    assert "…" in hidden["text"].split("\n")[0]

    skipped = admin.get("/v1/letters/medium-points/preview", params=asked).json()
    assert (skipped["subject"], skipped["skipped"]) == (None, "delivery.missing_value")
    assert "points" in skipped["why"]
    assert admin.get("/v1/letters/new-thanks/preview", params={"customer_id": "nobody"}).status_code == 404


def test_case_29_a_try_goes_to_people_of_the_team_only(house: House, mails: MemoryChannel) -> None:
    """Any other address is refused, with one answer for all; a try is marked, noted and counted nowhere."""
    client = house.client("marketer")
    for to in ("eve@example.com", "not an address", "marketer@shop.example\r\nBcc: eve@example.com"):
        refused = client.post("/v1/letters/new-thanks/test", json={"to": to})
        assert (refused.status_code, refused.json()["code"]) == (422, "app.not_of_the_team")
    assert mails.mails == []

    done = client.post("/v1/letters/new-thanks/test", json={"to": "analyst@shop.example", "language": "en"})

    assert done.status_code == 200, done.text
    (mail,) = mails.mails
    assert mail.recipient == ("analyst@shop.example", "")
    assert mail.rendered.subject == done.json()["subject"] == "[Test] Thank you for your first order"
    with house.here.ledger.reading() as connection:
        assert connection.execute(select(func.count()).select_from(OUTBOX)).scalar() == 0
        noted = select(AUDIT.c.what, AUDIT.c.params).where(AUDIT.c.act == "letters.tested")
        (row,) = connection.execute(noted).all()
    assert (row.what, row.params["to"]) == ("letter:new-thanks", f"user:{house.ids['analyst']}")
    assert "@" not in str(row.params)


def test_case_29_an_address_that_nobody_has_proved_gets_nothing(house: House, mails: MemoryChannel) -> None:
    """Whoever was invited, and has not opened the link, may be anybody."""
    invited = house.person("admin").post("/v1/users", json={"email": "new@shop.example", "role": "viewer"})
    assert invited.status_code < 300, invited.text
    answer = house.client("marketer").post("/v1/letters/new-thanks/test", json={"to": "new@shop.example"})
    assert answer.json()["code"] == "app.not_of_the_team"
    assert mails.mails == []


def test_case_29_tries_are_limited(house: House, mails: MemoryChannel) -> None:
    """Ten at once, then one a minute; what is refused is not sent."""
    client = house.client("marketer")
    asked = {"to": "admin@shop.example"}
    answers = [client.post("/v1/letters/new-thanks/test", json=asked).status_code for _ in range(11)]
    assert answers == [200] * 10 + [429]
    assert len(mails.mails) == 10
    house.later(seconds=61)
    assert client.post("/v1/letters/new-thanks/test", json=asked).status_code == 200


def test_everything_that_a_letter_may_name_is_told(house: House) -> None:
    """Values with type, meaning, sample and class; filters and tags."""
    told = house.client("analyst").get("/v1/letter-values").json()
    values = {each["name"]: each for each in told["values"]}
    assert values["name"]["is_personal"]
    assert not values["coupon"]["is_certain"]
    assert {"default", "url_encode"} <= set(told["filters"])
    assert "for" in told["tags"]


def test_a_letter_may_come_as_a_text(house: House) -> None:
    """The same letter in either form; both, or none, are refused. What was kept is given back as text."""
    client, given = house.client("marketer"), letter()["document"]
    text = letter_text({**given, "params": {}})
    assert client.post("/v1/letters", json={"text": text}).json()["is_new"] is True
    assert client.post("/v1/letters", json={"document": given}).json()["is_new"] is False
    whole = client.get("/v1/letters/news").json()
    assert client.post("/v1/letters", json={"text": whole["text"]}).json()["is_new"] is False
    assert [each["name"] for each in whole["values"]] == ["greeting", "name", "shop"]
    for both in ({}, {"text": text, "document": given}):
        answer = client.post("/v1/letters", json=both)
        assert (answer.status_code, answer.json()["code"]) == (422, "api.not_one_letter")
    answer = client.post("/v1/letter-check", json={"text": "name = news"})
    assert (answer.status_code, answer.json()["code"]) == (422, "delivery.no_letter_document")


def test_a_language_that_a_letter_lacks_is_a_reader_who_gets_nothing(house: House) -> None:
    """As when it is sent: skipped, with the reason; and it cannot be tried out."""
    client = house.client("marketer")
    client.post("/v1/letters", json=letter())
    shown = client.get("/v1/letters/news/preview", params={"language": "zh-Hans"})
    assert (shown.status_code, shown.json()["skipped"], shown.json()["subject"]) == (
        200,
        "delivery.no_template",
        None,
    )
    asked = {"to": "admin@shop.example", "language": "zh-Hans"}
    tried = client.post("/v1/letters/news/test", json=asked)
    assert (tried.status_code, tried.json()["code"]) == (422, "delivery.no_template")

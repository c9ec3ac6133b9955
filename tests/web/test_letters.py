"""Cases 45 to 48 and 50 in pages: leaving, wishes, followed links; no cookie, no script, nothing by GET."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import func, select
from starlette.testclient import TestClient

from evergrove.access import Buckets
from evergrove.app.service import PER_LINK, VISITORS, Strangers
from evergrove.core import SetClock
from evergrove.delivery.links import token_of
from evergrove.delivery.links.following import store_link
from evergrove.delivery.returns.signing import SIGNATURE_HEADER, TIME_HEADER, signature_of
from evergrove.outbox import OUTBOX, Message, enqueue
from evergrove.people import PersonRow, consent_of, store_people, suppressed
from evergrove.people.tables import consent_event
from evergrove.testing.browsing import Seen
from evergrove.testing.house import BASE, NOON, House, new_folder, opened

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from evergrove.access import Passwords

PERSON = (
    "Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) AppleWebKit/605.1.15 Version/17.5 Safari/604.1"
)
SECRET = "s" * 40
MAIL = {"sender": "shop@shop.example", "sender_name": "Demo & Sons"}


@pytest.fixture
def letters(tmp_path: Path, passwords: Passwords) -> Iterator[Letters]:
    """A service and one reader of a letter that has left."""
    (tmp_path / "reports").write_text(SECRET)
    chosen = {**MAIL, "reports_secret_file": str(tmp_path / "reports")}
    with opened(new_folder(tmp_path, mail=chosen), passwords, SetClock(NOON)) as house:
        yield Letters(house)


class Letters:
    """A service, the name of one letter that has left, and a reader's browser."""

    def __init__(self, house: House) -> None:
        self.house, self.here = house, house.here
        with self.here.ledger.writing() as connection:
            rows = [PersonRow("C1", "ada@example.com", "Ada", "zh-Hant", "Asia/Taipei", "granted")]
            store_people(connection, self.here.seal, rows, NOON)
            message = Message(
                playbook="L2",
                version=1,
                customer_id="C1",
                occasion="2026-06-30",
                step=1,
                channel="email",
                arm="treated",
                template="new-thanks",
                decision_id="d",
                run_id=1,
                not_before=NOON,
                valid_until=NOON.replace(year=2027),
            )
            enqueue(connection, [message], NOON)
            left = OUTBOX.update().values(state="accepted", attempting_at=NOON, settled_at=NOON)
            connection.execute(left)
        self.name = message.id
        still = {
            "letters": Buckets(PER_LINK, lambda: 0.0),
            "visitors": Strangers(Buckets(VISITORS, lambda: 0.0)),
        }
        house.app.state.service = replace(house.service, **still)  # type: ignore[arg-type] # nothing refills
        self.reader = TestClient(house.app, BASE, headers={"User-Agent": PERSON}, follow_redirects=False)

    def path(self, letter: str, kind: str, **more: object) -> str:
        """Of a link."""
        return f"/{letter}/{token_of(self.here.seal, kind, self.name, **more)}"  # type: ignore[arg-type]

    @property
    def state(self) -> str:
        """What the reader's words about offers come to."""
        with self.here.ledger.reading() as connection:
            return consent_of(connection, ["C1"])["C1"]

    @property
    def words(self) -> int:
        """How many were ever written down."""
        with self.here.ledger.reading() as connection:
            return connection.execute(select(func.count()).select_from(consent_event)).scalar_one()


def test_case_47_opening_the_link_changes_nothing_and_one_click_does_at_once(letters: Letters) -> None:
    """Scanners may open it as often as they like; RFC 8058's click needs no cookie, no token, and is not sent on."""
    path = letters.path("l", "leave")
    for method in ("GET", "GET", "HEAD", "OPTIONS"):
        letters.reader.request(method, path)
    assert (letters.state, letters.words) == ("granted", 1)

    answers = [
        letters.reader.post(
            path, data={"List-Unsubscribe": "One-Click"}, headers={"Origin": "https://mail.example"}
        ),
        letters.reader.post(path, files={"List-Unsubscribe": (None, "One-Click")}),
        letters.reader.post(path),
    ]

    assert {each.status_code for each in answers} == {200}
    assert len({each.text for each in answers}) == 1
    assert not any("set-cookie" in each.headers or "location" in each.headers for each in answers)
    assert letters.state == "revoked"


def test_pages_of_letters_are_bare(letters: Letters) -> None:
    """No cookie, no script, not kept, not found by search engines, in nobody's frame; the shop's name is only text."""
    for path in (letters.path("l", "leave"), letters.path("p", "preferences")):
        answer = letters.reader.get(path)
        assert answer.status_code == 200
        assert "set-cookie" not in answer.headers
        assert (answer.headers["cache-control"], answer.headers["x-robots-tag"]) == (
            "no-store",
            "noindex, nofollow",
        )
        policy = answer.headers["content-security-policy"]
        assert "default-src 'none'" in policy
        assert "frame-ancestors 'none'" in policy
        assert "script" not in policy
        assert "<script" not in answer.text
        assert "Demo &amp; Sons" in answer.text
        assert "ada@example.com" not in answer.text


def test_case_46_every_wrong_link_gets_the_same_page(letters: Letters) -> None:
    """Cut, changed, of another kind, of another workspace: 404, and the same words."""
    good = letters.path("l", "leave")
    click = letters.path("c", "click").replace("/c/", "/l/")
    answers = [
        letters.reader.get(each)
        for each in (
            good[:-1],
            good[:-1] + ("A" if good[-1] != "A" else "B"),
            click,
            "/l/x",
            good.replace("/l/", "/c/"),
        )
    ]
    assert {each.status_code for each in answers} == {404}
    assert len({Seen(each.text).text for each in answers[:4]}) == 1
    assert letters.reader.post(good[:-1]).status_code == 404
    assert letters.state == "granted"


def test_the_page_speaks_the_letters_language_and_can_be_switched(letters: Letters) -> None:
    """Whatever the browser wishes for; the switch is a link, and no cookie."""
    path = letters.path("l", "leave")
    assert '<html lang="zh-Hant">' in letters.reader.get(path, headers={"Accept-Language": "en"}).text
    english = letters.reader.get(f"{path}?language=en")
    assert "No more messages from Demo &amp; Sons?" in english.text
    assert "set-cookie" not in english.headers
    assert '<html lang="zh-Hant">' in letters.reader.get(f"{path}?language=xx&utm_source=mail").text


def test_wishes_are_changed_by_a_form_without_scripts(letters: Letters) -> None:
    """What is ticked is on, what was shown and is not is off; the answer shows what holds now."""
    path = letters.path("p", "preferences") + "?language=en"
    seen = Seen(letters.reader.get(path).text)
    assert "a…@example.com" in seen.text
    (form,) = seen.forms
    assert form.fields["wish"] == ["marketing.email", "profiling.any"]

    answer = letters.reader.post(path, data={"offered": form.fields["offered"], "wish": ["survey.email"]})

    assert "Saved." in answer.text
    assert Seen(answer.text).forms[0].fields["wish"] == ["survey.email"]
    assert letters.state == "revoked"


def test_case_50_forms_are_counted_by_their_link_and_the_last_one_counts(letters: Letters) -> None:
    """After some sixty posts it is 429 for that link; another reader's link is not held back."""
    path = letters.path("p", "preferences")
    statuses = [
        letters.reader.post(
            path, data={"offered": ["marketing.email"], "wish": ["marketing.email"] if n % 2 else []}
        ).status_code
        for n in range(70)
    ]
    assert statuses[:50] == [200] * 50
    assert 429 in statuses
    last = len([each for each in statuses if each == 200]) - 1
    assert letters.state == ("granted" if last % 2 else "revoked")
    assert letters.reader.post(letters.path("l", "leave")).status_code == 200


def test_links_that_nobody_has_made_are_counted_by_address(letters: Letters) -> None:
    """Guessing ends in 429; who holds a link gets on from the same address all the same, and is not counted."""
    for _each in range(100):
        letters.reader.get("/assets/none/none")
    for _each in range(55):
        letters.reader.get(letters.path("l", "leave"))
    statuses = {letters.reader.get(f"/l/{n}").status_code for n in range(70)}
    assert statuses == {404, 429}


def test_case_45_a_click_goes_where_the_link_was_stored_and_nowhere_else(letters: Letters) -> None:
    """Whatever the query asks for; a HEAD too; a link that is not stored is 404."""
    with letters.here.ledger.writing() as connection:
        name = store_link(connection, "https://shop.example/a?b=c", NOON)
    path = letters.path("c", "click", target=name, links=1)
    for method in ("GET", "HEAD"):
        answer = letters.reader.request(method, f"{path}?url=https://evil.example&to=//evil.example")
        assert (answer.status_code, answer.headers["location"]) == (302, "https://shop.example/a?b=c")
        assert "set-cookie" not in answer.headers
    assert letters.reader.get(letters.path("c", "click", target="0" * 16)).status_code == 404
    picture = letters.reader.get(letters.path("o", "open"))
    assert (picture.status_code, picture.headers["content-type"]) == (200, "image/gif")


def test_case_49_reports_over_http(letters: Letters) -> None:
    """No or a wrong signature is 401 whatever the body; the same report again is 200 and changes nothing."""
    from evergrove.delivery.links import signed_name

    told = {"id": "r1", "message_id": f"<{signed_name(letters.here.seal, letters.name)}@shop.example>"}
    body = json.dumps({"reports": [{**told, "kind": "complained"}]}).encode()

    def send(body: bytes, secret: str = SECRET, age_s: int = 0) -> tuple[int, dict[str, int]]:
        moment = str(int(NOON.timestamp()) - age_s)
        headers = {TIME_HEADER: moment, SIGNATURE_HEADER: signature_of(secret.encode(), moment, body)}
        headers |= {"Content-Type": "application/json"}
        answer = letters.reader.post("/v1/email-receipts", content=body, headers=headers)
        return answer.status_code, answer.json()

    assert letters.reader.post("/v1/email-receipts", content=body).status_code == 401
    assert [send(body, "x" * 40)[0], send(body, age_s=301)[0], send(b"{", "x" * 40)[0]] == [401] * 3
    assert letters.state == "granted"
    assert send(b"{")[0] == 400
    assert send(body) == (200, {"taken": 1, "known": 0, "strange": 0})
    assert send(body) == (200, {"taken": 0, "known": 1, "strange": 0})
    assert letters.state == "revoked"
    with letters.here.ledger.reading() as connection:
        assert suppressed(connection, ["C1"]) == {"C1": "people.complained"}


def test_the_one_list_over_http(letters: Letters) -> None:
    """Listed without addresses, looked up by whom it is allowed, released with a row of the audit trail."""
    from evergrove.people import address_hash, suppress

    with letters.here.ledger.writing() as connection:
        suppress(connection, address_hash(letters.here.seal, "ada@example.com"), "people.bounced", NOON)
    analyst, admin = letters.house.client("analyst"), letters.house.client("admin")
    (entry,) = analyst.get("/v1/suppressions").json()["items"]
    assert (entry["reason"], entry["customer_ids"]) == ("people.bounced", ["C1"])
    assert analyst.post("/v1/suppression-search", json={"address": "ada@example.com"}).status_code == 403
    found = admin.post("/v1/suppression-search", json={"address": "ADA@example.com"}).json()["items"]
    assert [each["number"] for each in found] == [entry["number"]]

    assert analyst.post(f"/v1/suppressions/{entry['number']}/release").status_code == 403
    done = letters.house.client("marketer").post(f"/v1/suppressions/{entry['number']}/release").json()
    assert done["released_at"] is not None
    assert analyst.get("/v1/suppressions").json()["items"] == []
    acts = [each["act"] for each in admin.get("/v1/audit").json()["items"]]
    assert "people.released" in acts

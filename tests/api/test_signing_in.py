"""Cases 1 to 6 and 9 of the threat model over HTTP: guessing, log-ins, cookies, links, the first administrator."""

from __future__ import annotations

from datetime import timedelta
from http.cookies import SimpleCookie
from threading import Barrier, Thread
from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import delete, select
from starlette.testclient import TestClient

from evergrove.access import Passwords, first_link
from evergrove.access.tables import account, login, one_time_link
from evergrove.access.tokens import digest
from evergrove.app import reset_mail
from evergrove.testing.door import PASSWORD
from evergrove.testing.house import BASE, HERE

if TYPE_CHECKING:
    from collections.abc import Callable
    from contextlib import AbstractContextManager

    from httpx2 import Response

    from evergrove.delivery import Mail
    from evergrove.testing.house import House

ADMIN = "admin@shop.example"
NEW = "another phrase for later"


def client_from(house: House, address: str = "127.0.0.1") -> TestClient:
    """A browser without cookies, at an address."""
    return TestClient(house.app, BASE, client=(address, 50_000))


def sign_in(client: TestClient, email: str = ADMIN, password: str = PASSWORD) -> Response:
    """One attempt."""
    return client.post("/v1/sign-in", json={"email": email, "password": password})


def changing(signed: Response) -> dict[str, str]:
    """The headers of a change by log-in."""
    assert signed.status_code == 200, signed.text
    return {"X-CSRF-Token": signed.json()["csrf"]}


class Caught:
    """A mail server that keeps what it was given."""

    mails: list[Mail]

    def __init__(self, _settings: object) -> None:
        """Nothing is opened."""

    def deliver(self, mails: list[Mail]) -> list[str]:
        """Take them."""
        self.mails.extend(mails)
        return ["accepted"]

    def close(self) -> None:
        """Nothing is open."""


@pytest.fixture
def caught(monkeypatch: pytest.MonkeyPatch) -> list[Mail]:
    """What would have been mailed."""
    Caught.mails = []
    monkeypatch.setattr(reset_mail, "SmtpChannel", Caught)
    return Caught.mails


def test_case_1_guesses_are_stopped_and_known_devices_are_not(house: House) -> None:
    """Twenty wrong passwords, from one address or many: from the sixth on 429; the known device still comes in."""
    known = client_from(house)
    assert sign_in(known).status_code == 200

    answers = [
        sign_in(client_from(house, f"127.0.0.{n}"), password=f"wrong phrase {n}") for n in range(1, 21)
    ]

    assert [each.status_code for each in answers] == [401] * 5 + [429] * 15
    assert all(int(each.headers["Retry-After"]) > 0 for each in answers[5:])
    assert sign_in(client_from(house)).status_code == 429
    known.cookies.delete("evergrove")
    assert sign_in(known).status_code == 200
    house.later(minutes=4)
    assert sign_in(client_from(house)).status_code == 200


def without_id(answer: Response) -> dict[str, Any]:
    """An answer's body but for what differs each time."""
    return {name: value for name, value in answer.json().items() if name != "request_id"}


def test_case_2_no_answer_tells_who_has_an_account(
    house: House, monkeypatch: pytest.MonkeyPatch, caught: list[Mail]
) -> None:
    """Same status, body and headers for sign-in and reset; the same work: one hash each, mails behind the answer."""
    checked: list[bool] = []
    real = Passwords.check

    def counted(self: Passwords, password: str, stored: str | None) -> Any:
        checked.append(stored is not None)
        return real(self, password, stored)

    monkeypatch.setattr(Passwords, "check", counted)

    known, unknown = (
        sign_in(client_from(house), email, "not the right phrase") for email in (ADMIN, "nobody@shop.example")
    )
    resets = [
        client_from(house).post("/v1/reset", json={"email": email})
        for email in (ADMIN, "nobody@shop.example", "no address at all")
    ]

    assert checked == [True, False]
    assert known.status_code == unknown.status_code == 401
    assert without_id(known) == without_id(unknown)
    assert set(known.headers) == set(unknown.headers)
    assert {each.status_code for each in resets} == {202}
    assert {each.text for each in resets} == {'{"sent":true}'}
    assert len(caught) == 1


def others_end(house: House, act: Callable[[House, str], Response]) -> tuple[int, int]:
    """What a second log-in is answered before and after an act of an administrator on its account."""
    other = client_from(house)
    sign_in(other, "marketer@shop.example")
    before = other.get("/v1/me").status_code
    answer = act(house, house.ids["marketer"])
    assert answer.is_success, answer.text
    return before, other.get("/v1/me").status_code


def changed_password(house: House, _account: str) -> Response:
    """By the person, in another browser."""
    client = client_from(house)
    headers = changing(sign_in(client, "marketer@shop.example"))
    return client.post("/v1/password", json={"old": PASSWORD, "new": NEW}, headers=headers)


@pytest.mark.parametrize(
    "act",
    [
        changed_password,
        lambda house, one: house.person().post(f"/v1/users/{one}/disable"),
        lambda house, one: house.person().patch(f"/v1/users/{one}", json={"role": "viewer"}),
        lambda house, one: house.person().patch(f"/v1/users/{one}", json={"sees_personal": True}),
        lambda house, one: house.person().patch(f"/v1/users/{one}", json={"email": "m2@shop.example"}),
    ],
    ids=["password", "disabled", "role", "sight", "address"],
)
def test_case_3_a_second_log_in_ends_with_the_first_change(
    house: House, act: Callable[[House, str], Response]
) -> None:
    """401 on the very next call; keys of a disabled account stop as well."""
    assert others_end(house, act) == (200, 401)


def test_case_3_keys_end_with_the_account(house: House) -> None:
    """And do less with a lesser role, at once."""
    key = house.client("marketer")
    assert key.get("/v1/segments").status_code == 200
    assert house.person().post(f"/v1/users/{house.ids['marketer']}/disable").status_code == 200
    assert key.get("/v1/me").status_code == 401


def cookies_of(answer: Response) -> SimpleCookie:
    """The cookies that an answer sets, with their attributes."""
    found: SimpleCookie = SimpleCookie()
    for header in answer.headers.get_list("set-cookie"):
        found.load(header)
    return found


def test_case_4_over_https_the_cookie_is_out_of_reach(
    opening: Callable[..., AbstractContextManager[House]],
) -> None:
    """__Host-, HttpOnly, Secure, SameSite=Lax, the whole site's and no subdomain's; the name without prefix opens nothing."""
    base = "https://evergrove.shop.example"
    with opening(access={"base_url": base}) as house:
        client = TestClient(house.app, base, client=("203.0.113.7", 1))
        answer = sign_in(client)
        cookie = cookies_of(answer)["__Host-evergrove"]
        assert (cookie["httponly"], cookie["secure"], cookie["samesite"]) == (True, True, "lax")
        assert (cookie["path"], cookie["domain"]) == ("/", "")
        assert client.get("/v1/me").status_code == 200
        bare = TestClient(house.app, base, cookies={"evergrove": cookie.value})
        assert bare.get("/v1/me").status_code == 401


def test_case_4_nobody_signs_in_over_an_open_line(house: House) -> None:
    """Plain http is for this machine; from another one no cookie is given."""
    answer = sign_in(client_from(house, "203.0.113.7"))

    assert answer.status_code == 403
    assert answer.json()["code"] == "http.not_secure"
    assert "set-cookie" not in answer.headers


def test_case_4_a_secret_that_was_planted_is_not_the_one_that_is_given(house: House) -> None:
    """Session fixation: what the browser held before is worth nothing afterwards, be it made up or another's log-in."""
    theirs, _login = house.signed_in("viewer")
    for planted in ("made-up-by-somebody", theirs.cookies["evergrove"]):
        client = client_from(house)
        client.cookies.set("evergrove", planted)
        signed = sign_in(client)
        given = cookies_of(signed)["evergrove"].value
        assert given not in {planted, ""}
        assert client_with(house, planted).get("/v1/me").status_code == 401
        assert client_with(house, given).get("/v1/me").json()["account_id"] == house.ids["admin"]


def client_with(house: House, secret: str) -> TestClient:
    """A browser that holds a log-in's secret."""
    return TestClient(house.app, BASE, client=HERE, cookies={"evergrove": secret})


def test_case_4_signing_out_ends_it_on_the_server(house: House) -> None:
    """Whoever kept the cookie has nothing; the log-in is kept as a hash only."""
    client = client_from(house)
    headers = changing(sign_in(client))
    secret = client.cookies["evergrove"]
    with house.here.ledger.reading() as connection:
        kept = connection.execute(select(login.c.secret_hash)).scalars().all()
    assert digest(secret) in kept
    assert secret not in kept

    answer = client.post("/v1/sign-out", headers=headers)

    assert answer.status_code == 204
    assert cookies_of(answer)["evergrove"].value == ""
    assert client_with(house, secret).get("/v1/me").status_code == 401
    (row,) = house.client().get("/v1/audit", params={"act": "access.signed_out"}).json()["items"]
    assert row["by"] == f"user:{house.ids['admin']}"


def token_of(link: str) -> str:
    """The secret part of a link."""
    return link.rpartition("/")[2]


def asked_link(house: House, caught: list[Mail]) -> str:
    """The token of a reset that was asked for at the door."""
    assert client_from(house).post("/v1/reset", json={"email": ADMIN}).status_code == 202
    (line,) = (part for part in caught[-1].rendered.text.split() if part.startswith(BASE))
    return token_of(line)


def enter(house: House, token: str, password: str = NEW) -> Response:
    """Choose a password by a link."""
    return client_from(house).post("/v1/enter", json={"token": token, "password": password})


def test_case_5_a_link_opens_once_for_half_an_hour_and_to_the_same_address(
    house: House, caught: list[Mail]
) -> None:
    """Twice, too late, after a change of address, replaced by a newer one: 400; only its hash is stored."""
    used = asked_link(house, caught)
    with house.here.ledger.reading() as connection:
        kept = connection.execute(select(one_time_link.c.token_hash)).scalars().all()
    assert digest(used) in kept
    assert used not in kept
    assert enter(house, used, "short").status_code == 422
    assert enter(house, used).status_code == 200
    again = enter(house, used)
    assert (again.status_code, again.json()["code"]) == (400, "access.link_unusable")

    replaced, late = asked_link(house, caught), asked_link(house, caught)
    assert enter(house, replaced).status_code == 400
    house.later(minutes=30)
    assert enter(house, late).status_code == 400

    house.later(hours=1)
    moved = asked_link(house, caught)
    one = house.ids["admin"]
    boss = client_from(house)
    headers = changing(sign_in(boss, ADMIN, NEW))
    told = {"email": "a2@shop.example"}
    assert boss.patch(f"/v1/users/{one}", json=told, headers=headers).status_code == 200
    assert enter(house, moved).status_code == 400
    assert sign_in(client_from(house), "a2@shop.example", NEW).status_code == 200


@pytest.fixture
def unclaimed(house: House) -> House:
    """A house of which nobody is the master yet."""
    with house.here.ledger.writing() as connection:
        connection.execute(delete(account))
    return house


def first_token(house: House) -> str:
    """What the first start prints."""
    with house.here.ledger.writing() as connection:
        return first_link(connection, house.here.clock.now()).token


def set_up(house: House, token: str, email: str = ADMIN) -> Response:
    """Make the first administrator."""
    body = {"token": token, "email": email, "password": PASSWORD}
    return client_from(house).post("/v1/set-up", json=body)


def test_case_6_there_is_no_default_password_and_the_set_up_closes(unclaimed: House) -> None:
    """Without the printed link nobody becomes anything; afterwards 403, whatever token is shown."""
    assert sign_in(client_from(unclaimed), "admin", "admin").status_code == 401
    assert set_up(unclaimed, "made up").status_code == 400
    token = first_token(unclaimed)

    made = set_up(unclaimed, token)

    assert made.status_code == 201
    assert client_with(unclaimed, cookies_of(made)["evergrove"].value).get("/v1/users").status_code == 200
    for shown in (token, "made up"):
        closed = set_up(unclaimed, shown, "eve@shop.example")
        assert (closed.status_code, closed.json()["code"]) == (403, "access.admin_exists")


def test_case_6_two_set_ups_at_the_same_moment_make_one_administrator(unclaimed: House) -> None:
    """Both hold the link; one gets 201, the other is told that the door is closed."""
    token, together = first_token(unclaimed), Barrier(2)
    found: list[int] = []

    def one(email: str) -> None:
        together.wait()
        found.append(set_up(unclaimed, token, email).status_code)

    threads = [Thread(target=one, args=(f"{name}@shop.example",)) for name in ("ada", "eve")]
    for each in threads:
        each.start()
    for each in threads:
        each.join()

    assert min(found) == 201
    assert max(found) in {400, 403}
    with unclaimed.here.ledger.reading() as connection:
        assert len(connection.execute(select(account.c.id)).all()) == 1


@pytest.mark.parametrize("name", ["Host", "X-Forwarded-Host", "Forwarded", "X-Original-Host"])
def test_case_9_links_lead_to_the_configured_address_only(
    house: House, caught: list[Mail], name: str
) -> None:
    """Whatever a request says of its own host: in mails, and in links that administrators hand over."""
    evil = {name: "host=evil.example" if name == "Forwarded" else "evil.example"}

    assert client_from(house).post("/v1/reset", json={"email": ADMIN}, headers=evil).status_code == 202
    one = house.ids["viewer"]
    made = house.person().post(f"/v1/users/{one}/reset", headers=evil)

    (mail,) = caught
    for text in (mail.rendered.text, mail.rendered.html, made.text):
        assert "evil.example" not in text
        assert f"{BASE}/link/" in text
    assert mail.recipient == (ADMIN, "")
    assert mail.unsubscribe == ""


def test_a_page_is_given_the_token_for_its_changes(house: House) -> None:
    """By log-in only: a key needs none, and is told so."""
    client, opened = house.signed_in("viewer")

    assert client.get("/v1/log-in").json() == {"account_id": house.ids["viewer"], "csrf": opened.csrf}
    assert house.client("viewer").get("/v1/log-in").status_code == 401


def test_a_log_in_ends_by_idleness_and_by_age(house: House) -> None:
    """Twelve idle hours, fourteen days in any case."""
    client, _opened = house.signed_in("viewer")
    for _half_day in range(26):
        house.later(hours=11)
        assert client.get("/v1/me").status_code == 200
    house.later(hours=12)
    assert client.get("/v1/me").status_code == 401
    another, opened = house.signed_in("viewer")
    assert opened.expires_at - house.here.clock.now() == timedelta(days=14)
    while house.here.clock.now() < opened.expires_at - timedelta(hours=11):
        house.later(hours=11)
        assert another.get("/v1/me").status_code == 200
    house.later(hours=11)
    assert another.get("/v1/me").status_code == 401

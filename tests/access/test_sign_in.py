"""Cases 1 to 5 and 7 of signing in: limits, equal answers, log-ins that end, secrets that are drawn anew."""

from __future__ import annotations

import threading
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest
from argon2 import PasswordHasher

from evergrove.access import (
    Attempt,
    HashCost,
    Life,
    Passwords,
    actor_of_login,
    ask_reset,
    change_email,
    change_password,
    check_csrf,
    disable,
    enter,
    log_out,
    operator,
    reset_link,
    set_role,
)
from evergrove.access.errors import (
    LinkUnusable,
    PasswordRefused,
    RequestForged,
    SignInBusy,
    SignInNeeded,
    TooManyAttempts,
    WrongSignIn,
)
from evergrove.access.tables import account, login
from evergrove.core import EvergroveError
from evergrove.testing.door import PASSWORD, Door

if TYPE_CHECKING:
    from collections.abc import Callable


ADA, BOB = "ada@shop.example", "bob@shop.example"
NEW = "other words entirely, five"


def refused(act: Callable[..., object], *arguments: Any, **fields: Any) -> EvergroveError | None:
    """The refusal of an act; None where it went through."""
    try:
        act(*arguments, **fields)
    except EvergroveError as error:
        return error
    return None


@pytest.mark.parametrize("addresses", [["203.0.113.7"], [f"198.51.100.{n}" for n in range(20)]])
def test_case_1_the_sixth_attempt_waits_and_a_known_device_does_not(door: Door, addresses: list[str]) -> None:
    """Twenty wrong passwords from one or many addresses; who has signed in here before still gets in."""
    door.account(ADA)
    device = door.sign_in(ADA).device

    def guess(nth: int) -> object:
        return door.sign_in(ADA, "wrong", address=addresses[nth % len(addresses)])

    answers = [refused(guess, nth) for nth in range(20)]

    assert [type(answer) for answer in answers] == [WrongSignIn] * 5 + [TooManyAttempts] * 15
    assert answers[-1] is not None
    assert answers[-1].params["seconds"] == 180
    assert isinstance(refused(lambda: door.sign_in(ADA)), TooManyAttempts)
    assert door.sign_in(ADA, device=device).device == device

    door.later(seconds=180)
    assert door.actor(door.sign_in(ADA).secret).account_id == door.id_of(ADA)


def test_case_1_guesses_on_a_known_device_have_an_end_too(door: Door) -> None:
    """A device that was given away is no way round the limit, nor is another account's."""
    door.account(ADA)
    door.account(BOB)
    device = door.sign_in(ADA).device

    answers = [refused(lambda: door.sign_in(ADA, "wrong", device=device)) for _ in range(6)]
    assert isinstance(answers[-1], TooManyAttempts)
    assert door.sign_in(ADA).account_id == door.id_of(ADA)

    for _ in range(5):
        refused(lambda: door.sign_in(BOB, "wrong"))
    assert isinstance(refused(lambda: door.sign_in(BOB, device=device)), TooManyAttempts)


def test_case_1_one_address_cannot_try_many_accounts(door: Door) -> None:
    """The twenty-first account waits; so does another address of the same IPv6 household."""
    for nth in range(20):
        answer = refused(door.sign_in, f"n{nth}@shop.example", address=f"2001:db8::{nth}")
        assert isinstance(answer, WrongSignIn)

    assert isinstance(refused(lambda: door.sign_in(ADA, address="2001:db8::ffff")), TooManyAttempts)
    assert isinstance(refused(lambda: door.sign_in(ADA, address="2001:db8:0:1::1")), WrongSignIn)


def test_case_1_attempts_at_the_same_moment_are_counted_each(door: Door) -> None:
    """Sixteen threads with a wrong password: five are looked at."""
    door.account(ADA)
    barrier, answers = threading.Barrier(16), list[EvergroveError | None]()

    def guess() -> None:
        barrier.wait()
        answers.append(refused(lambda: door.sign_in(ADA, "wrong")))

    threads = [threading.Thread(target=guess) for _ in range(16)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert sum(isinstance(answer, WrongSignIn) for answer in answers) == 5
    assert sum(isinstance(answer, TooManyAttempts) for answer in answers) == 11


def test_case_2_nobody_learns_whether_there_is_an_account(
    door: Door, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Unknown, invited, disabled and known: the same refusal, and argon2 computes as often, at the same cost."""
    door.account(ADA)
    door.account(BOB)
    with door.ledger.writing() as connection:
        disable(connection, operator(), door.id_of(BOB), door.clock.now())
    costs: list[str] = []
    verify = PasswordHasher.verify

    def counted(self: PasswordHasher, hashed: str, password: str) -> bool:
        costs.append("$".join(hashed.split("$")[:4]))
        return bool(verify(self, hashed, password))

    monkeypatch.setattr(PasswordHasher, "verify", counted)
    answers = [refused(door.sign_in, who, "wrong") for who in (ADA, BOB, "eve@shop.example", "?")]

    assert [type(answer) for answer in answers] == [WrongSignIn] * 4
    assert len({str(answer) for answer in answers}) == 1
    assert costs == ["$argon2id$v=19$m=8,t=1,p=1"] * 4
    assert isinstance(refused(lambda: door.sign_in(BOB)), WrongSignIn)

    def throttled(email: str) -> list[type]:
        return [type(refused(lambda: door.sign_in(email, "wrong"))) for _ in range(6)]

    assert throttled("mal@shop.example") == [WrongSignIn] * 5 + [TooManyAttempts]


def test_case_2_a_reset_is_asked_for_by_anybody_and_shown_to_nobody(door: Door) -> None:
    """There is a link to send where there is an account; whoever asked too often waits in both cases."""
    door.account(ADA)

    def ask(email: str) -> object:
        return ask_reset(door.ledger, door.seal, email, "203.0.113.7", door.clock)

    assert ask(ADA) is not None
    assert ask("eve@shop.example") is None
    for email in (ADA, "eve@shop.example"):
        for _ in range(4):
            assert refused(ask, email) is None
        assert isinstance(refused(ask, email), TooManyAttempts)


@pytest.mark.parametrize("act", ["password", "disable", "role", "personal", "email", "reset"])
def test_case_3_the_other_log_in_ends_with_what_it_rested_on(door: Door, act: str) -> None:
    """A new password, a disabled account, another role: the session elsewhere is over on its next call."""
    ada, _boss = door.account(ADA, "analyst"), door.account(BOB)
    here, elsewhere = door.sign_in(ADA), door.sign_in(ADA)
    assert door.actor(elsewhere.secret).account_id == ada
    fresh = None

    with door.ledger.writing() as connection:
        now = door.clock.now()
        match act:
            case "disable":
                disable(connection, operator(), ada, now)
            case "role":
                set_role(connection, operator(), ada, "viewer", now, sees_personal=False)
            case "personal":
                set_role(connection, operator(), ada, "analyst", now, sees_personal=True)
            case "email":
                change_email(connection, door.seal, operator(), ada, "ada@new.example", now)
            case "reset":
                link = reset_link(connection, operator(), ada, now)
    if act == "password":
        actor = door.actor(here.secret)
        fresh = change_password(door.ledger, door.passwords, here.secret, actor, PASSWORD, NEW, door.clock)
    if act == "reset":
        fresh = enter(door.ledger, door.passwords, link.token, NEW, door.clock)

    for old in (here, elsewhere):
        with pytest.raises(SignInNeeded):
            door.actor(old.secret)
    if fresh is not None:
        assert door.actor(fresh.secret).account_id == ada
        assert door.sign_in(ADA, NEW).account_id == ada


def test_case_3_a_password_that_is_checked_while_it_changes_lets_nobody_in(
    door: Door, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Between the look at the old hash and the log-in the account is disabled: there is no log-in."""
    ada, _boss = door.account(ADA, "analyst"), door.account(BOB)
    check = Passwords.check

    def slow(self: Passwords, password: str, stored: str | None) -> object:
        verdict = check(self, password, stored)
        with door.ledger.writing() as connection:
            disable(connection, operator(), ada, door.clock.now())
        return verdict

    monkeypatch.setattr(Passwords, "check", slow)
    with pytest.raises(WrongSignIn):
        door.sign_in(ADA)
    with door.ledger.reading() as connection:
        assert connection.execute(login.select().where(login.c.account_id == ada)).all() == []


def test_changing_the_password_needs_the_old_one_and_not_too_often(door: Door) -> None:
    """An open browser is not enough to take an account over."""
    door.account(ADA)
    here = door.sign_in(ADA)

    def change(old: str, new: str = NEW) -> object:
        actor = door.actor(here.secret)
        return change_password(door.ledger, door.passwords, here.secret, actor, old, new, door.clock)

    answers = [refused(lambda: change("wrong")) for _ in range(6)]
    assert [type(answer) for answer in answers] == [WrongSignIn] * 5 + [TooManyAttempts]
    door.later(hours=1)
    assert isinstance(refused(lambda: change(PASSWORD, "short")), PasswordRefused)
    assert refused(lambda: change(PASSWORD)) is None


def test_case_4_the_secret_changes_at_sign_in_and_log_out_ends_it_on_the_server(door: Door) -> None:
    """What the browser held before opens nothing afterwards, whoever put it there; stored are hashes only."""
    door.account(ADA)
    before = door.sign_in(ADA)

    after = door.sign_in(ADA, login=before.secret)

    assert after.secret != before.secret
    with pytest.raises(SignInNeeded):
        door.actor(before.secret)
    with door.ledger.reading() as connection:
        stored = repr(connection.execute(login.select()).all())
    assert after.secret not in stored
    with door.ledger.writing() as connection:
        log_out(connection, after.secret, door.clock.now())
        log_out(connection, "never one", door.clock.now())
    with pytest.raises(SignInNeeded):
        door.actor(after.secret)


def test_a_log_in_ends_after_idleness_and_in_any_case(door: Door) -> None:
    """Used every hour it lasts its whole life and no longer; unused its idle time."""
    door.account(ADA)
    life = Life(timedelta(hours=2), timedelta(hours=5))
    used, unused = door.sign_in(ADA), door.sign_in(ADA)
    with door.ledger.writing() as connection:
        connection.execute(login.update().values(expires_at=door.clock.now() + life.absolute))

    def ends(secret: str) -> bool:
        return refused(lambda: actor_of_login(door.ledger, secret, door.clock, life)) is not None

    for hour in range(1, 6):
        door.later(hours=1)
        assert (hour, ends(used.secret), hour > 1 and ends(unused.secret)) == (hour, hour == 5, hour > 1)


def test_when_a_log_in_was_seen_is_written_once_a_minute(door: Door) -> None:
    """Thirty calls in a minute are one durable write."""
    door.account(ADA)
    secret = door.sign_in(ADA).secret

    def seen() -> set[object]:
        door.actor(secret)
        with door.ledger.reading() as connection:
            return set(connection.execute(login.select()).mappings().all()[-1].values())

    first = seen()
    door.later(seconds=59)
    assert seen() == first
    door.later(seconds=1)
    assert seen() != first


def test_case_5_a_reset_works_once_for_half_an_hour_and_for_that_address(door: Door) -> None:
    """Used twice, used late, used after the address has changed, voided by a newer one: refused alike."""
    ada = door.account(ADA)

    def link() -> str:
        with door.ledger.writing() as connection:
            return reset_link(connection, operator(), ada, door.clock.now()).token

    def use(token: str, password: str = NEW) -> EvergroveError | None:
        return refused(lambda: enter(door.ledger, door.passwords, token, password, door.clock))

    token = link()
    assert isinstance(use(token, "too short"), PasswordRefused)
    assert use(token) is None
    assert isinstance(use(token), LinkUnusable)

    late = link()
    door.later(minutes=30)
    assert isinstance(use(late), LinkUnusable)

    moved = link()
    with door.ledger.writing() as connection:
        change_email(connection, door.seal, operator(), ada, "ada@new.example", door.clock.now())
    assert isinstance(use(moved), LinkUnusable)

    older, newer = link(), link()
    assert (isinstance(use(older), LinkUnusable), use(newer)) == (True, None)
    assert isinstance(use("never one"), LinkUnusable)


def test_case_7_a_form_carries_the_token_of_its_own_log_in(door: Door) -> None:
    """None, another log-in's, a changed one: refused; the token says nothing of the secret it is made from."""
    door.account(ADA)
    mine, other = door.sign_in(ADA), door.sign_in(ADA)

    check_csrf(mine.secret, mine.csrf)

    assert mine.secret not in mine.csrf
    for wrong in ("", other.csrf, mine.csrf[:-1], mine.csrf.upper(), "ü" * 64):
        with pytest.raises(RequestForged):
            check_csrf(mine.secret, wrong)


def test_a_hash_of_another_cost_is_replaced_at_the_next_sign_in(door: Door) -> None:
    """Parameters stand in each hash; who signs in gets one of today's cost, and the old password stays right."""
    ada = door.account(ADA)
    dearer = replace(door, passwords=Passwords(HashCost(passes=2, memory_kib=16, lanes=1)))

    def stored() -> str:
        with door.ledger.reading() as connection:
            return str(connection.execute(account.select().where(account.c.id == ada)).one().password_hash)

    assert stored().startswith("$argon2id$v=19$m=8,t=1,p=1$")
    dearer.sign_in(ADA)
    assert stored().startswith("$argon2id$v=19$m=16,t=2,p=1$")
    kept = stored()
    dearer.sign_in(ADA)
    assert stored() == kept
    dearer.passwords.close()


def test_no_more_passwords_wait_than_there_is_room_for(
    cheap: Passwords, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One is computed, one waits, the third is sent away: memory has a bound."""
    passwords = Passwords(HashCost(1, 8, 1), threads=1, waiting=1)
    stored, going, go = cheap.hash(PASSWORD), threading.Semaphore(0), threading.Event()
    verify = PasswordHasher.verify

    def held(self: PasswordHasher, hashed: str, password: str) -> bool:
        going.release()
        go.wait(5)
        return bool(verify(self, hashed, password))

    monkeypatch.setattr(PasswordHasher, "verify", held)
    threads = [threading.Thread(target=passwords.check, args=[PASSWORD, stored]) for _ in range(2)]
    for thread in threads:
        thread.start()
    going.acquire(timeout=5)
    while passwords._places._value:
        threading.Event().wait(0.005)
    with pytest.raises(SignInBusy):
        passwords.check(PASSWORD, stored)
    go.set()
    for thread in threads:
        thread.join()
    monkeypatch.undo()
    assert passwords.check(PASSWORD, stored).is_right
    passwords.close()


@pytest.mark.parametrize("password", ["elevenchars", "abababababababab", "x" * 257, ""])
def test_passwords_that_are_too_easy_or_no_passwords_are_refused(door: Door, password: str) -> None:
    """Length and variety count; no rule asks for digits or signs."""
    ada = door.account(ADA)
    with door.ledger.writing() as connection:
        token = reset_link(connection, operator(), ada, door.clock.now()).token

    with pytest.raises(PasswordRefused):
        enter(door.ledger, door.passwords, token, password, door.clock)


def test_a_password_has_one_spelling(cheap: Passwords) -> None:
    """Keyboards send an umlaut as one character or as two; a lone surrogate is no reason to break off."""
    stored = cheap.hash("Größe über alles")
    assert cheap.check("Größe über alles", stored).is_right
    assert not cheap.check("Grosse uber alles", stored).is_right
    assert not cheap.check("\ud800" * 12, stored).is_right
    assert not cheap.check("Größe über alles", None).is_right


def test_nothing_that_is_secret_is_told_by_a_trace(door: Door) -> None:
    """What stands in an error's parameters or a value's text may end in a log."""
    door.account(ADA)
    done = door.sign_in(ADA)
    attempt = Attempt(ADA, PASSWORD, "203.0.113.7")

    for text in (repr(done), repr(attempt), str(refused(lambda: door.sign_in(ADA, "wrong")))):
        assert not any(secret in text for secret in (done.secret, done.csrf, done.device, PASSWORD, ADA))

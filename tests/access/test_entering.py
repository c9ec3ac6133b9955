"""Cases 6, 9 and 11: no default password, one first administrator, links that lead home, ids that cannot be guessed."""

from __future__ import annotations

import threading
from datetime import timedelta
from importlib import import_module

import pytest
from sqlalchemy import select

from evergrove.access import (
    Life,
    Role,
    accounts,
    change_email,
    disable,
    enter,
    first_link,
    forget,
    has_admin,
    invite,
    operator,
    set_role,
    set_up,
)
from evergrove.access.errors import (
    AccountExists,
    AdminExists,
    InvitedMeanwhile,
    LastAdmin,
    LinkUnusable,
    NoSuchAccount,
    NotAnEmail,
    PasswordRefused,
    WrongSignIn,
)
from evergrove.access.tables import account, idempotency, known_device, login, one_time_link, sign_in_limit
from evergrove.ledger import database_now
from evergrove.testing.door import PASSWORD, Door

ADA, BOB = "ada@shop.example", "bob@shop.example"


def first(door: Door) -> str:
    """The token of the first way in."""
    with door.ledger.writing() as connection:
        return first_link(connection, door.clock.now()).token


def test_case_6_there_is_nobody_until_somebody_sets_up(door: Door) -> None:
    """No default account; the link opens once, for an hour; afterwards the set-up is closed."""
    with door.ledger.reading() as connection:
        assert connection.execute(account.select()).all() == []
    late = first(door)
    door.later(hours=1)
    with pytest.raises(LinkUnusable):
        set_up(door.ledger, door.seal, door.passwords, late, ADA, PASSWORD, door.clock)
    token = first(door)
    with pytest.raises(LinkUnusable):
        set_up(door.ledger, door.seal, door.passwords, late, ADA, PASSWORD, door.clock)
    with pytest.raises(PasswordRefused):
        set_up(door.ledger, door.seal, door.passwords, token, ADA, "admin", door.clock)

    done = set_up(door.ledger, door.seal, door.passwords, token, ADA, PASSWORD, door.clock)

    assert "users.manage" in door.actor(done.secret).rights
    with pytest.raises(AdminExists):
        set_up(door.ledger, door.seal, door.passwords, token, BOB, PASSWORD, door.clock)
    with door.ledger.writing() as connection, pytest.raises(AdminExists):
        first_link(connection, door.clock.now())
    assert door.acts() == ["access.set_up"]


def test_case_6_two_set_ups_at_the_same_moment_make_one_admin(door: Door) -> None:
    """The same link in two browsers, under two addresses."""
    token, barrier = first(door), threading.Barrier(2)
    refused: list[Exception] = []

    def try_it(email: str) -> None:
        barrier.wait()
        try:
            set_up(door.ledger, door.seal, door.passwords, token, email, PASSWORD, door.clock)
        except (AdminExists, LinkUnusable) as error:
            refused.append(error)

    threads = [threading.Thread(target=try_it, args=[email]) for email in (ADA, BOB)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert len(refused) == 1
    with door.ledger.reading() as connection:
        assert len(connection.execute(account.select()).all()) == 1


def test_case_6_two_links_make_one_admin_too(door: Door) -> None:
    """Even if two ways in were open at once, the database holds one first administrator."""
    older = first(door)
    with door.ledger.writing() as connection:
        row = connection.execute(one_time_link.select()).mappings().one()
        newer = first_link(connection, door.clock.now()).token
        connection.execute(one_time_link.insert().values(**row))
    barrier = threading.Barrier(2)
    refused: list[Exception] = []

    def try_it(token: str, email: str) -> None:
        barrier.wait()
        try:
            set_up(door.ledger, door.seal, door.passwords, token, email, PASSWORD, door.clock)
        except AdminExists as error:
            refused.append(error)

    tries = ((older, ADA), (newer, BOB))
    threads = [threading.Thread(target=try_it, args=each) for each in tries]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert len(refused) == 1
    with door.ledger.reading() as connection:
        assert len(connection.execute(account.select()).all()) == 1


@pytest.mark.parametrize("email", [ADA, BOB])
def test_case_6_an_admin_who_came_in_unseen_stays_the_only_one(
    door: Door, monkeypatch: pytest.MonkeyPatch, email: str
) -> None:
    """The other's set-up commits after this one has looked for an administrator: the database itself refuses."""
    done = set_up(door.ledger, door.seal, door.passwords, first(door), ADA, PASSWORD, door.clock)
    monkeypatch.setattr("evergrove.access.entering.has_admin", lambda _connection: False)

    with pytest.raises(AdminExists):
        set_up(door.ledger, door.seal, door.passwords, first(door), email, PASSWORD, door.clock)

    assert door.actor(done.secret).account_id == door.id_of(ADA)
    with door.ledger.reading() as connection:
        assert len(connection.execute(account.select()).all()) == 1


def test_case_9_links_lead_to_the_configured_address_only(door: Door) -> None:
    """No verb that makes or sends a link hears of a request's own host."""
    with door.ledger.writing() as connection:
        link = first_link(connection, door.clock.now())

    assert link.under("https://clv.shop.example/") == f"https://clv.shop.example/link/{link.token}"
    assert link.token not in repr(link)


def test_case_11_ids_are_random_and_secrets_long(door: Door) -> None:
    """128 bits name an account, 256 open a door; none counts up."""
    ids = [door.account(f"n{n}@shop.example") for n in range(3)]
    secrets = [door.sign_in("n0@shop.example").secret for _ in range(3)]

    assert (len({*ids}), {len(each) for each in ids}) == (3, {32})
    assert (len({*secrets}), {len(each) for each in secrets}) == (3, {43})


def test_an_invitation_opens_once_and_says_who_comes(door: Door) -> None:
    """Invited anew the first link is void; an active account is not invited; a disabled one may be."""
    with door.ledger.writing() as connection:
        links = [
            invite(connection, door.seal, operator(), ADA, role, door.clock.now(), lasts=timedelta(days=3))
            for role in ("viewer", "marketer")
        ]
    with pytest.raises(WrongSignIn):
        door.sign_in(ADA, "")
    with pytest.raises(LinkUnusable):
        enter(door.ledger, door.passwords, links[0].token, PASSWORD, door.clock)
    ada = enter(door.ledger, door.passwords, links[1].token, PASSWORD, door.clock).account_id

    with door.ledger.writing() as connection:
        [found] = accounts(connection, door.seal, operator())
        assert (found.email, found.role, found.status) == (ADA, "marketer", "active")
        with pytest.raises(AccountExists, match="marketer"):
            invite(
                connection,
                door.seal,
                operator(),
                "ADA@Shop.example ",
                "admin",
                door.clock.now(),
                lasts=timedelta(1),
            )
        disable(connection, operator(), ada, door.clock.now())
    assert door.account(ADA, "viewer") == ada
    assert door.sign_in(ADA).account_id == ada
    assert door.acts().count("access.invited") == 3


def test_addresses_are_sealed(door: Door) -> None:
    """The ledger's rows hold neither an address nor where somebody signed in from."""
    door.account(ADA)
    door.sign_in(ADA, address="203.0.113.7")

    with door.ledger.reading() as connection:
        rows = [
            repr(connection.execute(each.select()).all())
            for each in (account, login, known_device, sign_in_limit)
        ]
    assert not any("ada@" in text or "203.0.113" in text for text in rows)


@pytest.mark.parametrize(
    "given", ["", "ada", "a b@shop.example", "a@b\r\nBcc: x@y", "a@b,c@d", "@", "a@" + "b" * 300]
)
def test_what_is_no_address_is_refused(door: Door, given: str) -> None:
    """One address, one line."""
    with door.ledger.writing() as connection, pytest.raises(NotAnEmail):
        invite(connection, door.seal, operator(), given, "viewer", door.clock.now(), lasts=timedelta(1))


def test_somebody_can_always_give_roles(door: Door) -> None:
    """The last administrator can neither be disabled nor made anything else."""
    ada, bob = door.account(ADA), door.account(BOB)
    now = door.clock.now()
    with door.ledger.writing() as connection:
        set_role(connection, operator(), ada, "viewer", now, sees_personal=False)
        set_role(connection, operator(), bob, "admin", now, sees_personal=True)
        with pytest.raises(LastAdmin):
            disable(connection, operator(), bob, now)
        with pytest.raises(LastAdmin):
            set_role(connection, operator(), bob, "analyst", now, sees_personal=False)
        with pytest.raises(NoSuchAccount):
            disable(connection, operator(), "f" * 32, now)
        disable(connection, operator(), ada, now)
        assert has_admin(connection)


def test_two_administrators_cannot_depose_each_other_at_once(door: Door) -> None:
    """One of the two acts is refused."""
    pair = (door.account(ADA), door.account(BOB))
    barrier, refused = threading.Barrier(2), list[Exception]()

    def depose(account_id: str) -> None:
        barrier.wait()
        try:
            with door.ledger.writing() as connection:
                disable(connection, operator(), account_id, door.clock.now())
        except LastAdmin as error:
            refused.append(error)

    threads = [threading.Thread(target=depose, args=[each]) for each in pair]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert len(refused) == 1
    with door.ledger.reading() as connection:
        assert has_admin(connection)


def test_what_is_over_is_forgotten(door: Door) -> None:
    """Log-ins, links, devices and counters go; what still holds stays."""
    door.account(ADA)
    door.sign_in(ADA)
    with pytest.raises(WrongSignIn):
        door.sign_in(ADA, "wrong")
    tables = (login, one_time_link, known_device, sign_in_limit)

    def left() -> list[int]:
        with door.ledger.writing() as connection:
            forget(connection, door.clock.now(), Life(timedelta(hours=2), timedelta(days=1)))
            return [len(connection.execute(each.select()).all()) for each in tables]

    assert left() == [2, 0, 2, 2]
    door.later(minutes=15)
    assert left() == [2, 0, 2, 0]
    door.later(hours=2)
    assert left() == [0, 0, 2, 0]
    door.later(days=180)
    assert left() == [0, 0, 0, 0]


def test_two_administrators_who_let_one_address_in_at_once_are_told(door: Door) -> None:
    """One invitation holds; the other administrator hears of it in a sentence, and not of a constraint."""
    together, found = threading.Barrier(2), list[str]()

    def one(role: Role) -> None:
        together.wait()
        try:
            with door.ledger.writing() as connection:
                invite(
                    connection,
                    door.seal,
                    operator(),
                    "new@shop.example",
                    role,
                    door.clock.now(),
                    lasts=timedelta(hours=1),
                )
        except AccountExists as error:
            found.append(error.code)

    threads = [threading.Thread(target=one, args=(role,)) for role in ("viewer", "marketer")]
    for each in threads:
        each.start()
    for each in threads:
        each.join()

    assert set(found) <= {"access.invited_meanwhile"}
    with door.ledger.reading() as connection:
        known = [one.email for one in accounts(connection, door.seal, operator())]
    assert known == ["new@shop.example"]


def test_an_address_that_was_taken_at_this_very_moment_is_refused_in_a_sentence(
    door: Door, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Between the look and the change, by somebody else: as if it were seen."""
    door.account("ada@shop.example")
    eve = door.account("eve@shop.example")
    monkeypatch.setattr(import_module("evergrove.access.accounts"), "_row_of", lambda *_arguments: None)

    with pytest.raises(InvitedMeanwhile), door.ledger.writing() as connection:
        change_email(connection, door.seal, operator(), eve, "ada@shop.example", door.clock.now())
    with pytest.raises(InvitedMeanwhile), door.ledger.writing() as connection:
        invite(
            connection,
            door.seal,
            operator(),
            "ada@shop.example",
            "viewer",
            door.clock.now(),
            lasts=timedelta(hours=1),
        )


def test_answers_that_are_given_again_no_longer_are_forgotten(door: Door) -> None:
    """Each night, also where nobody sends a key any more; those that are still given stay."""
    with door.ledger.writing() as connection:
        now = database_now(connection)  # by whose clock they are kept
        row = {"request_hash": "r", "state": "running", "token": 1, "lease_until": now}
        for name, ends in (("over", now), ("kept", now + timedelta(minutes=5))):
            connection.execute(idempotency.insert().values(**row, name_hash=name, expires_at=ends))

        assert forget(connection, door.clock.now()) == 1
        assert connection.execute(select(idempotency.c.name_hash)).scalars().all() == ["kept"]

"""Cases 8 and 16: keys are shown once, kept as hashes, never wider than their owner, and over at once."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from evergrove.access import (
    RIGHTS,
    Actor,
    NewKey,
    actor_of_account,
    actor_of_key,
    change_email,
    create_key,
    disable,
    invite,
    keys_of,
    operator,
    require,
    reset_link,
    revoke_key,
    set_role,
)
from evergrove.access.errors import (
    NoSuchKey,
    PersonNeeded,
    RightMissing,
    ScopeTooWide,
    SignInNeeded,
    UnknownKey,
    UnknownScope,
)
from evergrove.access.tables import api_key

if TYPE_CHECKING:
    from collections.abc import Callable

    from sqlalchemy import Connection

    from evergrove.testing.door import Door

ADA, BOB = "ada@shop.example", "bob@shop.example"


def made(door: Door, owner: str, *scopes: str, actor: Actor | None = None) -> NewKey:
    """A key for a year."""
    with door.ledger.writing() as connection:
        return create_key(
            connection, actor or operator(), owner, "till", scopes, door.clock.now(), timedelta(days=365)
        )


def used(door: Door, text: str) -> Actor:
    """Who a key belongs to."""
    return actor_of_key(door.ledger, text, door.clock)


def test_case_8_a_key_is_shown_once_and_kept_as_a_hash(door: Door) -> None:
    """The prefix is in the text and in the list; the secret is nowhere."""
    ada = door.account(ADA, "analyst")
    key = made(door, ada, "events.write")

    assert key.text.startswith(f"{key.prefix}_")
    assert key.text not in repr(key)
    secret = key.text.removeprefix(f"{key.prefix}_")
    with door.ledger.reading() as connection:
        assert secret not in repr(connection.execute(api_key.select()).all())
        [listed] = keys_of(connection, operator())
    assert (listed.prefix, listed.scopes, listed.last_used_at) == (key.prefix, ("events.write",), None)
    assert used(door, key.text) == Actor(ada, frozenset({"events.write"}), "key", key.prefix)


def test_case_8_whatever_is_not_the_whole_key_opens_nothing(door: Door) -> None:
    """Changed, cut, without its prefix, with another's: refused alike."""
    ada = door.account(ADA)
    key, other = made(door, ada, "customers.read"), made(door, ada, "customers.read")
    secret = key.text.removeprefix(f"{key.prefix}_")

    for wrong in (
        key.text[:-1],
        key.prefix,
        secret,
        f"{other.prefix}_{secret}",
        f"evg_000000000000_{secret}",
        "",
        "_",
        "ü",
    ):
        with pytest.raises(UnknownKey):
            used(door, wrong)


def test_case_8_a_key_ends_with_its_day_its_revocation_and_its_owner(door: Door) -> None:
    """At once, each of them."""
    ada, _boss = door.account(ADA, "analyst"), door.account(BOB)
    revoked, owned, old = (made(door, ada, "events.write") for _ in range(3))

    with door.ledger.writing() as connection:
        revoke_key(connection, operator(), revoked.prefix, door.clock.now())
    with pytest.raises(UnknownKey):
        used(door, revoked.text)
    assert used(door, owned.text).through == owned.prefix

    with door.ledger.writing() as connection:
        disable(connection, operator(), ada, door.clock.now())
    with pytest.raises(UnknownKey):
        used(door, owned.text)
    assert door.account(ADA, "analyst") == ada
    door.later(days=365)
    with pytest.raises(UnknownKey):
        used(door, old.text)


def test_case_8_when_a_key_was_used_is_written_once_a_minute(door: Door) -> None:
    """The list tells it to the minute."""
    key = made(door, door.account(ADA), "customers.read")

    def last_used() -> object:
        used(door, key.text)
        with door.ledger.reading() as connection:
            return keys_of(connection, operator())[0].last_used_at

    first = last_used()
    assert first == door.clock.now()
    door.later(seconds=59)
    assert last_used() == first
    door.later(seconds=1)
    assert last_used() == door.clock.now()


def test_a_key_can_do_no_more_than_its_owner_and_its_maker(door: Door) -> None:
    """A scope is a right; one that neither has is refused, one that does not exist too."""
    ada = door.account(ADA, "marketer")
    actor = actor_now(door, ada)

    with pytest.raises(ScopeTooWide, match=r"users\.manage"):
        made(door, ada, "customers.read", "users.manage")
    with pytest.raises(UnknownScope, match=r"customers\.reed"):
        made(door, ada, "customers.reed")
    with pytest.raises(RightMissing):
        made(door, door.account(BOB), "customers.read", actor=actor)
    with pytest.raises(UnknownKey):
        made(door, "f" * 32, "customers.read")

    narrow = replace(actor, by="login", rights=frozenset({"keys.own", "customers.read"}))
    with pytest.raises(ScopeTooWide, match=r"messages\.send"):
        made(door, ada, "messages.send", actor=narrow)


def test_no_key_decides_who_may_come_in(door: Door) -> None:
    """With all rights of an administrator it makes no key and no account, and changes none: these would outlive it."""
    ada, bob, now = door.account(ADA), door.account(BOB, "viewer"), door.clock.now()
    key = used(door, made(door, ada, *RIGHTS).text)
    job = replace(key, by="job", through="")
    hour = timedelta(hours=1)
    acts: list[Callable[[Connection, Actor], object]] = [
        lambda here, by: create_key(here, by, ada, "more", ["customers.read"], now, hour),
        lambda here, by: create_key(here, by, bob, "more", ["customers.read"], now, hour),
        lambda here, by: invite(here, door.seal, by, "eve@shop.example", "admin", now, lasts=hour),
        lambda here, by: set_role(here, by, bob, "admin", now, sees_personal=True),
        lambda here, by: change_email(here, door.seal, by, bob, "bob2@shop.example", now),
        lambda here, by: reset_link(here, by, bob, now),
        lambda here, by: disable(here, by, bob, now),
    ]
    before = door.acts()

    for act in acts:
        for by in (key, job):
            with pytest.raises(PersonNeeded), door.ledger.writing() as connection:
                act(connection, by)

    assert door.acts() == before
    opened = door.actor(door.sign_in(ADA).secret)
    for act in acts:
        with door.ledger.writing() as connection:
            act(connection, opened)
    spare = used(door, made(door, ada, *RIGHTS).text)
    with door.ledger.writing() as connection:  # what takes away stays open to it
        revoke_key(connection, spare, key.through, now)
    with pytest.raises(RightMissing), door.ledger.writing() as connection:
        acts[0](connection, replace(key, rights=frozenset({"customers.read"})))


def test_everybody_sees_and_revokes_their_own_keys(door: Door) -> None:
    """Another's key is not told from one that is not there."""
    ada, bob = door.account(ADA, "analyst"), door.account(BOB)
    mine, other = made(door, ada, "events.write"), made(door, bob, "events.write")
    actor, now = actor_now(door, ada), door.clock.now()

    with door.ledger.writing() as connection:
        assert [key.prefix for key in keys_of(connection, actor)] == [mine.prefix]
        assert len(keys_of(connection, operator())) == 2
        with pytest.raises(NoSuchKey):
            revoke_key(connection, actor, other.prefix, now)
        revoke_key(connection, actor, mine.prefix, now)
        revoke_key(connection, actor, mine.prefix, now)
    assert door.acts().count("access.key_revoked") == 1


def test_case_16_rights_are_those_of_the_moment(door: Door) -> None:
    """A key and a job made by an analyst may no more than the viewer who owns them now; without one they stop."""
    ada, _boss = door.account(ADA, "analyst"), door.account(BOB)
    key = made(door, ada, "runs.start", "customers.read")
    require(used(door, key.text), "runs.start")
    require(actor_now(door, ada), "runs.start")

    with door.ledger.writing() as connection:
        set_role(connection, operator(), ada, "viewer", door.clock.now(), sees_personal=False)
    assert used(door, key.text).rights == {"customers.read"}
    with pytest.raises(RightMissing):
        require(actor_now(door, ada), "runs.start")

    with door.ledger.writing() as connection:
        disable(connection, operator(), ada, door.clock.now())
    with pytest.raises(SignInNeeded):
        actor_now(door, ada)


def actor_now(door: Door, account_id: str) -> Actor:
    """With whose rights a job would go on now."""
    with door.ledger.reading() as connection:
        return actor_of_account(connection, account_id)

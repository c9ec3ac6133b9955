"""Cases 46, 61 and 65: who leaves gets nothing more, at whatever moment it is said."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta
from email import message_from_bytes
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import select
from tests.delivery.links.conftest import SETTINGS, TEN

from evergrove.core import SetClock
from evergrove.delivery import Receipt, send
from evergrove.delivery.channels.email.mime import message_bytes
from evergrove.delivery.errors import NoWayOut
from evergrove.delivery.links import read_token
from evergrove.delivery.links.leaving import WORDING, leave
from evergrove.delivery.links.letters import letter_of
from evergrove.delivery.links.tables import early_leave
from evergrove.delivery.links.wishes import choose, wishes_of
from evergrove.outbox import claim
from evergrove.people import consent_of, erase, record_consent
from evergrove.people.consent import consent_history

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tests.delivery.links.conftest import Post

    from evergrove.delivery import AccountProblem, Mail

REVOKED = ("skipped", "people.consent_revoked")


def leave_by(post: Post, outbox_id: str) -> None:
    """What the page does."""
    with post.ledger.writing() as connection:
        leave(connection, post.seal, outbox_id, post.clock.now())


def wish(post: Post, outbox_id: str, *chosen: str, offered: Sequence[str]) -> int:
    """What the page of wishes does."""
    with post.ledger.writing() as connection:
        letter = letter_of(connection, outbox_id)
        assert letter is not None
        return choose(connection, post.seal, post.settings, letter, chosen, offered, post.clock.now())


def test_case_65_every_letter_says_how_to_leave(post: Post) -> None:
    """In the letter and in both headers, by a link that names the message and nobody; the sender is named, too."""
    post.people("C1")
    name = post.queue("C1")
    post.send()
    (mail,) = post.channel.mails

    headers = message_from_bytes(message_bytes(mail))
    address = headers["List-Unsubscribe"].strip("<>")
    assert address.startswith("https://grove.example/l/")
    assert headers["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    token = read_token(post.seal, address.rpartition("/")[2])
    assert (token.kind, token.outbox_id) == ("leave", name)
    assert address in mail.rendered.text
    assert "C1" not in address
    assert all(said in mail.rendered.text for said in ("Demo Shop", "1 Road"))


def test_an_address_of_the_shops_own_goes_before_ours(post: Post) -> None:
    """As it was before; and without either nothing leaves."""
    post.people("C1")
    post.queue("C1")
    own = replace(SETTINGS.mail, unsubscribe="https://shop.example/out?who={token}")
    post.settings = replace(SETTINGS, mail=own)
    post.send()
    assert post.channel.mails[0].unsubscribe.startswith("https://shop.example/out?who=")
    assert post.channel.mails[0].is_one_click

    post.settings = replace(SETTINGS, access=replace(SETTINGS.access, base_url="http://127.0.0.1:8350"))
    with pytest.raises(NoWayOut):
        post.send()


def test_case_46_leaving_twice_is_leaving_once_and_others_are_left_alone(post: Post) -> None:
    """One word holds, with its wording, source and proof; other purposes and other people stay as they were."""
    post.people("C1", "C2")
    with post.ledger.writing() as connection:
        record_consent(connection, "C1", "granted", "form", TEN, purpose="survey")
    name = post.queue("C1")

    for _twice in range(2):
        leave_by(post, name)

    with post.ledger.reading() as connection:
        assert consent_of(connection, ["C1", "C2"]) == {"C1": "revoked", "C2": "granted"}
        assert consent_of(connection, ["C1"], purpose="survey") == {"C1": "granted"}
        last = [
            each for each in consent_history(connection, "C1", seal=post.seal) if each.source == "unsubscribe"
        ]
    assert {(each.policy_version, each.form, each.reference) for each in last} == {
        (WORDING, "leave", f"link in message {name}")
    }


def test_case_61_said_at_any_step_before_the_wire_it_holds(post: Post) -> None:
    """Queued; claimed by a worker; put off; and in the very moment at which another worker claims."""
    post.people("C1", "C2", "C3")
    queued, claimed, later = (post.queue(each) for each in ("C1", "C2", "C3"))

    leave_by(post, queued)
    held = claim(post.ledger, "another", TEN, limit=9)
    assert len(held) == 3
    leave_by(post, claimed)
    from evergrove.outbox import defer  # a worker that hands back what it holds

    with post.ledger.writing() as connection:
        for each in held:
            defer(connection, each, TEN, "delivery.handed_back", TEN)
    leave_by(post, later)

    assert post.send().accepted == 0
    assert post.reached == []
    assert {post.state(each) for each in (queued, claimed, later)} == {REVOKED}


def test_case_61_said_while_a_letter_leaves_it_holds_for_the_next(post: Post) -> None:
    """What is on the wire is on the wire; nothing that begins afterwards leaves. Another thread says so, at its leisure."""
    post.people("C1")
    first, second = post.queue("C1"), post.queue("C1", step=2)
    real = post.channel.deliver

    def deliver(mails: Sequence[Mail]) -> list[Receipt | AccountProblem]:
        if len(post.channel.mails) == 0:
            with ThreadPoolExecutor(1) as pool:
                pool.submit(leave_by, post, first).result()
        return real(mails)

    post.channel.deliver = deliver  # type: ignore[method-assign]
    post.send()

    assert post.reached == ["c1@example.com"]
    assert {post.state(first)[0], post.state(second)[0]} == {"accepted", "skipped"}


def test_two_who_send_and_one_who_leaves_at_once_agree(post: Post) -> None:
    """Threads over one ledger: whatever left had begun before the leave was answered."""
    post.people(*(f"C{n}" for n in range(6)))
    names = {f"C{n}": post.queue(f"C{n}") for n in range(6)}
    begun_after: list[str] = []
    answered: set[str] = set()
    start = threading.Barrier(3)

    class Watching(type(post.channel)):  # type: ignore[misc]
        def deliver(self, mails: Sequence[Mail]) -> list[Receipt | AccountProblem]:
            return super().deliver(mails)  # type: ignore[no-any-return]

    channels = [Watching(width=1), Watching(width=1)]

    def work(channel: Watching) -> None:
        start.wait()
        send(post.ledger, post.seal, channel, SetClock(TEN), post.settings, worker=str(id(channel)))

    def go() -> None:
        start.wait()
        for customer in ("C5", "C4", "C3"):
            leave_by(post, names[customer])
            answered.add(customer)
            state = post.state(names[customer])[0]
            if state in {"queued", "claimed"}:
                begun_after.append(names[customer])

    with ThreadPoolExecutor(3) as pool:
        for done in [pool.submit(work, each) for each in channels] + [pool.submit(go)]:
            done.result()

    assert answered == {"C3", "C4", "C5"}
    assert {post.state(each) for each in begun_after} <= {REVOKED}
    reached = [mail.recipient[0] for channel in channels for mail in channel.mails]
    assert len(reached) == len(set(reached))


def test_a_leave_by_a_letter_that_is_not_here_holds_when_it_comes(post: Post) -> None:
    """After a restore: the message is not known, the page is the same, and what was said is not forgotten."""
    post.people("C1")
    from evergrove.core import stable_id

    name = stable_id("outbox", "L2", "C1", "2026-06-30", 1)
    for _twice in range(2):
        leave_by(post, name)

    assert post.queue("C1") == name
    post.send()

    assert post.reached == []
    assert post.state(name) == REVOKED
    with post.ledger.reading() as connection:
        assert connection.execute(select(early_leave)).all() == []


def test_who_was_erased_leaves_as_everybody_does(post: Post) -> None:
    """Nothing is written of an erased person, nothing fails."""
    post.people("C1")
    name = post.queue("C1")
    with post.ledger.writing() as connection:
        erase(connection, "C1", TEN)
    leave_by(post, name)

    with post.ledger.reading() as connection:
        assert [each.source for each in consent_history(connection, "C1")] == ["file"]


def test_wishes_show_what_holds_and_the_next_letter_knows(post: Post) -> None:
    """On and off again; what was not shown stays as it is; what is so already is not said again."""
    post.people("C1")
    name = post.queue("C1")
    with post.ledger.reading() as connection:
        letter = letter_of(connection, name)
        assert letter is not None
        seen = wishes_of(connection, post.seal, post.settings, letter, TEN)
    assert [(each.name, each.is_on) for each in seen.wishes] == [
        ("marketing.email", True),
        ("survey.email", False),
        ("profiling.any", True),
    ]
    assert seen.address == "c…@example.com"

    offered = ["marketing.email", "survey.email", "profiling.any"]
    assert wish(post, name, "marketing.email", "profiling.any", offered=offered) == 0
    assert wish(post, name, offered=offered) == 2
    post.send()
    assert post.state(name) == REVOKED
    assert wish(post, name, "marketing.email", offered=["marketing.email"]) == 1
    again = post.queue("C1", step=2)
    post.send()
    assert post.state(again)[0] == "skipped"  # no longer to be valued: nothing that comes of the value leaves
    post.clock.moment += timedelta(minutes=1)
    assert wish(post, name, "profiling.any", offered=["profiling.any"]) == 1
    third = post.queue("C1", step=3)
    post.send()
    assert post.state(third) == ("accepted", None)


def test_case_50_of_a_thousand_answers_the_last_one_counts(post: Post) -> None:
    """In whatever order; and a clock that is set back does not unsay the last one."""
    post.people("C1")
    name = post.queue("C1")
    for n in range(60):
        post.clock.moment = TEN - timedelta(minutes=n)
        wish(post, name, *(["marketing.email"] if n % 2 else []), offered=["marketing.email"])
    post.clock.moment = TEN
    with post.ledger.reading() as connection:
        assert consent_of(connection, ["C1"]) == {"C1": "granted"}

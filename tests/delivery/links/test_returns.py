"""Case 49, and what the RFCs say of bounces and complaints: matched by our own mark, each once, never by the address."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest
from tests.delivery.links.conftest import TEN

from evergrove.access.errors import NotLetIn
from evergrove.delivery.returns import check_signature, mails_in, take_return, told_by_mail
from evergrove.delivery.returns.folders import NoMailsThere
from evergrove.delivery.returns.signing import NoReportsSecret, secret_in, signature_of
from evergrove.people import consent_of, suppressed
from evergrove.people.suppressions import (
    NoSuchSuppression,
    SuppressionStays,
    list_suppressions,
    release_entry,
)

if TYPE_CHECKING:
    from pathlib import Path

    from tests.delivery.links.conftest import Post

    from evergrove.delivery.returns import Taken

DSN = """\
From: MAILER-DAEMON@mx.example
To: shop@shop.example
Subject: Undelivered Mail Returned to Sender
Message-ID: <{own}@mx.example>
MIME-Version: 1.0
Content-Type: multipart/report; report-type=delivery-status; boundary="b1"

--b1
Content-Type: text/plain; charset=us-ascii

I'm sorry to have to inform you that your message could not be delivered.

--b1
Content-Type: message/delivery-status

Reporting-MTA: dns; mx.example
Arrival-Date: Wed, 1 Jul 2026 02:00:00 +0000

Final-Recipient: rfc822; {address}
Original-Recipient: rfc822;{address}
Action: {action}
Status: {status}
Remote-MTA: dns; mail.example.com
Diagnostic-Code: smtp; 550 {said} <{address}>: Recipient address rejected

--b1
Content-Type: {given_back}

From: "Demo Shop" <shop@shop.example>
To: <{address}>
Message-ID: <{letter}>
Subject: Hello

--b1--
"""
ARF = """\
From: feedback@isp.example
To: abuse@shop.example
Subject: FW: Hello
Message-ID: <{own}@isp.example>
MIME-Version: 1.0
Content-Type: multipart/report; report-type=feedback-report; boundary="b2"

--b2
Content-Type: text/plain; charset="US-ASCII"

This is an email abuse report for a message received from 192.0.2.1.

--b2
Content-Type: message/feedback-report

Feedback-Type: {kind}
User-Agent: SomeGenerator/1.0
Version: 1
Original-Mail-From: <shop@shop.example>
Original-Rcpt-To: <{address}>

--b2
Content-Type: message/rfc822
Content-Disposition: inline

From: "Demo Shop" <shop@shop.example>
To: <{address}>
Message-ID: <{letter}>
Subject: Hello
Content-Type: text/plain

Hello
--b2--
"""


def dsn(letter: str, address: str = "c1@example.com", **changed: str) -> bytes:
    """A bounce as RFC 3464 writes it."""
    usual = {
        "own": "bounce-1",
        "action": "failed",
        "status": "5.1.1",
        "said": "5.1.1",
        "given_back": "message/rfc822",
    }
    return DSN.format(letter=letter, address=address, **{**usual, **changed}).replace("\n", "\r\n").encode()


def arf(letter: str, address: str = "c1@example.com", **changed: str) -> bytes:
    """A complaint as RFC 5965 writes it."""
    return ARF.format(letter=letter, address=address, **{"own": "fbl-1", "kind": "abuse", **changed}).encode()


def left(post: Post, customer: str = "C1", step: int = 1) -> tuple[str, str]:
    """A letter that has left: its name, and its Message-ID."""
    post.people(customer)
    name = post.queue(customer, step)
    post.send()
    return name, next(mail.message_id for mail in post.channel.mails if mail.outbox_id == name)


def take(post: Post, mail: bytes) -> Taken:
    """Take the report of a mail."""
    told = told_by_mail(mail)
    assert told is not None
    with post.ledger.writing() as connection:
        return take_return(connection, post.seal, told, post.clock.now())


def reasons(post: Post, *customers: str) -> dict[str, str]:
    """Why nothing is sent to whom."""
    with post.ledger.reading() as connection:
        return suppressed(connection, customers)


@pytest.mark.parametrize("given_back", ["message/rfc822", "text/rfc822-headers"])
def test_a_hard_bounce_stops_the_address(post: Post, given_back: str) -> None:
    """Once; told again it changes nothing; the message says what became of it."""
    name, letter = left(post)

    assert take(post, dsn(letter, given_back=given_back)) == "taken"
    assert take(post, dsn(letter, given_back=given_back)) == "known"

    assert reasons(post, "C1") == {"C1": "people.bounced"}
    assert post.state(name) == ("bounced", "delivery.bounced")


def test_three_soft_bounces_in_30_days_stop_it_too(post: Post) -> None:
    """Three letters, and not three reports of one; those of two months ago do not count."""
    letters = [left(post, step=step)[1] for step in (1, 2, 3)]
    for n in range(3):
        take(post, dsn(letters[0], own=f"again-{n}", status="4.2.2", said="4.2.2"))
    post.clock.moment = TEN + timedelta(days=45)
    take(post, dsn(letters[1], own="second", status="5.2.2", said="5.2.2"))
    post.clock.moment = TEN + timedelta(days=46)
    take(post, dsn(letters[2], own="third", status="4.4.1", said="4.4.1"))
    assert reasons(post, "C1") == {}

    post.clock.moment = TEN + timedelta(days=47)
    take(post, dsn(letters[0], own="fourth", status="4.4.1", said="4.4.1"))
    assert reasons(post, "C1") == {"C1": "people.unreachable"}


def test_a_complaint_stops_the_address_and_takes_the_consent_back(post: Post) -> None:
    """The reader need not unsubscribe, too."""
    name, letter = left(post)
    assert take(post, arf(letter)) == "taken"

    assert reasons(post, "C1") == {"C1": "people.complained"}
    assert post.state(name)[0] == "complained"
    with post.ledger.reading() as connection:
        assert consent_of(connection, ["C1"]) == {"C1": "revoked"}


def test_case_49_forged_reports_silence_nobody(post: Post) -> None:
    """Names of messages that were guessed, those of another shop, and a true one with somebody else's address."""
    name, letter = left(post)
    left(post, "C2")

    for made_up in (f"{name}@shop.example", f"{name}.{'0' * 20}@shop.example", "1@shop.example"):
        assert take(post, arf(made_up, "c2@example.com", own=made_up)) == "strange"
    assert reasons(post, "C1", "C2") == {}

    assert take(post, arf(letter, "c2@example.com", own="other")) == "taken"
    assert reasons(post, "C1", "C2") == {"C1": "people.complained"}
    with post.ledger.reading() as connection:
        assert consent_of(connection, ["C2"]) == {"C2": "granted"}


def test_a_bounce_of_the_old_address_leaves_the_new_one_alone(post: Post) -> None:
    """The letter went to the one before; the report says so, or says nothing that fits."""
    _name, letter = left(post)
    post.clock.moment = TEN + timedelta(hours=1)
    post.people("C1", email="new@example.com")

    assert take(post, dsn(letter, "forwarded@elsewhere.example")) == "taken"
    assert reasons(post, "C1") == {}
    assert take(post, dsn(letter, "c1@example.com", own="two")) == "taken"
    assert reasons(post, "C1") == {}


@pytest.mark.parametrize(
    "mail",
    [
        b"",
        b"\xff\xfe\x00",
        b"Subject: I am away\r\n\r\nuntil Monday",
        dsn("a@b", action="delayed"),
        dsn("a@b", action="relayed"),
        arf("a@b", kind="not-spam"),
        b"Content-Type: multipart/report; report-type=delivery-status\r\n\r\nno boundary",
        dsn("a@b").partition(b"--b1\r\nContent-Type: message/rfc822")[0],
        b"Content-Type: multipart/report; boundary=x\r\n\r\n"
        + b"--x\r\nContent-Type: message/rfc822\r\n\r\n" * 300,
    ],
    ids=["empty", "garbage", "away", "delayed", "relayed", "no spam", "cut", "no letter", "nested"],
)
def test_what_tells_nothing_is_no_report(mail: bytes) -> None:
    """Notices of absence, delays, and whatever else comes to such a mailbox."""
    assert told_by_mail(mail) is None


def test_the_servers_own_words_tell_more_than_a_general_code() -> None:
    """5.0.0 in the field, 5.1.1 behind it."""
    told = told_by_mail(dsn("a@b", status="5.0.0", said="5.1.1"))
    assert told is not None
    assert (told.kind, told.status) == ("hard", "5.1.1")
    assert "c1@example.com" not in repr(told)


def test_mails_are_found_however_they_are_kept(tmp_path: Path) -> None:
    """A file, an mbox, a Maildir, a folder; none is changed."""
    one, two = dsn("a@b", own="one"), b"Subject: x\n\n>From here\n"
    (tmp_path / "one.eml").write_bytes(one)
    (tmp_path / "box").write_bytes(b"From a Wed\n" + one + b"\nFrom b Wed\n" + two)
    for part in ("new", "cur", "tmp"):
        (tmp_path / "dir" / part).mkdir(parents=True)
        (tmp_path / "dir" / part / "1").write_bytes(one)

    assert list(mails_in(tmp_path / "one.eml")) == [one]
    found = list(mails_in(tmp_path / "box"))
    assert [each.strip() for each in found] == [one.strip(), b"Subject: x\n\nFrom here"]
    assert list(mails_in(tmp_path / "dir")) == [one, one]
    assert len(list(mails_in(tmp_path))) == 3
    with pytest.raises(NoMailsThere):
        list(mails_in(tmp_path / "none"))


SECRET, NOW = b"s" * 32, datetime(2026, 7, 1, tzinfo=UTC)


@pytest.mark.parametrize(
    ("secret", "age_s", "tampered", "is_good"),
    [
        (SECRET, 0, False, True),
        (SECRET, 299, False, True),
        (SECRET, -299, False, True),
        (SECRET, 301, False, False),
        (SECRET, -301, False, False),
        (SECRET, 0, True, False),
        (b"x" * 32, 0, False, False),
        (b"", 0, False, False),
    ],
)
def test_case_49_reports_are_believed_with_a_fresh_signature_only(
    secret: bytes, age_s: int, *, tampered: bool, is_good: bool
) -> None:
    """Five minutes to either side; any other byte, any other secret, or none at all: 401."""
    moment = str(int(NOW.timestamp()) - age_s)
    signature = signature_of(secret, moment, b"{}")
    body = b"{ }" if tampered else b"{}"
    if is_good:
        check_signature(SECRET, moment, signature, body, NOW)
        return
    with pytest.raises(NotLetIn):
        check_signature(SECRET if secret else b"", moment, signature, body, NOW)


@pytest.mark.parametrize("moment", ["", "now", "-1", "١٢٣", "9" * 40])
def test_case_49_strange_times_are_refused(moment: str) -> None:
    """And nothing falls over."""
    with pytest.raises(NotLetIn):
        check_signature(SECRET, moment, signature_of(SECRET, moment, b""), b"", NOW)


def test_a_short_secret_is_none(tmp_path: Path) -> None:
    """Somebody might guess it."""
    (tmp_path / "short").write_text("secret\n")
    (tmp_path / "long").write_text("s" * 32 + "\nnot this line")
    assert (secret_in(""), secret_in(str(tmp_path / "long"))) == (b"", SECRET)
    for file in ("short", "none"):
        with pytest.raises(NoReportsSecret):
            secret_in(str(tmp_path / file))


def test_the_one_list_is_let_go_of_entry_by_entry_but_never_of_the_erased(post: Post) -> None:
    """A wrong bounce is released, and the next letter leaves; an erased person's address stays for good."""
    from evergrove.people import erase

    _name, letter = left(post)
    take(post, dsn(letter))
    left(post, "C2")
    with post.ledger.writing() as connection:
        erase(connection, "C2", TEN)
    with post.ledger.reading() as connection:
        erased, bounced = list_suppressions(connection)
    assert [(each.reason, each.customer_ids) for each in (erased, bounced)] == [
        ("people.erased", ()),
        ("people.bounced", ("C1",)),
    ]

    with post.ledger.writing() as connection:
        for _twice in range(2):
            assert release_entry(connection, bounced.number, TEN).released_at == TEN
        with pytest.raises(SuppressionStays):
            release_entry(connection, erased.number, TEN)
        with pytest.raises(NoSuchSuppression):
            release_entry(connection, 999, TEN)
        assert [each.number for each in list_suppressions(connection)] == [erased.number]
    again = post.queue("C1", 2)
    post.send()
    assert post.state(again)[0] == "accepted"

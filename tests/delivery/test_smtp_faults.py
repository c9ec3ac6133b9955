"""What a mail server does wrong, and what becomes of the message (reliability c, rows 15 to 21)."""

from __future__ import annotations

import socket
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from evergrove.delivery import AccountProblem, Mail, Receipt, SmtpChannel
from evergrove.delivery.errors import SenderRefused, ServerAway
from evergrove.testing.smtp import Fault, ScriptedServer, scripted_smtp

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from evergrove.settings import MailSettings

    MakeMail = Callable[..., Mail]
    SettingsFor = Callable[[ScriptedServer], MailSettings]

HUGE = "A line of words that is neither long nor short.\n" * 60_000
"""More than the buffers of a connection hold: a server that has gone cannot go unnoticed."""


def deliver(settings: MailSettings, mails: Sequence[Mail]) -> list[Receipt | AccountProblem]:
    """Hand mails over one after the other, over one connection for as long as it lasts."""
    channel = SmtpChannel(settings)
    try:
        return [channel.deliver([mail])[0] for mail in mails]
    finally:
        channel.close()


def states(answers: Sequence[Receipt | AccountProblem]) -> list[str]:
    """What became of each."""
    return [answer.state if isinstance(answer, Receipt) else answer.code for answer in answers]


def test_messages_share_one_connection(make_mail: MakeMail, mail_settings_for: SettingsFor) -> None:
    """Each arrives once, whole, under its own name; the server's name for it is kept."""
    mails = [make_mail(f"c{i}@example.com", i, text=f".Hello {i}\n.\n..\n") for i in range(1, 4)]
    with scripted_smtp() as server:
        answers = deliver(mail_settings_for(server), mails)

    assert states(answers) == ["accepted"] * 3
    assert [answer.provider_id for answer in answers if isinstance(answer, Receipt)] == ["Q1", "Q2", "Q3"]
    assert [received.message_id for received in server.received] == [mail.message_id for mail in mails]
    assert [received.recipients for received in server.received] == [(mail.recipient[0],) for mail in mails]
    body = server.received[1].message.get_body(("plain",))
    assert body is not None
    assert body.get_content().replace("\r\n", "\n") == ".Hello 2\n.\n..\n"
    assert server.connections == 1


@pytest.mark.parametrize(
    ("fault", "state", "reason"),
    [
        (Fault("rcpt", "450 4.2.1 busy"), "later", "delivery.put_off"),
        (Fault("rcpt", "451 4.3.0 try again"), "later", "delivery.put_off"),
        (Fault("rcpt", "452 4.2.2 full"), "later", "delivery.put_off"),
        (Fault("rcpt", "421 4.3.2 closing"), "later", "delivery.put_off"),
        (Fault("data", "451 4.3.0 try again"), "later", "delivery.put_off"),
        (Fault("dot", "452 4.3.1 no room"), "later", "delivery.put_off"),
        (Fault("rcpt", "close"), "later", "delivery.broken_off"),
        (Fault("data", "close"), "later", "delivery.broken_off"),
        (Fault("rcpt", "550 5.1.1 no such user"), "failed", "delivery.address_refused"),
        (Fault("rcpt", "554 5.7.1 not wanted"), "failed", "delivery.address_refused"),
        (Fault("dot", "552 5.3.4 too big"), "failed", "delivery.content_refused"),
        (Fault("dot", "554 5.7.1 looks like spam"), "failed", "delivery.content_refused"),
        (Fault("dot", "close"), "unknown", "delivery.no_answer"),
    ],
)
def test_one_fault_meets_one_message(
    fault: Fault, state: str, reason: str, make_mail: MakeMail, mail_settings_for: SettingsFor
) -> None:
    """The message before and the message after it arrive, whatever happens to the one between."""
    fault.to = "b@example.com"
    mails = [make_mail(f"{letter}@example.com", i) for i, letter in enumerate("abc", start=1)]
    with scripted_smtp(fault) as server:
        answers = deliver(mail_settings_for(server), mails)

    assert states(answers) == ["accepted", state, "accepted"]
    assert isinstance(answers[1], Receipt)
    assert answers[1].reason == reason
    # Only what was left without an answer after the dot may have been taken, and it was not said to be.
    taken = [received.recipients[0] for received in server.received]
    assert taken == ["a@example.com", *(["b@example.com"] if state == "unknown" else []), "c@example.com"]


def test_a_server_gone_in_the_middle_of_the_text_has_taken_nothing(
    make_mail: MakeMail, mail_settings_for: SettingsFor
) -> None:
    """Without its final dot a message is nobody's: it may go again."""
    with scripted_smtp(Fault("body", "close")) as server:
        answers = deliver(mail_settings_for(server), [make_mail(text=HUGE), make_mail(number=2)])

    assert states(answers) == ["later", "accepted"]
    assert len(server.received) == 1


def test_silence_after_the_dot_is_unknown(make_mail: MakeMail, mail_settings_for: SettingsFor) -> None:
    """A server that never answers costs the longest wait, and the next message goes over a new connection."""
    with scripted_smtp(Fault("dot", "hang")) as server:
        answers = deliver(mail_settings_for(server), [make_mail(), make_mail(number=2)])

    assert states(answers) == ["unknown", "accepted"]
    assert server.connections == 2


def test_silence_before_the_text_is_no_loss(make_mail: MakeMail, mail_settings_for: SettingsFor) -> None:
    """A server that hangs at the recipient has taken nothing."""
    with scripted_smtp(Fault("rcpt", "hang")) as server:
        assert states(deliver(mail_settings_for(server), [make_mail()])) == ["later"]


@pytest.mark.slow
def test_a_byte_now_and_then_does_not_hold_a_connection_for_ever(
    make_mail: MakeMail, mail_settings_for: SettingsFor
) -> None:
    """Every byte starts the wait for the next one anew; the conversation as a whole has its bound."""
    with scripted_smtp(Fault("rcpt", "drip")) as server:
        answers = deliver(mail_settings_for(server), [make_mail(), make_mail(number=2)])

    assert states(answers) == ["later", "accepted"]


@pytest.mark.slow
def test_a_byte_now_and_then_does_not_hold_up_the_greeting_for_ever(
    make_mail: MakeMail, mail_settings_for: SettingsFor
) -> None:
    """The same before the first message: the server is away, and the next run asks it again."""
    with scripted_smtp(Fault("connect", "drip")) as server:
        settings = mail_settings_for(server)
        (away,), (answer,) = deliver(settings, [make_mail()]), deliver(settings, [make_mail(number=2)])

    assert isinstance(away, ServerAway)
    assert states([answer]) == ["accepted"]


@pytest.mark.parametrize(
    ("reply", "suppress"),
    [
        ("550 5.1.1 no such user ada@example.com", "people.bounced"),
        ("553 5.1.3 bad address", "people.bounced"),
        ("550 no such user", "people.bounced"),
        ("550 5.7.1 relaying denied", None),
        ("552 5.2.2 mailbox full", None),
        ("554 no thanks", None),
    ],
)
def test_only_an_address_that_does_not_exist_is_suppressed(
    reply: str, suppress: str | None, make_mail: MakeMail, mail_settings_for: SettingsFor
) -> None:
    """By the enhanced code where there is one; what the server says besides is not kept: it repeats addresses."""
    with scripted_smtp(Fault("rcpt", reply)) as server:
        (answer,) = deliver(mail_settings_for(server), [make_mail()])

    assert isinstance(answer, Receipt)
    assert answer.suppress == suppress
    assert "ada" not in repr(answer)


@pytest.mark.parametrize(
    ("fault", "problem"),
    [
        (Fault("mail", "550 5.7.1 this account is closed"), SenderRefused),
        (Fault("mail", "451 4.7.1 too many messages"), ServerAway),
        (Fault("connect", "421 4.3.2 not now"), ServerAway),
        (Fault("connect", "554 5.3.2 no"), ServerAway),
        (Fault("mail", "close"), ServerAway),
    ],
)
def test_what_concerns_the_account_is_no_fault_of_the_message(
    fault: Fault, problem: type[AccountProblem], make_mail: MakeMail, mail_settings_for: SettingsFor
) -> None:
    """It is said as a problem of the account, and nothing of the message has left."""
    with scripted_smtp(fault) as server:
        (answer,) = deliver(mail_settings_for(server), [make_mail()])

    assert isinstance(answer, problem)
    assert server.received == []


def test_a_server_that_is_not_there_is_away(make_mail: MakeMail, mail_settings: MailSettings) -> None:
    """Nobody listens on the port."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    (answer,) = deliver(replace(mail_settings, host="127.0.0.1", port=port), [make_mail()])

    assert isinstance(answer, ServerAway)


def test_a_connection_closed_between_messages_is_opened_anew(
    make_mail: MakeMail, mail_settings_for: SettingsFor
) -> None:
    """Servers close what is idle, or has sent enough: nothing was said yet, so nothing is lost or doubled."""
    faults = (Fault("mail", "close", skip=1), Fault("mail", "421 4.7.0 enough for one connection", skip=2))
    mails = [make_mail(number=i) for i in range(1, 5)]
    with scripted_smtp(*faults) as server:
        answers = deliver(mail_settings_for(server), mails)

    assert states(answers) == ["accepted"] * 4
    assert [received.message_id for received in server.received] == [mail.message_id for mail in mails]


def test_several_connections_carry_one_message_each(
    make_mail: MakeMail, mail_settings_for: SettingsFor
) -> None:
    """Answers come back in the order of the messages, whichever was faster."""
    mails = [make_mail(f"c{i}@example.com", i) for i in range(1, 5)]
    with scripted_smtp(Fault("rcpt", "550 5.1.1 no", to="c2@example.com")) as server:
        channel = SmtpChannel(replace(mail_settings_for(server), connections=4))
        answers = channel.deliver(mails)
        channel.close()

    assert states(answers) == ["accepted", "failed", "accepted", "accepted"]
    assert server.connections == 4


@pytest.mark.parametrize(
    "recipient", ["a@example.com\r\nBcc: eve@example.com", "a@b.co,c@d.co", "", "x\x00@b.co"]
)
def test_an_unsafe_address_does_not_reach_the_server(
    recipient: str, make_mail: MakeMail, mail_settings_for: SettingsFor
) -> None:
    """Refused at the sender too, whatever was let in at the door."""
    with scripted_smtp() as server:
        (answer,) = deliver(mail_settings_for(server), [make_mail(recipient)])

    assert answer == Receipt("failed", "delivery.unsafe_header")
    assert server.connections == 0

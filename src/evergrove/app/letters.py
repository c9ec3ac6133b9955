"""Letters of a workspace: kept, shown as somebody would get them, and sent for a try to people of the team."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, replace
from math import ceil
from typing import TYPE_CHECKING, Any
from uuid import uuid4

from evergrove import audit
from evergrove.access import account_of, may
from evergrove.access.errors import NoSuchAccount, NotAnEmail, TooManyAttempts
from evergrove.access.limits import Limit, take_all
from evergrove.core import EvergroveError, InputError, _
from evergrove.delivery import Mail, SmtpChannel
from evergrove.delivery import letters as kept
from evergrove.delivery.errors import MissingValue, NoTemplate, TemplateProblem
from evergrove.delivery.letters.samples import WAYS, sample_params
from evergrove.delivery.rendering import render, render_short
from evergrove.delivery.wording import values_of
from evergrove.outbox import require_outbound
from evergrove.people import Contact
from evergrove.people.masking import masked

if TYPE_CHECKING:
    from collections.abc import Mapping

    from evergrove.access import Actor
    from evergrove.app.workspace import Workspace
    from evergrove.delivery import Rendered
    from evergrove.delivery.channels import Channel
    from evergrove.delivery.letters import Listed
    from evergrove.delivery.rendering import Letter, Short, Values
    from evergrove.text import Language

TESTS = Limit(10, 60.0)
"""Of one person: ten at once, and one more a minute."""
MARK = "[Test] "
BY_PLAYBOOKS = ("coupon", "coupon_value", "valid_until", "milestone")
"""Values that no customer has before a playbook gives them: previews show samples."""
FACTS: Mapping[str, str] = {
    "tier": "tier",
    "stage": "stage",
    "orders": "orders",
    "last_order_date": "last_order_date",
    "next_order_from": "next_order_p25",
    "next_order_until": "next_order_p75",
}
"""Value of a letter to column of a customer: those that a decision puts into messages."""
ID = "customer_id"


class NotOfTheTeam(InputError):
    """A letter is tried out on people of the team only."""

    code = "app.not_of_the_team"
    message = _("Letters are tried out on people who sign in here, and this address is nobody's of them.")
    hint = _("Name the address of an account that has been entered: evergrove users list shows them.")


class TestRefused(EvergroveError):
    """The mail server did not take the letter."""

    code = "app.test_refused"
    message = _("The mail server did not take the letter: {reason}.")
    hint = _("Check [mail] in the settings, and the address of the account.")


@dataclass(frozen=True)
class Preview:
    """
    A letter as one reader would get it.

    Attributes:
        letter: In the version that is shown.
        language: Of the reader.
        mail: As a mail; None: it has no such form, or cannot be written to this reader.
        short: As a text message; None likewise.
        problem: Why it cannot be written to this reader: he would be skipped with this reason.
        is_masked: Whether personal values are shown by their ends only.
    """

    letter: Letter
    language: Language
    mail: Rendered | None
    short: Short | None
    problem: TemplateProblem | None = None
    is_masked: bool = False


def every(here: Workspace) -> list[Listed]:
    """All letters, each in the version that messages take."""
    with here.ledger.reading() as connection:
        return kept.all_letters(connection)


def versions(here: Workspace, name: str) -> list[Listed]:
    """All versions of a letter, the newest first."""
    with here.ledger.reading() as connection:
        return kept.versions_of(connection, name)


def one(here: Workspace, name: str, version: int | None = None) -> Letter:
    """A letter by its name, and by its version where one is meant."""
    with here.ledger.reading() as connection:
        return kept.letter_named(connection, name, version)


def add(here: Workspace, document: Mapping[str, Any]) -> tuple[Letter, bool]:
    """Keep a letter, or a new version of it; whether that is new."""
    with here.ledger.writing() as connection:
        return kept.add_letter(connection, document, here.settings, here.clock.now(), here.by)


def preview(
    here: Workspace,
    letter: Letter,
    language: Language,
    *,
    figures: Mapping[str, Any] | None = None,
    contact: Contact | None = None,
    sees_personal: bool = True,
) -> Preview:
    """
    A letter as a reader would get it; nothing is stored or sent.

    Args:
        here: The workspace.
        letter: In any version.
        language: Of the reader.
        figures: Columns of a customer; None: of a reader who does not exist, of whom everything is known.
        contact: Of the customer.
        sees_personal: Whether whoever looks may see names and addresses.

    Returns:
        The letter; with ``problem`` where this reader would get nothing, such as for want of the language.
    """
    values = _values(here, letter, language, figures, contact, sees_personal=sees_personal)
    is_masked = figures is not None and not sees_personal
    mail: Rendered | None = None
    short: Short | None = None
    problem: TemplateProblem | None = None
    try:
        mail = render(letter, language, values)
    except NoTemplate:
        mail = None
    except TemplateProblem as error:
        problem = error
    try:
        short = render_short(letter, language, values)
    except NoTemplate:
        short = None
    except TemplateProblem as error:
        problem = problem or error
    if language not in letter.words:
        problem = NoTemplate(template=letter.name, language=language)
    return Preview(letter, language, mail, short, problem, is_masked)


def send_test(
    here: Workspace, actor: Actor, shown: Preview, to: str, *, channel: Channel | None = None
) -> None:
    """
    Send a letter to somebody of the team, marked as a try; it is no message of the outbox and counts nowhere.

    Args:
        here: The workspace.
        actor: Who asks: so many in so much time.
        shown: What is sent.
        to: Address of an account that was entered, and so was proved by its link.
        channel: That takes it; None: the mail server of the settings.

    Raises:
        NotOfTheTeam: It is nobody's who signs in here.
        TooManyAttempts: So many were sent lately.
        MissingValue, TemplateProblem: It cannot be written.
        TestRefused, AccountProblem: The server did not take it.
        OutboundPaused: The workspace came back from a backup, and nobody has confirmed it.
    """
    if shown.mail is None:
        raise shown.problem or NoTemplate(template=shown.letter.name, language=shown.language)
    mail = _test_mail(here, shown.mail, to.strip())
    _noted(here, actor, shown, to)
    taken = channel or SmtpChannel(here.settings.mail)
    try:
        (receipt,) = taken.deliver([mail])
    finally:
        taken.close()
    if isinstance(receipt, EvergroveError):
        raise receipt
    if receipt.state != "accepted":
        raise TestRefused(reason=receipt.reason or receipt.state)


def _noted(here: Workspace, actor: Actor, shown: Preview, to: str) -> None:
    """Take one try, and leave who took it, before anything leaves."""
    now = here.clock.now()
    name = hashlib.sha256(f"letter test {actor.account_id or actor.by}".encode()).hexdigest()
    with here.ledger.writing() as connection:
        require_outbound(connection)
        try:
            account = account_of(connection, here.seal, to)
        except (NoSuchAccount, NotAnEmail) as error:
            raise NotOfTheTeam from error
        if account.status != "active":
            raise NotOfTheTeam
        wait_s = take_all(connection, {name: TESTS}, now)
        if not wait_s:
            about = {"version": shown.letter.version, "to": f"user:{account.id}"}
            subject = audit.subject("letter", shown.letter.name)
            audit.note(connection, "letters.tested", here.by, subject, about, at=now)
    if wait_s:
        raise TooManyAttempts(seconds=ceil(wait_s))


def _test_mail(here: Workspace, rendered: Rendered, to: str) -> Mail:
    own, name = here.settings.mail, uuid4().hex
    return Mail(
        outbox_id=name,
        message_id=f"{name}@{own.sender.rpartition('@')[2]}",
        sender=(own.sender, own.sender_name),
        recipient=(to, ""),
        rendered=replace(rendered, subject=MARK + rendered.subject),
        unsubscribe="",
        is_one_click=False,
        sent_at=here.clock.now(),
    )


def _values(
    here: Workspace,
    letter: Letter,
    language: Language,
    figures: Mapping[str, Any] | None,
    contact: Contact | None,
    *,
    sees_personal: bool,
) -> Values:
    if figures is None:
        return kept.sample_values(letter, language, here.settings)
    samples = sample_params(letter)
    params = {name: samples[name] for name in (*BY_PLAYBOOKS, *letter.params)}
    params |= {name: figures[column] for name, column in FACTS.items() if figures.get(column) is not None}
    params |= _of_night(here, str(figures[ID]))
    named = contact or Contact("", None, None, None, None)
    if named.name and not sees_personal:
        named = replace(named, name=masked(named.name))
    return values_of(
        params,
        named,
        here.settings.mail,
        language,
        WAYS,
        currency=here.settings.value.currency,
        declared=letter.params,
    )


def _of_night(here: Workspace, customer_id: str) -> Mapping[str, Any]:
    """What messages are given when they leave."""
    with here.ledger.reading() as connection:
        return kept.night_values(connection, here.warehouse, [customer_id])[customer_id]


def sees_personal(actor: Actor) -> bool:
    """Whether somebody may see names and addresses as they are."""
    return may(actor, "personal.read")


__all__ = [
    "MissingValue",
    "Preview",
    "add",
    "every",
    "one",
    "preview",
    "sees_personal",
    "send_test",
    "versions",
]

"""What recipients of letters do, without being known: leave, say what they want, follow links; and what comes back."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

from evergrove import audit
from evergrove.delivery.links.errors import NoSuchLink
from evergrove.delivery.links.leaving import leave
from evergrove.delivery.links.letters import letter_of
from evergrove.delivery.links.tokens import read_token, token_of
from evergrove.delivery.links.visits import destination_of, note_visit
from evergrove.delivery.links.wishes import Wishes, choose, wishes_of
from evergrove.delivery.returns import mails_in, take_return, told_by_mail
from evergrove.people import address_hash
from evergrove.people.suppressions import list_suppressions, release_entry, suppressions_of

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable
    from pathlib import Path

    from evergrove.app.workspace import Workspace
    from evergrove.delivery.links.letters import Letter
    from evergrove.delivery.links.tokens import Kind, Token
    from evergrove.delivery.returns import Taken, Told
    from evergrove.people.suppressions import Suppression

IN_ONE = 100
"""Reports in one transaction."""


@dataclass(frozen=True)
class Shown:
    """
    What a page of a letter says.

    Attributes:
        kind: "leave" or "preferences".
        shop: Who wrote.
        channel: On which; None: this copy of the workspace does not know the letter.
        purpose: For what; None as well.
        language: Of the letter, else of its reader, else of the shop.
        wishes: What may be chosen; None where the page only lets one leave.
        preferences: Token of the page on which one chooses; empty where it could show nothing.
    """

    kind: Kind
    shop: str
    channel: str | None
    purpose: str | None
    language: str
    wishes: Wishes | None
    preferences: str


def check_link(here: Workspace, token: str) -> None:
    """
    Let no link pass that this workspace has not made; the ledger is not asked.

    Raises:
        NoSuchLink: It is none of ours.
    """
    read_token(here.seal, token)


def shown(here: Workspace, token: str, *, full: bool) -> Shown:
    """
    What the page behind a link shows; nothing is changed by it.

    Args:
        here: The workspace.
        token: Of the link.
        full: Whether wishes are looked up.

    Raises:
        NoSuchLink: It is none of ours.
    """
    read = _page_token(here, token)
    with here.ledger.reading() as connection:
        letter = letter_of(connection, read.outbox_id)
        found = None
        if letter is not None:
            found = wishes_of(connection, here.seal, here.settings, letter, here.clock.now())
    mail = here.settings.mail
    language = (letter and letter.language) or (found and found.language) or here.settings.value.language
    return Shown(
        kind=read.kind if letter is not None else "leave",
        shop=mail.sender_name or mail.sender.rpartition("@")[2] or here.folder.name,
        channel=None if letter is None else letter.channel,
        purpose=None if letter is None else letter.category,
        language=language,
        wishes=found if full else None,
        preferences=token_of(here.seal, "preferences", read.outbox_id) if letter is not None else "",
    )


def leave_by(here: Workspace, token: str) -> None:
    """
    Send nothing more of a letter's kind to its reader, from this moment on.

    Raises:
        NoSuchLink: The link is none of ours.
    """
    read = _page_token(here, token)
    with here.ledger.writing() as connection:
        leave(connection, here.seal, read.outbox_id, here.clock.now())


def choose_by(here: Workspace, token: str, chosen: Collection[str], offered: Collection[str]) -> None:
    """
    Have it be as the reader of a letter wants it.

    Raises:
        NoSuchLink: The link is none of ours, or nothing is known of its letter.
    """
    read = _page_token(here, token)
    with here.ledger.writing() as connection:
        letter: Letter | None = letter_of(connection, read.outbox_id)
        if letter is None:
            raise NoSuchLink
        choose(connection, here.seal, here.settings, letter, chosen, offered, here.clock.now())


def follow(here: Workspace, token: str, method: str, agent: str) -> str:
    """
    Where a followed link leads; that it was followed is counted of those only who have agreed.

    Raises:
        NoSuchLink: The link is none of ours, or leads nowhere.
    """
    read = _visited(here, token, "click")
    with here.ledger.reading() as connection:
        destination = destination_of(connection, read)
    note_visit(here.ledger, here.settings, read, method, agent, here.clock.now())
    return destination


def opened(here: Workspace, token: str, method: str, agent: str) -> None:
    """
    Count that a letter was opened, of those only who have agreed.

    Raises:
        NoSuchLink: The link is none of ours.
    """
    note_visit(here.ledger, here.settings, _visited(here, token, "open"), method, agent, here.clock.now())


def take_reports(here: Workspace, reports: Iterable[Told]) -> Counter[Taken]:
    """Take what is told of letters that have left; how many were taken, known, and strange."""
    counts: Counter[Taken] = Counter()
    part: list[Told] = []
    for told in reports:
        part.append(told)
        if len(part) == IN_ONE:
            counts += _take(here, part)
            part = []
    return counts + _take(here, part)


def take_bounces(here: Workspace, path: Path) -> tuple[Counter[Taken], int]:
    """
    Take the bounces and complaints among mails; what became of them, and how many mails tell nothing of that kind.

    Raises:
        NoMailsThere: Nothing can be read there.
    """
    others = 0

    def told() -> Iterable[Told]:
        nonlocal others
        for mail in mails_in(path):
            found = told_by_mail(mail)
            others += found is None
            if found is not None:
                yield found

    counts = take_reports(here, told())
    return counts, others


def _take(here: Workspace, reports: Collection[Told]) -> Counter[Taken]:
    with here.ledger.writing() as connection:
        return Counter(take_return(connection, here.seal, each, here.clock.now()) for each in reports)


def suppressions(here: Workspace, *, before: int | None, limit: int, holding: bool) -> list[Suppression]:
    """Addresses that nothing is sent to, by number, the newest first."""
    with here.ledger.reading() as connection:
        return list_suppressions(connection, before=before, limit=limit, holding=holding)


def suppressions_at(here: Workspace, address: str) -> list[Suppression]:
    """The entries of one e-mail address."""
    with here.ledger.reading() as connection:
        return suppressions_of(connection, [address_hash(here.seal, address)])


def release_address(here: Workspace, number: int) -> Suppression:
    """
    Let the address of an entry be written to again, noted with who did it.

    Raises:
        NoSuchSuppression, SuppressionStays: As ``release_entry``.
    """
    now = here.clock.now()
    with here.ledger.writing() as connection:
        found = release_entry(connection, number, now)
        params = {"reason": found.reason, "channel": found.channel}
        audit.note(connection, "people.released", here.by, f"suppression:{number}", params, at=now)
        return found


def _page_token(here: Workspace, token: str) -> Token:
    read = read_token(here.seal, token)
    if read.kind not in {"leave", "preferences"}:
        raise NoSuchLink
    return read


def _visited(here: Workspace, token: str, kind: Kind) -> Token:
    read = read_token(here.seal, token)
    if read.kind != kind:
        raise NoSuchLink
    return read

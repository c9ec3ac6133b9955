"""What a person wants to be asked for and written to about: shown, and changed, by a link of a letter."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlalchemy import select

from evergrove.delivery.links.leaving import WORDING, purpose_of
from evergrove.delivery.links.letters import wait_for_sending
from evergrove.people import contact_of, standing_of
from evergrove.people.consent.asking import consent_at, words_of
from evergrove.people.consent.kinds import ANY, BY_PURPOSE, PROFILING
from evergrove.people.consent.proven import record_proven
from evergrove.people.consent.rules import state_of
from evergrove.people.consent.types import ConsentRow
from evergrove.people.errors import SealBroken
from evergrove.people.masking import masked_address
from evergrove.people.tables import consent_event
from evergrove.people.types import EMAIL, MARKETING

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator
    from datetime import datetime

    from sqlalchemy import Connection

    from evergrove.delivery.links.letters import Letter
    from evergrove.people import Seal, Standing
    from evergrove.settings import Settings

FORM, SOURCE = "preferences", "preferences"
SURVEY, ANALYTICS = "survey", "analytics"


@dataclass(frozen=True)
class Wish:
    """One thing that somebody may want or not; ``channel`` is "any" where it is asked for on all at once."""

    purpose: str
    channel: str
    is_on: bool

    @property
    def name(self) -> str:
        """As forms and bodies name it: marketing.email."""
        return f"{self.purpose}.{self.channel}"


@dataclass(frozen=True)
class Wishes:
    """
    All that a person may choose.

    Attributes:
        wishes: In the order in which they are shown.
        address: Masked; empty where none is known any more.
        language: The reader's own; None: not known.
        silent: Why nothing is sent to the address, whatever is chosen; None: nothing speaks against it.
    """

    wishes: tuple[Wish, ...]
    address: str = ""
    language: str | None = None
    silent: str | None = None


def wishes_of(
    connection: Connection, seal: Seal, settings: Settings, letter: Letter, now: datetime
) -> Wishes:
    """
    What holds for the person whom a letter was for.

    Args:
        connection: Of any block.
        seal: Opens the address, to show it masked.
        settings: ``mail.tracking``: whether anything is counted; ``outreach.least_age``.
        letter: Of the link.
        now: At which moment.
    """
    age, customer = settings.outreach.least_age, letter.customer_id
    found, own = list[Wish](), None
    for purpose, channel in _places(connection, settings, letter):
        if channel == ANY:
            states = consent_at(connection, [customer], now, channel=ANY, purpose=purpose, least_age=age)
            is_on = states[customer] == "granted"
            if purpose == PROFILING:  # whoever has said nothing is not left out
                is_on = states[customer] in {"granted", "unknown"}
        else:
            one = standing_of(connection, [customer], channel, purpose, now=now, least_age=age)[customer]
            is_on = one.consent == "granted" and one.status != "erased"
            own = one if channel == letter.channel and own is None else own
        found.append(Wish(purpose, channel, is_on))
    assert own is not None  # noqa: S101 - the letter's own channel is always among the places
    return Wishes(tuple(found), _shown(seal, letter, own), own.language, own.suppressed)


def choose(
    connection: Connection,
    seal: Seal,
    settings: Settings,
    letter: Letter,
    chosen: Collection[str],
    offered: Collection[str],
    now: datetime,
) -> int:
    """
    Have it be as somebody wants it; how many words were written down, none where all was so already.

    A yes is said for all ids of the person that had said something else: by the rules the most restrictive word of any
    would hold on.

    Args:
        connection: Of a ``writing`` block.
        seal: Of the workspace.
        settings: As for ``wishes_of``.
        letter: Of the link.
        chosen: Names of wishes that are to be on.
        offered: Names of those that were shown; all others stay as they are.
        now: When.
    """
    wait_for_sending(connection, letter.members)
    before = wishes_of(connection, seal, settings, letter, now).wishes
    changed = [each for each in before if each.name in offered and each.is_on != (each.name in chosen)]
    words = [word for each in changed for word in _words(connection, letter, each, now)]
    return record_proven(connection, seal, words, now)


def _words(connection: Connection, letter: Letter, wish: Wish, now: datetime) -> Iterator[ConsentRow]:
    """What is said by turning one wish over."""
    whose = [letter.customer_id]
    if not wish.is_on:
        said = words_of(connection, letter.members, wish.channel, wish.purpose)
        against = [each for each, words in said.items() if state_of(words, now) != "granted"]
        whose = sorted({letter.customer_id, *against})
    for customer in whose:
        yield ConsentRow(
            customer,
            "revoked" if wish.is_on else "granted",
            wish.purpose,
            wish.channel,
            source=SOURCE,
            form=FORM,
            policy_version=WORDING,
            reference=f"link in message {letter.outbox_id}",
        )


def _places(connection: Connection, settings: Settings, letter: Letter) -> list[tuple[str, str]]:
    """Purposes and channels that a person is asked for: those of the letter, and whatever was said before."""
    event = consent_event.c
    query = select(event.purpose, event.channel).where(event.customer_id.in_(letter.members)).distinct()
    said = {(purpose, channel) for purpose, channel in connection.execute(query) if purpose in BY_PURPOSE}
    channels = [letter.channel, *sorted({channel for _, channel in said} - {letter.channel, ANY})]
    first = purpose_of(letter)
    by_channel = [first, *(each for each in (MARKETING, SURVEY) if each != first)]
    found = [(purpose, channel) for channel in channels for purpose in by_channel]
    found.append((PROFILING, ANY))
    if settings.mail.tracking != "off" or (ANALYTICS, ANY) in said:
        found.append((ANALYTICS, ANY))
    return found + [(purpose, channel) for purpose, channel in sorted(said) if purpose == "ad_share"]


def _shown(seal: Seal, letter: Letter, standing: Standing) -> str:
    if standing.status == "erased" or letter.channel != EMAIL:
        return ""
    try:
        address = contact_of(seal, letter.customer_id, standing).email
    except SealBroken:
        return ""
    return masked_address(address) if address else ""

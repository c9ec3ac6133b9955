"""The conditions of a playbook, in the language of segments: held against the catalogue when it is put in."""

from __future__ import annotations

from typing import TYPE_CHECKING

from evergrove.campaigns.errors import UnusableCondition
from evergrove.segments.language.catalogue import catalogue
from evergrove.segments.language.errors import InvalidSegment
from evergrove.segments.language.parsing import parse
from evergrove.segments.language.store import definitions
from evergrove.segments.language.types import segments_in
from evergrove.segments.tiers.adoption import tiers_ever

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from evergrove.campaigns.definition import Playbook
    from evergrove.segments.language.catalogue import Catalogue

SHOWN = 80
"""Characters of a condition in an error."""


def known_words(connection: Connection) -> Catalogue:
    """What conditions may name in a workspace: own tiers by the names of every policy that was ever adopted."""
    usual = catalogue().fields["own_tier"].values
    return catalogue().naming("own_tier", tuple(dict.fromkeys((*tiers_ever(connection), *usual))))


def check_conditions(connection: Connection, playbook: Playbook) -> None:
    """
    Refuse a playbook whose conditions cannot be asked, or that goes by a segment that is not there.

    Args:
        connection: Of any block.
        playbook: To be put in.

    Raises:
        UnusableCondition: One cannot be asked.
    """
    trigger = playbook.trigger
    named = [each for each in (trigger.enters, trigger.leaves) if each and trigger.kind == "segment"]
    if not playbook.conditions and not named:
        return
    words, there = known_words(connection), definitions(connection)
    for text in playbook.conditions:
        try:
            named += segments_in(parse(text, words))
        except InvalidSegment as error:
            raise _unusable(playbook, text, str(error)) from error
    for key in named:
        if key not in there:
            raise _unusable(playbook, key, ", ".join(there) or "-")


def _unusable(playbook: Playbook, text: str, problem: str) -> UnusableCondition:
    return UnusableCondition(origin=playbook.key, condition=text[:SHOWN], problem=problem)

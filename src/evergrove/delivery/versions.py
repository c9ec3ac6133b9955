"""In which version of its letter a message is written: the newest, unless an earlier attempt may have arrived."""

from __future__ import annotations

from typing import TYPE_CHECKING

from evergrove.delivery.letters import letter_named
from evergrove.delivery.rendering import templates

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from sqlalchemy import Connection

    from evergrove.delivery.rendering import Letter
    from evergrove.outbox import Claim

SHIPPED = 0
"""Version of a letter as it comes with Evergrove."""


def newest(claims: Sequence[Claim], own: Mapping[str, Letter]) -> dict[str, int]:
    """
    The version that messages take, by name of their letter; a letter that does not exist has none.

    Args:
        claims: The messages.
        own: The shop's own letters among theirs, in their newest versions.
    """
    names = {claim.message.template for claim in claims}
    found = {name: SHIPPED for name in names if name in templates()}
    return found | {name: own[name].version for name in names if name in own}


def as_before(connection: Connection, claim: Claim, own: Mapping[str, Letter]) -> Mapping[str, Letter]:
    """
    The shop's own letters, that of a message which may have arrived as it was written then.

    Under one key the other side takes one message: whichever attempt it took, it has these words.

    Args:
        connection: Of any block.
        claim: The message.
        own: In their newest versions.
    """
    name, version = claim.message.template, claim.letter_version
    if not claim.may_have_left or version is None or version == newest([claim], own).get(name):
        return own
    if version == SHIPPED and name not in templates():  # one that a later Evergrove no longer brings
        return own
    return {**own, name: letter_named(connection, name, version)}

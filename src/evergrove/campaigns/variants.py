"""Which of several contents a customer gets: drawn by a hash, so that it is the same at every asking."""

from __future__ import annotations

from typing import TYPE_CHECKING

from evergrove.core import stable_id

if TYPE_CHECKING:
    from collections.abc import Sequence

    from evergrove.campaigns.definition import Variant

DIGITS = 13
"""Hexadecimal digits of the hash that are used: as many as a float holds exactly."""


def variant_of(salt: str, playbook: str, step: int, customer_id: str, variants: Sequence[Variant]) -> Variant:
    """
    The content that a customer gets of a step.

    Args:
        salt: Of the workspace.
        playbook: Its key.
        step: Its number, from 0.
        customer_id: Who.
        variants: One or more, with shares that add up to 1.
    """
    drawn = int(stable_id("variant", salt, playbook, step, customer_id)[:DIGITS], 16) / float(16**DIGITS)
    reached = 0.0
    for each in variants[:-1]:
        reached += each.share
        if drawn < reached:
            return each
    return variants[-1]

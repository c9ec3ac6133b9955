"""Bounds of value mean something on one basis only."""

from __future__ import annotations

from typing import TYPE_CHECKING

from evergrove.segments.tiers.errors import PolicyOnAnotherBasis

if TYPE_CHECKING:
    from evergrove.segments.tiers.policy import TierPolicy


def check_basis(policy: TierPolicy, basis: str) -> None:
    """
    Refuse a policy whose predicted bounds count value otherwise than the workspace does.

    Raises:
        PolicyOnAnotherBasis: It does.
    """
    if policy.looks_ahead and policy.basis and policy.basis != basis:
        raise PolicyOnAnotherBasis(name=policy.name, wanted=policy.basis, found=basis)

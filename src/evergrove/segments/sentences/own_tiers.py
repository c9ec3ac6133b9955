"""The tiers of a policy as people read them: by the names that it gives them, or by the usual words."""

from __future__ import annotations

from typing import TYPE_CHECKING

from evergrove.core import Term
from evergrove.segments.codes import TIERS, Tier
from evergrove.segments.sentences.words import TIER_WORDS
from evergrove.segments.tiers.documents import LANGUAGES

if TYPE_CHECKING:
    from collections.abc import Mapping

    from evergrove.segments.tiers.policy import TierPolicy


def tier_words(rules: TierPolicy | None, language: str) -> dict[str, Term]:
    """
    Words of a policy's tiers by key, the lowest first.

    A tier without a name in the reader's language goes by its key, and where that is a usual one, by the usual words.

    Args:
        rules: The policy; None: the usual four tiers.
        language: Of the reader.
    """
    if rules is None:
        return {key: tier_word(key) for key in TIERS}
    return {
        tier.key: Term(tier.names[language]) if language in tier.names else tier_word(tier.key)
        for tier in rules.tiers
    }


def tier_word(key: str, words: Mapping[str, Term] | None = None) -> Term:
    """The word of a tier whose policy is not at hand any more: the usual one, or the key."""
    if words and key in words:
        return words[key]
    return TIER_WORDS[Tier(TIERS.index(key))] if key in TIERS else Term(key)


def played_names(rules: TierPolicy, language: str) -> dict[str, str]:
    """
    What stands for the usual tiers on pages that know only these: the names of the policy's tiers that play as each.

    Empty for the usual tiers themselves, as long as the policy has no names for them in the reader's language.

    Args:
        rules: The policy.
        language: Of the reader.
    """
    found: dict[str, list[str]] = {}
    for tier in rules.tiers:
        if language in tier.names or tier.key not in TIERS:
            found.setdefault(TIERS[tier.like], []).append(tier.names.get(language, tier.key))
    return {key: " / ".join(names) for key, names in found.items()}


def played_in_languages(rules: TierPolicy) -> dict[str, dict[str, str]]:
    """``played_names`` by language, for figures that are read in any."""
    return {language: played_names(rules, language) for language in LANGUAGES}

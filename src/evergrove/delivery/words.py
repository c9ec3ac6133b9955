"""Why a message stands where it stands, as people read it, whichever station has given the reason."""

from __future__ import annotations

from string import Formatter
from typing import TYPE_CHECKING

from evergrove.campaigns.words import COUNTED as CAMPAIGNS_COUNTED
from evergrove.core import Sentence
from evergrove.decisions.words import COUNTED as DECISIONS_COUNTED
from evergrove.decisions.words import reason_sentence as decisions_sentence
from evergrove.delivery.reasons import REASONS
from evergrove.outbox.reasons import REASONS as OUTBOX_REASONS
from evergrove.programs.coupons.words import MESSAGE_REASONS

if TYPE_CHECKING:
    from collections.abc import Mapping

COUNTED: Mapping[str, str] = {**CAMPAIGNS_COUNTED, **DECISIONS_COUNTED}


def message_reason(code: str, params: Mapping[str, object] | None = None) -> Sentence:
    """
    The words of any reason that a message or a decision holds.

    Args:
        code: As it is stored; one of another version stands for itself.
        params: Fields that are known; where one is missing that the sentence needs, what is said of several stands.
    """
    known = params or {}
    ours = REASONS.get(code) or OUTBOX_REASONS.get(code) or MESSAGE_REASONS.get(code)
    sentence = Sentence(code, ours, known) if ours else decisions_sentence(code, known)
    if code in COUNTED and not _fields(sentence.template) <= set(known):
        return Sentence(code, COUNTED[code])
    return sentence


def _fields(template: str) -> set[str]:
    return {name for _text, name, _spec, _conversion in Formatter().parse(template) if name}

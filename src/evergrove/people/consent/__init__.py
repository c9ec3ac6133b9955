"""What persons said about being written to and looked at: words are added, never changed, and each has its time."""

from __future__ import annotations

from typing import TYPE_CHECKING

from evergrove.core.lazy import loader

if TYPE_CHECKING:
    from evergrove.people.consent.asking import consent_at, consent_of, newest_words
    from evergrove.people.consent.history import consent_history
    from evergrove.people.consent.kinds import CHANNELS, PURPOSES, channel_named, purpose_named
    from evergrove.people.consent.proofs import expire_proofs, forget_proofs
    from evergrove.people.consent.proven import record_proven
    from evergrove.people.consent.recording import record_consent, record_consents, record_list
    from evergrove.people.consent.rules import state_of
    from evergrove.people.consent.taking import take_consents
    from evergrove.people.consent.types import FILE, ConsentRow, ConsentsTaken, ConsentWord, Said

__all__ = [
    "CHANNELS",
    "FILE",
    "PURPOSES",
    "ConsentRow",
    "ConsentWord",
    "ConsentsTaken",
    "Said",
    "channel_named",
    "consent_at",
    "consent_history",
    "consent_of",
    "expire_proofs",
    "forget_proofs",
    "newest_words",
    "purpose_named",
    "record_consent",
    "record_consents",
    "record_list",
    "record_proven",
    "state_of",
    "take_consents",
]

_HERE = "evergrove.people.consent"
__getattr__ = loader(
    globals(),
    {
        "CHANNELS": f"{_HERE}.kinds",
        "ConsentRow": f"{_HERE}.types",
        "ConsentWord": f"{_HERE}.types",
        "ConsentsTaken": f"{_HERE}.types",
        "FILE": f"{_HERE}.types",
        "PURPOSES": f"{_HERE}.kinds",
        "Said": f"{_HERE}.types",
        "channel_named": f"{_HERE}.kinds",
        "consent_at": f"{_HERE}.asking",
        "consent_history": f"{_HERE}.history",
        "consent_of": f"{_HERE}.asking",
        "expire_proofs": f"{_HERE}.proofs",
        "forget_proofs": f"{_HERE}.proofs",
        "newest_words": f"{_HERE}.asking",
        "purpose_named": f"{_HERE}.kinds",
        "record_consent": f"{_HERE}.recording",
        "record_consents": f"{_HERE}.recording",
        "record_list": f"{_HERE}.recording",
        "record_proven": f"{_HERE}.proven",
        "state_of": f"{_HERE}.rules",
        "take_consents": f"{_HERE}.taking",
    },
)

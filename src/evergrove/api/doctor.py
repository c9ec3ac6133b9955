"""``/v1/doctor``: is the workspace sound, and may anything leave it?"""

from __future__ import annotations

from typing import TYPE_CHECKING

from pydantic import Field

from evergrove.core import EvergroveWarning, Sentence
from evergrove.http import Answer, Moment, Routes, ThisCall
from evergrove.outbox import instance_of
from evergrove.pipeline.notes import NOTES
from evergrove.text import translator

if TYPE_CHECKING:
    from evergrove.outbox import Instance
    from evergrove.text import Language

routes = Routes(tag="doctor")


class Finding(Answer):
    """Something that is wrong, or should be known."""

    code: str = Field(examples=["pipeline.backup_overdue"])
    is_note: bool = Field(description="It leaves the workspace sound.")
    message: str
    hint: str


class Diagnosis(Answer):
    """What was found, the gravest first."""

    sound: bool
    findings: list[Finding]


class Outbound(Answer):
    """Whether anything may leave the workspace."""

    paused: bool = Field(description="It came back from a backup, and nobody has confirmed it yet.")
    instance: str | None = Field(description="Which copy this is; null: the original.")
    made_at: Moment | None = Field(description="When the backup was made that it came from.")
    confirmed_at: Moment | None


def _finding(found: EvergroveWarning | Sentence, language: Language) -> Finding:
    is_note, words = found.code in NOTES, translator(language)
    if isinstance(found, Sentence):
        return Finding(code=found.code, is_note=is_note, message=found.said(words), hint="")
    hint = Sentence(found.code, found.hint, found.params).said(words) if found.hint else ""
    message = Sentence(found.code, found.message, found.params).said(words)
    return Finding(code=found.code, is_note=is_note, message=message, hint=hint)


def _outbound(found: Instance | None) -> Outbound:
    if found is None:
        return Outbound(paused=False, instance=None, made_at=None, confirmed_at=None)
    return Outbound(
        paused=found.is_paused,
        instance=found.id,
        made_at=found.made_at,
        confirmed_at=found.confirmed_at,
    )


@routes.get("/doctor", right="workspace.check")
def doctor(call: ThisCall) -> Diagnosis:
    """Look for damage; reading every byte is left to `evergrove doctor --deep`."""
    findings = [_finding(each, call.language) for each in call.here.doctor()]
    return Diagnosis(sound=all(each.is_note for each in findings), findings=findings)


@routes.get("/outbound", right="workspace.check")
def outbound(call: ThisCall) -> Outbound:
    """Whether anything may leave the workspace."""
    with call.here.ledger.reading() as connection:
        return _outbound(instance_of(connection))


@routes.post("/outbound/resume", right="settings.write")
def resume(call: ThisCall) -> Outbound:
    """Let a workspace that came back from a backup send again: no other copy is at work, you have made sure."""
    call.here.resume()
    with call.here.ledger.reading() as connection:
        return _outbound(instance_of(connection))

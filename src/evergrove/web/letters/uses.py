"""Which playbooks say which letter, and what a step compares it with."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from evergrove.api import playbooks
from evergrove.web.frame import ask

if TYPE_CHECKING:
    from evergrove.api.playbooks import VariantLine
    from evergrove.http import Call


@dataclass(frozen=True)
class Use:
    """
    A step that says a letter.

    Attributes:
        playbook: Its key.
        name: Of the playbook.
        step: Which one, from 1.
        contents: What the step chooses among; one is the letter itself.
    """

    playbook: str
    name: str
    step: int
    contents: tuple[VariantLine, ...]

    @property
    def is_compared(self) -> bool:
        """Whether the step has several contents."""
        return len(self.contents) > 1


def uses(call: Call) -> dict[str, list[Use]]:
    """Steps by the letter that they say."""
    found: dict[str, list[Use]] = {}
    for playbook in ask(call, playbooks.playbooks).items:
        for number, step in enumerate(playbook.steps, start=1):
            use = Use(playbook.key, playbook.name, number, tuple(step.letters))
            for template in {each.template for each in step.letters}:
                found.setdefault(template, []).append(use)
    return found

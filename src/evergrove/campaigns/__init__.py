"""Playbooks: who enters and leaves, which step is due, and who stays untreated to tell what it earned."""

from __future__ import annotations

from typing import TYPE_CHECKING

from evergrove.campaigns.definition import Coupon, Exits, Playbook, Step, Trigger
from evergrove.campaigns.types import Due, Enrolment, Moves, Proposal, Reason, Situation
from evergrove.core.lazy import loader

if TYPE_CHECKING:
    from evergrove.campaigns.calling_off import called_off
    from evergrove.campaigns.control import Assignment
    from evergrove.campaigns.library import (
        Installed,
        install_playbooks,
        installed,
        pause_playbook,
        start_playbook,
        started_playbooks,
    )
    from evergrove.campaigns.reading import playbook_of, read_document
    from evergrove.campaigns.service import due
    from evergrove.campaigns.tables import assignment, enrolment

__all__ = [
    "Assignment",
    "Coupon",
    "Due",
    "Enrolment",
    "Exits",
    "Installed",
    "Moves",
    "Playbook",
    "Proposal",
    "Reason",
    "Situation",
    "Step",
    "Trigger",
    "assignment",
    "called_off",
    "due",
    "enrolment",
    "install_playbooks",
    "installed",
    "pause_playbook",
    "playbook_of",
    "read_document",
    "start_playbook",
    "started_playbooks",
]

_LIBRARY = "evergrove.campaigns.library"
__getattr__ = loader(
    globals(),
    {
        "Assignment": "evergrove.campaigns.control",
        "Installed": _LIBRARY,
        "assignment": "evergrove.campaigns.tables",
        "called_off": "evergrove.campaigns.calling_off",
        "due": "evergrove.campaigns.service",
        "enrolment": "evergrove.campaigns.tables",
        "install_playbooks": _LIBRARY,
        "installed": _LIBRARY,
        "pause_playbook": _LIBRARY,
        "playbook_of": "evergrove.campaigns.reading",
        "read_document": "evergrove.campaigns.reading",
        "start_playbook": _LIBRARY,
        "started_playbooks": _LIBRARY,
    },
)

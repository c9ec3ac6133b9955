"""Messages leave: guarded once more, written in the reader's language, handed over, and never twice."""

from __future__ import annotations

from typing import TYPE_CHECKING

from evergrove.core.lazy import loader

if TYPE_CHECKING:
    from evergrove.delivery.channels import Channel, MemoryChannel
    from evergrove.delivery.channels.email import SmtpChannel
    from evergrove.delivery.errors import AccountProblem, TemplateProblem
    from evergrove.delivery.reasons import REASONS
    from evergrove.delivery.rendering import render, templates
    from evergrove.delivery.service import send
    from evergrove.delivery.types import Mail, Receipt, Rendered, SendReport

__all__ = [
    "REASONS",
    "AccountProblem",
    "Channel",
    "Mail",
    "MemoryChannel",
    "Receipt",
    "Rendered",
    "SendReport",
    "SmtpChannel",
    "TemplateProblem",
    "render",
    "send",
    "templates",
]

__getattr__ = loader(
    globals(),
    {
        "AccountProblem": "evergrove.delivery.errors",
        "Channel": "evergrove.delivery.channels",
        "Mail": "evergrove.delivery.types",
        "MemoryChannel": "evergrove.delivery.channels",
        "REASONS": "evergrove.delivery.reasons",
        "Receipt": "evergrove.delivery.types",
        "Rendered": "evergrove.delivery.types",
        "SendReport": "evergrove.delivery.types",
        "SmtpChannel": "evergrove.delivery.channels.email",
        "TemplateProblem": "evergrove.delivery.errors",
        "render": "evergrove.delivery.rendering",
        "send": "evergrove.delivery.service",
        "templates": "evergrove.delivery.rendering",
    },
)

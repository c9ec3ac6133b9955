"""Messages leave: guarded once more, written in the reader's language, handed over, and never twice."""

from evergrove.delivery.channels import Channel, MemoryChannel
from evergrove.delivery.errors import AccountProblem, TemplateProblem
from evergrove.delivery.reasons import REASONS
from evergrove.delivery.rendering import render, templates
from evergrove.delivery.service import send
from evergrove.delivery.smtp import SmtpChannel
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

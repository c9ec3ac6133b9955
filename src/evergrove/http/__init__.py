"""The manners of requests and answers: who asks, with which right, how often, in which shape they are answered."""

from evergrove.http.answers import ErrorAnswer, NamedError, install
from evergrove.http.bodies import Amount, Answer, Body, Moment, Page
from evergrove.http.calls import Call, ThisCall
from evergrove.http.envelope import Envelope
from evergrove.http.errors import InvalidRequest
from evergrove.http.fields import ValueRefused
from evergrove.http.paging import CursorOver, Paging, ThisPage
from evergrove.http.published import of_snapshot
from evergrove.http.routes import GuardedRoute, Routes, Rule, let_in, let_in_by_head, prove_form, rule_of

__all__ = [
    "Amount",
    "Answer",
    "Body",
    "Call",
    "CursorOver",
    "Envelope",
    "ErrorAnswer",
    "GuardedRoute",
    "InvalidRequest",
    "Moment",
    "NamedError",
    "Page",
    "Paging",
    "Routes",
    "Rule",
    "ThisCall",
    "ThisPage",
    "ValueRefused",
    "install",
    "let_in",
    "let_in_by_head",
    "of_snapshot",
    "prove_form",
    "rule_of",
]

"""``/budgets``: every budget with what is committed, spent, released and left; set one, end one."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from starlette.requests import Request  # noqa: TC002 - FastAPI reads the annotation at run time

from evergrove.api import budgets, channels
from evergrove.api.budgets import NewBudget
from evergrove.core import _
from evergrove.http import ThisCall  # noqa: TC001 - FastAPI reads the annotation at run time
from evergrove.outbox.stopping import EVERYTHING
from evergrove.web.frame import Pages, ThisForm, Told, allowed, ask, reader_of, redirect
from evergrove.web.outbox.words import channel_name
from evergrove.web.outreach.rooms import Mistake, room

if TYPE_CHECKING:
    from pydantic import ValidationError
    from starlette.responses import Response

    from evergrove.api.budgets import BudgetLine
    from evergrove.core import InputError
    from evergrove.http import Call
    from evergrove.text import Formats
    from evergrove.web.frame import Form

pages = Pages()

PATH = "/budgets"
SET = Told("budgets.page_set", _("Set: what waited for money is looked at again."))
ENDED = Told("budgets.page_ended", _("Ended: it stops nothing any more. What was entered stays on record."))
ALL, OF_CHANNEL, OF_PLAYBOOK, NAMED = (
    _("Everything"),
    _("Channel {name}"),
    _("Playbook {name}"),
    _("Playbooks that name “{name}”"),
)
PERIODS = {"month": _("Anew each month"), "total": _("Once")}
OWN = "budget:"


@pages.get(PATH, right="figures.read")
def all_budgets(call: ThisCall, request: Request) -> Response:
    """The page."""
    return _shown(call, request)


@pages.post(PATH, right="budgets.write")
def put(call: ThisCall, request: Request, form: ThisForm) -> Response:
    """Set a budget, or change it."""
    try:
        asked = form.body(NewBudget)
        ask(call, budgets.put, scope=_scope(form), period=form.text("period"), asked=asked)
    except Mistake as mistake:
        filled = {name: form.text(name) for name in ("scope", "name", "period", "amount")}
        return _shown(call, request, mistake, filled)
    return redirect(PATH, SET)


@pages.post(f"{PATH}/end", right="budgets.write")
def end(call: ThisCall, request: Request, form: ThisForm) -> Response:
    """Take a budget away."""
    try:
        ask(call, budgets.drop, scope=form.text("scope"), period=form.text("period"))
    except Mistake as mistake:
        return _shown(call, request, mistake)
    return redirect(PATH, ENDED)


def _scope(form: Form) -> str:
    chosen = form.text("scope")
    return f"{OWN}{form.text('name')}" if chosen == OWN else chosen


def _shown(
    call: Call,
    request: Request,
    mistake: InputError | ValidationError | None = None,
    filled: dict[str, str] | None = None,
) -> Response:
    formats = reader_of(call).formats
    content: dict[str, Any] = {
        "rows": [_row(call, each) for each in ask(call, budgets.budgets).items],
        "may_set": allowed(call, budgets.put),
        "scopes": _scopes(call, formats) if allowed(call, budgets.put) else (),
        "periods": [(code, formats.say(name)) for code, name in PERIODS.items()],
        "filled": filled or {"scope": EVERYTHING, "name": "", "period": "month", "amount": ""},
        "currency": call.service.currency,
    }
    return room(call, request, "budgets", "budgets/budgets.html.j2", mistake, **content)


def _row(call: Call, each: BudgetLine) -> dict[str, Any]:
    formats = reader_of(call).formats
    used = each.committed + each.spent
    return {
        "it": each,
        "name": _name(call, each.scope),
        "period": formats.say(PERIODS[each.period]),
        "span": formats.month(f"{each.span}-01") if each.period == "month" else "",
        "share": float(used / each.amount) if each.amount else None,
        "is_over": not each.left,
        "amounts": {
            name: formats.money(str(getattr(each, name)))
            for name in ("amount", "committed", "spent", "released", "left")
        },
        "p95": formats.money(each.p95),
        "overspend": formats.money(each.p95_overspend) if each.p95_overspend else "",
    }


def _name(call: Call, scope: str) -> str:
    reader = reader_of(call)
    kind, _colon, name = scope.partition(":")
    say = reader.formats.say
    named = {
        "channel": lambda: say(OF_CHANNEL, name=channel_name(reader.formats, name)),
        "playbook": lambda: say(OF_PLAYBOOK, name=reader.words["action"].get(name, name)),
        "budget": lambda: say(NAMED, name=name),
    }
    return named[kind]() if kind in named else say(ALL)


def _scopes(call: Call, formats: Formats) -> list[tuple[str, str]]:
    """What a budget can be set for: everything, each channel, each playbook, or those that name it."""
    by_channel: list[str] = []
    if allowed(call, channels.channels):
        by_channel = [each.name for each in ask(call, channels.channels).items if each.ready or each.wanted]
    scopes = [EVERYTHING, *(f"channel:{name}" for name in by_channel)]
    scopes += [f"playbook:{key}" for key in sorted(reader_of(call).words["action"])]
    return [
        *((scope, _name(call, scope)) for scope in scopes),
        (OWN, formats.say(_("Playbooks that name it"))),
    ]

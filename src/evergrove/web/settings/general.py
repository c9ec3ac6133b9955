"""``/settings/general``: how value is counted, how stages are told apart, when work comes again."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal, get_args, get_origin, get_type_hints

from starlette.requests import Request  # noqa: TC002 - FastAPI reads the annotation at run time

from evergrove import settings as sections
from evergrove.api import settings as routes
from evergrove.core import _
from evergrove.http import ThisCall  # noqa: TC001 - FastAPI reads the annotation at run time
from evergrove.web.frame import Pages, ThisForm, Told, ask, reader_of, redirect
from evergrove.web.settings.shown import Mistake, room

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pydantic import ValidationError
    from starlette.responses import Response

    from evergrove.core import InputError
    from evergrove.http import Call
    from evergrove.web.frame import Form

pages = Pages()

SECTIONS: Mapping[str, str] = {
    "value": _("Value"),
    "stages": _("Life-cycle stages"),
    "tiers": _("Tiers: how they change"),
    "outreach": _("Outreach"),
    "mail": _("E-mail"),
    "jobs": _("What comes again by itself"),
    "workspace": _("Keeping and fitting"),
}
"""The sections that are changed here, in this order; the policy of tiers has an editor of its own."""
WAS = "was."
"""Before a field's name: what stood in it when the page was shown."""
SAVED = Told("settings.saved", _("Saved. Figures follow with the next run."))
NOTHING = Told("settings.nothing_changed", _("Nothing was to be changed."))


@pages.get("/settings/general", right="settings.read")
def general(call: ThisCall, request: Request) -> Response:
    """The page."""
    return _shown(call, request)


@pages.post("/settings/general", right="settings.write")
def save(call: ThisCall, request: Request, form: ThisForm) -> Response:
    """
    Change what whoever sent the form has changed in it; a field that is emptied has its default again.

    What somebody else has changed meanwhile stays: a form that was open for long must not take it back.
    """
    known = ask(call, routes.settings).items
    changes: dict[str, dict[str, Any]] = {}
    for each in known:
        name = f"{each.section}.{each.name}"
        if each.is_changeable and form.has(name) and form.text(name) != form.text(f"{WAS}{name}"):
            changes.setdefault(each.section, {})[each.name] = form.text(name) or None
    if not changes:
        return redirect("/settings/general", NOTHING)
    try:
        ask(call, routes.change, asked=routes.Changes(changes=changes))
    except Mistake as mistake:
        return _shown(call, request, mistake, form)
    return redirect("/settings/general", SAVED)


def _shown(
    call: Call,
    request: Request,
    mistake: InputError | ValidationError | None = None,
    form: Form | None = None,
) -> Response:
    say = reader_of(call).formats.say
    found = ask(call, routes.settings).items
    groups = [
        (key, say(name), [_field(each, form) for each in found if each.section == key and each.is_changeable])
        for key, name in SECTIONS.items()
    ]
    others = [each for each in found if not each.is_changeable]
    return room(call, request, "general", mistake, groups=groups, others=others)


def _field(each: routes.Setting, form: Form | None) -> dict[str, Any]:
    name = f"{each.section}.{each.name}"
    value = form.text(name) if form and form.has(name) else _text(each.value)
    options = [(word, word) for word in choices(each)] or None
    was = form.text(f"{WAS}{name}") if form and form.has(f"{WAS}{name}") else _text(each.value)
    told = {"name": name, "it": each, "value": value, "was": was, "options": options}
    return {**told, "default": _text(each.default)}


def choices(each: routes.Setting) -> list[str]:
    """The words that a setting takes; none where it takes any."""
    section = type(getattr(sections.Settings(), each.section))
    hint = get_type_hints(section)[each.name]
    return [str(word) for word in get_args(hint)] if get_origin(hint) is Literal else []


def _text(value: Any) -> str:
    return "" if value is None else f"{value:g}" if isinstance(value, float) else str(value)

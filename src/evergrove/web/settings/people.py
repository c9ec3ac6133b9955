"""``/settings/people``: who may sign in, and as what."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from starlette.requests import Request  # noqa: TC002 - FastAPI reads the annotation at run time

from evergrove.access import ROLES
from evergrove.api import users as routes
from evergrove.api.users import AccountId  # noqa: TC001 - FastAPI reads the annotation at run time
from evergrove.core import _
from evergrove.http import ThisCall  # noqa: TC001 - same
from evergrove.http.paging import Paging, ThisPage, first_page
from evergrove.web.frame import Pages, ThisForm, Told, ask, reader_of, redirect
from evergrove.web.settings.shown import Mistake, room

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pydantic import ValidationError
    from starlette.responses import Response

    from evergrove.core import InputError
    from evergrove.http import Call

pages = Pages()

PATH = "/settings/people"
MOST = 200
ROLE_WORDS: Mapping[str, tuple[str, str]] = {
    "viewer": (_("Viewer"), _("Reads reports and lists.")),
    "marketer": (_("Marketer"), _("Defines segments, starts and pauses playbooks, has messages sent.")),
    "analyst": (_("Analyst"), _("Brings data in, starts runs and back-tests, adopts policies.")),
    "admin": (_("Administrator"), _("Does all of this, and decides who may come in.")),
}
STATUS_WORDS: Mapping[str, str] = {
    "invited": _("invited"),
    "active": _("active"),
    "disabled": _("disabled"),
}
CHANGED = Told("settings.person_changed", _("Changed. Their log-ins have ended; they sign in again."))
DISABLED = Told(
    "settings.person_disabled", _("Nobody signs in with this account any more; its keys stop to work.")
)


@pages.get(PATH, right="users.manage")
def people(call: ThisCall, request: Request, paging: ThisPage) -> Response:
    """The page."""
    return _shown(call, request, paging)


@pages.post(PATH, right="users.manage")
def invite(call: ThisCall, request: Request, form: ThisForm) -> Response:
    """Invite somebody; the link is shown once."""
    try:
        body = form.body(routes.Invitation, sees_personal=form.has("sees_personal"))
        made = ask(call, routes.invite, body)
    except Mistake as mistake:
        return _shown(call, request, None, mistake, email=form.text("email"), role=form.text("role"))
    return _shown(call, request, None, made=made, whose=made.user.email)


@pages.post(f"{PATH}/{{account_id}}", right="users.manage")
def change(call: ThisCall, request: Request, account_id: AccountId, form: ThisForm) -> Response:
    """Another role, another sight; or a link for a new password, or the end."""
    try:
        if form.has("reset"):
            whose = ask(call, routes.user, account_id).email
            return _shown(call, request, None, made=ask(call, routes.reset, account_id), whose=whose)
        if form.has("disable"):
            ask(call, routes.disable, account_id)
            return redirect(PATH, DISABLED)
        body = routes.Given.model_validate(
            {"role": form.text("role"), "sees_personal": form.has("sees_personal")}
        )
        ask(call, routes.change, account_id, body)
    except Mistake as mistake:
        return _shown(call, request, None, mistake)
    return redirect(PATH, CHANGED)


def _shown(
    call: Call,
    request: Request,
    paging: Paging | None,
    mistake: InputError | ValidationError | None = None,
    **content: Any,
) -> Response:
    say = reader_of(call).formats.say
    found = ask(call, routes.users, page=paging or first_page(call, MOST))
    known = {
        "people": found.items,
        "next": found.next_cursor,
        "roles": [(role, say(ROLE_WORDS[role][0]), say(ROLE_WORDS[role][1])) for role in ROLES],
        "statuses": {code: say(word) for code, word in STATUS_WORDS.items()},
        "email": "",
        "role": "marketer",
        "made": None,
        "whose": "",
    }
    return room(call, request, "people", mistake, **{**known, **content})

"""``/coupons/new``: a campaign as a form, which becomes the document that the API takes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from fastapi.exceptions import RequestValidationError
from starlette.requests import Request  # noqa: TC002 - FastAPI reads the annotation at run time

from evergrove.api import coupon_campaigns
from evergrove.core import InputError, _
from evergrove.http import ThisCall  # noqa: TC001 - FastAPI reads the annotation at run time
from evergrove.programs.coupons.types import FORMAT
from evergrove.web.coupons.words import KINDS, PATH, path_of
from evergrove.web.frame import Pages, Refused, ThisForm, Told, ask, reader_of, redirect
from evergrove.web.outreach.rooms import Mistake, room

if TYPE_CHECKING:
    from pydantic import ValidationError
    from starlette.responses import Response

    from evergrove.http import Call
    from evergrove.web.frame import Form

pages = Pages()

MADE = Told("coupons.page_made", _("{key} is in place. Playbooks and colleagues can give out its codes."))
TAKEN = _("There is a campaign {key} already. Take another key.")
KEY_SHAPE = _("Letters, digits, - and _: spring26. It stays.")
WORDS = (
    "name",
    "currency",
    "value",
    "gift",
    "min_spend",
    "max_discount",
    "margin_floor",
    "valid_from",
    "valid_until",
    "code",
    "prefix",
    "budget",
    "redemption",
    "expected_discount",
)
WHOLE = ("valid_days", "limit_total", "limit_issued", "limit_per_person")
OF_KIND = {
    "threshold": ("value", "gift"),
    "gift": ("max_discount",),
    "percent": ("gift",),
    "amount": ("gift", "max_discount"),
}
"""Fields of the form that a kind has no use for: what was typed there before another kind was chosen."""
STEP = ":"


@pages.get(f"{PATH}/new", right="coupons.write")
def new(call: ThisCall, request: Request) -> Response:
    """The form."""
    return _shown(call, request, {"kind": "amount", "currency": call.here.settings.value.currency or ""})


@pages.post(f"{PATH}/new", right="coupons.write")
def make(call: ThisCall, request: Request, form: ThisForm) -> Response:
    """Put it in place, or say what is wrong with it."""
    key = form.text("key")
    filled = {name: given[0].strip() for name, given in form.values.items()}
    try:
        if any(each.key == key for each in ask(call, coupon_campaigns.campaigns).items):
            taken = reader_of(call).formats.say(TAKEN, key=key)
            return _shown(call, request, filled, refused=Refused(fields={"key": taken}), status=409)
        ask(call, coupon_campaigns.put, key=key, asked=coupon_campaigns.Document(document=document_of(form)))
    except RequestValidationError:  # the key is part of an address, and this one cannot be
        wrong = reader_of(call).formats.say(KEY_SHAPE)
        return _shown(call, request, filled, refused=Refused(fields={"key": wrong}), status=422)
    except Mistake as mistake:
        return _shown(call, request, filled, mistake)
    return redirect(path_of(key), MADE, key=key)


def document_of(form: Form) -> dict[str, Any]:
    """The document of a campaign from the fields of the form; what is empty is left out."""
    kind = form.text("kind")
    unused = OF_KIND.get(kind, ())
    found: dict[str, Any] = {"format": FORMAT, "version": 1, "kind": kind}
    found |= {name: form.text(name) for name in WORDS if form.text(name) and name not in unused}
    found |= {name: _whole(form.text(name)) for name in WHOLE if form.text(name)}
    if kind == "threshold":
        found["steps"] = [
            line.replace(" ", "").split(STEP) for line in form.text("steps").splitlines() if line.strip()
        ]
    found |= {name: True for name in ("transferable", "repeats", "stock") if form.has(name)}
    if kind != "threshold":
        found.pop("repeats", None)
    return found


def _whole(text: str) -> int | str:
    """A number; what is none is left as it was typed, for the refusal to name it."""
    return int(text) if text.isascii() and text.isdigit() and len(text) <= len("1000000000") else text


def _shown(
    call: Call,
    request: Request,
    filled: dict[str, str],
    mistake: InputError | ValidationError | None = None,
    *,
    refused: Refused | None = None,
    status: int = 200,
) -> Response:
    formats = reader_of(call).formats
    content: dict[str, Any] = {
        "filled": filled,
        "kinds": [(code, formats.say(word)) for code, word in KINDS.items()],
    }
    if refused is not None:
        content["refused"] = refused
    answer = room(call, request, "coupons", "coupons/new.html.j2", mistake, **content)
    if refused is not None:
        answer.status_code = status
    return answer

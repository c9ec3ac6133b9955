"""``/v1/sign-in`` and what surrounds it: the first set-up, links, passwords, log-ins."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

from fastapi import BackgroundTasks, Response
from pydantic import Field, SecretStr
from starlette.requests import Request

from evergrove import access
from evergrove.access.errors import SignInNeeded
from evergrove.app.reset_mail import mail_reset
from evergrove.http import Answer, Body, Moment, Routes, ThisCall
from evergrove.http.cookies import DEVICE, give, held, take_back
from evergrove.http.places import address

if TYPE_CHECKING:
    from evergrove.http import Call

routes = Routes(tag="sign-in")

Email = Annotated[str, Field(min_length=3, max_length=254, examples=["ada@shop.example"])]
Password = Annotated[SecretStr, Field(max_length=1024, examples=["four words nobody joins"])]
Token = Annotated[
    SecretStr, Field(min_length=1, max_length=200, description="The last part of a one-time link's address.")
]
DOOR = "It is the door: nobody is known before it."


class SetUp(Body):
    """The first administrator."""

    token: Token
    email: Email
    password: Password


class Credentials(Body):
    """Who signs in."""

    email: Email
    password: Password


class Entry(Body):
    """A password that is chosen by an invitation or a reset."""

    token: Token
    password: Password


class Asked(Body):
    """Who has forgotten the password."""

    email: Email


class Change(Body):
    """Another password."""

    old: Password
    new: Password


class LoggedIn(Answer):
    """A log-in; its secret is in the cookie, and nowhere else."""

    account_id: str = Field(
        description="Random; names nobody.", examples=["0f8fad5bd9cb469fa16570867728950e"]
    )
    csrf: str = Field(description="Goes into the header X-CSRF-Token of whatever changes something.")


class OpenedLogin(LoggedIn):
    """A log-in that has just begun."""

    expires_at: Moment


class ResetAsked(Answer):
    """The same whether somebody has that address or not."""

    sent: bool = Field(description="That it was taken: whoever has the address finds a link in the mail.")


def _begun(call: Call, request: Request, response: Response, opened: access.SignedIn) -> OpenedLogin:
    here = call.here
    give(request, response, here.settings.access.base_url, opened, here.clock.now())
    return OpenedLogin(account_id=opened.account_id, csrf=opened.csrf, expires_at=opened.expires_at)


@routes.post("/set-up", public=DOOR, status_code=201)
def set_up(body: SetUp, call: ThisCall, request: Request, response: Response) -> OpenedLogin:
    """Make the first administrator by the link that the first start has printed; closed once there is one."""
    here, passwords = call.here, call.service.passwords
    secret, token = body.password.get_secret_value(), body.token.get_secret_value()
    opened = access.set_up(here.ledger, here.seal, passwords, token, body.email, secret, here.clock)
    return _begun(call, request, response, opened)


@routes.post("/sign-in", public=DOOR)
def sign_in(body: Credentials, call: ThisCall, request: Request, response: Response) -> OpenedLogin:
    """Sign in; the log-in that the browser held ends, and a new secret comes in a cookie."""
    here, base_url = call.here, call.here.settings.access.base_url
    attempt = access.Attempt(
        body.email,
        body.password.get_secret_value(),
        address(request),
        device=held(request, base_url, DEVICE),
        login=held(request, base_url),
    )
    service = call.service
    opened = access.sign_in(here.ledger, here.seal, service.passwords, attempt, here.clock, service.life)
    return _begun(call, request, response, opened)


@routes.post("/enter", public=DOOR)
def enter(body: Entry, call: ThisCall, request: Request, response: Response) -> OpenedLogin:
    """Choose a password by an invitation or a reset; the link is used up, and all other log-ins end."""
    here, service = call.here, call.service
    token, password = body.token.get_secret_value(), body.password.get_secret_value()
    opened = access.enter(here.ledger, service.passwords, token, password, here.clock, service.life)
    return _begun(call, request, response, opened)


@routes.post("/reset", public=DOOR, status_code=202)
def reset(body: Asked, call: ThisCall, request: Request, later: BackgroundTasks) -> ResetAsked:
    """Have a link for a new password sent to one's address, if there is an account; the answer tells nothing."""
    here = call.here
    link = access.ask_reset(here.ledger, here.seal, body.email, address(request), here.clock)
    if link is not None:  # behind the answer: the time it takes would tell
        later.add_task(mail_reset, here, body.email, link, call.language)
    return ResetAsked(sent=True)


@routes.get("/log-in", known="Whoever holds a log-in may see that they do.")
def log_in(call: ThisCall, request: Request) -> LoggedIn:
    """The log-in that asks, and the token for its changes; no page of another site can read this answer."""
    actor = call.actor
    if actor.by != "login":
        raise SignInNeeded
    secret = held(request, call.here.settings.access.base_url)
    return LoggedIn(account_id=actor.account_id or "", csrf=access.csrf_token(secret))


@routes.post("/sign-out", known="Whoever signed in may sign out.", status_code=204, once=False)
def sign_out(call: ThisCall, request: Request, response: Response) -> None:
    """End the log-in that asks, on the server; with a key there is none to end."""
    here, base_url = call.here, call.here.settings.access.base_url
    with here.ledger.writing() as connection:
        access.log_out(connection, held(request, base_url), here.clock.now())
    take_back(request, response, base_url)


@routes.post("/password", known="Everybody may change their own password, knowing the old one.", once=False)
def change_password(body: Change, call: ThisCall, request: Request, response: Response) -> OpenedLogin:
    """Change one's own password: all log-ins end, and a new one begins."""
    here, service = call.here, call.service
    opened = access.change_password(
        here.ledger,
        service.passwords,
        held(request, here.settings.access.base_url),
        call.actor,
        body.old.get_secret_value(),
        body.new.get_secret_value(),
        here.clock,
        service.life,
    )
    return _begun(call, request, response, opened)

"""``/v1/email-receipts``: what a mail provider tells of letters that have left, under a fresh signature."""

from __future__ import annotations

from collections import Counter
from hashlib import sha256
from typing import TYPE_CHECKING, Annotated, Any, Literal

from pydantic import AfterValidator, Field
from starlette.concurrency import run_in_threadpool

from evergrove.app import recipients
from evergrove.delivery.returns.mails import kind_of_status
from evergrove.delivery.returns.signing import (
    SIGNATURE_HEADER,
    TIME_HEADER,
    check_signature,
    secret_in,
)
from evergrove.delivery.returns.types import Told
from evergrove.http import Answer, Body, GuardedRoute, Routes, ThisCall
from evergrove.http.limits import check_length
from evergrove.http.places import address

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine

    from starlette.requests import Request
    from starlette.responses import Response

    from evergrove.app.service import Service

routes = Routes(tag="receipts")

SIGNED = "Whoever reports holds the secret that reports are signed with; each is checked before it is read."


class SignedRoute(GuardedRoute):
    """A route whose body is believed only with a fresh signature, which is looked at before it is read as anything."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """What answers: the signature first, then the rule, then the handler."""
        handle = super().get_route_handler()

        async def signed(request: Request) -> Response:
            check_length(request)
            body = await request.body()
            await run_in_threadpool(_check, request, body)
            return await handle(request)

        return signed


def _check(request: Request, body: bytes) -> None:
    service: Service = request.app.state.service
    service.visitors.take(address(request))
    secret = secret_in(service.here.settings.mail.reports_secret_file)
    moment, signature = request.headers.get(TIME_HEADER, ""), request.headers.get(SIGNATURE_HEADER, "")
    check_signature(secret, moment, signature.removeprefix("sha256="), body, service.here.clock.now())
    service.visitors.give_back(address(request))


def _without_nul(text: str) -> str:
    return text.replace("\x00", "")


Text = Annotated[str, AfterValidator(_without_nul)]


class ReportBody(Body):
    """What is told of one letter."""

    id: Text = Field(
        min_length=1, max_length=200, description="Of the report: told again, it changes nothing."
    )
    message_id: Text = Field(
        min_length=3,
        max_length=998,
        description="Message-ID of the letter, as it left.",
        examples=["<…@shop.example>"],
    )
    kind: Literal["bounced", "complained", "delivered"]
    is_final: bool | None = Field(
        default=None,
        description="Of a bounce: whether the address is no good; null: as the status says, and without one it is not known to be.",
    )
    status: str | None = Field(
        default=None,
        pattern=r"^[245]\.\d{1,3}\.\d{1,3}$",
        description="Enhanced status code.",
        examples=["5.1.1"],
    )
    address: Text | None = Field(
        default=None, max_length=320, description="Of the recipient; the letter says whose it is, never this."
    )


class ReportsBody(Body):
    """Some reports, in any order."""

    reports: list[ReportBody] = Field(min_length=1, max_length=500)


class ReportsAnswer(Answer):
    """What became of them."""

    taken: int = Field(description="News.")
    known: int = Field(description="Told before; nothing was changed.")
    strange: int = Field(description="About no message of this workspace that has left.")


@routes.post("/email-receipts", public=SIGNED, base=SignedRoute)
def take(call: ThisCall, body: ReportsBody) -> ReportsAnswer:
    """Take what a mail provider tells of letters: bounces, complaints, deliveries; each once."""
    counts = Counter(recipients.take_reports(call.here, map(_told, body.reports)))
    return ReportsAnswer(taken=counts["taken"], known=counts["known"], strange=counts["strange"])


def _told(report: ReportBody) -> Told:
    if report.kind == "bounced":
        by_status = kind_of_status(report.status)
        kind = by_status if report.is_final is None else "hard" if report.is_final else "soft"
    else:
        kind = "complaint" if report.kind == "complained" else "delivered"
    name = sha256(f"hook\n{report.id}".encode(errors="surrogatepass")).hexdigest()
    named = (report.address,) if report.address else ()
    return Told(name, report.message_id, kind, "hook", report.status, named)

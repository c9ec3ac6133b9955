"""Templates made into pages, for a reader of a language and with the rights of whoever asks."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime
from functools import cache
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, urlencode

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup
from starlette.responses import HTMLResponse, RedirectResponse

from evergrove.access import csrf_token, may
from evergrove.charts import in_script
from evergrove.charts.palette import DARK, STAGE_SYMBOLS, TIER_SYMBOLS
from evergrove.http.cookies import held
from evergrove.report.words import names
from evergrove.text import LANGUAGES, Formats
from evergrove.text.formats import NOTHING
from evergrove.web.frame import told
from evergrove.web.frame.assets import address_of
from evergrove.web.frame.choices import LIGHT, LIGHTS
from evergrove.web.frame.navigation import entries
from evergrove.web.frame.tables import written

if TYPE_CHECKING:
    from collections.abc import Mapping
    from zoneinfo import ZoneInfo

    from starlette.requests import Request

    from evergrove.charts import Option
    from evergrove.http import Call
    from evergrove.text import Language
    from evergrove.web.frame.told import Told

IS_PART = "hx-request"
"""Header of a request for a part of a page."""
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; style-src-attr 'unsafe-inline'; "
    "img-src 'self' data: blob:; font-src 'none'; connect-src 'self'; form-action 'self'; base-uri 'none'; "
    "frame-ancestors 'none'"
)
"""What a page may load and run: our own files, no script in the page itself. Charts and figures set styles of elements."""
LANGUAGE_NAMES: Mapping[Language, str] = {"en": "English", "zh-Hans": "简体中文", "zh-Hant": "繁體中文"}


@dataclass(frozen=True)
class Reader:
    """
    Whoever reads the page.

    Attributes:
        formats: How they read numbers and money.
        zone: Of the workspace, in which moments are told.
        words: Names of tiers, stages and playbooks by their codes.
    """

    formats: Formats
    zone: ZoneInfo
    words: Mapping[str, Mapping[str, str]]

    def moment(self, value: datetime | None) -> str:
        """A moment in the workspace's zone, to the minute: 9 Dec 2026, 14:05."""
        if value is None:
            return NOTHING
        local = (value if value.tzinfo else value.replace(tzinfo=UTC)).astimezone(self.zone)
        return f"{self.formats.day(local.date())} {local:%H:%M}"


def reader_of(call: Call) -> Reader:
    """How whoever asks reads."""
    formats = Formats(call.language, call.service.currency)
    return Reader(formats, call.service.here.settings.value.zone, _words(formats))


@cache
def _words(formats: Formats) -> Mapping[str, Mapping[str, str]]:
    return names(formats)


@cache
def environment(language: Language) -> Environment:
    """Templates of all pages, in a language; what is written into them is escaped."""
    made = Environment(
        loader=PackageLoader("evergrove.web", ""),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    made.globals |= {
        "_": Formats(language).say,
        "asset": address_of,
        "symbols": {"tier": {**TIER_SYMBOLS, "": NOTHING}, "stage": STAGE_SYMBOLS},
        "languages": [(code, LANGUAGE_NAMES[code]) for code in LANGUAGES],
        "lights": LIGHTS,
        "NOTHING": NOTHING,
        "query": query,
    }
    made.filters |= {"in_script": _in_script, "path_part": _path_part}
    return made


def query(**parameters: Any) -> str:
    """A query string with its question mark; what is empty is left out."""
    given = [(name, value) for name, value in parameters.items() if value not in {None, ""}]
    return f"?{urlencode(given)}" if given else ""


def _path_part(name: str) -> str:
    """A name as one part of a path, slashes and all."""
    return quote(name, safe="")


def _in_script(option: Option) -> Markup:
    return Markup(in_script(option))  # noqa: S704 - no text in it can end the element: see in_script


def page(call: Call, request: Request, template: str, **content: Any) -> HTMLResponse:
    """
    A whole page.

    Args:
        call: Of the request.
        request: For cookies and the address.
        template: Its path below ``web/``, such as ``overview/overview.html.j2``.
        content: What the template writes down.
    """
    said = told.take(request, call.language)
    answer = fragment(call, request, template, said=said, **content)
    if said:
        answer.delete_cookie(told.COOKIE, path="/")
    return answer


def fragment(call: Call, request: Request, template: str, **content: Any) -> HTMLResponse:
    """A part of a page, for a page that is there already; otherwise as ``page``."""
    made = environment(call.language).get_template(template)
    html = made.render(**{**_frame(call, request), **content})
    return HTMLResponse(html, headers={"Content-Security-Policy": POLICY})


def redirect(path: str, say: Told | None = None, **params: Any) -> RedirectResponse:
    """
    Another page, after something was done.

    Args:
        path: Of this site.
        say: What that page is to say.
        params: Of the sentence: nothing personal, and no secret.
    """
    answer = RedirectResponse(path, 303)
    if say is not None:
        told.keep(answer, say, **params)
    return answer


def _frame(call: Call, request: Request) -> dict[str, Any]:
    """What stands around every page."""
    here, reader, actor = call.service.here, reader_of(call), call.caller
    secret = held(request, here.settings.access.base_url) if actor is not None else ""
    formats = reader.formats
    return {
        "language": call.language,
        "formats": formats,
        "words": reader.words,
        "moment": reader.moment,
        "cell": lambda value, kind: written(value, kind, formats, reader.words),
        "entries": entries(call),
        "active": "",
        "workspace": here.folder.name,
        "actor": actor,
        "may": lambda right: actor is not None and may(actor, right),
        "csrf": csrf_token(secret) if secret else "",
        "light": request.cookies.get(LIGHT, LIGHTS[0]),
        "path": _address(request),
        "said": "",
        "chart_locale": "ZH" if call.language.startswith("zh") else "EN",
        "dark_colours": dict(DARK),
        "today": _today(here.clock.now(), reader.zone),
    }


def _address(request: Request) -> str:
    """Where the reader is, as a link: an encoded slash of an id stays one."""
    raw: bytes = request.scope.get("raw_path") or request.url.path.encode()
    path = raw.partition(b"?")[0].decode("ascii", "replace")
    return path + (f"?{request.url.query}" if request.url.query else "")


def _today(now: datetime, zone: ZoneInfo) -> date:
    return now.astimezone(zone).date()

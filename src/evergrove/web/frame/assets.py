"""What pages load: one style sheet, a few scripts, an icon; each under an address that names its content."""

from __future__ import annotations

from functools import cache
from hashlib import sha256
from importlib.resources import files
from typing import TYPE_CHECKING, Annotated

from fastapi import Path
from starlette.responses import Response

from evergrove.charts import echarts_source
from evergrove.charts.palette import marks_style
from evergrove.http.errors import NoSuchPlace
from evergrove.web.frame.pages import Pages

if TYPE_CHECKING:
    from collections.abc import Callable

pages = Pages()

FOREVER = "public, max-age=31536000, immutable"
_STATIC = files("evergrove.web.frame").joinpath("static")


def _file(name: str) -> Callable[[], str]:
    return lambda: _STATIC.joinpath(name).read_text(encoding="utf-8")


_ASSETS: dict[str, tuple[str, Callable[[], str]]] = {
    "app.css": ("text/css", lambda: _file("app.css")() + marks_style()),
    "app.js": ("text/javascript", _file("app.js")),
    "charts.js": ("text/javascript", _file("charts.js")),
    "condition.js": ("text/javascript", _file("condition.js")),
    "jobs.js": ("text/javascript", _file("jobs.js")),
    "htmx.js": ("text/javascript", _file("vendor/htmx.min.js")),
    "upload.js": ("text/javascript", _file("upload.js")),
    "echarts.js": ("text/javascript", echarts_source),
    "icon.svg": ("image/svg+xml", _file("icon.svg")),
}


@cache
def _content(name: str) -> bytes:
    return _ASSETS[name][1]().encode()


@cache
def address_of(name: str) -> str:
    """Where a page finds an asset: another content has another address, so that a browser may keep it for good."""
    return f"/assets/{sha256(_content(name)).hexdigest()[:12]}/{name}"


@pages.get("/assets/{digest}/{name}", public="Styles and scripts hold nothing of the workspace.", bucket="")
def asset(digest: Annotated[str, Path(max_length=64)], name: Annotated[str, Path(max_length=64)]) -> Response:
    """One of them."""
    if name not in _ASSETS or address_of(name) != f"/assets/{digest}/{name}":
        raise NoSuchPlace
    kind = f"{_ASSETS[name][0]}; charset=utf-8"
    return Response(_content(name), headers={"Content-Type": kind, "Cache-Control": FOREVER})


@pages.get("/favicon.ico", public="Browsers ask for it by themselves.", bucket="")
def favicon() -> Response:
    """The icon, where a browser looks for it without asking the page."""
    return Response(
        _content("icon.svg"), headers={"Content-Type": "image/svg+xml", "Cache-Control": "max-age=86400"}
    )

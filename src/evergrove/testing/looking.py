"""Pages seen in Chromium with their scripts running: what was complained of, what stands out of the window, what axe finds."""

from __future__ import annotations

import re
import threading
from contextlib import contextmanager
from dataclasses import dataclass, field
from time import monotonic, sleep
from typing import TYPE_CHECKING, Any

from evergrove.testing.browser import browser_here

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from fastapi import FastAPI
    from playwright.sync_api import Browser, Page

FLAGS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
SERIOUS = frozenset({"serious", "critical"})
STARTS_IN_S = 20.0
DRAWN_IN_S = 20.0
TALLEST = 6000
"""Pixels of a picture: what is below is not looked at."""


@contextmanager
def served(app: FastAPI) -> Iterator[str]:
    """An application at a free port of this machine, for the length of a ``with`` block; its address."""
    import uvicorn  # noqa: PLC0415 - who imports this module for its types needs no server

    server = uvicorn.Server(uvicorn.Config(app, host="127.0.0.1", port=0, log_config=None))
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    until = monotonic() + STARTS_IN_S
    while not server.started and monotonic() < until:
        sleep(0.02)
    port = server.servers[0].sockets[0].getsockname()[1]
    try:
        yield f"http://127.0.0.1:{port}"
    finally:
        server.should_exit = True
        thread.join(STARTS_IN_S)


@contextmanager
def chromium() -> Iterator[Browser]:
    """A browser for the length of a ``with`` block."""
    from playwright.sync_api import sync_playwright  # noqa: PLC0415 - of the development tools

    with sync_playwright() as play:
        browser = play.chromium.launch(executable_path=browser_here(), args=list(FLAGS))
        try:
            yield browser
        finally:
            browser.close()


@dataclass(frozen=True)
class Reader:
    """
    Whoever looks.

    Attributes:
        secret: Of the log-in; empty: nobody.
        language: Chosen in the page.
        light: light or dark.
        width: Of the window, in pixels.
    """

    secret: str = ""
    language: str = "en"
    light: str = "light"
    width: int = 1440

    def __str__(self) -> str:
        return f"{self.language} {self.light} {self.width}"


@dataclass
class Sight:
    """
    What was seen of a page.

    Attributes:
        status: Of its answer.
        complaints: Of the console, of scripts, of requests that failed or went elsewhere, of axe.
        title: Of the window.
    """

    status: int
    complaints: list[str] = field(default_factory=list)
    title: str = ""


class Look:
    """
    Somebody before a browser.

    Args:
        browser: From ``chromium``.
        base: Address of the service.
        reader: Who looks.
    """

    def __init__(self, browser: Browser, base: str, reader: Reader) -> None:
        self.base, self.reader, self._complaints = base, reader, list[str]()
        context = browser.new_context(viewport={"width": reader.width, "height": 900})
        cookies = {"evergrove_language": reader.language, "evergrove_light": reader.light}
        if reader.secret:
            cookies["evergrove"] = reader.secret
        context.add_cookies([{"name": name, "value": value, "url": base} for name, value in cookies.items()])
        self.page: Page = context.new_page()
        self.page.on("console", lambda told: self._complaints.append(f"console: {told.text}"))
        self.page.on("pageerror", lambda error: self._complaints.append(f"script: {error}"))
        self.page.on("requestfailed", self._failed)
        self.page.on("request", self._asked)
        self.page.on("dialog", self._opened)

    def visit(self, path: str, axe: str = "", picture: Path | None = None) -> Sight:
        """
        Open a page and wait until its charts are drawn.

        Args:
            path: Of the page.
            axe: Source of axe-core; empty: not asked.
            picture: Where a picture of the page is kept.
        """
        self._complaints.clear()
        answer = self.page.goto(self.base + path, wait_until="load")
        height = int(self.page.evaluate("document.documentElement.scrollHeight"))
        self.page.set_viewport_size({"width": self.reader.width, "height": min(max(height, 900), TALLEST)})
        self._until_drawn()
        over = int(
            self.page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
        )
        complaints = [*self._complaints]
        if over > 0:
            complaints.append(f"{over} pixels stand out to the side")
        if axe:
            complaints += self._axe(axe)
        if picture is not None:
            picture.parent.mkdir(parents=True, exist_ok=True)
            self.page.screenshot(path=str(picture))
        title = self.page.title()
        self.page.set_viewport_size({"width": self.reader.width, "height": 900})
        return Sight(answer.status if answer else 0, complaints, title)

    def _until_drawn(self) -> None:
        until = monotonic() + DRAWN_IN_S
        while self.page.evaluate("document.querySelector('[data-chart]:not([data-drawn])') !== null"):
            if monotonic() > until:
                self._complaints.append("a chart was not drawn")
                return
            self.page.wait_for_timeout(30)

    def close(self) -> None:
        """Go away."""
        self.page.context.close()

    def _axe(self, source: str) -> Iterator[str]:
        self.page.evaluate(source)
        found: dict[str, Any] = self.page.evaluate("axe.run(document, {resultTypes: ['violations']})")
        for each in found["violations"]:
            if each["impact"] in SERIOUS:
                places = "; ".join(node["html"][:120] for node in each["nodes"][:3])
                yield f"axe {each['impact']}: {each['id']}: {each['help']}: {places}"

    def _opened(self, dialog: Any) -> None:
        self._complaints.append(f"a dialog opened: {dialog.message}")
        dialog.dismiss()

    def _failed(self, request: Any) -> None:
        if request.failure != "net::ERR_ABORTED":  # a download, or a page that was left
            self._complaints.append(f"failed: {request.url} {request.failure}")

    def _asked(self, request: Any) -> None:
        if not re.match(r"(data|blob):", request.url) and not request.url.startswith(self.base):
            self._complaints.append(f"another host was asked: {request.url}")

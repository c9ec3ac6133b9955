"""
Walk from an empty workspace to every page, as a newcomer does, and keep a picture of each stop in docs/pages/.

``python -m tools.pictures [--folder docs/pages]`` makes a workspace by ``evergrove init``, serves it, opens the first link in
Chromium, lets the wizard simulate its demo shop, and prints how long it took from the link to the first overview. Pictures
are 1200 pixels wide and small; those that the three READMEs show are taken in their languages. Nobody in them is real.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import socket
import subprocess
import sys
import tempfile
from contextlib import contextmanager
from pathlib import Path
from time import monotonic
from typing import TYPE_CHECKING

from tools.small_png import small_png

from evergrove.testing.looking import Look, Reader, chromium

if TYPE_CHECKING:
    from collections.abc import Iterator

    from playwright.sync_api import Page

ROOT = Path(__file__).resolve().parents[1]
FOLDER = ROOT / "docs" / "pages"
WIDTH, HEIGHT, TALL = 1200, 900, 1240
MOST_BYTES = 120_000
WAITS_MS = 120_000.0
OK = 200
EVERGROVE = (sys.executable, "-m", "evergrove")
SHOP = ("--currency", "CNY", "--timezone", "Asia/Shanghai")
LANGUAGES = {"en": "", "zh-Hans": ".zh-Hans", "zh-Hant": ".zh-Hant"}
"""Of the READMEs, and what their pictures' names end in."""
CONDITION = "tier = 'high' and days_since_last_order > 60"
PAGES = {
    "todo": "/todo",
    "customers": "/customers?where=days_since_last_order+%3E+60&tier=high",
    "segments": f"/segments/new?where={CONDITION}",
    "cohorts": "/cohorts",
    "models": "/models",
    "data": "/data",
    "playbooks": "/playbooks",
    "letter": "/letters/new-coupon",
    "settings": "/settings/general",
}
"""Pages by the names of their pictures; the overview and one customer come in all languages."""


class Mistaken(Exception):
    """A stop of the walk is not as it should be: there is no picture to take."""


@contextmanager
def served(folder: Path) -> Iterator[str]:
    """A new workspace, served by the command, for the length of a ``with`` block; the first link."""
    where = ("-w", str(folder / "shop"))
    made = (*EVERGROVE, "init", str(folder / "shop"), *SHOP, "--key-file", str(folder / "key"), "--quiet")
    subprocess.run(made, check=True, cwd=folder)
    serve = (*EVERGROVE, "serve", *where, "--port", str(_free_port()), "--json")
    with (folder / "serve.log").open("wb") as log:
        process = subprocess.Popen(serve, cwd=folder, stdout=subprocess.PIPE, stderr=log, text=True)
        try:
            assert process.stdout is not None  # noqa: S101 - it was asked for
            told = "".join(iter(process.stdout.readline, "}\n")) + "}"
            yield str(json.loads(told)["first_link"])
        finally:
            process.terminate()
            process.wait(60)


def _free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])


class Album:
    """
    Pictures, made small and written when the walk is over: it is timed.

    Args:
        folder: Where they go.
    """

    def __init__(self, folder: Path) -> None:
        self.folder, self._taken = folder, dict[str, bytes]()

    def take(self, name: str, page: Page) -> None:
        """A picture of what stands in the window."""
        self._taken[name] = page.screenshot()

    def keep(self) -> None:
        """
        Write them.

        Raises:
            Mistaken: One is too large for a page that is read over a line.
        """
        self.folder.mkdir(parents=True, exist_ok=True)
        for name, taken in self._taken.items():
            small = small_png(taken)
            if len(small) > MOST_BYTES:
                raise Mistaken(f"{name}: {len(small):,} bytes")
            (self.folder / f"{name}.png").write_bytes(small)
            print(f"{name}.png {len(small):,} bytes", flush=True)


def begin(look: Look, link: str, album: Album) -> float:
    """From the link through the first steps; the seconds until the first overview could be read."""
    page, begun = look.page, monotonic()
    page.goto(link)
    album.take("link", page)
    page.get_by_label("E-mail").fill("mei@shop.example")
    page.get_by_label("Password").fill("four words nobody joins")
    page.get_by_role("button", name="Begin").click()
    page.wait_for_url("**/begin")
    album.take("begin", page)
    page.get_by_role("button", name="Show me the demo shop").click()
    page.get_by_role("status").filter(has_text="three years of orders").wait_for(timeout=WAITS_MS)
    album.take("waiting", page)
    page.wait_for_url(re.compile(r"/$"), timeout=WAITS_MS)
    settle(page)
    return monotonic() - begun


def settle(page: Page) -> None:
    """Until the charts in the window are drawn, and what the page fetches by itself is there."""
    until = monotonic() + WAITS_MS / 1000
    while page.evaluate(_UNSETTLED):
        if monotonic() > until:
            raise Mistaken(page.url)
        page.wait_for_timeout(30)


_UNSETTLED = """() => [...document.querySelectorAll('[data-chart]:not([data-drawn]), .skeleton')].some(
  (each) => each.getBoundingClientRect().top < window.innerHeight)"""
"""Charts below the window are drawn when somebody comes to them."""


def see(look: Look, path: str, name: str, album: Album, height: int = HEIGHT) -> None:
    """
    Open a page and take a picture of it.

    Raises:
        Mistaken: It is not there, or the browser complained of it.
    """
    seen = look.visit(path)
    if seen.status != OK or seen.complaints:
        raise Mistaken(path, seen)
    look.page.set_viewport_size({"width": WIDTH, "height": height})
    settle(look.page)
    album.take(name, look.page)


def walk(link: str, album: Album) -> float:
    """Every stop; the seconds from the link to the first overview."""
    with chromium() as chrome:
        first = Look(chrome, link.rpartition("/link/")[0], Reader(width=WIDTH))
        seconds = begin(first, link, album)
        for name, path in PAGES.items():
            see(first, path, name, album)
        secret = next(each["value"] for each in first.page.context.cookies() if each["name"] == "evergrove")
        first.visit("/customers")
        customer = first.page.locator(
            "td a[href^='/customers/'], th a[href^='/customers/']"
        ).first.get_attribute("href")
        for language, ending in LANGUAGES.items():
            look = Look(chrome, first.base, Reader(secret, language, width=WIDTH))
            see(look, "/", f"overview{ending}", album, TALL)
            see(look, str(customer), f"customer{ending}", album, TALL)
            look.close()
    return seconds


def main() -> None:
    """Walk, print, keep."""
    parser = argparse.ArgumentParser(description="Pictures of every page, for docs/pages.md.")
    parser.add_argument("--folder", type=Path, default=FOLDER)
    album = Album(parser.parse_args().folder)
    with tempfile.TemporaryDirectory(prefix="evergrove-pictures-") as name, served(Path(name)) as link:
        load = os.getloadavg()[0]
        seconds = walk(link, album)
    print(
        f"From the link to the first overview: {seconds:.1f} s; {os.cpu_count()} cores, load {load:.1f} before."
    )
    album.keep()


if __name__ == "__main__":
    main()

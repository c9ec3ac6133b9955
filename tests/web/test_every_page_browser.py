"""
Every page in Chromium, in three languages, light and dark, wide and on a phone: nothing is complained of.

The short version takes each page in one of the twelve ways, and every fourth by keyboard; ``make prove`` takes all, and
keeps pictures in screenshots/.
"""

from __future__ import annotations

import os
import re
from contextlib import ExitStack
from datetime import UTC, datetime
from importlib.resources import files
from itertools import product
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from evergrove.app.asked import define_segment
from evergrove.app.jobs import queue_job
from evergrove.core import SetClock
from evergrove.pipeline.segmented import catalogue_here
from evergrove.segments.language.parsing import parse
from evergrove.testing.house import opened
from evergrove.testing.looking import Look, Reader, chromium, served
from evergrove.testing.pages import paths

if TYPE_CHECKING:
    from collections.abc import Iterator

    from playwright.sync_api import Browser

    from evergrove.access import Passwords
    from evergrove.testing.house import House

pytestmark = pytest.mark.browser

PICTURES = Path(__file__).resolve().parents[2] / "screenshots"
ALL = tuple(product(("en", "zh-Hans", "zh-Hant"), ("light", "dark"), (1440, 390)))
SOME = (("zh-Hans", "dark", 390),)
PROVING = "EVERGROVE_PROVE" in os.environ
WAYS = ALL if PROVING else SOME


@pytest.fixture(scope="module")
def axe() -> str:
    """The source of axe-core."""
    return files("axe_playwright_python").joinpath("axe.min.js").read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def window(
    browser: str,
    begun_on_sqlite: tuple[Path, str],
    tmp_path_factory: pytest.TempPathFactory,
    passwords: Passwords,
) -> Iterator[tuple[Browser, str, House, str]]:
    """A browser, the address of a service over a workspace whose first night is done, and an admin's log-in."""
    assert browser
    from evergrove.testing.workspaces import copy_of

    folder = copy_of(begun_on_sqlite[0], tmp_path_factory.mktemp("looked") / "workspace")
    with ExitStack() as open_:
        house = open_.enter_context(
            opened(folder, passwords, SetClock(datetime(2026, 6, 30, 18, tzinfo=UTC)))
        )
        queue_job(house.here, "night")
        with house.here.ledger.reading() as connection:
            known = catalogue_here(connection)
        define_segment(house.here, "looked-at", parse("tier = 'high'", known), "to be looked at")
        base = open_.enter_context(served(house.app))
        yield open_.enter_context(chromium()), base, house, house.door.sign_in("admin@shop.example").secret


@pytest.mark.slow
@pytest.mark.parametrize(("language", "light", "width"), WAYS, ids=str)
def test_every_page_is_without_complaint(
    window: tuple[Browser, str, House, str], axe: str, language: str, light: str, width: int
) -> None:
    """No console message, no failed request, no other host, nothing out to the side, no serious finding of axe."""
    chrome, base, house, secret = window
    look = Look(chrome, base, Reader(secret, language, light, width))
    complaints = {}

    for path in paths(house):
        name = re.sub(r"[^a-z0-9]+", "-", path.lower()).strip("-") or "overview"
        picture = PICTURES / f"{name}.{language}.{light}.{width}.png" if PROVING else None
        seen = look.visit(path, axe, picture)
        if seen.status != 200 or seen.complaints or not seen.title.endswith("· Evergrove"):
            complaints[path] = (seen.status, seen.title, seen.complaints)
    look.close()

    assert complaints == {}


@pytest.mark.slow
def test_every_page_can_be_walked_through_by_keyboard(window: tuple[Browser, str, House, str]) -> None:
    """The tab key reaches the content, each stop can be seen, and none holds it fast."""
    chrome, base, house, secret = window
    look = Look(chrome, base, Reader(secret))
    stuck = {}

    for path in paths(house)[:: 1 if PROVING else 4]:
        look.visit(path)
        stops = []
        for _nth in range(60):
            look.page.keyboard.press("Tab")
            stops.append(look.page.evaluate(_STOP))
        unseen = sorted({stop["what"] for stop in stops if not stop["seen"]})
        if unseen or len({stop["what"] for stop in stops}) < 5:
            stuck[path] = unseen or stops[:3]
    look.close()

    assert stuck == {}


PRINTED = ("/", "/customers/C000001", "/customers/C000001?view=past", "/models", "/cohorts", "/todo", "/data")
PAPER = 696
"""Pixels between the margins of A4."""


@pytest.mark.slow
def test_pages_are_made_for_paper(window: tuple[Browser, str, House, str]) -> None:
    """Dark or not on the screen: dark on light, nothing to press, nothing beyond the margins, and every chart is drawn."""
    chrome, base, _house, secret = window
    look = Look(chrome, base, Reader(secret, light="dark"))
    faults = {}

    for path in PRINTED:
        look.visit(path)
        look.page.wait_for_function("!document.querySelector('[data-chart]') || window.echarts")
        look.page.emulate_media(media="print")
        look.page.set_viewport_size({"width": PAPER, "height": 1000})
        found = look.page.evaluate(_PRINTED)
        if found != {"pressed": [], "light": True, "dark": True, "over": 0, "undrawn": 0}:
            faults[path] = found
        look.page.emulate_media(media="screen")
    look.close()

    assert faults == {}


_PRINTED = """() => {
  window.dispatchEvent(new Event('beforeprint'));
  const isShown = (each) => each.getClientRects().length > 0;
  const pressed = [...document.querySelectorAll('nav, button, .button, input, select, textarea')].filter(isShown);
  const sum = (colour) => colour.match(/[0-9.]+/g).slice(0, 3).reduce((a, b) => a + Number(b), 0);
  const paper = getComputedStyle(document.body).backgroundColor;
  return {
    pressed: pressed.map((each) => each.outerHTML.slice(0, 90)),
    light: paper === 'rgba(0, 0, 0, 0)' || sum(paper) > 700,
    dark: [...document.querySelectorAll('h1, h2, p, td')].filter(isShown).every((each) => sum(getComputedStyle(each).color) < 460),
    over: document.documentElement.scrollWidth - document.documentElement.clientWidth,
    undrawn: [...document.querySelectorAll('[data-chart]')].filter((each) => !each.querySelector('svg[viewBox]')).length,
  };
}"""


_STOP = """() => {
  const at = document.activeElement, box = at.getBoundingClientRect(), style = getComputedStyle(at);
  const ringed = style.outlineStyle !== 'none' || style.boxShadow !== 'none';
  return {what: at.outerHTML.slice(0, 90), seen: at === document.body || (box.width > 0 && box.height > 0 && ringed)};
}"""

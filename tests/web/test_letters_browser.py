"""The pages of letters in Chromium: three languages, light and dark, on a phone and wide; axe finds nothing serious."""

from __future__ import annotations

from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from tests.web.test_letters import MAIL, Letters

from evergrove.core import SetClock
from evergrove.testing.house import NOON, new_folder, opened
from evergrove.testing.looking import Look, Reader, chromium, served

if TYPE_CHECKING:
    from evergrove.access import Passwords

pytestmark = pytest.mark.browser

PICTURES = Path(__file__).resolve().parents[2] / "screenshots"
WAYS = (("en", "light", 390), ("zh-Hans", "dark", 390), ("zh-Hant", "light", 390), ("en", "dark", 1440))


@pytest.mark.slow
def test_pages_of_letters_are_without_complaint(browser: str, tmp_path: Path, passwords: Passwords) -> None:
    """Leaving, having left, wishes, wishes saved, and a link that leads nowhere."""
    assert browser
    axe = files("axe_playwright_python").joinpath("axe.min.js").read_text(encoding="utf-8")
    complaints = {}
    with (
        opened(new_folder(tmp_path, mail=MAIL), passwords, SetClock(NOON)) as house,
        served(house.app) as base,
        chromium() as chrome,
    ):
        letters = Letters(house)
        for language, light, width in WAYS:
            look = Look(chrome, base, Reader("", language, light, width))
            for name, path, status in (
                ("leave", letters.path("l", "leave"), 200),
                ("wishes", letters.path("p", "preferences"), 200),
                ("nowhere", "/l/none", 404),
            ):
                picture = PICTURES / f"letter-{name}.{language}.{light}.{width}.png"
                seen = look.visit(f"{path}?language={language}", axe, picture)
                found = [each for each in seen.complaints if status == 200 or "404" not in each]
                if seen.status != status or found:
                    complaints[language, width, name] = (seen.status, found)
                if status == 200:
                    look.page.click("button.main")
                    look.page.wait_for_load_state()
                    look.page.screenshot(path=str(picture).replace(f"letter-{name}", f"letter-{name}-done"))
                    assert look.page.locator("[role=status]").count() == 1
            look.close()
    assert complaints == {}

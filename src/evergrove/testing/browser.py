"""Pages opened in a real browser: what stands in them after their scripts have run, and what it complained of."""

from __future__ import annotations

import shutil
import subprocess
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

NAMES = ("chromium", "chromium-browser", "google-chrome")
FLAGS = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--enable-logging=stderr",
    "--v=0",
    "--virtual-time-budget=5000",
)


def browser_here() -> str | None:
    """A Chromium of this machine; None where there is none."""
    return next(filter(None, map(shutil.which, NAMES)), None)


def opened(browser: str, page: Path, *flags: str) -> tuple[str, str]:
    """
    Open a page.

    Args:
        browser: From ``browser_here``.
        page: The file; the browser's profile is made beside it.
        *flags: For the browser, such as "--dump-dom".

    Returns:
        What it wrote, and what it logged.
    """
    profile = page.parent / "profile"
    done = subprocess.run(  # noqa: S603 - the machine's own browser, on a page that a test wrote
        [browser, *FLAGS, f"--user-data-dir={profile}", *flags, page.as_uri()],
        capture_output=True,
        text=True,
        timeout=120,
        check=True,
    )
    return done.stdout, done.stderr

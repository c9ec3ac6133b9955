"""Compile the frame of letters written as text from its MJML: ``frame.liquid`` is what is shipped and read."""

from __future__ import annotations

import sys
from pathlib import Path

from evergrove.delivery.rendering.mjml import compiled

FOLDER = Path(__file__).resolve().parents[1] / "src" / "evergrove" / "delivery"


def frame() -> str:
    """The frame as its MJML says."""
    return compiled((FOLDER / "frame.mjml").read_text(encoding="utf-8"), "frame.mjml") + "\n"


if __name__ == "__main__":
    (FOLDER / "frame.liquid").write_text(frame(), encoding="utf-8")
    sys.stdout.write("frame.liquid is as frame.mjml says.\n")

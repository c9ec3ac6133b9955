"""Colours hold for colour-blind readers, and text holds on colours."""

from __future__ import annotations

from itertools import combinations
from typing import TYPE_CHECKING

import numpy as np
import pytest

from evergrove.charts.palette import (
    ACCENT,
    DARK,
    INK,
    INK_2,
    INK_3,
    PAPER,
    SEQUENCE,
    STAGE_COLOURS,
    STAGE_SYMBOLS,
    TIER_COLOURS,
    TIER_SYMBOLS,
    on_colour,
)
from evergrove.segments.codes import STAGES, TIERS

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

# Machado, Oliveira and Fernandes (2009), "A Physiologically-based Model for Simulation of Color Vision
# Deficiency", IEEE TVCG 15(6), table for severity 1.0; on linear RGB.
VISION = {
    "normal": np.eye(3),
    "protanopia": np.array(
        [[0.152286, 1.052583, -0.204868], [0.114503, 0.786281, 0.099216], [-0.003882, -0.048116, 1.051998]]
    ),
    "deuteranopia": np.array(
        [[0.367322, 0.860646, -0.227968], [0.280085, 0.672501, 0.047413], [-0.011820, 0.042940, 0.968881]]
    ),
    "tritanopia": np.array(
        [[1.255528, -0.076749, -0.178779], [-0.078411, 0.930809, 0.147602], [0.004733, 0.691367, 0.303900]]
    ),
}
TO_XYZ = np.array(
    [[0.4124564, 0.3575761, 0.1804375], [0.2126729, 0.7151522, 0.0721750], [0.0193339, 0.1191920, 0.9503041]]
)
WHITE_POINT = np.array([0.95047, 1.0, 1.08883])
CLEARLY_DIFFERENT = 15.0
"""Difference in CIELAB (1976): 2.3 is just noticeable; legends need several times that."""


def linear(colour: str) -> NDArray[np.float64]:
    """Linear RGB of a hexadecimal colour, shape (3,)."""
    values = np.array([int(colour[k : k + 2], 16) for k in (1, 3, 5)]) / 255
    return np.where(values <= 0.04045, values / 12.92, ((values + 0.055) / 1.055) ** 2.4)


def lab(rgb: NDArray[np.float64]) -> NDArray[np.float64]:
    """CIELAB of linear RGB, shape (3,)."""
    xyz = TO_XYZ @ np.clip(rgb, 0, 1) / WHITE_POINT
    f = np.where(xyz > 0.008856, np.cbrt(xyz), 7.787 * xyz + 16 / 116)
    return np.array([116 * f[1] - 16, 500 * (f[0] - f[1]), 200 * (f[1] - f[2])])


def contrast(one: str, other: str) -> float:
    """Contrast ratio of WCAG 2."""
    light, dark = sorted((float(TO_XYZ[1] @ linear(each)) for each in (one, other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


@pytest.mark.parametrize("vision", VISION)
@pytest.mark.parametrize("colours", [TIER_COLOURS, STAGE_COLOURS], ids=["tiers", "stages"])
def test_categories_differ_for_every_kind_of_sight(colours: Mapping[str, str], vision: str) -> None:
    """Simulated for both red-green and for blue-yellow blindness."""
    seen = {name: lab(VISION[vision] @ linear(colour)) for name, colour in colours.items()}

    nearest = min(
        (float(np.linalg.norm(seen[one] - seen[other])), one, other) for one, other in combinations(seen, 2)
    )

    assert nearest[0] > CLEARLY_DIFFERENT, nearest


def test_every_tier_and_stage_has_a_colour_and_a_symbol_of_its_own() -> None:
    """Meaning never hangs on colour alone."""
    for names, colours, symbols in (
        (TIERS, TIER_COLOURS, TIER_SYMBOLS),
        (STAGES, STAGE_COLOURS, STAGE_SYMBOLS),
    ):
        assert set(colours) == set(symbols) == set(names)
        assert len(set(symbols.values())) == len(names)


def test_text_on_every_colour_can_be_read() -> None:
    """4.5 to 1 is WCAG's bound for small text; labels on bars and cells are set at 11 px and more."""
    for colour in (*TIER_COLOURS.values(), *STAGE_COLOURS.values(), *SEQUENCE):
        text = on_colour(colour)

        assert contrast(text, colour) >= 4.5, colour


def test_text_on_the_page_can_be_read_by_day_and_by_night() -> None:
    """Reading text keeps 4.5 to 1, quiet text (notes beside a number) 3.5 to 1."""
    for ink, bound in ((INK, 4.5), (INK_2, 4.5), (ACCENT, 4.5), (INK_3, 3.5)):
        assert contrast(ink, PAPER) >= bound
        assert contrast(DARK[ink], DARK[PAPER]) >= bound

"""How a setting is declared."""

from __future__ import annotations

import math
from dataclasses import field
from typing import Any


def setting(
    default: Any, sentence: str, unit: str = "", *, low: float = -math.inf, high: float = math.inf
) -> Any:
    """Declare one setting: its default, what it does, its unit, and between what it must lie."""
    return field(default=default, metadata={"sentence": sentence, "unit": unit, "low": low, "high": high})

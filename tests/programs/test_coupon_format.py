"""Terms of coupons are read back as a release kept them; of another format they are refused."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from evergrove.programs.coupons import terms_of
from evergrove.programs.coupons.errors import UnknownTermsFormat
from evergrove.programs.coupons.reading import document_of
from evergrove.programs.coupons.types import FORMAT, Step

GOLDEN = Path(__file__).parent / "golden"


def golden() -> list[dict[str, Any]]:
    """Terms as the first release kept them; never changed."""
    found: list[dict[str, Any]] = json.loads((GOLDEN / "coupons_1.json").read_text(encoding="utf-8"))
    return found


def test_terms_are_read_as_they_were_meant() -> None:
    """Amounts exact, moments with their zone, and each kind with what only it has."""
    spring, everybody, gifts = map(terms_of, golden())

    assert (spring.key, spring.version, spring.kind, spring.currency) == ("spring", 2, "threshold", "CNY")
    assert spring.steps == (Step(Decimal(300), Decimal(30)), Step(Decimal(500), Decimal(60)))
    assert (spring.min_spend, spring.max_discount, spring.margin_floor) == tuple(
        map(Decimal, ("300", "150", "0.1"))
    )
    assert (spring.budget, spring.expected_discount, spring.redemption) == tuple(
        map(Decimal, ("10000", "60", "0.2"))
    )
    assert spring.valid_from == datetime(2026, 2, 28, 16, tzinfo=UTC)
    assert spring.valid_until == datetime(2026, 5, 31, 16, tzinfo=UTC)
    assert (spring.valid_days, spring.prefix, spring.transferable) == (30, "SPRING", True)
    assert (spring.limit_total, spring.limit_issued, spring.limit_per_person) == (500, 2000, 2)
    assert (everybody.kind, everybody.value, everybody.code) == ("percent", Decimal("12.5"), "TENOFF")
    assert (gifts.kind, gifts.value, gifts.gift, gifts.stock) == (
        "gift",
        Decimal("4.2"),
        "a cotton bag",
        True,
    )


def test_what_was_read_is_written_as_it_was() -> None:
    """Today's documents are the golden ones."""
    assert [document_of(terms_of(each)) for each in golden()] == golden()


@pytest.mark.parametrize("told", ["evergrove.coupons/2", "evergrove.letter/1", None])
def test_terms_of_another_format_are_refused(told: str | None) -> None:
    """With the code, what it is and the way out."""
    with pytest.raises(UnknownTermsFormat) as refused:
        terms_of(golden()[0] | {"format": told})

    assert refused.value.code.startswith("programs.")
    assert str(told) in str(refused.value)
    assert FORMAT in str(refused.value)

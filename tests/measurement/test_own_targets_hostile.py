"""Targets files of people who mean harm, or who write per cent: each is refused in one short sentence."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from evergrove.core import InputError
from evergrove.measurement.targets.asking import UnreadableCondition
from evergrove.measurement.targets.own import FORMAT, InvalidTarget, UnreadableTargets, own_targets

if TYPE_CHECKING:
    from pathlib import Path

SHARE = '[a]\nname = "x"\nat_least = 0.5\n'


def read(folder: Path, text: str) -> None:
    """The file of a workspace with these targets."""
    path = folder / "targets.toml"
    path.write_text(f'format = "{FORMAT}"\n{text}', encoding="utf-8")
    own_targets(path)


@pytest.mark.parametrize(
    "text",
    [
        '[a]\nmeasure = "early_churn"\nat_most = 1' + "0" * 400,
        '[a]\nmeasure = "early_churn"\nat_most = 1' + "0" * 5000,
        "[a]\nat_most = 1\nmeasure = 0x" + "f" * 9000,
        "[a]\nname = " + "[" * 3000 + "]" * 3000,
    ],
    ids=["large", "digits", "hexadecimal", "deep"],
)
def test_17_numbers_and_depths_without_end_are_refused(tmp_path: Path, text: str) -> None:
    """As a file that cannot be read."""
    with pytest.raises(UnreadableTargets):
        read(tmp_path, text)


@pytest.mark.parametrize(
    "text",
    [
        '["a\\u001b[31m"]\nmeasure = "early_churn"\nat_most = 0.2',
        '["' + "a" * 5000 + '"]\nmeasure = "early_churn"\nat_most = 0.2',
        '[""]\nmeasure = "early_churn"\nat_most = 0.2',
        '[a]\nmeasure = "early_churn"\nat_most = 0.2\nname = "a\\u202eb"',
        '[a]\nmeasure = "early_churn"\nat_most = 0.2\nname = {en = "a\\nb"}',
        '[a]\nmeasure = "early_churn"\nat_most = 0.2\nname = "' + "x" * 5000 + '"',
        '[a]\nmeasure = "early_churn"\nat_most = 0.2\n' + "".join(f"x{n} = 1\n" for n in range(2000)),
    ],
    ids=["control", "long key", "empty key", "turned round", "lines", "long name", "entries"],
)
def test_19_names_are_one_short_line(tmp_path: Path, text: str) -> None:
    """They stand in the heads of tables; and the refusal itself is short."""
    with pytest.raises(InvalidTarget) as refused:
        read(tmp_path, text)

    assert len(str(refused.value)) < 600


@pytest.mark.parametrize("field", ["email", "phone", "name", "birthday", "address"])
@pytest.mark.parametrize("side", ["numerator", "denominator"])
def test_19_no_target_asks_what_is_personal(tmp_path: Path, field: str, side: str) -> None:
    """Conditions of targets name what segments may name, and nothing else."""
    asked = {"numerator": "tier = 'high'", "denominator": "orders > 0"} | {side: f"{field} = 'x'"}
    conditions = "\n".join(f'{name} = "{text}"' for name, text in asked.items())

    with pytest.raises(UnreadableCondition) as refused:
        read(tmp_path, SHARE + conditions)

    assert f"there is no field {field}" in str(refused.value)


@pytest.mark.parametrize("measure", ["early_churn", "mature_share"])
def test_a_share_in_per_cent_is_refused(tmp_path: Path, measure: str) -> None:
    """At most 20 would be reached by everybody: who writes it means 0.2, and is told so."""
    with pytest.raises(InputError, match="a share is written from 0 to 1"):
        read(tmp_path, f'[a]\nmeasure = "{measure}"\nat_most = 20')


def test_times_may_be_more_than_one(tmp_path: Path) -> None:
    """How many times as often is no share."""
    read(tmp_path, '[a]\nmeasure = "referral_conversion"\nat_least = 3')
    with pytest.raises(InvalidTarget):
        read(tmp_path, '[a]\nmeasure = "referral_conversion"\nat_least = 1e300')

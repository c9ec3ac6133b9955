"""Settings: defaults as the definitions state them, then a file, then the environment; mistakes say the way out."""

from __future__ import annotations

from dataclasses import fields
from typing import TYPE_CHECKING

import pytest

from evergrove.core import EvergroveError, InputError
from evergrove.settings import (
    BoundsOutOfOrder,
    InvalidSetting,
    NotANumber,
    NotASection,
    NotAText,
    NotAWholeNumber,
    OutOfRange,
    Settings,
    TierSettings,
    TooSmall,
    UnknownChoice,
    UnknownSection,
    UnknownSetting,
    UnreadableSettings,
    load_settings,
    updated,
)

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def toml(tmp_path: Path) -> Path:
    """Where the tests put their settings file."""
    return tmp_path / "evergrove.toml"


def test_defaults_are_the_definitions() -> None:
    """Tier bounds 5000/6/800, 2000/3/400, 1000/1/200; 90 and 180 days; own rhythm from 4 gaps; 80 %."""
    settings = load_settings(environment={})
    tiers, stages = settings.tiers, settings.stages

    assert (tiers.high_spend, tiers.high_frequency, tiers.high_average_order) == (5000, 6, 800)
    assert (tiers.potential_spend, tiers.potential_frequency, tiers.potential_average_order) == (2000, 3, 400)
    assert (tiers.medium_spend, tiers.medium_frequency, tiers.medium_average_order) == (1000, 1, 200)
    assert (tiers.frequency_basis, tiers.bounds, tiers.least_high_share) == ("repeat_orders", "auto", 0.01)
    assert (tiers.high_share, tiers.potential_share, tiers.medium_share) == (0.05, 0.15, 0.30)
    assert (stages.decline_days, stages.churn_days, stages.own_gaps) == (90, 180, 4)
    assert (stages.won_back_days, stages.mature_orders) == (90, 6)
    assert (stages.trend_certainty, stages.active_days, stages.return_share) == (0.80, 180, 0.20)
    assert settings.value.discount_rate == 0.10


def test_every_setting_says_what_it_does() -> None:
    """Each setting is declared with a full sentence."""
    for section in fields(Settings):
        for declared in fields(getattr(Settings(), section.name)):
            assert declared.metadata["sentence"].endswith("."), declared.name


def test_a_file_overrides_defaults_and_the_environment_overrides_the_file(toml: Path) -> None:
    """Settings not named keep the value of the layer below; other variables are left alone."""
    toml.write_text(
        '[tiers]\nhigh_spend = 9000\nmedium_spend = 500.5\n[stages]\nchurn_days = 365\n[value]\ncurrency = "TWD"\n',
        encoding="utf-8",
    )

    settings = load_settings(
        toml, {"EVERGROVE_STAGES_CHURN_DAYS": "120", "PATH": "/bin", "EVERGROVE_SHARED": "x"}
    )

    assert settings.tiers.high_spend == 9000.0
    assert settings.tiers.medium_spend == 500.5
    assert settings.stages.churn_days == 120
    assert isinstance(settings.stages.churn_days, int)
    assert settings.value.currency == "TWD"
    assert settings.tiers.potential_spend == 2000.0


def test_bounds_that_only_fit_together_are_taken_together(toml: Path) -> None:
    """A medium bound above the default high bound is fine when the file raises the high bound as well."""
    toml.write_text(
        "[tiers]\nmedium_spend = 6000\npotential_spend = 8000\nhigh_spend = 9000\n", encoding="utf-8"
    )

    assert load_settings(toml, {}).tiers.medium_spend == 6000.0


@pytest.mark.parametrize(
    ("text", "error", "sentence"),
    [
        ("[tiers\n", UnreadableSettings, "Write TOML: a line [tiers]"),
        (
            "[tier]\nhigh_spend = 1\n",
            UnknownSection,
            "workspace, outreach, mail, channels, webhook, sms, wechat, wecom, line, file, jobs, access, audit,",
        ),
        ("tiers = 5\n", NotASection, "Write a line [tiers], and its settings below it."),
        (
            "[tiers]\nhi_spend = 1\n",
            UnknownSetting,
            "the section tiers has no setting hi_spend. It has: bounds,",
        ),
        ('[tiers]\nbounds = "best"\n', UnknownChoice, "Choose one of: auto, fixed, quantiles."),
        ('[tiers]\nhigh_spend = "much"\n', NotANumber, "high_spend = much is not a number."),
        ("[tiers]\nhigh_spend = true\n", NotANumber, "high_spend = True is not a number."),
        ("[tiers]\nhigh_spend = nan\n", NotANumber, "Write digits with a point"),
        ("[stages]\nchurn_days = 12.5\n", NotAWholeNumber, "churn_days = 12.5 is not a whole number."),
        ("[stages]\nchurn_days = [1]\n", NotAWholeNumber, "Write digits only: 90."),
        ("[value]\ncurrency = 156\n", NotAText, 'Put it in quotation marks: currency = "156".'),
        ("[value]\ndiscount_rate = 10\n", OutOfRange, "It must lie between 0 and 1."),
        ("[stages]\nchurn_days = 0\n", TooSmall, "It must be at least 1."),
        ("[tiers]\nmedium_spend = 3000\n", BoundsOutOfOrder, "medium 3000, potential 2000, high 5000"),
    ],
)
def test_a_mistake_in_the_file_says_the_way_out(
    toml: Path, text: str, error: type[InvalidSetting], sentence: str
) -> None:
    """Each kind of mistake names the file, the setting and what would be right."""
    toml.write_text(text, encoding="utf-8")

    with pytest.raises(error) as raised:
        load_settings(toml, {})

    assert sentence in str(raised.value)
    assert error is BoundsOutOfOrder or str(toml) in str(raised.value)
    assert raised.value.exit_status == InputError.exit_status


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    """The path and the reason are in the sentence."""
    with pytest.raises(
        UnreadableSettings, match=r"none\.toml cannot be read as settings: there is no such file"
    ):
        load_settings(tmp_path / "none.toml", {})


def test_a_file_in_another_encoding_is_refused(toml: Path) -> None:
    """TOML is UTF-8; a GBK file is a mistake with a reason, not a traceback."""
    toml.write_bytes("[value]\n# 折扣率\n".encode("gb18030"))

    with pytest.raises(UnreadableSettings, match="is not written in UTF-8"):
        load_settings(toml, {})


@pytest.mark.parametrize(
    ("variable", "value", "sentence"),
    [
        ("EVERGROVE_TIERS_HIGH", "1", "EVERGROVE_TIERS_*: the section tiers has no setting high."),
        (
            "EVERGROVE_STAGES_CHURN_DAYS",
            "soon",
            "EVERGROVE_STAGES_*: churn_days = soon is not a whole number.",
        ),
        ("EVERGROVE_VALUE_MARGIN", "40", "EVERGROVE_VALUE_*: margin = 40 is out of range."),
    ],
)
def test_a_mistake_in_the_environment_names_the_variable(variable: str, value: str, sentence: str) -> None:
    """The sentence begins with the prefix that the reader set."""
    with pytest.raises(InvalidSetting) as raised:
        load_settings(environment={variable: value})

    assert sentence in str(raised.value)


def test_an_option_is_checked_like_a_line_of_the_file() -> None:
    """Values from anywhere pass through the same checks, under the name the reader knows."""
    settings = updated(Settings(), "value", {"margin": 0.4, "unit": "day"}, origin="--margin")

    assert (settings.value.margin, settings.value.unit) == (0.4, "day")
    with pytest.raises(OutOfRange, match="--margin: margin = 4 is out of range"):
        updated(Settings(), "value", {"margin": 4}, origin="--margin")


def test_tier_bounds_are_checked_where_they_are_made() -> None:
    """Bounds that would put a better customer lower are refused in a notebook too."""
    with pytest.raises(BoundsOutOfOrder, match="The bounds of frequency are not in order"):
        TierSettings(potential_frequency=7)


def test_each_kind_of_mistake_has_its_own_code_and_way_out() -> None:
    """Codes are unique, stable in form, and none comes without a hint."""
    kinds = InvalidSetting.__subclasses__()

    assert len({kind.code for kind in kinds}) == len(kinds)
    for kind in kinds:
        assert issubclass(kind, EvergroveError)
        assert kind.code.startswith("settings.")
        assert kind.hint


@pytest.mark.parametrize("value", ["1" + "0" * 400, "0x" + "f" * 9000, "[" * 3000 + "]" * 3000])
def test_hostile_numbers_and_depths_are_refused(tmp_path: Path, value: str) -> None:
    """As a file that cannot be read, in a sentence."""
    path = tmp_path / "evergrove.toml"
    path.write_text(f"[tiers]\nhigh_spend = {value}\n", encoding="utf-8")

    with pytest.raises(InvalidSetting, match="cannot be read as settings"):
        load_settings(path, environment={})

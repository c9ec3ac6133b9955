"""Every cell of tier x stage says what it is for and what to do, in three languages."""

from __future__ import annotations

import re

import pytest

from evergrove.segments.codes import (
    Action,
    Axis,
    Cause,
    Criterion,
    Direction,
    RfmGroup,
    Stage,
    StageRule,
    Tier,
    TierReason,
)
from evergrove.segments.sentences.cells import FREE_CHANNELS, NO_DISCOUNT, Cell, cell, cells
from evergrove.segments.sentences.templates import CRITERION_SENTENCES, STAGE_SENTENCES, TIER_SENTENCES
from evergrove.segments.sentences.words import (
    AXIS_WORDS,
    CAUSE_WORDS,
    CRITERION_WORDS,
    DIRECTION_WORDS,
    PLAYBOOK_WORDS,
    RFM_WORDS,
    STAGE_WORDS,
    TIER_WORDS,
)
from evergrove.text import Language, translator

CHINESE: tuple[Language, ...] = ("zh-Hans", "zh-Hant")
ALL = (*cells(), *(cell(None, stage) for stage in Stage))
SENTENCES = sorted({sentence for each in ALL for sentence in (each.goal, *each.actions)})
# What the brief asks for in each tier and stage, as words that one of its sentences must hold.
ASKED: dict[tuple[Tier | None, Stage], tuple[str, ...]] = {
    (None, Stage.PROSPECT): ("guide", "activity x fit", "trial", "cost of acquisition"),
    (Tier.HIGH, Stage.GROWTH): ("VIP", "pre-order", "limited gifts", "exclusive coupon", "personal contact"),
    (Tier.HIGH, Stage.MATURE): (
        "VIP lane",
        "diamond badge",
        "anniversary",
        "recommend you",
        "5%",
        "members-only",
    ),
    (Tier.HIGH, Stage.DECLINE): ("cause", "14 days"),
    (Tier.HIGH, Stage.CHURNED): ("Call them within two days", "cause"),
    (Tier.POTENTIAL, Stage.GROWTH): ("spend-threshold", "bought A, offer B", "every two weeks"),
    (Tier.POTENTIAL, Stage.MATURE): ("double points",),
    (Tier.MEDIUM, Stage.NEW): ("thank", "tutorial", "Day 7", "coupon for the second order", "20%"),
    (Tier.MEDIUM, Stage.GROWTH): (
        "two versions",
        "co-branded",
        "active hours",
        "past products",
        "half of them",
    ),
    (Tier.MEDIUM, Stage.MATURE): ("points-redemption",),
    (Tier.MEDIUM, Stage.CHURNED): ("wake-up coupon", "SMS", "last notice", "180 days"),
    (Tier.LOW, Stage.GROWTH): ("bundle", "next-purchase coupon", "know-how", "free channels"),
    (Tier.LOW, Stage.CHURNED): ("wake-up", "no SMS"),
}


def test_there_is_one_cell_for_every_tier_and_stage_and_one_for_prospects() -> None:
    """A prospect has no tier."""
    keys = [(each.tier, each.stage) for each in cells()]

    assert len(keys) == len(set(keys)) == 1 + 4 * 6
    assert set(keys) == {(None, Stage.PROSPECT)} | {
        (tier, stage) for tier in Tier for stage in Stage if stage != Stage.PROSPECT
    }


@pytest.mark.parametrize("each", ALL, ids=lambda each: f"{each.tier!r}-{each.stage!r}")
def test_a_cell_has_a_goal_of_its_own_and_two_to_five_actions(each: Cell) -> None:
    """Whole sentences, none said twice."""
    assert 2 <= len(each.actions) <= 5
    assert len(set(each.actions)) == len(each.actions)
    assert all(sentence.endswith(".") for sentence in (each.goal, *each.actions))


def test_goals_differ_between_cells() -> None:
    """If two cells had the same goal, one of them would not be needed."""
    goals = [each.goal for each in cells()]

    assert len(set(goals)) == len(goals)


@pytest.mark.parametrize(("key", "words"), ASKED.items(), ids=lambda value: repr(value)[:40])
def test_a_cell_asks_for_what_the_brief_asks(key: tuple[Tier | None, Stage], words: tuple[str, ...]) -> None:
    """The substance of the brief, cell by cell."""
    each = cell(*key)
    text = " ".join((each.goal, *each.actions))

    assert [word for word in words if word not in text] == []


def test_low_value_costs_little_and_high_value_gets_no_blanket_discount() -> None:
    """Effort follows value: no SMS to the low tier, no coupons for those who pay the price."""
    for stage in (Stage.GROWTH, Stage.MATURE, Stage.DECLINE, Stage.CHURNED, Stage.WON_BACK, Stage.NEW):
        assert FREE_CHANNELS in cell(Tier.LOW, stage).actions
    for stage in (Stage.GROWTH, Stage.MATURE, Stage.WON_BACK):
        assert NO_DISCOUNT in cell(Tier.HIGH, stage).actions


def test_the_playbook_of_high_and_churned_is_the_call_back() -> None:
    """The one cell where a person picks up the telephone."""
    assert cell(Tier.HIGH, Stage.CHURNED).playbook == Action.T4h
    assert [each for each in cells() if each.playbook == Action.T4h] == [cell(Tier.HIGH, Stage.CHURNED)]


def test_without_a_tier_the_goal_is_that_of_the_middle() -> None:
    """Data without amounts: the stage's playbook with the goal of the medium tier."""
    growth = cell(None, Stage.GROWTH)

    assert (growth.tier, growth.playbook) == (None, Action.L3)
    assert growth.goal == cell(Tier.MEDIUM, Stage.GROWTH).goal
    assert growth.actions != cell(Tier.MEDIUM, Stage.GROWTH).actions


def test_every_code_has_a_name() -> None:
    """No code can reach a page as a number."""
    assert set(TIER_WORDS) == set(Tier)
    assert set(STAGE_WORDS) == set(Stage)
    assert set(RFM_WORDS) == set(RfmGroup)
    assert set(PLAYBOOK_WORDS) == set(Action)
    assert set(CRITERION_WORDS) == set(Criterion) == set(CRITERION_SENTENCES)
    assert set(DIRECTION_WORDS) == set(Direction)
    assert set(STAGE_SENTENCES) == set(StageRule)
    assert set(TIER_SENTENCES) == set(TierReason)
    assert (set(AXIS_WORDS), set(CAUSE_WORDS)) == (set(Axis), set(Cause))


@pytest.mark.parametrize("language", CHINESE)
def test_every_sentence_and_name_is_spoken_in_chinese(language: Language) -> None:
    """Each is translated, keeps its fields, and is Chinese."""
    translate = translator(language)
    words = [*TIER_WORDS.values(), *STAGE_WORDS.values(), *RFM_WORDS.values(), *PLAYBOOK_WORDS.values()]
    words += [
        *CRITERION_WORDS.values(),
        *DIRECTION_WORDS.values(),
        *AXIS_WORDS.values(),
        *CAUSE_WORDS.values(),
    ]
    coded = (*CRITERION_SENTENCES.values(), *STAGE_SENTENCES.values(), *TIER_SENTENCES.values())
    templates = [template for _code, template in coded]
    for english in (*SENTENCES, *words, *templates):
        chinese = translate(english)
        assert re.search("[\u4e00-\u9fff]", chinese), english
        assert set(re.findall(r"\{\w+\}", chinese)) == set(re.findall(r"\{\w+\}", english))


def test_traditional_is_written_for_taiwan() -> None:
    """Its own words, not converted ones."""
    hant = "".join(translator("zh-Hant")(sentence) for sentence in SENTENCES)
    hans = "".join(translator("zh-Hans")(sentence) for sentence in SENTENCES)

    for taiwan, mainland in (
        ("簡訊", "短信"),
        ("滿額折扣", "满减"),
        ("點數", "积分"),
        ("回購", "复购"),
        ("優惠券", "优惠券"),
    ):
        assert taiwan in hant
        assert mainland in hans
    assert not re.search("客戶|積分|信息|視頻|渠道|營銷|短訊", hant)

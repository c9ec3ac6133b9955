"""Names of tiers, stages, groups and playbooks, as people read them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from evergrove.core import Term, _
from evergrove.segments.codes import Action, Axis, Cause, Criterion, Direction, RfmGroup, Stage, Tier

if TYPE_CHECKING:
    from collections.abc import Mapping

TIER_WORDS: Mapping[Tier, Term] = {
    Tier.LOW: Term(_("Low value")),
    Tier.MEDIUM: Term(_("Medium value")),
    Tier.POTENTIAL: Term(_("Potential")),
    Tier.HIGH: Term(_("High value")),
}

STAGE_WORDS: Mapping[Stage, Term] = {
    Stage.PROSPECT: Term(_("Prospect")),
    Stage.NEW: Term(_("New")),
    Stage.GROWTH: Term(_("Growing")),
    Stage.MATURE: Term(_("Mature")),
    Stage.DECLINE: Term(_("Declining")),
    Stage.CHURNED: Term(_("Churned")),
    Stage.WON_BACK: Term(_("Won back")),
}

RFM_WORDS: Mapping[RfmGroup, Term] = {
    RfmGroup.CHAMPIONS: Term(_("Champions")),
    RfmGroup.LOYAL: Term(_("Loyal customers")),
    RfmGroup.PROMISING: Term(_("Promising customers")),
    RfmGroup.NEW: Term(_("New customers")),
    RfmGroup.NEEDS_ATTENTION: Term(_("Needs attention")),
    RfmGroup.AT_RISK: Term(_("At risk")),
    RfmGroup.CANNOT_LOSE: Term(_("Cannot lose")),
    RfmGroup.HIBERNATING: Term(_("Hibernating")),
    RfmGroup.LOST: Term(_("Lost customers")),
}

PLAYBOOK_WORDS: Mapping[Action, Term] = {
    Action.L1: Term(_("Win the first order")),
    Action.L2: Term(_("Bring the second order")),
    Action.L3: Term(_("Grow by the next product")),
    Action.L4: Term(_("Keep the mature")),
    Action.L5: Term(_("Find the cause, then activate")),
    Action.L6: Term(_("Wake up, then let rest")),
    Action.T1: Term(_("Care for high value")),
    Action.T2: Term(_("Lift to high value")),
    Action.T3: Term(_("Make repurchase a habit")),
    Action.T4: Term(_("Serve at low cost")),
    Action.T4h: Term(_("Call back lost high value")),
}

CRITERION_WORDS: Mapping[Criterion, Term] = {
    Criterion.SPEND: Term(_("spend")),
    Criterion.FREQUENCY: Term(_("frequency")),
    Criterion.AVERAGE_ORDER: Term(_("average order")),
    Criterion.CLV_12M: Term(_("value expected in 12 months")),
    Criterion.CLV_TOTAL: Term(_("value so far and expected")),
}

DIRECTION_WORDS: Mapping[Direction, Term] = {
    Direction.UNKNOWN: Term(_("not known yet")),
    Direction.FALLING: Term(_("falling")),
    Direction.STEADY: Term(_("steady")),
    Direction.RISING: Term(_("rising")),
}

AXIS_WORDS: Mapping[Axis, Term] = {
    Axis.TIER: Term(_("Tier")),
    Axis.STAGE: Term(_("Stage")),
    Axis.OWN_TIER: Term(_("Own tier")),
}

CAUSE_WORDS: Mapping[Cause, Term] = {
    Cause.INITIAL: Term(_("placed for the first time")),
    Cause.BACKFILL: Term(_("older orders caught up on")),
    Cause.POLICY: Term(_("settings changed")),
    Cause.MODEL: Term(_("models fitted anew")),
    Cause.EVIDENCE: Term(_("new orders or refunds")),
    Cause.CLOCK: Term(_("time passed")),
    Cause.IDENTITY: Term(_("customers joined into one person, or taken apart")),
    Cause.CONSENT: Term(_("may be valued again")),
    Cause.RATES: Term(_("rates came late or were corrected")),
}

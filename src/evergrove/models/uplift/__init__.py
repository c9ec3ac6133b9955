"""Effects of offers: learned from random offers with known chances, proven before use, and rules judged by logs."""

from evergrove.models.uplift.calibration import Calibration, Group, calibration
from evergrove.models.uplift.contrast import Contrast, contrast
from evergrove.models.uplift.errors import (
    AssignmentDiffers,
    FewPeople,
    InvalidRule,
    InvalidTrial,
    NoRanking,
    NothingToRank,
    ThinLog,
    TooFewPeople,
    UnsupportedRule,
)
from evergrove.models.uplift.fitting import fit
from evergrove.models.uplift.joint import JointEffects, fit_joint
from evergrove.models.uplift.joint_proof import proofs
from evergrove.models.uplift.learning import Evidence, Uplift, learn, prove
from evergrove.models.uplift.model import Part, UpliftModel
from evergrove.models.uplift.moments import Moments
from evergrove.models.uplift.off_policy import PolicyValue, gain_of, value_of
from evergrove.models.uplift.ranking import Curve, Ranking, curve, gain_over, rank
from evergrove.models.uplift.scores import arm_scores, effect_scores, expected_outcomes
from evergrove.models.uplift.trial import Trial
from evergrove.models.uplift.types import Interval
from evergrove.models.uplift.verdict import Verdict, judge

__all__ = [
    "AssignmentDiffers",
    "Calibration",
    "Contrast",
    "Curve",
    "Evidence",
    "FewPeople",
    "Group",
    "Interval",
    "InvalidRule",
    "InvalidTrial",
    "JointEffects",
    "Moments",
    "NoRanking",
    "NothingToRank",
    "Part",
    "PolicyValue",
    "Ranking",
    "ThinLog",
    "TooFewPeople",
    "Trial",
    "UnsupportedRule",
    "Uplift",
    "UpliftModel",
    "Verdict",
    "arm_scores",
    "calibration",
    "contrast",
    "curve",
    "effect_scores",
    "expected_outcomes",
    "fit",
    "fit_joint",
    "gain_of",
    "gain_over",
    "judge",
    "learn",
    "proofs",
    "prove",
    "rank",
    "value_of",
]

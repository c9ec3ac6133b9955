"""What keeps an effect from being learned or a rule from being judged, and what a reader of either should know."""

from __future__ import annotations

from evergrove.core import EvergroveWarning, InputError, _


class InvalidTrial(InputError):
    """A log of offers at random breaks a rule."""

    code = "models.invalid_trial"
    message = _("{rule} fails for {broken} of {total} {total:row|rows} of the log (first: row {example}).")
    hint = _(
        "A row is one customer at one time: what was known, the arm drawn (0 is nothing), the chance that each arm had, and what came of it."
    )


class TooFewPeople(InputError):
    """An arm is too small to learn from."""

    code = "models.too_few_people"
    message = _("{arm}: {people} {people:customer is|customers are} too few; {needed} are needed.")
    hint = _("Wait until more have been drawn, raise the share of random offers, or leave this offer out.")


class ThinLog(InputError):
    """A log says too little of a rule: too few of its rows did what the rule would do."""

    code = "models.thin_log"
    message = _(
        "The log is worth {effective} {effective:customer|customers} who were treated as the rule would; {needed} are needed."
    )
    hint = _("Collect more random offers, or judge a rule that is nearer to what was done.")


class UnsupportedRule(InputError):
    """A rule does what the log never did."""

    code = "models.unsupported_rule"
    message = _(
        "In {broken} of {total} {total:row|rows} the rule takes an arm that had no chance there (first: row {example})."
    )
    hint = _("Let the rule choose among the arms whose chance in the log is above 0.")


class InvalidRule(InputError):
    """What is given as a rule is none."""

    code = "models.invalid_rule"
    message = _("{name} has the shape {given}; the log has {rows} {rows:row|rows} and {arms} arms.")
    hint = _("Give one arm a row, or the chance of every arm in every row: from 0 to 1, adding up to 1.")


class NoRanking(InputError):
    """There is nothing to measure a ranking by."""

    code = "models.no_ranking"
    message = _("{treated} {treated:person|people} treated and {control} untreated cannot judge an order.")
    hint = _("It takes both arms, and one finite score for each row.")


class FewPeople(EvergroveWarning):
    """An arm is small."""

    code = "models.few_people"
    message = _("{arm}: learned from {people} {people:customer|customers} only.")
    hint = _(
        "Under {wanted} customers an arm tells its average effect at best, hardly whom it is largest for."
    )


class AssignmentDiffers(EvergroveWarning):
    """Arms were not drawn with the chances that the log says."""

    code = "models.assignment_differs"
    message = _(
        "{arm}: {drawn} {drawn:row was|rows were} drawn where the chances in the log add up to {expected}."
    )
    hint = _(
        "Chance alone does that in less than one log of a thousand: effects learned from it may be biased."
    )


class NothingToRank(EvergroveWarning):
    """Effects do not differ in a way that shows."""

    code = "models.nothing_to_rank"
    message = _("{offer}: no difference between customers was found; all have the average effect.")
    hint = _("Offer it to all or to none, by what it earns on average.")


WARNINGS: dict[str, type[EvergroveWarning]] = {
    each.code: each for each in (FewPeople, AssignmentDiffers, NothingToRank)
}

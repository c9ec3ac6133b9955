"""What keeps cohorts from being compared."""

from __future__ import annotations

from evergrove.core import EvergroveWarning, InputError, _


class NoCohorts(InputError):
    """There is not one cohort."""

    code = "models.no_cohorts"
    message = _("There is no cohort to fit.")
    hint = _("Give a summary of customers for each cohort, by its name.")


class FewCohorts(EvergroveWarning):
    """Too few cohorts to tell how much cohorts differ."""

    code = "models.few_cohorts"
    message = _(
        "{known} {known:cohort has|cohorts have} some history, and it takes {needed} to tell how much cohorts differ: "
        "all get the parameters of everybody together."
    )
    hint = _("Wait for a longer history, or form shorter cohorts: months in place of quarters.")

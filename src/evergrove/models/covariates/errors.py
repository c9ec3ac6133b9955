"""What is refused about covariates, each with a way out."""

from __future__ import annotations

from evergrove.core import InputError, _


class CovariateRows(InputError):
    """Covariates of other customers than the histories, or of more, or of fewer."""

    code = "models.covariate_rows"
    message = _("Covariate {name} has {given} {given:row|rows} where {expected} are expected.")
    hint = _(
        "Give one row of covariates for each history, in the same order: join both by customer_id first."
    )


class CovariateNotNumeric(InputError):
    """A column of texts or dates, or a table where a column should be."""

    code = "models.covariate_not_numeric"
    message = _("Covariate {name} is not a column of numbers (first value: {example}).")
    hint = _(
        "Turn a category into columns of 0 and 1, one for each of its values but one; turn a date into a "
        "number of days."
    )


class CovariateNotFinite(InputError):
    """Missing or infinite values."""

    code = "models.covariate_not_finite"
    message = _(
        "Covariate {name} is missing or infinite in {broken} of {total} {total:row|rows} (first: row {row})."
    )
    hint = _(
        "Fill the gaps with a typical value and mark them in a further column of 0 and 1, or leave these "
        "customers out."
    )


class CovariateMissing(InputError):
    """The model knows covariates that were not given."""

    code = "models.covariate_missing"
    message = _("The model needs the covariates {needed}; not given: {missing}.")
    hint = _("Give every covariate that the model was fitted with, by the same name and in the same unit.")


class CovariateUnknown(InputError):
    """Names that nobody has defined."""

    code = "models.covariate_unknown"
    message = _("Unknown covariates: {unknown}. Known are: {known}.")
    hint = _("Look for a slip of the pen, or leave these columns out.")


class CovariateConstant(InputError):
    """A column without variation is the intercept, which the model has already."""

    code = "models.covariate_constant"
    message = _("Covariate {name} is {value} for every customer, so that its effect cannot be seen.")
    hint = _(
        "Leave it out: what all customers have in common is in {letters} already. Was the column joined to "
        "the right customers?"
    )


class CovariatesCollinear(InputError):
    """Columns that follow from one another."""

    code = "models.covariates_collinear"
    message = _("The covariates {names} say the same thing: each follows from the others.")
    hint = _(
        "Leave one of them out. Of a category's columns of 0 and 1, one value must go without a column of "
        "its own."
    )


class CovariateNotShared(InputError):
    """One slope for both processes is asked of a covariate that acts on one of them."""

    code = "models.covariate_not_shared"
    message = _("{names} cannot have one slope for purchase and dropout: not named for both.")
    hint = _("Name the covariate under purchase and under dropout, or leave it out of shared.")


class InvalidSlope(InputError):
    """A slope that is no number, or a prior without width."""

    code = "models.invalid_slope"
    message = _("{what} of covariate {name} = {value} does not do.")
    hint = _("A slope is a finite number; the width of its prior is a number above 0.")


class NoSuchDropoutForm(InputError):
    """A model, or a form of its dropout, that takes no covariates."""

    code = "models.no_such_dropout_form"
    message = _("{model} has no covariates on dropout in the form {form}.")
    hint = _("Forms: {forms}. Pareto/NBD, BG/NBD and MBG/NBD take covariates.")


class NotNested(InputError):
    """Two fits between which a likelihood-ratio test says nothing."""

    code = "models.slopes_not_nested"
    message = _("No likelihood-ratio test between these two fits: {reason}.")
    hint = _(
        "Fit both on the same customers in the same unit, without priors, the first with some of the "
        "second's slopes left out or shared. Other pairs compare by AIC or on a back-test."
    )

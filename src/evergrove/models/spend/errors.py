"""What can be wrong with covariates of spend."""

from __future__ import annotations

from evergrove.core import InputError, _


class SpendCovariateMissing(InputError):
    """A covariate that the model knows a slope of was not given."""

    code = "models.spend_covariate_missing"
    message = _("Expected spend needs the covariate {name}; given: {given}.")
    hint = _("Give one value per customer for each slope of the model, under the name that it was fitted by.")


class SpendCovariateNotFinite(InputError):
    """A covariate has values that are no numbers, or not one per customer."""

    code = "models.spend_covariate_not_finite"
    message = _(
        "The covariate {name} has {good} {good:number|numbers} for {customers} {customers:customer|customers}."
    )
    hint = _(
        "Give one finite number per customer. Where a value is unknown, put in the mean and add a covariate that is 1 there."
    )


class SpendCovariateWithoutVariation(InputError):
    """A covariate tells nothing that the others do not tell."""

    code = "models.spend_covariate_without_variation"
    message = _("The covariate {name} is the same for everybody, or follows from the others.")
    hint = _("Leave it out. Of the categories of one variable, one must be left out.")


class SpendCovariateName(InputError):
    """A covariate's name is a letter of the model."""

    code = "models.spend_covariate_name"
    message = _(
        "A covariate cannot be called {name}: that is a letter of the model, or of the model's own term."
    )
    hint = _("Give it another name.")

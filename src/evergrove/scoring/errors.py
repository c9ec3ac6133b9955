"""What can go wrong with a valuation, and what its reader should know: codes and sentences."""

from __future__ import annotations

from evergrove.core import EvergroveError, EvergroveWarning, InputError, _


class UnknownModel(InputError):
    """A model was asked for that does not exist."""

    code = "scoring.unknown_model"
    message = _("There is no model called {name}.")
    hint = _("Choose auto, pareto-nbd, mbg-nbd, mbg-cnbd, bg-nbd, bg-cnbd or nbd.")


class MarginNeeded(InputError):
    """Net profit was asked for without a margin."""

    code = "scoring.margin_needed"
    message = _("An acquisition cost was given, but no margin: revenue less a cost is not a profit.")
    hint = _("Give --margin too, as a share of net revenue (1 if your amounts are margins already).")


class MarginOutOfRange(InputError):
    """A margin is not a share."""

    code = "scoring.margin_out_of_range"
    message = _("A margin of {margin} is not a share of revenue.")
    hint = _("Write a share between 0 and 1: 0.35 for 35%.")


class DiscountRateOutOfRange(InputError):
    """A discount rate for which the value of all future has no limit."""

    code = "scoring.discount_rate_out_of_range"
    message = _("At a discount rate of {rate} a year the value of all future purchases has no limit.")
    hint = _("Give an effective annual rate above 0, such as 0.10 for 10%.")


class NegativeAcquisitionCost(InputError):
    """An acquisition cost below nought."""

    code = "scoring.negative_acquisition_cost"
    message = _("An acquisition cost of {cac} per customer is below nought.")
    hint = _("Write what one new customer cost, in the currency of the orders.")


class ModelFailed(EvergroveError):
    """A fit broke down in arithmetic: the original error is its cause."""

    code = "scoring.model_failed"
    message = _("{model} could not be fitted: {reason}.")
    hint = _("Take another model with --model, or leave the choice to auto.")


class ShortHistory(EvergroveWarning):
    """Too little history for a holdout."""

    code = "scoring.short_history"
    message = _(
        "The orders span {weeks} {weeks:week|weeks}; a holdout needs 39. The model was therefore not chosen by a back-test, "
        "and the interval of the total does not contain the error of past forecasts."
    )
    hint = _("Give more history.")


class NoDropout(EvergroveWarning):
    """The data know nobody who left: the dropout of all models ran to nought."""

    code = "scoring.no_dropout"
    message = _(
        "These data show nobody leaving: {failed} fit them best with no dropout at all. NBD, which knows none, "
        "stands in."
    )
    hint = _(
        "P(alive) is 1 for everybody and says nothing, nor can the value likely lost be given; stages go by the "
        "length of the silence. A longer history would show who left."
    )


class SimplerModel(EvergroveWarning):
    """The models with dropout failed; NBD stands in."""

    code = "scoring.simpler_model"
    message = _("{failed} could not be fitted to these data; NBD, which knows no leaving, stands in.")
    hint = _(
        "P(alive) is 1 for everybody and says nothing, nor can the value likely lost be given; values of silent "
        "customers are too high. Give a longer history."
    )


class UntestedModel(EvergroveWarning):
    """The chosen model is a last resort that no back-test has judged."""

    code = "scoring.untested_model"
    message = _("{model} is chosen without a back-test: {failed} did not hold on the data kept for it.")
    hint = _("Give more history, so that models can be judged by the past.")


class NoModel(EvergroveWarning):
    """No transaction model at all could be fitted."""

    code = "scoring.no_model"
    message = _(
        "No model of purchases could be fitted to {customers} {customers:customer|customers}. The last reason: {reason}"
    )
    hint = _(
        "Expected purchases are the average rate of all customers so far, the same for everybody; chances, "
        "dates and values beyond 12 months cannot be given. Give a longer history."
    )


class FewCustomers(EvergroveWarning):
    """Too few customers or repeats for a model with dropout."""

    code = "scoring.few_customers"
    message = _(
        "{customers} {customers:customer|customers} with {repeaters} {repeaters:repeater is|repeaters are} too few for a model of each customer's future "
        "(at least {needed_customers} and {needed_repeaters})."
    )
    hint = _(
        "Expected purchases are the average rate of all customers so far, the same for everybody; expected "
        "spend is each customer's own mean per purchase day."
    )


class NoRepeat(EvergroveWarning):
    """Nobody has bought twice."""

    code = "scoring.no_repeat"
    message = _("Of {customers} {customers:customer|customers} none has bought on a second day.")
    hint = _(
        "Without a repeat purchase nothing is known about future ones; what was earned so far stands. "
        "Is the customer column the right one?"
    )


class NoTime(EvergroveWarning):
    """All history is too short to show a rhythm."""

    code = "scoring.no_time"
    message = _(
        "The orders span {days} {days:day|days}; a rhythm of purchases shows after {needed} {needed:day|days} at the earliest."
    )
    hint = _("Expected purchases and values need more history; what was earned so far stands.")


class NoAmounts(EvergroveWarning):
    """The orders carry no money."""

    code = "scoring.no_amounts"
    message = _("The orders have no amounts, so no value in money can be given.")
    hint = _("Name the amount column with --map amount=COLUMN; purchases are forecast all the same.")


class NoPositiveAmounts(EvergroveWarning):
    """Amounts are there, but no customer has a positive mean."""

    code = "scoring.no_positive_amounts"
    message = _("No customer has a positive mean amount per purchase day.")
    hint = _("Are the amounts refunds, or of the opposite sign?")


class EqualAmounts(EvergroveWarning):
    """Amounts without variance: the spend model has nothing to learn."""

    code = "scoring.equal_amounts"
    message = _("All customers spend {amount} per purchase day; a model of differences has nothing to fit.")
    hint = _("Expected spend is that amount for everybody; intervals hold the number of purchases only.")


class SpendModelFailed(EvergroveWarning):
    """Gamma-Gamma could not be fitted."""

    code = "scoring.spend_model_failed"
    message = _(
        "The spend model (Gamma-Gamma) could not be fitted to {customers} {customers:customer|customers}: {reason}"
    )
    hint = _(
        "Expected spend is each customer's own mean per purchase day so far, and the mean of all where that is "
        "not positive."
    )


class NotWidened(EvergroveWarning):
    """A total's interval without the error of past forecasts."""

    code = "scoring.not_widened"
    message = _(
        "The interval of the total holds the uncertainty of parameters and of outcomes only: no back-test was "
        "made."
    )
    hint = _("Errors of past forecasts are usually larger.")


class NoReturnCut(EvergroveWarning):
    """Churned cannot be read off the chance of another purchase."""

    code = "scoring.no_return_cut"
    message = _(
        "No bound on the chance of a purchase within {days} {days:day|days} separates customers of whom under {share} "
        "come back."
    )
    hint = _("Stages go by the length of the silence alone.")

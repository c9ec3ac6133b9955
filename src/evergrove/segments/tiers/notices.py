"""What a reader of tiers and stages should know."""

from __future__ import annotations

from evergrove.core import EvergroveWarning, _


class QuantilesWithoutYuan(EvergroveWarning):
    """Amounts are not known to be CNY, in which the bounds of the settings are stated."""

    code = "segments.quantiles_without_cny"
    message = _(
        "Tiers are quantiles of this shop, because its amounts are not declared to be CNY: "
        "high begins at {spend} a year, {orders} repeat {orders:order|orders} and {average_order} an order."
    )
    hint = _(
        'Declare --currency CNY, or put bounds of your own and bounds = "fixed" under [tiers] in a settings file.'
    )


class QuantilesForCurrency(EvergroveWarning):
    """Amounts are in a currency in which the settings state no bounds: to declare CNY would be untrue."""

    code = "segments.quantiles_for_currency"
    message = _(
        "Tiers are quantiles of this shop, because the bounds of the settings are in CNY and its amounts are in "
        "{currency}: high begins at {spend} a year, {orders} repeat {orders:order|orders} and {average_order} an order."
    )
    hint = _('For bounds of your own, put them and bounds = "fixed" under [tiers] in a settings file.')


class QuantilesForFewHigh(EvergroveWarning):
    """The bounds of the settings would leave the top tier all but empty."""

    code = "segments.quantiles_for_few_high"
    message = _(
        "Tiers are quantiles of this shop, because only {reached} of {customers} {customers:customer|customers} would be high by the "
        "bounds of the settings: high begins at {spend} a year, {orders} repeat {orders:order|orders} and {average_order} an order."
    )
    hint = _('To keep the settings\' bounds, put bounds = "fixed" under [tiers] in a settings file.')


class NoBoundOfHigh(EvergroveWarning):
    """A quantile that nobody reaches: the values are too alike, or too few."""

    code = "segments.no_bound_of_high"
    message = _(
        "The mark - stands where customers are too few or too alike for a bound: "
        "by that measure nobody counts as high."
    )


class ShortYear(EvergroveWarning):
    """The data do not reach back 12 months."""

    code = "segments.short_year"
    message = _(
        "The history covers {days} {days:day|days}, so the figures of the last 12 months count only these; "
        "tiers will rise as the year fills."
    )


class NoTiers(EvergroveWarning):
    """Without amounts there is nothing that tiers could rank."""

    code = "segments.no_tiers"
    message = _("There are no amounts, so no customer gets a value tier; actions follow the stage alone.")

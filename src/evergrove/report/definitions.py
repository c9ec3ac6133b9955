"""What each figure means, in words for somebody who has never heard of the field."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from evergrove.core import _

if TYPE_CHECKING:
    from collections.abc import Mapping


class Definition(NamedTuple):
    """A figure's name and its meaning, English, marked for translation."""

    name: str
    text: str


DEFINITIONS: Mapping[str, Definition] = {
    # -- who and when
    "as_of": Definition(
        _("As of"),
        _(
            "The last day whose orders count. Everything before it is history, everything after it is forecast."
        ),
    ),
    "basis": Definition(
        _("Basis"),
        _(
            "What value means on this page: revenue is net of refunds; margin is revenue less cost of goods; "
            "net profit is margin less what winning, serving and writing to the customer cost, as far as that is known."
        ),
    ),
    "customers": Definition(
        _("Customers"),
        _(
            "Everybody with at least one paid order. Customers with nothing but cancelled orders are not among them."
        ),
    ),
    "orders": Definition(
        _("Orders"),
        _("Paid orders. Cancelled, closed and unpaid ones are counted under data quality instead."),
    ),
    "net_amount": Definition(
        _("Net revenue"), _("What these customers paid for all their orders, less all their refunds.")
    ),
    "historic_value": Definition(
        _("Value so far"),
        _("What customers have brought so far, on this page's basis. It is fact, not forecast."),
    ),
    "spend_12m": Definition(
        _("Spend of the last 12 months"),
        _("Net revenue of the 365 days that end with the as-of day, whatever the basis."),
    ),
    # -- how they buy
    "average_order": Definition(
        _("Average order"), _("Net revenue of the last 12 months divided by the paid orders of these months.")
    ),
    "orders_per_year": Definition(
        _("Orders a year"),
        _("Paid orders of the last 12 months divided by the customers who ordered in these months."),
    ),
    "repeat_rate": Definition(
        _("Repeat rate"),
        _(
            "Of the customers who ordered in the last 12 months, the share with at least one order that was not "
            "their first ever."
        ),
    ),
    "one_time_share": Definition(
        _("Bought only once"), _("Share of all customers who have bought on one single day so far.")
    ),
    # -- what they will do
    "p_alive": Definition(
        _("Chance of still being a customer"),
        _(
            "How likely it is that a customer has not left for good, judged from the number of orders, their rhythm, "
            "and the silence since the last one. Statisticians call it P(alive)."
        ),
    ),
    "p_active_180d": Definition(
        _("Chance of another order soon"), _("How likely at least one order is in the next 180 days.")
    ),
    "expected_active": Definition(
        _("Customers expected to order again"),
        _("The sum of all customers' chances of at least one order in the coming half year (180 days)."),
    ),
    "expected_purchases_12m": Definition(
        _("Expected orders"),
        _("Days with an order to expect in the next 12 months, chances of leaving included."),
    ),
    "expected_spend": Definition(
        _("Expected order value"),
        _(
            "What one future purchase is expected to bring: the customer's own average so far, drawn towards the "
            "average of all the more, the fewer purchases there are to judge by (Gamma-Gamma model)."
        ),
    ),
    "next_order_date": Definition(
        _("Next order"),
        _(
            "The day by which half of all customers with such a history have ordered again. It is left empty where "
            "an order within a year is less likely than not."
        ),
    ),
    # -- what they are worth
    "clv_12m": Definition(
        _("Value of the next 12 months"),
        _(
            "Expected orders of the next 12 months times the expected order value. Later money counts a little less "
            "(the discount rate). The chance that the customer has already left is included."
        ),
    ),
    "average_clv_12m": Definition(
        _("Value per customer"),
        _("The mean over all customers of the value of the next 12 months."),
    ),
    "clv": Definition(
        _("Value still to come"),
        _(
            "The same as the value of the next 12 months, without an end: all expected future value, discounted."
        ),
    ),
    "residual_value": Definition(
        _("All value still to come"),
        _("The sum over all customers of everything they are expected to bring from now on, discounted."),
    ),
    "clv_total": Definition(
        _("Customer lifetime value"),
        _("Value so far plus value still to come: what a customer is worth in all."),
    ),
    "average_clv_total": Definition(
        _("Lifetime value per customer"),
        _("The mean over all customers of value so far plus value still to come."),
    ),
    "value_at_stake": Definition(
        _("Value at stake in 12 months"),
        _(
            "The sum of all customers' value of the next 12 months. The interval is where the total lies in 8 of 10 "
            "cases; it holds chance, the uncertainty of the model, and the error of past forecasts."
        ),
    ),
    "value_likely_lost": Definition(
        _("Value likely lost"),
        _(
            "For every customer, what they would bring in the next 12 months if they had certainly stayed, times the "
            "chance that they have left; all added up."
        ),
    ),
    "interval": Definition(
        _("80% interval"),
        _(
            "The true figure falls between the two bounds in 8 of 10 cases. Most single customers buy nothing or "
            "little, so their interval often begins at 0; a total is far surer than a customer."
        ),
    ),
    # -- three methods
    "methods": Definition(
        _("Three methods"),
        _(
            "The simple formula multiplies averages, RFM ranks by past behaviour, and prediction asks in addition who "
            "is still there. They stand side by side so that you can see where they differ."
        ),
    ),
    "simple_clv": Definition(
        _("Simple formula"),
        _(
            "Average order times orders a year times lifetime in years. The lifetime is the time as a customer so far "
            "(at most ten years) plus the expected time still to come within ten years."
        ),
    ),
    "rfm": Definition(
        _("RFM groups"),
        _(
            "Every customer gets 1 to 5 points for how recently (R), how often (F) and for how much (M) they bought, "
            "by fifths of all customers. R and F together give the group's name."
        ),
    ),
    "concentration": Definition(
        _("Concentration of value"),
        _(
            "Customers are lined up from the most to the least valuable; the curve shows what share of all value the "
            "first so many bring. Values below zero count as zero."
        ),
    ),
    # -- segments
    "tier": Definition(
        _("Value tier"),
        _(
            "High, potential, medium or low, from three criteria of the last 12 months: spend, repeat orders, average "
            "order. The middle one of the three decides; high also needs enough repeat orders."
        ),
    ),
    "stage": Definition(
        _("Life-cycle stage"),
        _(
            "Where a customer stands: new, growing, mature, declining, churned or won back. It is judged from the "
            "silence since the last order against the customer's own rhythm, and from the chance of another order."
        ),
    ),
    "grid": Definition(
        _("What to do"),
        _("Tier and stage together point to one playbook each: a goal and what to do for these customers."),
    ),
    "look_at_first": Definition(
        _("Look at first"),
        _(
            "The largest value likely lost among customers whose chance of still being there lies between 20% and "
            "80%: it is not decided yet, so a word from you can matter most."
        ),
    ),
    # -- cohorts
    "cohort_retention": Definition(
        _("Customers who come back"),
        _(
            "Customers are grouped by the month of their first order (by quarter where the history is long). Each cell "
            "is the share of a group that ordered in that later period. Periods that had not ended are left out."
        ),
    ),
    "cohort_value": Definition(
        _("Value grown per customer"),
        _("Net revenue so far of one group of new customers, divided by all customers of the group."),
    ),
    "newer_customers": Definition(
        _("Newer and older customers"),
        _(
            "Repeat orders that a new customer is expected to place in the first year, by the time of the first order. Each "
            "group's own history is weighed against that of all groups (empirical Bayes): the fewer customers and the "
            "shorter their history, the more the estimate leans on the others."
        ),
    ),
    # -- trust
    "alive_grid": Definition(
        _("Silence and number of orders"),
        _(
            "The chance of still being a customer for every number of orders and length of silence, for a customer "
            "as old as the oldest tenth of yours. With one order, the silence is the whole time since."
        ),
    ),
    "frequency_recency": Definition(
        _("Frequency and recency"),
        _(
            "What the model says of every number of repeat purchases (frequency) and every age at the last of them (recency), for a "
            "customer as old as the oldest tenth of yours: the chance of still being there, and the purchases of the next 12 months."
        ),
    ),
    "alive_history": Definition(
        _("One customer over time"),
        _(
            "The chance of still being a customer on every day since the first purchase, for the first of those to look at "
            "who came back often enough to show a rhythm. Each day's chance rests on the purchases until that day, under the model in use today."
        ),
    ),
    "tracking": Definition(
        _("Forecast and reality, week by week"),
        _(
            "Repeat purchases that the model expects in each week, beside those that happened. In the shaded weeks "
            "the model had not seen the data."
        ),
    ),
    "back_test": Definition(
        _("Back-test"),
        _(
            "The model was fitted on the older part of the data only, asked about the rest, and compared with what "
            "then happened. Two rules of thumb stand beside it: the same as in the last period, and the average rate "
            "so far."
        ),
    ),
    "rows": Definition(
        _("Rows accounted for"),
        _(
            "Every row of your files is either good, rejected with a reason, or a repeat; nothing is lost silently."
        ),
    ),
    "model": Definition(
        _("Model"),
        _(
            "The purchase model describes how often customers buy and when they leave; the spend model describes how "
            "much they spend. The purchase model is chosen by how well it foretold the part of the data kept back."
        ),
    ),
}

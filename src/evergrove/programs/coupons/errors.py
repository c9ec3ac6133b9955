"""What can be wrong with campaigns, codes and their use, and the way out."""

from __future__ import annotations

from evergrove.core import InputError, _


class UnreadableTerms(InputError):
    """The file is missing or is not TOML."""

    code = "programs.unreadable"
    message = _("{origin} cannot be read as a coupon campaign: {reason}.")
    hint = _("docs/coupons.md shows one to begin with.")


class UnreadableCodes(InputError):
    """The file is no list of codes."""

    code = "programs.unreadable_codes"
    message = _("The codes cannot be read: {reason}.")
    hint = _("It takes CSV: one code a line, or under a header code, and if known amount and valid_until.")


class UnknownTermsFormat(InputError):
    """The document says it is something else, or of another version of Evergrove."""

    code = "programs.unknown_format"
    message = _("{origin} has the format {found}; this version reads {known}.")
    hint = _("Its first line must be: format = {known}.")


class InvalidTerms(InputError):
    """An entry of a campaign is missing, unknown, of the wrong kind or out of range; subclasses say which."""

    code = "programs.invalid"


class MissingTerm(InvalidTerms):
    """An entry that the campaign needs is not there."""

    code = "programs.missing_entry"
    message = _("{origin}: the campaign needs {name}.")
    hint = _("Add a line {name} = ...; docs/coupons.md lists the entries of each kind.")


class UnknownTerm(InvalidTerms):
    """An entry is there that nothing answers to: most often a slip of the pen."""

    code = "programs.unknown_entry"
    message = _("{origin}: a campaign of the kind {kind} has no entry {name}.")
    hint = _("Entries there are: {known}.")


class UnusableTerm(InvalidTerms):
    """An entry has a value that it cannot have."""

    code = "programs.unusable_entry"
    message = _("{origin}: {name} = {value} cannot be used.")
    hint = _("It takes {wanted}.")


class TermsFixed(InputError):
    """Codes were issued under a version that would be changed; a face answers 409."""

    code = "programs.terms_fixed"
    message = _("Codes of {key} were issued under version {version}, and what they promise stays as it is.")
    hint = _("Give the changed campaign the version {next}: codes that are out keep the old one.")


class PromiseFixed(InputError):
    """A code that everybody has would promise something else; a face answers 409."""

    code = "programs.promise_fixed"
    message = _("The code {code} is out, and what it promises stays as it is: {name} cannot change.")
    hint = _("Give the new version a code of its own. Limits, budget and a later end may change.")


class CurrencyFixed(InputError):
    """A campaign would change its currency; a face answers 409."""

    code = "programs.currency_fixed"
    message = _(
        "The campaign {key} counts in {currency}, and a version of it cannot count in another currency."
    )
    hint = _("Make a campaign of another key for the other currency.")


class LimitBelowUse(InputError):
    """A limit would be lower than what has been used of it; a face answers 409."""

    code = "programs.limit_below_use"
    message = _("{name} = {value} is less than what {key} has come to already: {used}.")
    hint = _("Give it that much at least; to end the campaign now, pause it.")


class CodeTaken(InputError):
    """Another campaign has this code; a face answers 409."""

    code = "programs.code_taken"
    message = _("Another campaign has the code {code} already.")
    hint = _("Choose another one: a code means one thing.")


class UnknownCampaign(InputError):
    """No campaign has that key; a face answers 404."""

    code = "programs.unknown_campaign"
    message = _("There is no coupon campaign {key} in this workspace.")
    hint = _("Those there are: {known}.")


class UnknownCoupon(InputError):
    """No coupon has that code; a face answers 404."""

    code = "programs.unknown_coupon"
    message = _("There is no such code.")
    hint = _("Was it typed as it was sent? Blanks, strokes and small letters make no difference.")


class NotUsable(InputError):
    """All that somebody is told whom we do not know: never whether there is such a code; a face answers 404."""

    code = "programs.not_usable"
    message = _("This code cannot be used.")
    hint = _("Was it typed as it was sent? It may also have been used, or be over.")


class NoUseOfOrder(InputError):
    """No code was used on the order; a face answers 404."""

    code = "programs.no_use_of_order"
    message = _("No code was used on the order {order}.")
    hint = _("Name the code as well: then it cannot be used on that order later either.")


class CouponRefused(InputError):
    """A code cannot be used on an order, or not now; subclasses say why."""

    code = "programs.refused"


class AlreadyRedeemed(CouponRefused):
    """It was used on another order; a face answers 409."""

    code = "programs.already_redeemed"
    message = _("This code was used on another order.")
    hint = _("When that order is rolled back, it can be used again.")


class ReservedElsewhere(CouponRefused):
    """Another order holds it; a face answers 409."""

    code = "programs.reserved_elsewhere"
    message = _("Another order holds this code until {until}.")
    hint = _("Roll that order back, or wait until then.")


class OrderRolledBack(CouponRefused):
    """The order was rolled back; a face answers 409."""

    code = "programs.order_rolled_back"
    message = _("The order {order} was rolled back; this code cannot be used on it again.")
    hint = _("A new order has an id of its own.")


class CouponVoid(CouponRefused):
    """It was taken back; a face answers 409."""

    code = "programs.void"
    message = _("This code was taken back.")
    hint = _("Issue another one, if it was taken back by mistake.")


class CouponExpired(CouponRefused):
    """Its time is over; a face answers 409."""

    code = "programs.expired"
    message = _("This code was valid until {until}.")
    hint = _("A new version of the campaign can give later codes more time.")


class NotYetValid(CouponRefused):
    """Its time has not begun; a face answers 409."""

    code = "programs.not_yet_valid"
    message = _("This code is valid from {since} on.")
    hint = _("Try it again then.")


class OrderBeforeIssue(CouponRefused):
    """An order that is told afterwards is older than the code; a face answers 409."""

    code = "programs.order_before_issue"
    message = _("The order was placed before this code was given out, on {issued}.")
    hint = _("Is the order's day right, and is it this code that it was placed with?")


class CampaignPaused(CouponRefused):
    """Its campaign rests; a face answers 409."""

    code = "programs.paused"
    message = _("The campaign {key} is paused.")
    hint = _("Orders that hold a code already may still redeem it; to let others in, resume the campaign.")


class LimitReached(CouponRefused):
    """All uses are taken; a face answers 409."""

    code = "programs.limit_reached"
    message = _("All {limit} uses of the campaign {key} are taken.")
    hint = _("Orders that are rolled back make room again; so does a new version with a higher limit_total.")


class BudgetSpent(CouponRefused):
    """The budget does not hold it any more; a face answers 409."""

    code = "programs.budget_spent"
    message = _("The budget of the campaign {key} has {left} {currency} left, and this use costs {cost}.")
    hint = _("Orders that are rolled back make room again; so does a new version with a higher budget.")


class PersonLimitReached(CouponRefused):
    """The person has used the campaign as often as one may; a face answers 409."""

    code = "programs.person_limit_reached"
    message = _("Each person may use the campaign {key} {limit} {limit:time|times}, and this one has.")
    hint = _("All ids of one person count together. Rolling an order back makes room again.")


class NotTogether(CouponRefused):
    """A code of the same group is on the order; a face answers 409."""

    code = "programs.not_together"
    message = _("A code of the group {group} is on the order {order} already; two do not go together.")
    hint = _("Roll the other one back, or give campaigns that may go together different stack_group entries.")


class SpendTooLow(CouponRefused):
    """The order is too small."""

    code = "programs.spend_too_low"
    message = _("This code is for orders from {least} {currency} on; this one has {amount}.")
    hint = _("The amount that counts is the order's before any coupon.")


class FloorReached(CouponRefused):
    """Nothing can be taken off without going below the margin floor, or below zero."""

    code = "programs.floor_reached"
    message = _("Nothing can be taken off this order without going below its floor of {floor} {currency}.")
    hint = _("The floor is the cost of the goods and margin_floor of the amount, beside other coupons.")


class WrongCurrency(CouponRefused):
    """The order is in another currency."""

    code = "programs.wrong_currency"
    message = _("This code is for orders in {currency}, and this one is in {given}.")
    hint = _(
        "Amounts are never converted here: a campaign for each currency gives each its own round numbers."
    )


class InvalidAmount(CouponRefused):
    """An amount is no amount of an order."""

    code = "programs.invalid_amount"
    message = _("{name} = {value} is no amount of {currency} that could be used.")
    hint = _("It must be above 0, below {most}, with {places} {places:decimal|decimals} at most.")


class InvalidName(CouponRefused):
    """An id of an order, refund or customer cannot be used."""

    code = "programs.invalid_name"
    message = _("{name} cannot be used.")
    hint = _("It takes 1 to {most} letters, digits and signs, without line breaks.")


class OtherPerson(CouponRefused):
    """It was made for somebody else."""

    code = "programs.other_person"
    message = _("This code was made for another person.")
    hint = _("A campaign with transferable = true lets codes be handed on.")


class CustomerNeeded(CouponRefused):
    """Uses of a person are counted, and nobody says whose the order is."""

    code = "programs.customer_needed"
    message = _("The campaign {key} counts uses by person: say whose order it is.")
    hint = _("Send customer_id with the order.")


class RefundTooLarge(CouponRefused):
    """More is to be given back than was paid."""

    code = "programs.refund_too_large"
    message = _(
        "{refunded} {currency} are to be given back of the order {order}, and {left} are left of what was paid."
    )
    hint = _("To roll the whole order back, leave the amount out.")


class RefundNeedsName(CouponRefused):
    """A part of an order is given back, and the refund has no name."""

    code = "programs.refund_needs_name"
    message = _("A refund of a part needs an id of its own.")
    hint = _("Send refund_id: by it, a refund that is told twice counts once.")


class NotIssued(InputError):
    """A code that was asked for was not given; a face answers 409."""

    code = "programs.not_issued"
    message = _("No code was issued for {ref}: {reason}.")
    hint = _("The figures of the campaign show what is left of its limits and budget.")

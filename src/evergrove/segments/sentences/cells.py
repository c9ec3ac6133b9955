"""The playbook of every cell of tier x stage: what it is for, and what to do."""

from __future__ import annotations

from dataclasses import dataclass

from evergrove.core import _
from evergrove.segments.actions import playbook
from evergrove.segments.codes import Action, Stage, Tier

# By stage: what the place in the life cycle asks for.
CONTENT = _("Answer a need before selling: a guide, a short video, a live show that ends with a question.")
LEAD_SCORE = _(
    "Score activity x fit; send the handbook and a trial to those high in both, and leave the rest to content."
)
FIRST_ORDER = _("Offer the first-order coupon only to those still undecided; it ends within two weeks.")
THANKS = _("Day 0: thank them, and say in three lines how to get the most out of what they bought.")
TUTORIAL = _("Day 3: a short tutorial, with the service contact and the rules for returns.")
USAGE = _("Day 7: ask how and where they use it; the answer chooses the next recommendation.")
SECOND_ORDER = _(
    "Give a coupon for the second order, which ends before the day by which half of those who return have returned."
)
CROSS_SELL = _("Offer what goes with the last purchase (bought A, offer B), or the next size or grade up.")
COMMUNITY = _("Invite them into the customer group, where advice comes first and new products appear early.")
ADVISER = _("Give them an adviser, or a short report of what they have got out of their purchases so far.")
VIP_LANE = _("Open the VIP lane: faster service, made-to-order products, beta access, the diamond badge.")
MILESTONES = _("Mark the anniversary and each round sum of spending with a gift that cannot be bought.")
NPS = _(
    "Ask every 180 days whether they would recommend you: 9 or 10 earns a referral reward, 6 or less a call within a day."
)
FIND_CAUSE = _(
    "Find the cause first: read their returns and complaints, then ask one question (price, service, product, no need)."
)
SMALLEST_OFFER = _("Answer the cause with the smallest offer that fits it; a service fix needs no coupon.")
STEP_TWO = _("No order after 14 days: one more step on another channel, then stop asking.")
PERSONAL_WORD = _("Let a named person write or call within a week; no mass mailing in the meantime.")
WAKE_UP = _("Send a wake-up coupon with an end date and one product they know.")
SECOND_CALL = _(
    "After 7 days without an order: one SMS or private message with their name and their last product."
)
LAST_NOTICE = _("After 21 days: a last notice that says what ends.")
SUNSET = _("Then rest: no marketing for 180 days, so that cost and complaints end as well.")
CALL_BACK = _("Call them within two days; note the cause as a code, not as a story.")
TAILORED = _(
    "Answer that cause with a service or an offer made for this customer, and keep mass messages away."
)
WELCOME_BACK = _("Say welcome back without reproach, and name what has become better since they left.")
STAY_CALM = _(
    "Keep to one message a week; do not reward the return with a larger discount than the one that worked."
)
NEXT_GAP = _("Aim at the next order: a reminder shortly before its predicted day (next_order_date).")

# By tier: how much effort, and of which kind.
VIP_WELCOME = _("Welcome them to the VIP circle by name, with the badge and a personal contact.")
EARLY_ACCESS = _("Let them buy first: pre-order of new products, priority stock, limited gifts.")
BEFORE_DATE = _(
    "Send an exclusive coupon 3 days before the predicted order window opens (next_order_p25), valid until it closes "
    "(next_order_p75); skip those who would buy within a week anyway."
)
NO_DISCOUNT = _("No blanket discount: they pay the price; give priority and attention instead.")
MEMBER_GIFT = _("Once a month: a members-only gift, and picks of new products from their own past orders.")
FAST_TRACK = _(
    "Put them on the fast track now: level, adviser, early access. One large order is a sign, not a habit."
)
THRESHOLD = _(
    "Set a spend-threshold discount one step above their usual order, so that the average order climbs a band."
)
PROGRESS = _("Show the distance to the top tier (two more orders, one larger basket) and what opens there.")
POINTS_BOOST = _("Offer double points or a member benefit on the next order rather than a lower price.")
FORTNIGHT = _("Write every two weeks, each time about something they have bought or looked for.")
AB_TEST = _("Test two versions of the content on equal halves, and keep the better one.")
LIMITED_OFFER = _("Make a co-branded or limited-time offer with a clear last day.")
ACTIVE_HOURS = _("Send in their own active hours, and more often there than elsewhere.")
RECOMMEND = _("Recommend what buyers of their past products bought next.")
POINTS_DAY = _("Hold a points-redemption day every month, so that points bring them back.")
FREE_CHANNELS = _("Use free channels only (e-mail, app, chat), at most one message a fortnight, no SMS.")
EDUCATE = _("Send know-how about what they bought instead of another offer.")
BUNDLE = _("Offer one bundle, or a next-purchase coupon with a minimum spend.")


@dataclass(frozen=True)
class Cell:
    """
    One cell of tier x stage.

    Attributes:
        tier: None for prospects, and where there are no tiers.
        stage: Place in the life cycle.
        playbook: Its key.
        goal: What reaching it means; one sentence, marked for translation.
        actions: What to do, in order; sentences marked for translation.
    """

    tier: Tier | None
    stage: Stage
    playbook: Action
    goal: str
    actions: tuple[str, ...]


_GOALS: dict[tuple[Tier, Stage], str] = {
    (Tier.HIGH, Stage.NEW): _(
        "Make a habit of a large first order: the second within their predicted window."
    ),
    (Tier.HIGH, Stage.GROWTH): _(
        "Keep the climb going: at least half order every quarter, in more than one category."
    ),
    (Tier.HIGH, Stage.MATURE): _("Keep them: at most 5% leave in a quarter, and they bring friends."),
    (Tier.HIGH, Stage.DECLINE): _("Stop the loss before it is one: an order or an answer within 14 days."),
    (Tier.HIGH, Stage.CHURNED): _("Win them back in person: an order within 90 days."),
    (Tier.HIGH, Stage.WON_BACK): _("Make the return last: another order within 90 days."),
    (Tier.POTENTIAL, Stage.NEW): _("A second order that is at least as large as the first."),
    (Tier.POTENTIAL, Stage.GROWTH): _(
        "Lift them to high value: one more order a quarter, or the next larger basket."
    ),
    (Tier.POTENTIAL, Stage.MATURE): _(
        "Raise a steady buyer by one band: a larger basket or a second category."
    ),
    (Tier.POTENTIAL, Stage.DECLINE): _("Bring the rhythm back while the habit is still there."),
    (Tier.POTENTIAL, Stage.CHURNED): _("Win back once, for less than the return is worth."),
    (Tier.POTENTIAL, Stage.WON_BACK): _("Back to the old rhythm: the next order within their usual gap."),
    (Tier.MEDIUM, Stage.NEW): _("The second order: fewer than 20% should leave after the first."),
    (Tier.MEDIUM, Stage.GROWTH): _(
        "Make repurchase a habit: half of them order every quarter, and baskets grow."
    ),
    (Tier.MEDIUM, Stage.MATURE): _("Keep them active at a steady cost, and raise the average order."),
    (Tier.MEDIUM, Stage.DECLINE): _("One order before the silence doubles."),
    (Tier.MEDIUM, Stage.CHURNED): _("Win back whoever answers within three messages; let the others rest."),
    (Tier.MEDIUM, Stage.WON_BACK): _("A next order at the normal price."),
    (Tier.LOW, Stage.NEW): _("A second order at low cost: fewer than 20% should leave after the first."),
    (Tier.LOW, Stage.GROWTH): _("Larger orders through bundles, for next to no cost."),
    (Tier.LOW, Stage.MATURE): _("Keep small, regular orders coming without spending on them."),
    (Tier.LOW, Stage.DECLINE): _("One question, one small offer; then leave them in peace."),
    (Tier.LOW, Stage.CHURNED): _("One wake-up through free channels; then leave them in peace."),
    (Tier.LOW, Stage.WON_BACK): _("See whether the return lasts before spending on it."),
}
PROSPECT_GOAL = _("The first order, at the lowest cost of acquisition.")

_ACTIONS: dict[tuple[Tier, Stage], tuple[str, ...]] = {
    (Tier.HIGH, Stage.NEW): (THANKS, FAST_TRACK, USAGE, EARLY_ACCESS),
    (Tier.HIGH, Stage.GROWTH): (VIP_WELCOME, EARLY_ACCESS, CROSS_SELL, BEFORE_DATE, NO_DISCOUNT),
    (Tier.HIGH, Stage.MATURE): (VIP_LANE, MEMBER_GIFT, MILESTONES, NPS, NO_DISCOUNT),
    (Tier.HIGH, Stage.DECLINE): (FIND_CAUSE, PERSONAL_WORD, SMALLEST_OFFER, STEP_TWO),
    (Tier.HIGH, Stage.CHURNED): (CALL_BACK, TAILORED, STAY_CALM),
    (Tier.HIGH, Stage.WON_BACK): (WELCOME_BACK, PERSONAL_WORD, EARLY_ACCESS, NO_DISCOUNT),
    (Tier.POTENTIAL, Stage.NEW): (THANKS, TUTORIAL, USAGE, SECOND_ORDER),
    (Tier.POTENTIAL, Stage.GROWTH): (THRESHOLD, CROSS_SELL, PROGRESS, BEFORE_DATE, FORTNIGHT),
    (Tier.POTENTIAL, Stage.MATURE): (THRESHOLD, POINTS_BOOST, PROGRESS, MILESTONES),
    (Tier.POTENTIAL, Stage.DECLINE): (FIND_CAUSE, SMALLEST_OFFER, STEP_TWO),
    (Tier.POTENTIAL, Stage.CHURNED): (WAKE_UP, SECOND_CALL, LAST_NOTICE, SUNSET),
    (Tier.POTENTIAL, Stage.WON_BACK): (WELCOME_BACK, NEXT_GAP, PROGRESS, STAY_CALM),
    (Tier.MEDIUM, Stage.NEW): (THANKS, TUTORIAL, USAGE, SECOND_ORDER),
    (Tier.MEDIUM, Stage.GROWTH): (RECOMMEND, COMMUNITY, LIMITED_OFFER, AB_TEST, ACTIVE_HOURS),
    (Tier.MEDIUM, Stage.MATURE): (POINTS_DAY, RECOMMEND, AB_TEST, ACTIVE_HOURS),
    (Tier.MEDIUM, Stage.DECLINE): (FIND_CAUSE, SMALLEST_OFFER, STEP_TWO),
    (Tier.MEDIUM, Stage.CHURNED): (WAKE_UP, SECOND_CALL, LAST_NOTICE, SUNSET),
    (Tier.MEDIUM, Stage.WON_BACK): (WELCOME_BACK, NEXT_GAP, RECOMMEND, STAY_CALM),
    (Tier.LOW, Stage.NEW): (THANKS, TUTORIAL, SECOND_ORDER, FREE_CHANNELS),
    (Tier.LOW, Stage.GROWTH): (BUNDLE, CROSS_SELL, EDUCATE, FREE_CHANNELS),
    (Tier.LOW, Stage.MATURE): (BUNDLE, RECOMMEND, FREE_CHANNELS),
    (Tier.LOW, Stage.DECLINE): (FIND_CAUSE, SMALLEST_OFFER, FREE_CHANNELS),
    (Tier.LOW, Stage.CHURNED): (WAKE_UP, FREE_CHANNELS, SUNSET),
    (Tier.LOW, Stage.WON_BACK): (WELCOME_BACK, EDUCATE, FREE_CHANNELS),
}
_PROSPECT_ACTIONS = (CONTENT, LEAD_SCORE, FIRST_ORDER)
# Without amounts there is no tier; then the stage's own playbook stands, with the goal of the middle.
_WITHOUT_TIER: dict[Stage, tuple[str, ...]] = {
    Stage.GROWTH: (CROSS_SELL, COMMUNITY, ADVISER),
    Stage.MATURE: (MILESTONES, NPS, POINTS_DAY),
    Stage.WON_BACK: (WELCOME_BACK, NEXT_GAP, STAY_CALM),
}


def cell(tier: Tier | None, stage: Stage) -> Cell:
    """
    The goal and the actions of one cell.

    The cell of churned customers of high value is the call-back: it holds for all who were of high value
    within the last 24 months, whatever their tier is now.
    """
    if stage == Stage.PROSPECT:
        return Cell(None, stage, Action.L1, PROSPECT_GOAL, _PROSPECT_ACTIONS)
    if tier is None:
        middle = (Tier.MEDIUM, stage)
        actions = _WITHOUT_TIER.get(stage, _ACTIONS[middle])
        return Cell(None, stage, playbook(stage, None), _GOALS[middle], actions)
    key = playbook(stage, tier, was_high=tier == Tier.HIGH)
    return Cell(tier, stage, key, _GOALS[tier, stage], _ACTIONS[tier, stage])


def cells() -> tuple[Cell, ...]:
    """Prospects, then every stage of every tier, the best tier first."""
    stages = [stage for stage in Stage if stage != Stage.PROSPECT]
    return (
        cell(None, Stage.PROSPECT),
        *(cell(tier, stage) for tier in reversed(Tier) for stage in stages),
    )

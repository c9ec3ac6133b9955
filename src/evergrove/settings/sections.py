"""Every setting once: name, default, unit, one sentence."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from evergrove.core import Unit, _
from evergrove.settings.channels import ChannelsSettings, FileSettings, GatewaySettings, WebhookSettings
from evergrove.settings.declaring import setting
from evergrove.settings.errors import BoundsOutOfOrder, NotACurrencyCode, NotATimeOfDay, NotAZoneName
from evergrove.settings.outreach_texts import Cap, Holiday, Rate, caps_in, holidays_in, rates_in

if TYPE_CHECKING:
    from collections.abc import Mapping

Language = Literal["en", "zh-Hans", "zh-Hant"]
_CURRENCY = re.compile(r"[A-Z]{3}")
_TIME_OF_DAY = re.compile(r"([01]\d|2[0-3]):[0-5]\d")


def _is_zone(name: str) -> bool:
    try:
        ZoneInfo(name)
    except (ValueError, OSError, ZoneInfoNotFoundError):  # a path, a folder, a name of nothing
        return False
    return True


@dataclass(frozen=True)
class ValueSettings:
    """How value is counted."""

    discount_rate: float = setting(
        0.10, _("Effective annual rate at which later money counts less."), "per year", low=0.0, high=1.0
    )
    margin: float | None = setting(
        None,
        _("Gross margin as a share of net revenue; makes the basis 'margin'."),
        "share",
        low=0.0,
        high=1.0,
    )
    cac: float | None = setting(
        None, _("Acquisition cost per customer; makes the basis 'net_profit'."), "currency", low=0.0
    )
    currency: str = setting("", _("ISO 4217 code of all amounts; empty means not declared."))
    timezone: str = setting(
        "", _("Zone in which timestamps with an offset become calendar days."), "IANA name"
    )
    unit: Unit = setting("week", _("Unit of time of the models' parameters."))
    language: Language = setting("en", _("Language of reports and messages."))

    @property
    def zone(self) -> ZoneInfo:
        """The zone that days are told in; UTC where none is named."""
        return ZoneInfo(self.timezone or "UTC")

    def __post_init__(self) -> None:
        """Refuse a zone and a currency that nobody could count in."""
        if self.timezone and not _is_zone(self.timezone):
            raise NotAZoneName(value=self.timezone)
        if self.currency and not _CURRENCY.fullmatch(self.currency):
            raise NotACurrencyCode(value=self.currency)


@dataclass(frozen=True)
class TierSettings:
    """Lower bounds of the value tiers, per 12 months; bands are half-open, the bound belongs to the upper one."""

    high_spend: float = setting(
        5000.0, _("Net revenue from which spend counts as high."), "currency per year", low=0.0
    )
    high_frequency: float = setting(
        6.0, _("Repeat orders from which frequency counts as high."), "orders per year", low=0.0
    )
    high_average_order: float = setting(
        800.0, _("Average order from which it counts as high."), "currency", low=0.0
    )
    potential_spend: float = setting(2000.0, _("The same for potential."), "currency per year", low=0.0)
    potential_frequency: float = setting(3.0, _("The same for potential."), "orders per year", low=0.0)
    potential_average_order: float = setting(400.0, _("The same for potential."), "currency", low=0.0)
    medium_spend: float = setting(1000.0, _("The same for medium."), "currency per year", low=0.0)
    medium_frequency: float = setting(1.0, _("The same for medium."), "orders per year", low=0.0)
    medium_average_order: float = setting(200.0, _("The same for medium."), "currency", low=0.0)
    frequency_basis: Literal["repeat_orders", "orders"] = setting(
        "repeat_orders", _("Whether the customer's first order ever counts in the frequency.")
    )
    bounds: Literal["auto", "fixed", "quantiles"] = setting(
        "auto",
        _("The bounds above, quantiles of this shop, or whichever fits (the bounds above hold for CNY)."),
    )
    least_high_share: float = setting(
        0.01,
        _("When fewer customers would be high by the bounds above, 'auto' takes quantiles."),
        "share",
        low=0.0,
        high=1.0,
    )
    high_share: float = setting(
        0.05, _("By quantiles: the top share of each criterion."), "share", low=0.0, high=1.0
    )
    potential_share: float = setting(0.15, _("By quantiles: the next share."), "share", low=0.0, high=1.0)
    medium_share: float = setting(0.30, _("By quantiles: the share after that."), "share", low=0.0, high=1.0)
    fall_checks: int = setting(
        2, _("In a workspace: checks on different days that must find a customer lower."), "checks", low=1
    )
    dwell_days: int = setting(
        30, _("In a workspace: how long a tier is held before it can fall."), "days", low=0
    )
    check_days: int = setting(
        60,
        _("In a workspace: days from one of these checks to the next, the nights between saying the same."),
        "days",
        low=1,
    )
    protect_days: int = setting(
        150, _("In a workspace: how long a tier that rose cannot fall."), "days", low=0
    )
    sure_p: float = setting(
        0.15,
        _(
            "In a workspace: where a bound is kept with at most this probability, checks of nights in a row suffice."
        ),
        "probability",
        low=0.0,
        high=1.0,
    )
    demote_p: float = setting(
        0.35,
        _("In a workspace: a criterion falls only where its bound is kept with at most this probability."),
        "probability",
        low=0.0,
        high=1.0,
    )
    promote_p: float = setting(
        0.60,
        _(
            "In a workspace: a predicted criterion rises where its bound is kept with at least this probability."
        ),
        "probability",
        low=0.0,
        high=1.0,
    )

    def __post_init__(self) -> None:
        """Refuse bounds that would put a better customer into a lower band."""
        for criterion in ("spend", "frequency", "average_order"):
            medium, potential, high = (
                getattr(self, f"{tier}_{criterion}") for tier in ("medium", "potential", "high")
            )
            if not medium <= potential <= high:
                raise BoundsOutOfOrder(
                    criterion=criterion, medium=f"{medium:g}", potential=f"{potential:g}", high=f"{high:g}"
                )


@dataclass(frozen=True)
class StageSettings:
    """Where a customer stands in the life cycle."""

    decline_days: int = setting(
        90,
        _("Silence that means decline when neither the own rhythm nor the shop's is known."),
        "days",
        low=1,
    )
    churn_days: int = setting(
        180,
        _("Silence that means churned when neither the own rhythm nor the shop's is known."),
        "days",
        low=1,
    )
    own_gaps: int = setting(
        4, _("Gaps between purchase days from which the customer's own rhythm is used."), "count", low=2
    )
    shop_gaps: int = setting(
        100, _("Gaps of all customers together from which the shop's rhythm is used."), "count", low=2
    )
    won_back_days: int = setting(90, _("How long a returned customer counts as won back."), "days", low=1)
    mature_orders: int = setting(6, _("Orders from which a steady customer is mature."), "count", low=2)
    trend_window_days: int = setting(
        180, _("Length of each of the two windows that make the trend."), "days", low=1
    )
    trend_certainty: float = setting(
        0.80, _("Certainty at which a trend counts as falling or rising."), "probability", low=0.5, high=1.0
    )
    active_days: int = setting(180, _("Horizon of p_active, the chance of another purchase."), "days", low=1)
    return_share: float = setting(
        0.20, _("Of those called churned, at most this share may come back."), "share", low=0.0, high=1.0
    )


@dataclass(frozen=True)
class WorkspaceSettings:
    """Where a workspace keeps what it must not lose."""

    ledger: str = setting(
        "",
        _("URL of the ledger's database, such as postgresql+psycopg://...; empty: SQLite in the workspace."),
    )
    key_file: str = setting(
        "", _("File of the master key that seals personal data; empty: in the user's configuration folder.")
    )
    refit_days: int = setting(7, _("Age at which fitted models are fitted again."), "days", low=1)
    keep_days: int = setting(
        400,
        _("Runs of so many days are kept, to be read and replayed; older ones are deleted."),
        "days",
        low=1,
    )
    proof_days: int = setting(
        1095,
        _("What proves a consent is kept while it holds, and for so many days after it has ended."),
        "days",
        low=1,
    )
    late_days: int = setting(
        7,
        _("Orders older than this when they come in are history caught up on: they start no outreach."),
        "days",
        low=0,
    )
    rate_days: int = setting(
        7,
        _("Days that a rate of exchange may be older than the order whose amount it converts."),
        "days",
        low=0,
    )
    confine: Literal["inbox", "all"] = setting(
        "inbox",
        _(
            "Which files a confined process reads: those of the inbox, or all, those named on the command line too."
        ),
    )
    region: str = setting(
        "",
        _("Country of phone numbers written without one, such as CN or TW; empty: that of the shop's zone."),
    )


@dataclass(frozen=True)
class OutreachSettings:
    """Whom the shop may write to, how often, at what hours, and who stays untreated."""

    global_control: float = setting(
        0.05, _("Share of customers who receive no playbook at all."), "share", low=0.0, high=0.5
    )
    rotate_months: int = setting(
        3,
        _(
            "After so many months, counted from January, it is drawn anew who receives no playbook at all; 0: never."
        ),
        "months",
        low=0,
        high=60,
    )
    playbook_control: float = setting(
        0.10, _("Share of a playbook's customers who are kept untreated."), "share", low=0.0, high=0.5
    )
    per_day: int = setting(1, _("Most messages to one customer on one day."), "messages", low=1)
    per_week: int = setting(3, _("Most messages to one customer in 7 days."), "messages", low=1)
    per_month: int = setting(8, _("Most messages to one customer in 30 days."), "messages", low=1)
    quiet_from: int = setting(
        21, _("Hour, in the customer's zone, from which nothing leaves."), "hour", low=0, high=23
    )
    quiet_until: int = setting(
        9, _("Hour, in the customer's zone, until which nothing leaves."), "hour", low=0, high=23
    )
    send_hour: int = setting(
        10, _("Hour, in the customer's zone, at which messages are due."), "hour", low=0, high=23
    )
    approve_above: int = setting(
        0,
        _(
            "A playbook that would reach more people, by its trial, waits until a second person approves it; 0: never."
        ),
        "people",
        low=0,
    )
    own_hours: Literal["on", "off"] = setting(
        "on", _("Whether messages leave at the hours at which a customer is active, where these are known.")
    )
    own_hours_events: int = setting(
        5,
        _("Events with a time, in half a year, from which on a customer's hours are known."),
        "events",
        low=2,
        high=1000,
    )
    channel_caps: str = setting(
        "sms 1/week, sms 3/month",
        _("Most messages to one customer by single channels, beside those over all."),
        "channel N/day|week|month",
    )
    low_tier_share: float = setting(
        0.5,
        _(
            "Share of every cap that holds for customers of the low tier; rounded down, and at least 1 message."
        ),
        "share",
        low=0.0,
        high=1.0,
    )
    holidays: str = setting(
        "",
        _("Days on which nothing is sent, of everybody or of one country."),
        "YYYY-MM-DD, CC YYYY-MM-DD..YYYY-MM-DD",
    )
    on_holidays: Literal["postpone", "drop"] = setting(
        "postpone", _("Whether messages due on a holiday leave on the next day that is none, or not at all.")
    )
    channel_rates: str = setting(
        "",
        _("How fast providers take messages, by channel; a channel that is not named is not slowed down."),
        "channel N/second|minute|hour",
    )
    longest_wait_s: int = setting(
        60,
        _(
            "Longest wait of a run of sending for a provider that takes no more messages for now; what is left then waits for the next run. 0: it never waits."
        ),
        "seconds",
        low=0,
        high=3600,
    )
    contact_cost: float = setting(0.01, _("Cost of one message."), "currency", low=0.0)
    least_age: int = setting(
        14,
        _(
            "Below this age nobody is written to or valued unless a guardian has agreed; 0: ages are not looked at."
        ),
        "years",
        low=0,
        high=30,
    )
    assumed_message: float = setting(
        0.02,
        _(
            "What a playbook of messages is assumed to bring until it is measured, as a share of what a customer brings in its window."
        ),
        "share",
        low=-1.0,
        high=1.0,
    )
    assumed_coupon: float = setting(
        0.05, _("The same for a playbook that gives coupons."), "share", low=-1.0, high=1.0
    )
    assumed_task: float = setting(
        0.05, _("The same for a playbook with tasks of the staff."), "share", low=-1.0, high=1.0
    )
    choose_by: Literal["value", "priority"] = setting(
        "value",
        _(
            "Which of several messages a customer gets: the one believed to bring most, or none where none brings anything; or that of the playbook with the smallest priority."
        ),
    )
    explore: float = setting(
        0.02,
        _(
            "By value: share of choices that are drawn at random among all that is allowed, nothing included, so that effects can go on being measured."
        ),
        "share",
        low=0.02,
        high=0.5,
    )
    self_stop: Literal["on", "off"] = setting(
        "on", _("Whether a playbook that loses money for sure is paused by itself.")
    )
    salt: str = setting(
        "", _("Mixed into the draw of control groups; a new workspace gets its own. Arms once drawn stay.")
    )

    def __post_init__(self) -> None:
        """Refuse lists that cannot be read."""
        caps_in(self.channel_caps)
        rates_in(self.channel_rates)
        holidays_in(self.holidays)

    @property
    def caps(self) -> tuple[Cap, ...]:
        """All caps, those over all channels first and the shortest span first."""
        over_all = (
            Cap("", "day", self.per_day),
            Cap("", "week", self.per_week),
            Cap("", "month", self.per_month),
        )
        return (*over_all, *caps_in(self.channel_caps))

    @property
    def rates(self) -> Mapping[str, Rate]:
        """How fast providers take messages, by channel."""
        return rates_in(self.channel_rates)

    @property
    def days_off(self) -> tuple[Holiday, ...]:
        """Days on which nothing is sent."""
        return holidays_in(self.holidays)


@dataclass(frozen=True)
class MailSettings:
    """The mail server, and who writes."""

    host: str = setting("", _("Name or address of the SMTP server."))
    port: int = setting(587, _("Port of the SMTP server."), "", low=1, high=65535)
    security: Literal["starttls", "tls", "none"] = setting(
        "starttls", _("How the connection is secured; none is for a server on this very machine.")
    )
    user: str = setting("", _("User name at the server; empty: no sign-in."))
    password_file: str = setting("", _("File whose first line is the password."))
    sender: str = setting("", _("Address that messages come from; people are asked to reply to it."))
    sender_name: str = setting("", _("Name that messages come from."))
    unsubscribe: str = setting(
        "",
        _(
            "Way to leave, mailto: or https:. {token} in it becomes a secret name of the recipient's address. Empty: a page of this service, where access.base_url is https:."
        ),
    )
    tracking: Literal["off", "consented"] = setting(
        "off",
        _(
            "Whether opened letters and followed links are counted; consented: of those only who agreed to it."
        ),
    )
    reports_secret_file: str = setting(
        "",
        _(
            "File whose first line is the secret that reports of bounces and complaints are signed with; empty: none are taken."
        ),
    )
    postal_address: str = setting(
        "", _("Postal address of the sender, at the foot of each message; some countries require it.")
    )
    connections: int = setting(
        4,
        _("Connections to the server at the same time; so many messages at most are unknown after a crash."),
        low=1,
        high=50,
    )
    timeout_s: int = setting(30, _("Longest wait for the server at each step."), "seconds", low=1, high=600)


@dataclass(frozen=True)
class JobsSettings:
    """What ``evergrove worker`` does by itself, and when; times are those of the shop's zone."""

    night: str = setting("03:00", _("Time of the daily run; empty: never."), "local time")
    measure: str = setting(
        "05:00", _("Time at which the effects of playbooks are measured; empty: never."), "local time"
    )
    backup: str = setting("", _("Time of the daily backup; empty: never."), "local time")
    backup_folder: str = setting("", _("Existing folder outside of the workspace that backups go to."))
    backup_passphrase_file: str = setting(
        "",
        _(
            "File with the passphrase or key that backups of the schedule are encrypted with; empty: they are not."
        ),
    )
    inbox_minutes: int = setting(
        0, _("From one look into the inbox to the next; 0: never."), "minutes", low=0, high=10080
    )
    send_minutes: int = setting(
        0, _("From one sending of what is due to the next; 0: never."), "minutes", low=0, high=10080
    )
    outreach_minutes: int = setting(
        0,
        _("From one look at what events start and end in playbooks to the next; 0: never."),
        "minutes",
        low=0,
        high=1440,
    )
    late_minutes: int = setting(
        120,
        _("How late a scheduled job may start; what was missed for longer is passed over, and said."),
        "minutes",
        low=1,
    )
    attempts: int = setting(5, _("Attempts after which a job that fails is given up."), "attempts", low=1)

    def __post_init__(self) -> None:
        """Refuse times that no clock shows."""
        for name in ("night", "measure", "backup"):
            value = getattr(self, name)
            if value and not _TIME_OF_DAY.fullmatch(value):
                raise NotATimeOfDay(name=name, value=value)


@dataclass(frozen=True)
class AccessSettings:
    """How people sign in."""

    base_url: str = setting(
        "http://127.0.0.1:8350",
        _(
            "Address under which people reach the service; links lead there, whatever a request says of its host."
        ),
    )
    invite_hours: int = setting(72, _("How long an invitation can be used."), "hours", low=1, high=720)


@dataclass(frozen=True)
class AuditSettings:
    """Where the proof that nobody has changed the audit trail is kept."""

    head_folder: str = setting(
        "",
        _(
            "Existing folder, best on another machine, that the head of the trail also goes to, a file a day; empty: beside the key only."
        ),
    )


@dataclass(frozen=True)
class ServerSettings:
    """The service: where it listens, and how much it takes from whom."""

    host: str = setting("127.0.0.1", _("Address to listen on; 127.0.0.1 is heard on this machine only."))
    port: int = setting(8350, _("Port to listen on."), low=1, high=65_535)
    trusted_proxies: str = setting(
        "",
        _(
            "Addresses or networks of proxies, separated by commas, whose word on who asks is believed; empty: nobody's."
        ),
    )
    burst: int = setting(120, _("Requests that one key or log-in may make at once."), low=1, high=100_000)
    per_second: int = setting(
        20, _("Requests of one key or log-in in the long run."), "requests/s", low=1, high=10_000
    )
    event_burst: int = setting(
        1000, _("Requests with events that one key may make at once."), low=1, high=100_000
    )
    events_per_second: int = setting(
        500, _("Requests with events of one key in the long run."), "requests/s", low=1, high=10_000
    )
    body_kb: int = setting(
        1024, _("Longest body of a request, but where a path says otherwise."), "kB", low=1, high=102_400
    )
    body_seconds: int = setting(30, _("How long a body may take to come."), "seconds", low=1, high=3600)
    uploads_mb: int = setting(
        8192,
        _(
            "What files that were sent over HTTP may take together, those too that were taken in and are still kept."
        ),
        "MB",
        low=1,
        high=10_000_000,
    )
    disk_reserve_mb: int = setting(
        512, _("Free disk that no file sent over HTTP may use up."), "MB", low=0, high=10_000_000
    )
    connections: int = setting(
        1024, _("Connections held at once; others are told to come back."), low=8, high=65_536
    )


@dataclass(frozen=True)
class LogSettings:
    """What the service and its workers write down of what they do; nothing of it is personal."""

    level: Literal["debug", "info", "warning", "error"] = setting(
        "info", _("The least that is written down.")
    )
    file: str = setting(
        "", _("File that lines are added to, made readable by its owner only; empty: standard error.")
    )
    format: Literal["auto", "json", "pretty"] = setting(
        "auto", _("One JSON object a line, or lines for people; auto: the latter in a terminal.")
    )
    slow_ms: int = setting(
        500,
        _("Statements that take longer are told, by their shape and without values."),
        "milliseconds",
        low=1,
    )


@dataclass(frozen=True)
class Settings:
    """All settings of a run."""

    value: ValueSettings = field(default_factory=ValueSettings)
    tiers: TierSettings = field(default_factory=TierSettings)
    stages: StageSettings = field(default_factory=StageSettings)
    workspace: WorkspaceSettings = field(default_factory=WorkspaceSettings)
    outreach: OutreachSettings = field(default_factory=OutreachSettings)
    mail: MailSettings = field(default_factory=MailSettings)
    channels: ChannelsSettings = field(default_factory=ChannelsSettings)
    webhook: WebhookSettings = field(default_factory=WebhookSettings)
    sms: GatewaySettings = field(default_factory=GatewaySettings)
    wechat: GatewaySettings = field(default_factory=GatewaySettings)
    wecom: GatewaySettings = field(default_factory=GatewaySettings)
    line: GatewaySettings = field(default_factory=GatewaySettings)
    file: FileSettings = field(default_factory=FileSettings)
    jobs: JobsSettings = field(default_factory=JobsSettings)
    access: AccessSettings = field(default_factory=AccessSettings)
    audit: AuditSettings = field(default_factory=AuditSettings)
    server: ServerSettings = field(default_factory=ServerSettings)
    logs: LogSettings = field(default_factory=LogSettings)

"""What settings can get wrong, each as an error with the way out."""

from __future__ import annotations

from evergrove.core import InputError, _


class InvalidSetting(InputError):
    """A settings file or variable cannot be used; each subclass is one kind of mistake."""

    code = "settings.invalid"


class UnreadableSettings(InvalidSetting):
    """The settings file is missing or is not TOML."""

    code = "settings.unreadable"
    message = _("{origin} cannot be read as settings: {reason}.")
    hint = _("Write TOML: a line [tiers], and below it lines such as high_spend = 5000.")


class UnknownSection(InvalidSetting):
    """The file has a table that no section answers to."""

    code = "settings.unknown_section"
    message = _("{origin}: there is no section {name}.")
    hint = _("Sections are: {known}.")


class NotASection(InvalidSetting):
    """A section's name was given a plain value."""

    code = "settings.not_a_section"
    message = _("{origin}: {name} is a section, not a value.")
    hint = _("Write a line [{name}], and its settings below it.")


class UnknownSetting(InvalidSetting):
    """A section has no setting of that name."""

    code = "settings.unknown_name"
    message = _("{origin}: the section {section} has no setting {name}.")
    hint = _("It has: {known}.")


class UnknownChoice(InvalidSetting):
    """A setting that takes one of a few words was given another."""

    code = "settings.unknown_choice"
    message = _("{origin}: {name} cannot be {value}.")
    hint = _("Choose one of: {choices}.")


class NotANumber(InvalidSetting):
    """A setting takes a number."""

    code = "settings.not_a_number"
    message = _("{origin}: {name} = {value} is not a number.")
    hint = _("Write digits with a point for decimals and nothing else: 5000 or 0.25.")


class NotAWholeNumber(InvalidSetting):
    """A setting takes a whole number."""

    code = "settings.not_a_whole_number"
    message = _("{origin}: {name} = {value} is not a whole number.")
    hint = _("Write digits only: 90.")


class NotAText(InvalidSetting):
    """A setting takes a text."""

    code = "settings.not_a_text"
    message = _("{origin}: {name} = {value} is not a text.")
    hint = _('Put it in quotation marks: {name} = "{value}".')


class OutOfRange(InvalidSetting):
    """A number lies where the setting has no meaning."""

    code = "settings.out_of_range"
    message = _("{origin}: {name} = {value} is out of range.")
    hint = _("It must lie between {low} and {high}.")


class TooSmall(InvalidSetting):
    """A number lies below the least that has a meaning."""

    code = "settings.too_small"
    message = _("{origin}: {name} = {value} is too small.")
    hint = _("It must be at least {low}.")


class NotATimeOfDay(InvalidSetting):
    """A time of day is not written as hours and minutes."""

    code = "settings.not_a_time_of_day"
    message = _("{name} = {value} is not a time of day.")
    hint = _('Write hours and minutes, or nothing for never: {name} = "03:00".')


class NotACap(InvalidSetting):
    """A cap of a channel is not written as one."""

    code = "settings.not_a_cap"
    message = _("channel_caps: {value} is not a cap.")
    hint = _(
        'Write channel, number and span, with commas between them: channel_caps = "sms 1/week, sms 3/month".'
    )


class NotARate(InvalidSetting):
    """The speed of a channel is not written as one."""

    code = "settings.not_a_rate"
    message = _("channel_rates: {value} is not a speed.")
    hint = _(
        'Write channel, number and span, with commas between them: channel_rates = "email 20/second, sms 100/minute".'
    )


class NotAHoliday(InvalidSetting):
    """A holiday is not written as a day or as days."""

    code = "settings.not_a_holiday"
    message = _("holidays: {value} is not a day and no days in their order.")
    hint = _(
        'Write days, with a country before them where they are of one only: holidays = "2026-01-01, CN 2026-02-16..2026-02-22".'
    )


class NotAZoneName(InvalidSetting):
    """A zone is none that the time zone database knows."""

    code = "settings.not_a_zone_name"
    message = _("timezone = {value} is not a time zone.")
    hint = _('Write a city of the time zone database: timezone = "Asia/Shanghai".')


class NotACurrencyCode(InvalidSetting):
    """A currency is not written as its code."""

    code = "settings.not_a_currency_code"
    message = _("currency = {value} is not the code of a currency.")
    hint = _('Write three capitals, or nothing where none is declared: currency = "CNY".')


class BoundsOutOfOrder(InvalidSetting):
    """A tier's bound lies below the bound of the tier under it."""

    code = "settings.bounds_out_of_order"
    message = _(
        "The bounds of {criterion} are not in order: medium {medium}, potential {potential}, high {high}."
    )
    hint = _("Each must be at least as large as the one before it.")

"""Why a preset is refused, and what is not known of one."""

from __future__ import annotations

from evergrove.core import EvergroveWarning, InputError, _


class UnknownPreset(InputError):
    """``--preset`` names none."""

    code = "ingest.unknown_preset"
    message = _("There is no preset {preset}.")
    hint = _("Known: {presets}.")


class PresetUnreadable(InputError):
    """A file among the workspace's presets is none."""

    code = "ingest.preset_unreadable"
    message = _("{file} is no preset: {reason}.")
    hint = _("Mend it, or delete it and save the mapping again with --save-preset.")


class BadPresetName(InputError):
    """A name that is no file name."""

    code = "ingest.bad_preset_name"
    message = _("{name} cannot be the name of a preset.")
    hint = _("Up to 64 letters, digits, - and _, for example till_2026.")


class OnlyByAlias(EvergroveWarning):
    """A shop system of which no real export is known."""

    code = "ingest.only_by_alias"
    message = _(
        "{file}: no header list of a real export of {title} is known; its columns were found by their names alone."
    )
    hint = _(
        "Look at the mapping with --preview, correct it with --map, and keep it with --save-preset NAME."
    )

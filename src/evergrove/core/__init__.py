"""The ground: units of time, errors that say the way out, the version."""

from evergrove.core.clock import Clock, SetClock, SystemClock
from evergrove.core.errors import EvergroveError, EvergroveWarning, InputError, fill
from evergrove.core.ids import stable_id
from evergrove.core.messages import _
from evergrove.core.platform import (
    InUse,
    configuration_folder,
    flush_folder,
    memory_peak,
    sole_owner,
    write_private,
)
from evergrove.core.reasons import reason_of
from evergrove.core.sentences import Amount, Sentence, Term
from evergrove.core.time import (
    DAYS_PER,
    DAYS_PER_YEAR,
    UNITS,
    Horizon,
    Unit,
    in_units,
    per_unit_rate,
)
from evergrove.core.toml import NotToml, read_toml, toml_of
from evergrove.core.version import __version__

__all__ = [
    "DAYS_PER",
    "DAYS_PER_YEAR",
    "UNITS",
    "Amount",
    "Clock",
    "EvergroveError",
    "EvergroveWarning",
    "Horizon",
    "InUse",
    "InputError",
    "NotToml",
    "Sentence",
    "SetClock",
    "SystemClock",
    "Term",
    "Unit",
    "_",
    "__version__",
    "configuration_folder",
    "fill",
    "flush_folder",
    "in_units",
    "memory_peak",
    "per_unit_rate",
    "read_toml",
    "reason_of",
    "sole_owner",
    "stable_id",
    "toml_of",
    "write_private",
]

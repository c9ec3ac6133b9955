"""
Evergrove: customer lifetime value for every customer, a decision for each, proof of what it earned.

``import evergrove as eg`` costs next to nothing: each name is loaded when it is first used.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from evergrove.core.lazy import loader

if TYPE_CHECKING:
    from evergrove.core import EvergroveError, EvergroveWarning, InputError, __version__
    from evergrove.customers import summarize
    from evergrove.models import BgNbd, Fit, GammaGamma, MbgNbd, Nbd, ParetoNbd, Summary

_HOME = {
    "BgNbd": "evergrove.models",
    "EvergroveError": "evergrove.core",
    "EvergroveWarning": "evergrove.core",
    "Fit": "evergrove.models",
    "GammaGamma": "evergrove.models",
    "InputError": "evergrove.core",
    "MbgNbd": "evergrove.models",
    "Nbd": "evergrove.models",
    "ParetoNbd": "evergrove.models",
    "Summary": "evergrove.models",
    "__version__": "evergrove.core",
    "summarize": "evergrove.customers",
}

__all__ = [
    "BgNbd",
    "EvergroveError",
    "EvergroveWarning",
    "Fit",
    "GammaGamma",
    "InputError",
    "MbgNbd",
    "Nbd",
    "ParetoNbd",
    "Summary",
    "__version__",
    "summarize",
]


__getattr__ = loader(globals(), _HOME)


def __dir__() -> list[str]:
    return sorted(__all__)

"""Plots for notebooks: the report's charts, one at a time, of a model, a customer or a back-test."""

from evergrove.plots.back_test import calibration, coverage
from evergrove.plots.customer import alive_history
from evergrove.plots.matrices import frequency_recency
from evergrove.plots.plot import Plot
from evergrove.plots.tracking import tracking

__all__ = ["Plot", "alive_history", "calibration", "coverage", "frequency_recency", "tracking"]

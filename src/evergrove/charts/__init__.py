"""Charts as ECharts options, the same in reports, on pages and in notebooks."""

from evergrove.charts.alive import alive_grid
from evergrove.charts.base import Option
from evergrove.charts.calibration import calibration, coverage, pit, window_totals
from evergrove.charts.cohort_paths import cohort_paths
from evergrove.charts.cohorts import cohort_retention, cohort_value
from evergrove.charts.concentration import lorenz
from evergrove.charts.history import alive_history
from evergrove.charts.imports import rows_by_day, rows_of_file
from evergrove.charts.matrices import frequency_recency
from evergrove.charts.membership import membership
from evergrove.charts.methods import methods
from evergrove.charts.newer import newer_customers
from evergrove.charts.outreach import effects, messages
from evergrove.charts.personas import persona_shares
from evergrove.charts.sankey import sankey
from evergrove.charts.script import in_script
from evergrove.charts.shares import shares
from evergrove.charts.spending import spending
from evergrove.charts.targets import targets
from evergrove.charts.trust import back_test, tracking
from evergrove.charts.value_history import value_history
from evergrove.charts.vendored import ECHARTS_VERSION, echarts_source

__all__ = [
    "ECHARTS_VERSION",
    "Option",
    "alive_grid",
    "alive_history",
    "back_test",
    "calibration",
    "cohort_paths",
    "cohort_retention",
    "cohort_value",
    "coverage",
    "echarts_source",
    "effects",
    "frequency_recency",
    "in_script",
    "lorenz",
    "membership",
    "messages",
    "methods",
    "newer_customers",
    "persona_shares",
    "pit",
    "rows_by_day",
    "rows_of_file",
    "sankey",
    "shares",
    "spending",
    "targets",
    "tracking",
    "value_history",
    "window_totals",
]

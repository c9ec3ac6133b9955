"""Work to be done: queued once, held by one worker at a time, never kept by one that lost its hold."""

from typing import TYPE_CHECKING

from evergrove.core.lazy import loader

if TYPE_CHECKING:
    from evergrove.jobs.acts import cancel, forget_settled, list_jobs, retry, show
    from evergrove.jobs.check import JobsProblem, check_jobs
    from evergrove.jobs.errors import LeaseLost, UnknownJob, UnknownKind
    from evergrove.jobs.queue import claim, enqueue
    from evergrove.jobs.running import Kind, Task, attempt
    from evergrove.jobs.schedule import Daily, Every, Schedule
    from evergrove.jobs.tables import JOB, SCHEDULE
    from evergrove.jobs.ticking import Standing, Ticked, keep_schedules, standings, tick, unique_key
    from evergrove.jobs.types import Ending, Hold, Job, Order, State

__all__ = [
    "JOB",
    "SCHEDULE",
    "Daily",
    "Ending",
    "Every",
    "Hold",
    "Job",
    "JobsProblem",
    "Kind",
    "LeaseLost",
    "Order",
    "Schedule",
    "Standing",
    "State",
    "Task",
    "Ticked",
    "UnknownJob",
    "UnknownKind",
    "attempt",
    "cancel",
    "check_jobs",
    "claim",
    "enqueue",
    "forget_settled",
    "keep_schedules",
    "list_jobs",
    "retry",
    "show",
    "standings",
    "tick",
    "unique_key",
]

__getattr__ = loader(
    globals(),
    dict.fromkeys(("cancel", "forget_settled", "list_jobs", "retry", "show"), "evergrove.jobs.acts")
    | dict.fromkeys(("JobsProblem", "check_jobs"), "evergrove.jobs.check")
    | dict.fromkeys(("LeaseLost", "UnknownJob", "UnknownKind"), "evergrove.jobs.errors")
    | dict.fromkeys(("claim", "enqueue"), "evergrove.jobs.queue")
    | dict.fromkeys(("Kind", "Task", "attempt"), "evergrove.jobs.running")
    | dict.fromkeys(("Daily", "Every", "Schedule"), "evergrove.jobs.schedule")
    | dict.fromkeys(("JOB", "SCHEDULE"), "evergrove.jobs.tables")
    | dict.fromkeys(
        ("Standing", "Ticked", "keep_schedules", "standings", "tick", "unique_key"), "evergrove.jobs.ticking"
    )
    | dict.fromkeys(("Ending", "Hold", "Job", "Order", "State"), "evergrove.jobs.types"),
)

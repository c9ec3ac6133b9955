"""Work to be done: queued once, held by one worker at a time, never kept by one that lost its hold."""

from evergrove.jobs.acts import cancel, list_jobs, retry, show
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
    "keep_schedules",
    "list_jobs",
    "retry",
    "show",
    "standings",
    "tick",
    "unique_key",
]

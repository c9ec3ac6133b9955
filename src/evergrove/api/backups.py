"""``/v1/backups``: the workspace saved, by a job."""

from __future__ import annotations

from pydantic import Field

from evergrove.app import backups as saving
from evergrove.app.jobs import queue_job, require_backup_folder
from evergrove.http import Answer, Moment, Routes, ThisCall

routes = Routes("/backups", tag="backups")


class Ordered(Answer):
    """A job that waits for a worker."""

    job: int = Field(description="/v1/jobs/{number} tells how far it is.", examples=[7])


class Newest(Answer):
    """The newest backup that is known."""

    at: Moment | None = Field(description="Null: none was ever made.")
    name: str | None = Field(examples=["shop-20260702T040000Z.tar.zst"])
    bytes: int | None


@routes.post("", right="workspace.back_up", status_code=202)
def back_up(call: ThisCall) -> Ordered:
    """Have the workspace saved to the folder that the settings name, by the next worker that is free."""
    require_backup_folder(call.here)
    return Ordered(job=queue_job(call.here, "backup", call.actor))


@routes.get("/newest", right="workspace.back_up")
def newest(call: ThisCall) -> Newest:
    """When the workspace was last saved, and under which name."""
    found = saving.newest_backup(call.here.folder)
    if found is None:
        return Newest(at=None, name=None, bytes=None)
    return Newest(at=found.at, name=found.to.name, bytes=found.bytes)

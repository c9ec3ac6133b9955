"""Which status an error is answered with: one table by class, and one by code for single errors."""

from __future__ import annotations

from typing import TYPE_CHECKING

from evergrove.access.errors import (
    LinkUnusable,
    NotAllowed,
    NotLetIn,
    SignInBusy,
    TooManyAttempts,
)
from evergrove.core import EvergroveError, InputError, InUse
from evergrove.http import errors
from evergrove.http.once import AnswerLost, Overtaken, StillRunning
from evergrove.http.paging import CursorOver
from evergrove.ledger import LedgerBusy, LedgerFailed
from evergrove.warehouse import NotWritable

if TYPE_CHECKING:
    from collections.abc import Mapping

OF_CLASS: Mapping[type[EvergroveError], int] = {
    EvergroveError: 500,
    InputError: 422,
    NotLetIn: 401,
    NotAllowed: 403,
    LinkUnusable: 400,
    TooManyAttempts: 429,
    SignInBusy: 503,
    LedgerBusy: 503,
    LedgerFailed: 503,
    InUse: 409,
    NotWritable: 507,
    errors.NoSuchPlace: 404,
    errors.WrongMethod: 405,
    errors.MalformedBody: 400,
    errors.BodyTooLarge: 413,
    errors.HeadTooLarge: 431,
    errors.TooSlow: 408,
    CursorOver: 410,
    StillRunning: 409,
    AnswerLost: 409,
    Overtaken: 409,
}
"""The nearest class of an error's ancestry counts."""

OF_CODE: Mapping[str, int] = {
    "api.too_many_streams": 429,
    "access.account_exists": 409,
    "access.no_such_account": 404,
    "access.no_such_key": 404,
    "app.disk_reserved": 507,
    "app.uploads_full": 507,
    "app.no_such_file": 404,
    "campaigns.locked": 409,
    "campaigns.not_tried": 409,
    "campaigns.nothing_to_approve": 409,
    "campaigns.unknown_playbook": 404,
    "campaigns.unknown_version": 404,
    "app.test_refused": 502,
    "delivery.missing_value": 422,
    "delivery.no_template": 422,
    "delivery.template_problem": 422,
    "delivery.no_code_again": 409,
    "delivery.no_letter": 404,
    "delivery.no_reports": 404,
    "delivery.report_not_proven": 401,
    "delivery.no_such_link": 404,
    "export.link_spent": 400,
    "export.not_made": 409,
    "export.too_many": 429,
    "export.unknown": 404,
    "ingest.event_conflict": 409,
    "ingest.unknown_event": 404,
    "jobs.already_queued": 409,
    "jobs.already_settled": 409,
    "jobs.lease_lost": 409,
    "jobs.not_retryable": 409,
    "jobs.unknown": 404,
    "outbox.nothing_to_settle": 409,
    "outbox.not_retryable": 409,
    "outbox.task_over": 409,
    "outbox.task_taken": 409,
    "outbox.unknown_message": 404,
    "outbox.unknown_task": 404,
    "people.already_one": 409,
    "people.not_merged": 409,
    "people.no_suppression": 404,
    "people.person_erased": 409,
    "people.suppression_stays": 409,
    "pipeline.no_such_run": 404,
    "pipeline.no_such_table": 404,
    "pipeline.month_not_kept": 404,
    "pipeline.nothing_published": 404,
    "pipeline.unknown_person": 404,
    "programs.already_redeemed": 409,
    "programs.budget_spent": 409,
    "programs.code_taken": 409,
    "programs.currency_fixed": 409,
    "programs.expired": 409,
    "programs.limit_below_use": 409,
    "programs.limit_reached": 409,
    "programs.no_stock": 409,
    "programs.no_use_of_order": 404,
    "programs.not_issued": 409,
    "programs.not_together": 409,
    "programs.not_usable": 404,
    "programs.not_yet_valid": 409,
    "programs.order_before_issue": 409,
    "programs.order_rolled_back": 409,
    "programs.paused": 409,
    "programs.person_limit_reached": 409,
    "programs.promise_fixed": 409,
    "programs.reserved_elsewhere": 409,
    "programs.stock_over_cap": 409,
    "programs.terms_fixed": 409,
    "programs.unknown_campaign": 404,
    "programs.unknown_coupon": 404,
    "programs.void": 409,
    "reading.snapshot_gone": 410,
    "reading.unknown_customer": 404,
    "reading.unknown_import": 404,
    "reading.no_overview": 404,
    "reading.unknown_back_test": 404,
    "reading.unknown_run": 404,
    "segments.no_segment": 404,
    "segments.still_asked_for": 409,
}
"""Errors that tell more than their class does, by their code: what is not there, and what is there already."""

FULL = ("disk is full", "No space left", "DiskFull")
"""What SQLite, the system and PostgreSQL say of a disk that is full."""

SOON_S = 2
"""When to come back to what was only held for a moment."""


def status_of(error: EvergroveError) -> int:
    """The status of an answer that tells of an error."""
    if error.code in OF_CODE:
        return OF_CODE[error.code]
    status = next(OF_CLASS[each] for each in type(error).__mro__ if each in OF_CLASS)
    if status == OF_CLASS[LedgerFailed] and any(sign in str(error) for sign in FULL):
        return OF_CLASS[NotWritable]
    return status


def retry_after(error: EvergroveError) -> int | None:
    """After how many seconds it is worth asking again; None where waiting does not help."""
    if status_of(error) not in {409, 429, 503}:
        return None
    seconds = error.params.get("seconds")
    if isinstance(error, TooManyAttempts | StillRunning) and isinstance(seconds, int):
        return seconds
    if status_of(error) == 429:
        return SOON_S
    return SOON_S if isinstance(error, InUse | LedgerBusy | LedgerFailed | SignInBusy) else None

"""What the DAGs share that first show what they would do, then ask, and then do exactly that."""

import logging
from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import contextmanager
from datetime import date, datetime, time, timedelta
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from airflow.providers.standard.operators.hitl import ApprovalOperator
from airflow.sdk import Param, TriggerRule, task
from airflow.sdk.exceptions import AirflowFailException

from raumpost.domain.errors import ConfigurationError
from raumpost.wiring.tasks.instance import SHORT_DELAY

if TYPE_CHECKING:
    from raumpost.services.previews.stored import Shown

log = logging.getLogger(__name__)

APPROVAL_TIME = timedelta(days=1)
"""How long an approval may be given; then nothing is applied."""
RUN_TIMEOUT = APPROVAL_TIME + timedelta(hours=1)

SUBJECT = "{{ ti.xcom_pull(task_ids='preview')['subject'] }}"
BODY = "{{ ti.xcom_pull(task_ids='preview')['text'] }}"

PreviewReference = dict[str, Any]
"""What travels through XCom: number and count of a preview, and its bounded text for people."""


def room_params(*, neither: str) -> dict[str, Param]:
    """Ask for rooms; `neither` says what it means to name none."""
    return {
        "room_mailboxes": Param(
            [],
            type="array",
            items={"type": "string"},
            title="Room mailboxes",
            description=f"Addresses or ids (raumpost.room_mailbox), one a line. {neither}",
        ),
        "room_group": Param(
            None,
            type=["null", "string"],
            title="Room group",
            description="Name or id of a room group (booking.room_group): all of its rooms that have a mailbox.",
        ),
    }


def approval_params(verb: str) -> dict[str, Param]:
    """Ask whether to show only, and whether to wait for an approval."""
    return {
        "preview_only": Param(
            False, type="boolean", title="Preview only", description=f"Show the list, and {verb} nothing."
        ),
        "require_approval": Param(
            True,
            type="boolean",
            title="Require approval",
            description="Show the list and wait for an approval. Switched off, the list is applied at once.",
        ),
    }


def apply_after_approval(listed: Any, apply: Callable[[PreviewReference, Any], dict[str, int]]) -> None:
    """Make the tasks that follow a preview: `decide`, `approve`, `apply` and `report`.

    `listed` is what the task `preview` returns; `apply` gets it with the DAG run.
    """

    @task.branch
    def decide(reference: PreviewReference, params: Any = None) -> str:
        return next_task(params, reference)

    approve = ApprovalOperator(
        task_id="approve",
        subject=SUBJECT,
        body=BODY,
        defaults=ApprovalOperator.REJECT,
        response_timeout=APPROVAL_TIME,
        retries=3,  # Airflow loses an answer that comes within a second, as a script's may: then it asks again
        retry_delay=SHORT_DELAY,
    )

    rule = TriggerRule.NONE_FAILED_MIN_ONE_SUCCESS

    @task(task_id="apply", trigger_rule=rule, retries=3, retry_delay=SHORT_DELAY)
    def apply_it(reference: PreviewReference, dag_run: Any = None) -> dict[str, int]:
        return apply(reference, dag_run)

    @task(task_id="report", trigger_rule=TriggerRule.NONE_FAILED)
    def report_it(reference: PreviewReference, params: Any = None, ti: Any = None) -> str:
        return report(params, reference, lambda one: ti.xcom_pull(task_ids=one))

    decided, applied, reported = decide(listed), apply_it(listed), report_it(listed)
    decided >> [approve, applied, reported]
    approve >> applied >> reported


@contextmanager
def refusals() -> Iterator[None]:
    """Turn what a person can mend into a failure that another try cannot change."""
    try:
        yield
    except ConfigurationError as exc:
        raise AirflowFailException(str(exc)) from None


def unknown(dag_run: Any, params: Collection[str]) -> list[str]:
    """Name what a configuration holds that is no parameter: it would be ignored."""
    surplus = sorted(set(getattr(dag_run, "conf", None) or {}) - set(params))
    known = ", ".join(sorted(params)) or "none"
    return [f"there is no parameter “{name}”; there are {known}" for name in surplus]


def start_of(day: str | None, zone: str) -> datetime | None:
    """Give the moment at which a day begins."""
    return datetime.combine(date.fromisoformat(day), time(), ZoneInfo(zone)) if day else None


def end_of(day: str | None, zone: str) -> datetime | None:
    """Give the moment at which a day ends; None where there is none, after the last day of the calendar."""
    if not day or (last := date.fromisoformat(day)) == date.max:
        return None
    return datetime.combine(last + timedelta(days=1), time(), ZoneInfo(zone))


def moment(text: str | None, zone: str) -> datetime | None:
    """Read a moment; where it names no time zone, it is meant in this one. Raises ConfigurationError."""
    if not text:
        return None
    try:
        read = datetime.fromisoformat(text)
    except ValueError:  # Airflow itself checks days only
        raise ConfigurationError(f"“{text}” is no time; write it such as 2026-11-23T18:00:00+01:00") from None
    return read if read.tzinfo else read.replace(tzinfo=ZoneInfo(zone))


def show(shown: "Shown", subject: str) -> PreviewReference:
    """Print a preview into the log and give it for the approval page."""
    text = shown.preview.as_markdown()
    log.info("%s", text)
    return {"preview": shown.id, "count": shown.count, "subject": subject, "text": text}


def next_task(params: Mapping[str, Any], reference: PreviewReference) -> str:
    """Choose the task after the preview: ask, do it at once, or only report."""
    if params["preview_only"] or not reference["count"]:
        return "report"
    return "approve" if params["require_approval"] else "apply"


def report(params: Mapping[str, Any], reference: PreviewReference, pull: Callable[[str], Any]) -> str:
    """Say how it ended; give the sentence. `pull` gives what a task returned, or None."""
    said = _ending(params, reference, pull("approve"), pull("apply"))
    log.info("%s", said)
    return said


def _ending(
    params: Mapping[str, Any],
    reference: PreviewReference,
    approval: Mapping[str, Any] | None,
    applied: Mapping[str, int] | None,
) -> str:
    number = reference["preview"]
    if applied is not None:
        counted = ", ".join(f"{count} {outcome}" for outcome, count in applied.items()) or "nothing"
        allowed = f" (approved by {_who(approval)})" if approval else ""
        return f"preview {number} was applied{allowed}: {counted}; the next run of mailbox_processor sends"
    if not reference["count"]:
        return "there is nothing to do"
    if params["preview_only"]:
        return f"preview only: nothing was applied; for the {reference['count']} shown, run again without preview_only"
    # Airflow keeps nothing of a rejection in XCom
    hours = APPROVAL_TIME // timedelta(hours=1)
    return f"rejected, or not decided within {hours} hours (see the task approve): nothing was applied"


def _who(approval: Mapping[str, Any] | None) -> str:
    user = (approval or {}).get("responded_by_user") or {}
    return str(user.get("name") or user.get("id") or "somebody")

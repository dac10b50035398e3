"""Run an action by hand in a DAG: show what it would do, ask, and then do exactly that."""

import logging
from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from datetime import timedelta
from importlib import import_module
from typing import TYPE_CHECKING, Any

from airflow.providers.standard.operators.hitl import ApprovalOperator
from airflow.sdk import DAG, Param, TriggerRule, task
from airflow.sdk.exceptions import AirflowFailException

from raumpost.domain.errors import ConfigurationError
from raumpost.wiring.settings import Settings
from raumpost.wiring.tasks.instance import SHORT_DELAY, now, person

if TYPE_CHECKING:
    from raumpost.services.ports import Database
    from raumpost.services.previews.action import Action

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


def ask_then_apply(dag: DAG, settings: Settings) -> None:
    """Make the tasks of a DAG whose action has its name: `preview`, `decide`, `approve`, `apply` and `report`."""
    dag_id, known = dag.dag_id, frozenset(dag.params)

    @task(task_id="preview")
    def preview_it(params: Any = None, dag_run: Any = None) -> PreviewReference:
        return preview(dag_id, settings, params, dag_run, known=known)

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
        return apply(dag_id, settings, reference, dag_run)

    @task(task_id="report", trigger_rule=TriggerRule.NONE_FAILED)
    def report_it(reference: PreviewReference, params: Any = None, ti: Any = None) -> str:
        return report(params, reference, lambda one: ti.xcom_pull(task_ids=one))

    listed: Any = preview_it()
    decided, applied, reported = decide(listed), apply_it(listed), report_it(listed)
    decided >> [approve, applied, reported]
    approve >> applied >> reported


@contextmanager
def refusals() -> Iterator[None]:
    """Turn what a person can fix into a failure that another try cannot change."""
    try:
        yield
    except ConfigurationError as exc:
        raise AirflowFailException(str(exc)) from None


def unknown(dag_run: Any, params: Collection[str]) -> list[str]:
    """Name what a configuration holds that is no parameter: it would be ignored."""
    surplus = sorted(set(getattr(dag_run, "conf", None) or {}) - set(params))
    known = ", ".join(sorted(params)) or "none"
    return [f"there is no parameter “{name}”; there are {known}" for name in surplus]


def preview(
    dag_id: str, settings: Settings, params: Mapping[str, Any], dag_run: Any, *, known: Collection[str]
) -> PreviewReference:
    """List what the action of a DAG would do; store and show the list. `known` are the parameters of the DAG."""
    from raumpost.services.previews.action import show

    action = action_of(dag_id)
    wrong = [ConfigurationError(surplus) for surplus in unknown(dag_run, known)]
    with refusals(), _database(dag_id, dag_run) as db:
        try:
            listing = action.list(db, params, now=now(), default_time_zone=settings.time_zone)
        except ConfigurationError as exc:
            wrong.append(exc)
        if wrong:
            raise ConfigurationError.together(wrong)
        shown = show(db, action, listing)
    text = shown.preview.as_markdown()
    log.info("%s", text)
    question = action.question(count=shown.count, rooms=len(shown.preview.per_room))
    return {"preview": shown.id, "count": shown.count, "subject": question, "text": text}


def apply(dag_id: str, settings: Settings, reference: PreviewReference, dag_run: Any) -> dict[str, int]:
    """Do what was shown; return how many items came to which outcome."""
    from raumpost.services.previews.action import apply as apply_action

    with _database(dag_id, dag_run) as db:
        found = apply_action(
            db, action_of(dag_id), preview=reference["preview"], now=now(), default_time_zone=settings.time_zone
        )
    return {str(outcome): count for outcome, count in found.items()}


def action_of(dag_id: str) -> "Action":
    """Return the action that has the name of a DAG."""
    action: Action = import_module(f"raumpost.services.previews.{dag_id.removeprefix('mailbox_')}").ACTION
    return action


def _database(dag_id: str, dag_run: Any) -> "AbstractContextManager[Database]":
    from raumpost.wiring import connections

    return connections.database(actor=person(dag_run, dag_id), dag_id=dag_id, dag_run=dag_run.run_id)


def next_task(params: Mapping[str, Any], reference: PreviewReference) -> str:
    """Choose the task after the preview: ask, do it at once, or only report."""
    if params["preview_only"] or not reference["count"]:
        return "report"
    return "approve" if params["require_approval"] else "apply"


def report(params: Mapping[str, Any], reference: PreviewReference, pull: Callable[[str], Any]) -> str:
    """Say how it ended; return the sentence. `pull` gives what a task returned, or None."""
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

"""What the tasks of the resetting DAG do."""

from collections.abc import Mapping
from typing import Any

from raumpost.domain.errors import ConfigurationError
from raumpost.domain.preview import amount
from raumpost.wiring.settings import Settings
from raumpost.wiring.tasks import approval_flow
from raumpost.wiring.tasks.instance import now, person

DAG_ID = "mailbox_reset_failed"
PARAMS = frozenset(
    {
        "error_contains",
        "failed_since",
        "failed_until",
        "preview_only",
        "require_approval",
        "room_group",
        "room_mailboxes",
    }
)


def preview(settings: Settings, params: Mapping[str, Any], dag_run: Any) -> approval_flow.PreviewReference:
    """List the failed invitations that are meant; store and show the list."""
    from raumpost.services.previews.preview_reset import preview_reset
    from raumpost.wiring import connections

    with (
        approval_flow.refusals(),
        connections.database(actor=person(dag_run, DAG_ID), dag_id=DAG_ID, dag_run=dag_run.run_id) as db,
    ):
        since = approval_flow.moment(params["failed_since"], settings.time_zone)
        until = approval_flow.moment(params["failed_until"], settings.time_zone)
        wrong = approval_flow.unknown(dag_run, PARAMS)
        if since and since > now():
            wrong.append(f"failed_since {params['failed_since']} lies in the future; nothing has failed then yet")
        if since and until and since >= until:
            wrong.append("failed_since is not before failed_until; exchange them, or leave one empty")
        if wrong:
            raise ConfigurationError("; ".join(wrong))
        shown = preview_reset(
            db,
            names=params["room_mailboxes"],
            group=params["room_group"],
            error_contains=(params["error_contains"] or "").strip(),
            since=since,
            until=until,
            now=now(),
            default_time_zone=settings.time_zone,
        )
    invitations = amount(shown.count, "failed invitation", "failed invitations")
    rooms = amount(len(shown.preview.per_room), "room mailbox", "room mailboxes")
    return approval_flow.show(shown, f"Send {invitations} of {rooms} again?")


def apply(dag_run: Any, reference: approval_flow.PreviewReference) -> dict[str, int]:
    """Reset the invitations that were shown; count what became of each."""
    from raumpost.services.previews.reset import reset
    from raumpost.wiring import connections

    with connections.database(actor=person(dag_run, DAG_ID), dag_id=DAG_ID, dag_run=dag_run.run_id) as db:
        found = reset(db, preview=reference["preview"])
    return {str(outcome): count for outcome, count in found.items()}

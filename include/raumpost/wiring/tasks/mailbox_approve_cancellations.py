"""What the tasks of the approving DAG do."""

from collections.abc import Mapping
from typing import Any

from raumpost.domain.errors import ConfigurationError
from raumpost.wiring.settings import Settings
from raumpost.wiring.tasks import approval_flow
from raumpost.wiring.tasks.instance import now, person

DAG_ID = "mailbox_approve_cancellations"
PARAMS = frozenset({"preview_only", "require_approval", "room_group", "room_mailboxes"})


def preview(settings: Settings, params: Mapping[str, Any], dag_run: Any) -> approval_flow.PreviewReference:
    """List the cancellations that are held back; store and show the list."""
    from raumpost.services.previews.preview_cancellations import preview_cancellations
    from raumpost.wiring import connections

    with (
        approval_flow.refusals(),
        connections.database(actor=person(dag_run, DAG_ID), dag_id=DAG_ID, dag_run=dag_run.run_id) as db,
    ):
        if wrong := approval_flow.unknown(dag_run, PARAMS):
            raise ConfigurationError("; ".join(wrong))
        shown = preview_cancellations(
            db,
            names=params["room_mailboxes"],
            group=params["room_group"],
            now=now(),
            default_time_zone=settings.time_zone,
        )
    rooms = len(shown.preview.per_room)
    return approval_flow.show(shown, f"Cancel {shown.count} future invitations of {rooms} room mailboxes?")


def apply(dag_run: Any, reference: approval_flow.PreviewReference) -> dict[str, int]:
    """Let the cancellations through that were shown; count what became of each."""
    from raumpost.services.previews.approve_cancellations import approve_cancellations
    from raumpost.wiring import connections

    with connections.database(actor=person(dag_run, DAG_ID), dag_id=DAG_ID, dag_run=dag_run.run_id) as db:
        found = approve_cancellations(db, preview=reference["preview"])
    return {str(outcome): count for outcome, count in found.items()}

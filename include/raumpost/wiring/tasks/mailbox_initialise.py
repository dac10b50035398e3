"""What the tasks of the initialising DAG do."""

from collections.abc import Mapping
from typing import Any

from raumpost.domain.errors import ConfigurationError
from raumpost.domain.preview import amount
from raumpost.wiring.settings import Settings
from raumpost.wiring.tasks import approval_flow
from raumpost.wiring.tasks.instance import now, person

DAG_ID = "mailbox_initialise"
PARAMS = frozenset({"from", "preview_only", "require_approval", "room_group", "room_mailboxes", "until"})


def preview(settings: Settings, params: Mapping[str, Any], dag_run: Any) -> approval_flow.PreviewReference:
    """List the bookings without an invitation; store and show the list."""
    from raumpost.services.previews.preview_initialise import preview_initialise
    from raumpost.wiring import connections

    with (
        approval_flow.refusals(),
        connections.database(actor=person(dag_run, DAG_ID), dag_id=DAG_ID, dag_run=dag_run.run_id) as db,
    ):
        earliest = approval_flow.start_of(params["from"], settings.time_zone)
        latest = approval_flow.end_of(params["until"], settings.time_zone)
        wrong = approval_flow.unknown(dag_run, PARAMS)
        if latest and latest <= now():
            wrong.append(f"until {params['until']} lies in the past; only future bookings are initialised")
        if earliest and latest and earliest >= latest:
            wrong.append(f"from {params['from']} is later than until {params['until']}; exchange them")
        if wrong:
            raise ConfigurationError("; ".join(wrong))
        shown = preview_initialise(
            db,
            names=params["room_mailboxes"],
            group=params["room_group"],
            earliest=earliest,
            latest=latest,
            now=now(),
            default_time_zone=settings.time_zone,
        )
    bookings = amount(shown.count, "booking", "bookings")
    rooms = amount(len(shown.preview.per_room), "room mailbox", "room mailboxes")
    return approval_flow.show(shown, f"Invite {bookings} in {rooms}?")


def apply(settings: Settings, dag_run: Any, reference: approval_flow.PreviewReference) -> dict[str, int]:
    """Create the invitations that were shown; count what became of each."""
    from raumpost.services.previews.initialise import initialise
    from raumpost.wiring import connections

    with connections.database(actor=person(dag_run, DAG_ID), dag_id=DAG_ID, dag_run=dag_run.run_id) as db:
        found = initialise(db, preview=reference["preview"], now=now(), default_time_zone=settings.time_zone)
    return {str(outcome): count for outcome, count in found.items()}

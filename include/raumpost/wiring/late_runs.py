"""Callbacks that report runs which have not finished in time, and again when all of them have ended.

The deadline counts from the logical date: clearing a task of a DAG with `DAGRUN_QUEUED_AT` is an internal error in
Airflow 3.3, and its synchronous callbacks get no connections (docs/develop/adr/0006).
"""

import asyncio
from collections.abc import Mapping
from datetime import datetime
from typing import Any
from urllib.parse import quote

from raumpost.domain.alerting import Cause, Kind
from raumpost.wiring.alerts import Context, never_raising, report_recovery, report_trouble
from raumpost.wiring.settings import TASK_TIMEOUT, Settings, read_settings
from raumpost.wiring.tasks.instance import now

OPEN = ["queued", "running"]
"""States of a run that has not ended."""


async def overdue(context: Context) -> None:
    """Report that a run has not finished in time. Airflow's triggerer calls it at the deadline of the run."""
    await asyncio.to_thread(_report_overdue, context)  # database and mail server must not hold up other triggers


def _report_overdue(context: Context) -> None:
    from raumpost.services.alerts.incidents import note_late
    from raumpost.wiring import connections

    with never_raising("alert"):
        run = context["dag_run"]
        if (settings := read_settings()).alert_email and _is_late(run, settings):
            cause = Cause(Kind.UNFINISHED, run["dag_id"])
            with connections.database(actor="alerts") as db:
                note_late(db, dag_id=run["dag_id"], run_id=run["dag_run_id"], now=now())
            where = f"{run['dag_id']}, run {run['dag_run_id']}"
            report_trouble(cause, settings, error=None, where=where, link=_link(run))


def ended(context: Context) -> None:
    """Report that all late runs have ended; each later run looks once."""
    from raumpost.services.alerts.incidents import late_runs, note_ended
    from raumpost.wiring import connections

    with never_raising("word that late runs have ended"):
        if (settings := read_settings()).alert_email:
            ti = context["ti"]
            with connections.database(actor="alerts") as db:
                late = late_runs(db, dag_id=ti.dag_id)
                if not late or ti.get_dr_count(dag_id=ti.dag_id, run_ids=late, states=OPEN):
                    return
                note_ended(db, dag_id=ti.dag_id, run_ids=late, now=now())
            report_recovery(Cause(Kind.UNFINISHED, ti.dag_id), settings)


def _is_late(run: Mapping[str, Any], settings: Settings) -> bool:
    """Return whether the run is open, and not because a person has cleared a task of it, which queues it again."""
    return run["state"] in OPEN and now() - datetime.fromisoformat(run["queued_at"]) > settings.overdue - TASK_TIMEOUT


def _link(run: Mapping[str, Any]) -> str:
    from airflow.providers.common.compat.sdk import conf

    base = str(conf.get("api", "base_url", fallback="http://localhost:8080")).rstrip("/")
    return f"{base}/dags/{run['dag_id']}/runs/{quote(run['dag_run_id'])}"

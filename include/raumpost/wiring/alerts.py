"""Callbacks by which Airflow notifies operators of trouble by mail, and the mail server that they use.

`failed` and `worked` belong to tasks and run where the task ran; those of runs are in `late_runs`. None of them ever
raises: what keeps an alert from being sent is logged, and the task's own failure stays what is seen.

Airflow's SmtpNotifier is not used: it fills in its texts as templates, and error texts quote strangers' mails; it
sends HTML only, tries six times without a limit of time, and does not know what our connections may say (own CA,
tokens of Exchange Online; docs/develop/adr/0003). The connection's type, its name and `from_email` are the same.
"""

import inspect
import logging
import os
import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from raumpost.domain.alerting import AlertMail, Cause, Incident, Kind, Trouble
from raumpost.domain.errors import ConfigurationError, DatabaseUnavailable, InterfaceUnavailable, RaumpostError
from raumpost.wiring.settings import Settings, read_settings
from raumpost.wiring.tasks.instance import now

log = logging.getLogger(__name__)

Context = Mapping[str, Any]
DATABASE = Cause(Kind.DATABASE)


def failed(context: Context) -> None:
    """Report that a task failed for good, unless its cause was reported within the hour."""
    with never_raising("alert"):
        if (settings := read_settings()).alert_email:
            ti = context["ti"]
            cause = cause_of(ti.dag_id, ti.task_id, _arguments(context), error=context.get("exception"))
            where = f"{ti.dag_id}, {ti.task_id}{_index(ti)}, run {ti.run_id}, attempt {ti.try_number}"
            error = context.get("exception")
            report_trouble(cause, settings, error=str(error) if error else None, where=where, link=ti.log_url)


def worked(context: Context) -> None:
    """Report that a cause is over whose trouble had been reported."""
    with never_raising("alert"):
        if (settings := read_settings()).alert_email:
            ti = context["ti"]
            report_recovery(cause_of(ti.dag_id, ti.task_id, _arguments(context)), settings)


def cause_of(dag_id: str, task_id: str, arguments: Mapping[str, Any], *, error: BaseException | None = None) -> Cause:
    """Name the cause that a task stands for: its interface, where it has one, else the task itself.

    Only what used an interface may report that it works again: a mail is rendered without the mail server, and where
    nothing waits to be read, `update_status` succeeds without the inbox. Where that fails for the inbox, the cause is
    that of `fetch_replies`.
    """
    verb = task_id.rpartition(".")[2]
    batch, inbox = arguments.get("batch"), arguments.get("inbox")
    if verb == "send" and isinstance(batch, Mapping):
        return Cause(Kind.SENDING, str(batch.get("smtp_conn_id")))
    if isinstance(inbox, str):
        if verb == "fetch_replies" or isinstance(error, InterfaceUnavailable | ConfigurationError):
            return Cause(Kind.READING, inbox)
        return Cause(Kind.TASK, f"{dag_id}.{task_id} {inbox}")
    if verb == "guard":
        return Cause(Kind.GUARD)
    return Cause(Kind.TASK, f"{dag_id}.{task_id}")


@contextmanager
def notifier(settings: Settings) -> Iterator[Callable[[AlertMail], None]]:
    """Return what sends a mail to operators. Raises ConfigurationError for a connection that makes no sense."""
    from raumpost.services.alerts.notify import notify_operators
    from raumpost.wiring import connections

    sender = _sender(settings.alert_smtp) or settings.alert_email[0]
    with connections.mailer(settings.alert_smtp) as mailer:
        yield lambda mail: notify_operators(mailer, mail, sender=sender, recipients=settings.alert_email, now=now())


def report_trouble(cause: Cause, settings: Settings, *, error: str | None, where: str, link: str | None) -> None:
    """Report trouble, unless it was reported within the hour; that of the database itself, where that is away."""
    from raumpost.services.alerts.extent import extent
    from raumpost.services.alerts.incidents import DatabaseAlertStore
    from raumpost.services.alerts.mails import failure
    from raumpost.services.alerts.throttle import alert
    from raumpost.wiring import connections

    with notifier(settings) as notify:

        def alert_mail(incident: Incident, trouble: Trouble | None = None) -> AlertMail:
            since, count = incident.first_at, incident.count
            return failure(cause, since=since, count=count, trouble=trouble, error=error, where=where, link=link)

        try:
            with connections.database(actor="alerts") as db:
                alert(
                    DatabaseAlertStore(db),
                    cause,
                    now=now(),
                    notify=lambda incident: notify(alert_mail(incident, extent(db, cause, now=now()))),
                )
            return
        except (DatabaseUnavailable, ConfigurationError) as exc:
            log.warning("%s", exc)
            cause, error = DATABASE, str(exc)
        alert(_files(), cause, now=now(), notify=lambda incident: notify(alert_mail(incident)))


def report_recovery(cause: Cause, settings: Settings) -> None:
    """Report that a cause is over, and that the database can be reached, of what had been reported."""
    from raumpost.services.alerts.incidents import DatabaseAlertStore
    from raumpost.services.alerts.mails import recovery
    from raumpost.services.alerts.throttle import recover
    from raumpost.wiring import connections

    def notify_over(over: Cause, incident: Incident) -> None:
        with notifier(settings) as notify:
            notify(recovery(over, since=incident.first_at, count=incident.count, now=now()))

    with connections.database(actor="alerts") as db:
        recover(DatabaseAlertStore(db), [cause], now=now(), notify=lambda incident: notify_over(cause, incident))
    recover(_files(), [DATABASE], now=now(), notify=lambda incident: notify_over(DATABASE, incident))


def _sender(smtp_conn_id: str) -> str | None:
    """Return the address in whose name this connection may send, as far as it tells. Raises ConfigurationError."""
    from raumpost.wiring import connections

    connection = connections.connection(smtp_conn_id, "smtp")
    named = str(connection.extra_dejson.get("from_email") or connection.login or "")
    return named if "@" in named else None


def _files() -> Any:
    from raumpost.adapters.alert_files import FileAlertStore

    return FileAlertStore(Path(tempfile.gettempdir()) / f"raumpost-alerts-{os.getuid()}")


def _arguments(context: Context) -> Mapping[str, Any]:
    """Return what the task's function was called with; nothing, where Airflow no longer knows (the worker died)."""
    task = context.get("task")
    function = getattr(task, "python_callable", None)
    if function is None:
        return {}
    given = inspect.signature(function).bind_partial(*getattr(task, "op_args", ()), **getattr(task, "op_kwargs", {}))
    return given.arguments


def _index(ti: Any) -> str:
    return f"[{ti.map_index}]" if ti.map_index is not None and ti.map_index >= 0 else ""


@contextmanager
def never_raising(what: str) -> Iterator[None]:
    """Log what keeps an alert from being sent, and go on."""
    try:
        yield
    except RaumpostError as exc:
        log.error("No %s could be sent: %s", what, exc)  # it names the remedy; a trace adds nothing
    except Exception:
        log.exception("No %s could be sent", what)

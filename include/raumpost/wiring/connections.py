"""Interfaces are Airflow connections: this opens them and hands out adapters."""

import imaplib
import smtplib
import socket
from collections.abc import Iterator
from contextlib import contextmanager, suppress

from airflow.sdk import Connection
from airflow.sdk.exceptions import AirflowException, AirflowNotFoundException
from psycopg2.extensions import connection as PostgresConnection

from raumpost.adapters import postgres
from raumpost.adapters.imap import ImapFolder
from raumpost.adapters.smtp import SmtpMailer
from raumpost.domain.errors import ConfigurationError, DatabaseUnavailable, InterfaceUnavailable
from raumpost.wiring.settings import NETWORK_TIMEOUT

DATABASE = "raumpost_db"
"""The Airflow connection to the database with the schemas booking and raumpost."""


def database_parameters() -> dict[str, str | int | None]:
    """Give the libpq parameters of the connection raumpost_db; its extras, such as sslmode, are among them."""
    connection = _connection(DATABASE, "postgres")
    return {
        "host": connection.host,
        "port": connection.port,
        "user": connection.login,
        "password": connection.password,
        "dbname": connection.schema,
        **connection.extra_dejson,
    }


def connect() -> PostgresConnection:
    """Open a connection to the Raumpost database. Raises DatabaseUnavailable, which names the Airflow connection."""
    try:
        return postgres.connect(**database_parameters())
    except DatabaseUnavailable as exc:
        raise DatabaseUnavailable(f"Airflow connection “{DATABASE}”: {exc}") from exc


@contextmanager
def database(*, actor: str, dag_run: str | None = None) -> Iterator[postgres.Database]:
    """Open the Raumpost database; what is written names `actor` and `dag_run`."""
    connection = connect()
    try:
        yield postgres.Database(connection, actor=actor, dag_run=dag_run)
    finally:
        connection.close()


@contextmanager
def mailer(smtp_conn_id: str) -> Iterator[SmtpMailer]:
    """Give the mailer of an SMTP interface; it connects when the first mail is sent."""
    found = SmtpMailer(lambda: _smtp_client(smtp_conn_id), name=f"SMTP interface {smtp_conn_id}")
    try:
        yield found
    finally:
        found.close()


@contextmanager
def inbox(imap_conn_id: str) -> Iterator[ImapFolder]:
    """Open the INBOX of an IMAP interface for reading."""
    from airflow.providers.imap.hooks.imap import ImapHook  # only the task that needs it pays for it

    _connection(imap_conn_id, "imap")
    name = f"IMAP interface {imap_conn_id}"
    hook = ImapHook(imap_conn_id=imap_conn_id)
    with _default_timeout():
        try:
            hook.get_conn()
        except AirflowException as exc:
            raise InterfaceUnavailable(f"{name} cannot be used: {exc}") from exc
        except (OSError, imaplib.IMAP4.error) as exc:
            raise InterfaceUnavailable(f"{name} cannot be reached or refuses the login: {exc}") from exc
        except (ValueError, TypeError, RuntimeError) as exc:
            raise InterfaceUnavailable.misconfigured(name, exc) from exc
        client = hook.mail_client
        if client is None:
            raise InterfaceUnavailable(f"{name} gave no connection")
    try:
        yield ImapFolder(client, name=name)
    finally:
        with suppress(OSError, imaplib.IMAP4.error):
            client.logout()


def _smtp_client(smtp_conn_id: str) -> smtplib.SMTP:
    """Connect and log in with a new hook: after a failed login a hook keeps a client that is not logged in."""
    from airflow.providers.smtp.hooks.smtp import SmtpHook  # only the task that needs it pays for it

    _connection(smtp_conn_id, "smtp")

    class OneTry(SmtpHook):
        """Airflow repeats the task; the hook's own repetitions would hold a worker six times as long."""

        smtp_retry_limit = 0

    try:
        # SmtpHook has no public call for a prepared message, hence its client.
        client = OneTry(smtp_conn_id=smtp_conn_id).get_conn()._smtp_client
    except AirflowException as exc:
        raise InterfaceUnavailable(f"SMTP interface {smtp_conn_id} cannot be used: {exc}") from exc
    if not isinstance(client, smtplib.SMTP):
        raise InterfaceUnavailable(f"SMTP interface {smtp_conn_id} gave no connection")
    return client


def _connection(conn_id: str, conn_type: str) -> Connection:
    try:
        connection: Connection = Connection.get(conn_id)
    except AirflowNotFoundException as exc:
        raise ConfigurationError(
            f"there is no Airflow connection “{conn_id}”; create it with type {conn_type} "
            f"(outside a task, as for make migrate, only AIRFLOW_CONN_{conn_id.upper()} counts)"
        ) from exc
    if connection.conn_type != conn_type:
        raise ConfigurationError(
            f"the Airflow connection “{conn_id}” has type {connection.conn_type}; it needs {conn_type}"
        )
    return connection


@contextmanager
def _default_timeout() -> Iterator[None]:
    """ImapHook offers no timeout: give one to every socket that is opened inside."""
    before = socket.getdefaulttimeout()
    socket.setdefaulttimeout(NETWORK_TIMEOUT.total_seconds())
    try:
        yield
    finally:
        socket.setdefaulttimeout(before)

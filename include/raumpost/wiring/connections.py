"""Opens interfaces, which are Airflow connections, and returns adapters for them."""

import smtplib
from collections.abc import Iterator
from contextlib import contextmanager

from airflow.sdk import Connection
from airflow.sdk.exceptions import AirflowNotFoundException
from psycopg2.extensions import connection as PostgresConnection

from raumpost.adapters import imap_mailbox, postgres, smtp
from raumpost.adapters.endpoint import Endpoint
from raumpost.adapters.imap_mailbox import ImapMailbox
from raumpost.adapters.smtp import SmtpMailer
from raumpost.domain.errors import ConfigurationError, DatabaseUnavailable
from raumpost.wiring.interfaces import Interface

DATABASE = "raumpost_db"
"""The Airflow connection to the database with the schemas booking and raumpost."""


def database_parameters() -> dict[str, str | int | None]:
    """Return the libpq parameters of the connection raumpost_db, including its extras, such as sslmode."""
    given = connection(DATABASE, "postgres")
    return {
        "host": given.host,
        "port": given.port,
        "user": given.login,
        "password": given.password,
        "dbname": given.schema,
        **given.extra_dejson,
    }


def connect(*, statement_timeout: int = postgres.STATEMENT_TIMEOUT) -> PostgresConnection:
    """Open a connection to the Raumpost database; `statement_timeout` limits each statement, in seconds.

    Raises DatabaseUnavailable, which names the Airflow connection.
    """
    try:
        return postgres.connect(**database_parameters(), statement_timeout=statement_timeout)
    except DatabaseUnavailable as exc:
        raise DatabaseUnavailable(f"Airflow connection “{DATABASE}”: {exc.why}", remedy=exc.remedy) from exc


@contextmanager
def database(
    *,
    actor: str,
    dag_id: str | None = None,
    dag_run: str | None = None,
    statement_timeout: int = postgres.STATEMENT_TIMEOUT,
) -> Iterator[postgres.Database]:
    """Open the Raumpost database; changes are recorded under `actor` and the run `dag_run` of the DAG `dag_id`.

    No statement may take longer than `statement_timeout`, in seconds.
    """
    opened = connect(statement_timeout=statement_timeout)
    patience = statement_timeout + postgres.LEEWAY
    try:
        yield postgres.Database(opened, actor=actor, dag_id=dag_id, dag_run=dag_run, patience=patience)
    finally:
        opened.close()


@contextmanager
def mailer(smtp_conn_id: str) -> Iterator[SmtpMailer]:
    """Return the mailer of an SMTP interface; it reads the connection and connects with the first mail."""

    def connect_smtp() -> smtplib.SMTP:
        return smtp.connect(smtp_endpoint(smtp_conn_id))

    found = SmtpMailer(connect_smtp, name=f"SMTP interface {smtp_conn_id}")
    try:
        yield found
    finally:
        found.close()


@contextmanager
def mailbox(imap_conn_id: str) -> Iterator[ImapMailbox]:
    """Return the mailbox of an IMAP interface; it connects when the first folder is opened."""
    interface = imap_interface(imap_conn_id)
    endpoint = interface.imap()
    found = ImapMailbox(
        lambda: imap_mailbox.connect(endpoint),
        name=interface.name,
        folders=interface.folders(),
        processed_folder=interface.processed_folder(),
        authserv_id=interface.authserv_id(),
    )
    try:
        yield found
    finally:
        found.close()


def smtp_endpoint(smtp_conn_id: str) -> Endpoint:
    """Read the connection of an SMTP interface. Raises ConfigurationError."""
    return Interface(connection(smtp_conn_id, "smtp")).smtp()


def imap_interface(imap_conn_id: str) -> Interface:
    """Read the connection of an IMAP interface. Raises ConfigurationError."""
    return Interface(connection(imap_conn_id, "imap"))


def interface_type(conn_id: str) -> str:
    """Return whether a connection is of type smtp or imap. Raises ConfigurationError if it is neither."""
    return str(connection(conn_id, "smtp", "imap").conn_type)


def connection_type(conn_id: str) -> str | None:
    """Return the type of an Airflow connection; None if it does not exist."""
    try:
        return str(Connection.get(conn_id).conn_type)
    except AirflowNotFoundException:
        return None


def connection(conn_id: str, *conn_types: str) -> Connection:
    """Return an Airflow connection of one of these types. Raises ConfigurationError."""
    wanted = " or ".join(conn_types)
    try:
        found: Connection = Connection.get(conn_id)
    except AirflowNotFoundException as exc:
        raise ConfigurationError(
            f"there is no Airflow connection “{conn_id}”",
            remedy=f"create it with type {wanted} "
            f"(outside a task, as for make migrate, only AIRFLOW_CONN_{conn_id.upper()} counts)",
        ) from exc
    if found.conn_type not in conn_types:
        raise ConfigurationError(
            f"the Airflow connection “{conn_id}” has type {found.conn_type}", remedy=f"it needs {wanted}"
        )
    return found

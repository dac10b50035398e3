"""Alembic's entry: runs the revisions on the connection that `raumpost.sql.migrate` passes on."""

from alembic import context
from sqlalchemy import text

connection = context.config.attributes["connection"]
connection.execute(text("CREATE SCHEMA IF NOT EXISTS raumpost"))
context.configure(connection=connection, version_table_schema="raumpost")
with context.begin_transaction():
    context.run_migrations()

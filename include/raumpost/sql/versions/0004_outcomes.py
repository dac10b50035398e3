"""Aliases of room mailboxes, the mail behind a journal line, and what a received mail can come to."""

from pathlib import Path

from alembic import op

revision = "0004_outcomes"
down_revision = "0003_filing"


def upgrade() -> None:
    """Run the statements beside this file."""
    op.execute(Path(__file__).with_suffix(".sql").read_text(encoding="utf-8"))

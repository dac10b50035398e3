"""Cancellations that wait for an approval because too many came at once."""

from pathlib import Path

from alembic import op

revision = "0013_guard"
down_revision = "0012_pages"


def upgrade() -> None:
    """Run the statements beside this file."""
    op.execute(Path(__file__).with_suffix(".sql").read_text(encoding="utf-8"))

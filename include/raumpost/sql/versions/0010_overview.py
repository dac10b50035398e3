"""Indexes for the overview, which must stay quick with hundreds of thousands of invitations."""

from pathlib import Path

from alembic import op

revision = "0010_overview"
down_revision = "0009_generations"


def upgrade() -> None:
    """Run the statements beside this file."""
    op.execute(Path(__file__).with_suffix(".sql").read_text(encoding="utf-8"))

"""Previews that tell the generations of an invitation apart."""

from pathlib import Path

from alembic import op

revision = "0009_generations"
down_revision = "0008_alerts"


def upgrade() -> None:
    """Run the statements beside this file."""
    op.execute(Path(__file__).with_suffix(".sql").read_text(encoding="utf-8"))

"""How often a received mail was begun to be read, and facts that were hidden in sentences."""

from pathlib import Path

from alembic import op

revision = "0015_readings"
down_revision = "0014_restore"


def upgrade() -> None:
    """Run the statements beside this file."""
    op.execute(Path(__file__).with_suffix(".sql").read_text(encoding="utf-8"))

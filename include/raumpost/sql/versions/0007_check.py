"""What the last check found, and the trial bookings of the check."""

from pathlib import Path

from alembic import op

revision = "0007_check"
down_revision = "0006_preview"


def upgrade() -> None:
    """Run the statements beside this file."""
    op.execute(Path(__file__).with_suffix(".sql").read_text(encoding="utf-8"))

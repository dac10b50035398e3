"""Create the contract with the booking system."""

from pathlib import Path

from alembic import op

revision = "0001_booking"
down_revision = None


def upgrade() -> None:
    """Run the statements beside this file."""
    op.execute(Path(__file__).with_suffix(".sql").read_text(encoding="utf-8"))

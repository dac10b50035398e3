"""Create links, invitations, mails, journal."""

from pathlib import Path

from alembic import op

revision = "0002_raumpost"
down_revision = "0001_booking"


def upgrade() -> None:
    """Run the statements beside this file."""
    op.execute(Path(__file__).with_suffix(".sql").read_text(encoding="utf-8"))

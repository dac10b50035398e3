"""What has been told to operators, and which invitations have been forgotten."""

from pathlib import Path

from alembic import op

revision = "0008_alerts"
down_revision = "0007_check"


def upgrade() -> None:
    """Run the statements beside this file."""
    op.execute(Path(__file__).with_suffix(".sql").read_text(encoding="utf-8"))

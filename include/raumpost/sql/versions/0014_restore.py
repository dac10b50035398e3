"""What a restored database must know so as not to say two things under one number."""

from pathlib import Path

from alembic import op

revision = "0014_restore"
down_revision = "0013_guard"


def upgrade() -> None:
    """Run the statements beside this file."""
    op.execute(Path(__file__).with_suffix(".sql").read_text(encoding="utf-8"))

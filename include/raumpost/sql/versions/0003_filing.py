"""Remember which of our received mails have been put away."""

from pathlib import Path

from alembic import op

revision = "0003_filing"
down_revision = "0002_raumpost"


def upgrade() -> None:
    """Run the statements beside this file."""
    op.execute(Path(__file__).with_suffix(".sql").read_text(encoding="utf-8"))

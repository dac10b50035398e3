"""What the pages of invitations and of the log need to be quick, and which DAG and batch wrote a line."""

from pathlib import Path

from alembic import op

revision = "0012_pages"
down_revision = "0011_mailbox_pages"


def upgrade() -> None:
    """Run the statements beside this file."""
    op.execute(Path(__file__).with_suffix(".sql").read_text(encoding="utf-8"))

"""What the page of the room mailboxes counts by."""

from pathlib import Path

from alembic import op

revision = "0011_mailbox_pages"
down_revision = "0010_overview"


def upgrade() -> None:
    """Run the statements beside this file."""
    op.execute(Path(__file__).with_suffix(".sql").read_text(encoding="utf-8"))

"""Links that are removed, and invitations that are made anew under another technical user."""

from pathlib import Path

from alembic import op

revision = "0005_links"
down_revision = "0004_outcomes"


def upgrade() -> None:
    """Run the statements beside this file."""
    op.execute(Path(__file__).with_suffix(".sql").read_text(encoding="utf-8"))

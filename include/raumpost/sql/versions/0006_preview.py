"""What a person was shown before something was done by hand."""

from pathlib import Path

from alembic import op

revision = "0006_preview"
down_revision = "0005_links"


def upgrade() -> None:
    """Run the statements beside this file."""
    op.execute(Path(__file__).with_suffix(".sql").read_text(encoding="utf-8"))

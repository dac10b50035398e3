"""Create links, invitations, mails, the journal, and the triggers that note changes of bookings."""

from raumpost.sql.statements import run

revision = "v1_0_raumpost"
down_revision = "v1_0_booking"


def upgrade() -> None:
    """Fill schema raumpost."""
    run("v1_0_raumpost_tables.sql")
    run("v1_0_raumpost_views.sql")
    run("v1_0_raumpost_triggers.sql")

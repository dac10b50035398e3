"""Create the contract with the booking system."""

from raumpost.sql.statements import run

revision = "v1_0_booking"
down_revision = None


def upgrade() -> None:
    """Make schema booking."""
    run("v1_0_booking.sql")

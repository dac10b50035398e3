"""Run the SQL files of a revision."""

from importlib.resources import files

from alembic import op


def run(name: str) -> None:
    """Run all statements of a file of sql/versions/."""
    op.execute(files("raumpost.sql").joinpath("versions", name).read_text(encoding="utf-8"))

"""Commands for engineers: `python -m raumpost migrate`."""

import argparse
import sys

from raumpost.domain.errors import RaumpostError
from raumpost.sql.migrate import migrate
from raumpost.wiring.connections import connect


def main(arguments: list[str] | None = None) -> int:
    """Run one command; give the exit status."""
    parser = argparse.ArgumentParser(prog="python -m raumpost", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    commands.add_parser("migrate", help="bring the database of the connection raumpost_db to the newest revision")
    parser.parse_args(arguments)
    try:
        migrate(connect)
    except RaumpostError as exc:
        sys.stderr.write(f"raumpost: {exc}\n")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())

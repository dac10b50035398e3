"""Commands for engineers: `python -m raumpost migrate`, `… restored [--apply]` and `… inspect FILE…`."""

import argparse
import json
import sys
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

from raumpost.domain.errors import RaumpostError
from raumpost.itip.describe import describe
from raumpost.itip.parse import read


def main(arguments: list[str] | None = None) -> int:
    """Run one command; return the exit status."""
    parser = argparse.ArgumentParser(prog="python -m raumpost", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    commands.add_parser("migrate", help="bring the database of the connection raumpost_db to the newest revision")
    restoring = commands.add_parser(
        "restored", help="after a dump was restored: say what is to be sent again so that rooms and database agree"
    )
    restoring.add_argument("--apply", action="store_true", help="and have it sent by the next run of mailbox_processor")
    inspecting = commands.add_parser(
        "inspect", help="say what Raumpost makes of a mail: one JSON object a file; needs no database"
    )
    inspecting.add_argument("files", nargs="+", metavar="FILE", help="a mail (.eml), a calendar file, or a winmail.dat")
    chosen = parser.parse_args(arguments)
    match chosen.command:
        case "inspect":
            return inspect(chosen.files)
        case "restored":
            return restored(apply=chosen.apply)
        case _:
            return migrate()


def migrate() -> int:
    """Bring the database to the newest revision."""
    # Airflow takes seconds to import, and who inspects a mail needs neither it nor a database.
    from raumpost.sql.migrate import migrate as run
    from raumpost.wiring.connections import connect

    try:
        run(connect)
    except RaumpostError as exc:
        sys.stderr.write(f"raumpost: {exc}\n")
        return 1
    return 0


def restored(*, apply: bool) -> int:
    """Print what is sent again to each room after a dump was restored; do it only with `apply`."""
    from raumpost.services.upkeep.restore import restore
    from raumpost.wiring import connections

    try:
        with connections.database(actor="python -m raumpost restored") as db:
            found = restore(db, now=datetime.now(UTC), apply=apply)
    except RaumpostError as exc:
        sys.stderr.write(f"raumpost: {exc}\n")
        return 1
    for address, number in sorted(found.per_room.items()):
        sys.stdout.write(f"{number:7} to {address}\n")
    what = "are sent again by the next runs of mailbox_processor" if apply else "would be sent again with --apply"
    sys.stdout.write(f"{found.per_room.total():7} invitations and cancellations {what}, as revision {found.floor}\n")
    return 0


def inspect(files: Sequence[str]) -> int:
    """Print what each file is by itself, one JSON object a line; 1 if one could not be opened."""
    status = 0
    for file in files:
        try:
            raw = Path(file).read_bytes()
        except OSError as exc:
            sys.stderr.write(f"raumpost: {file}: {exc.strerror}\n")
            status = 1
            continue
        sys.stdout.write(json.dumps({"file": file, **describe(read(raw))}, ensure_ascii=False) + "\n")
    return status


if __name__ == "__main__":
    sys.exit(main())

"""Check mails for an engineer: `make lint-mail FILES="invitation.eml update.eml"`."""

import argparse
import sys
from datetime import UTC, datetime
from pathlib import Path

from sandbox.lint_mail import findings, findings_across


def main(arguments: list[str] | None = None) -> int:
    """Print what is wrong with each file; give 0 if nothing is."""
    parser = argparse.ArgumentParser(prog="python -m sandbox.lint_mail", description=__doc__)
    parser.add_argument("files", nargs="+", type=Path, metavar="FILE")
    parser.add_argument("--in-order", action="store_true", help="the files are mails of one UID as they were sent")
    options = parser.parse_args(arguments)
    try:
        raws = [file.read_bytes() for file in options.files]
    except OSError as exc:
        parser.error(str(exc))
    found = [
        f"{file}: {finding}"
        for file, raw in zip(options.files, raws, strict=True)
        for finding in findings(raw, now=datetime.now(UTC))
    ]
    if options.in_order:
        found += findings_across(raws)
    for line in found:
        sys.stdout.write(f"{line}\n")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())

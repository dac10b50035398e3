"""Keep what a check found: the latest result of each subject, whole."""

from collections.abc import Mapping, Sequence
from datetime import datetime

from raumpost.domain.check import CheckStatus, Finding, Subject
from raumpost.services.ports import Database
from raumpost.services.store.rows import as_json


def store(db: Database, kind: Subject, findings: Mapping[str, Sequence[Finding]], *, now: datetime) -> None:
    """Replace what is known of these subjects."""
    rows = [
        {
            "subject": subject,
            "position": position,
            "what": one.what,
            "status": one.status,
            "why": one.why,
            "remedy": one.remedy,
        }
        for subject, found in findings.items()
        for position, one in enumerate(found)
    ]
    with db.transaction():
        db.run("forget_checks", kind=kind, subjects=list(findings), among=True)
        db.run("store_checks", kind=kind, now=now, findings=as_json(rows))


def forget_others(db: Database, kind: Subject, subjects: Sequence[str]) -> None:
    """Forget subjects of a kind that nobody has any more."""
    db.run("forget_checks", kind=kind, subjects=list(subjects), among=False)


def load(db: Database, *, of_this_run: bool = False) -> list[tuple[Subject, str, Finding]]:
    """Return the latest results, or only those of this run; troubles first."""
    return [
        (
            Subject(row["kind"]),
            row["subject"],
            Finding(what=row["what"], status=CheckStatus(row["status"]), why=row["why"], remedy=row["remedy"]),
        )
        for row in db.rows("check_results", of_this_run=of_this_run)
    ]

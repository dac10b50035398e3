"""Mails as they leave, octet by octet: a change of the wire format is seen by a person before any room sees it.

`make golden` writes the files again; `git diff` then shows headers, and this test's failure showed what the parts hold.
"""

import os
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime
from difflib import unified_diff
from email import message_from_bytes
from pathlib import Path

import pytest

from raumpost.domain.model import Answer, BookingKey, BookingKind
from raumpost.itip.calendar_mail import CalendarUser
from tests.rendering import BOOKING, CANCEL, TECH, UPDATE, RenderedMail, days, told, write

FOLDER = Path(__file__).parents[1] / "data" / "golden"
SEVERAL_LINES = "\n".join(
    [
        "Bitte mitbringen: Laptop, Maus; Kabel",
        "Pfad: C:\\raum\\neu",
        "",
        "From here on in English = auf Englisch",
        ".",
        "-- ",
        "Fin",
    ]
)

MAILS: dict[str, Callable[[], RenderedMail]] = {
    "invitation": lambda: write(told(BOOKING)),
    "update": lambda: write(replace(UPDATE, content=told(replace(BOOKING, title="Berufungskommission II")).content)),
    "cancellation": lambda: write(replace(CANCEL, content=told(BOOKING).content)),
    "reset": lambda: write(replace(told(BOOKING), resend=1, first_message_id=write().message_id)),
    "answered-already": lambda: write(
        replace(told(BOOKING), exposed_sequence=0, answer=Answer.ACCEPTED, answer_sequence=0)
    ),
    "block": lambda: write(told(replace(BOOKING, key=BookingKey(BookingKind.BLOCK, 7), title="Malerarbeiten"))),
    "confidential": lambda: write(told(replace(BOOKING, confidential=True))),
    "untitled": lambda: write(told(replace(BOOKING, title=None, description=None, booked_by=None))),
    "all-day": lambda: write(days(date(2026, 7, 6), date(2026, 7, 7))),
    "all-day-cancellation": lambda: write(replace(CANCEL, content=days(date(2026, 7, 6), date(2026, 7, 7)).content)),
    "all-day-over-beginning-of-summer-time": lambda: write(days(date(2026, 3, 27), date(2026, 4, 2))),
    "night-into-summer-time": lambda: write(
        told(
            replace(
                BOOKING,
                starts_at=datetime(2026, 3, 29, 0, 30, tzinfo=UTC),
                ends_at=datetime(2026, 3, 29, 1, 30, tzinfo=UTC),
            )
        )
    ),
    "night-out-of-summer-time": lambda: write(
        told(
            replace(
                BOOKING,
                starts_at=datetime(2026, 10, 25, 0, 30, tzinfo=UTC),
                ends_at=datetime(2026, 10, 25, 1, 30, tzinfo=UTC),
            )
        )
    ),
    "several-lines": lambda: write(told(replace(BOOKING, description=SEVERAL_LINES))),
    "long-title": lambda: write(told(replace(BOOKING, title="Größe, Länge; Breite und Höhe " * 20))),
    "long-word": lambda: write(told(replace(BOOKING, title="x" * 2000))),
    "emoji": lambda: write(told(replace(BOOKING, title="🎉 Begrüßung ☕ 👩‍👩‍👧 " * 5))),
    "right-to-left": lambda: write(told(replace(BOOKING, title="أسبوع الترحيب (5) שבוע"))),
    "quoted-names": lambda: write(
        told(replace(BOOKING, title='"Titel"; Teil 1, \\n')),
        room='Der "große" Saal; EG, <links>',
        sender=replace(TECH, name='Team "Räume" \\ ^Plan'),
    ),
    "control-characters": lambda: write(told(replace(BOOKING, title="Eins\r\nBcc: all@campus.example\0\x1b[31m"))),
    "nameless-technical-user": lambda: write(told(BOOKING), sender=CalendarUser(address=TECH.address, name="")),
}


def shown(raw: bytes) -> list[str]:
    """Show a mail as a person reads it: the headers as they stand there, the parts decoded."""
    message = message_from_bytes(raw)
    lines = []
    for part in message.walk():
        lines += [f"{name}: {value}" for name, value in part.items()]
        payload = part.get_payload(decode=True)
        lines += ["", *(payload.decode(errors="backslashreplace").split("\r\n") if isinstance(payload, bytes) else [])]
    return lines


@pytest.mark.parametrize("name", MAILS)
def test_a_mail_leaves_as_it_was_approved(name: str) -> None:
    file = FOLDER / f"{name}.eml"
    raw = MAILS[name]().raw
    if os.environ.get("REWRITE_GOLDEN"):
        file.write_bytes(raw)
    approved = file.read_bytes()
    difference = "\n".join(unified_diff(shown(approved), shown(raw), "approved", "now", lineterm=""))
    assert not difference, f"{file.name}:\n{difference}\n\nIf that is meant: make golden"
    assert raw == approved


def test_every_approved_mail_is_still_written() -> None:
    if os.environ.get("REWRITE_GOLDEN"):
        for file in FOLDER.glob("*.eml"):
            if file.stem not in MAILS:
                file.unlink()
    assert {file.stem for file in FOLDER.iterdir()} == set(MAILS)

"""The linter finds each broken rule: every test breaks one thing in a mail that was good before."""

import re
from base64 import b64decode, encodebytes
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest

from sandbox.lint_mail import RULES, findings, findings_across
from sandbox.lint_mail.__main__ import main
from tests.rendering import NOW, ROOM, TECH, UID

GOLDEN = Path(__file__).parents[1] / "data" / "golden"


def golden(name: str) -> bytes:
    return (GOLDEN / f"{name}.eml").read_bytes()


def replaced(octets: bytes, old: bytes, new: bytes) -> bytes:
    assert octets.count(old) == 1, old
    return octets.replace(old, new)


class InMail:
    """Replaces octets of a golden mail."""

    def __init__(self, old: str, new: str, *, mail: str = "invitation") -> None:
        self.mail, self.old, self.new = mail, old.replace("\n", "\r\n").encode(), new.replace("\n", "\r\n").encode()

    def __call__(self) -> bytes:
        return replaced(golden(self.mail), self.old, self.new)


class InCalendar(InMail):
    """Replaces octets of the unfolded calendar of a golden mail."""

    def __call__(self) -> bytes:
        return with_calendar(golden(self.mail), lambda octets: replaced(octets, self.old, self.new))


def with_calendar(raw: bytes, change: Callable[[bytes], bytes]) -> bytes:
    head, encoding, rest = raw.partition(b"Content-Transfer-Encoding: base64\r\n\r\n")
    text, end, tail = rest.partition(b"\r\n--=_raumpost--")
    octets = change(b64decode(text).replace(b"\r\n ", b""))
    folded = b"\r\n".join(re.sub(rb"(.{70})(?=.)", rb"\1\r\n ", line) for line in octets.split(b"\r\n"))
    return head + encoding + encodebytes(folded).replace(b"\n", b"\r\n").removesuffix(b"\r\n") + end + tail


def unfolded_lines(raw: bytes) -> bytes:
    """Take the folds out of the calendar."""
    head, encoding, rest = raw.partition(b"Content-Transfer-Encoding: base64\r\n\r\n")
    text, end, tail = rest.partition(b"\r\n--=_raumpost--")
    return head + encoding + encodebytes(b64decode(text).replace(b"\r\n ", b"")).replace(b"\n", b"\r\n") + end + tail


def unencoded(raw: bytes) -> bytes:
    """Put the calendar there as it is."""
    head, _, rest = raw.partition(b"base64\r\n\r\n")
    text, end, tail = rest.partition(b"\r\n--=_raumpost--")
    return head + b"8bit\r\n\r\n" + b64decode(text) + end + tail


def again(raw: bytes) -> bytes:
    """Put the calendar part there twice."""
    head, limit, rest = raw.rpartition(b"--=_raumpost\r\n")
    part, _, _ = rest.partition(b"--=_raumpost--")
    return head + limit + part + limit + rest


def fold_inside_a_character(octets: bytes) -> bytes:
    return octets.replace(b"H\xc3\xb6r", b"H\xc3\r\n \xb6r")


def bare_line_feeds(octets: bytes) -> bytes:
    return octets.replace(b"\r\nSEQUENCE", b"\nSEQUENCE")


BROKEN: list[tuple[str, Callable[[], bytes]]] = [
    ("W1", InMail(f"<{ROOM}>", f"<{ROOM}>, <hoersaal-2@rooms.example>")),
    ("W1", InMail("Date: ", "Cc: other@rooms.example\nDate: ")),
    ("W1", InCalendar("END:VEVENT\n", "END:VEVENT\nBEGIN:VEVENT\nEND:VEVENT\n")),
    ("W1", InCalendar(f"UID:{UID}\n", f"UID:{UID}\nUID:{UID}\n")),
    ("W1", InCalendar("END:VEVENT\n", "ATTENDEE:mailto:other@rooms.example\nEND:VEVENT\n")),
    ("W1", InCalendar("END:VCALENDAR\n", "END:VCALENDAR\nBEGIN:VCALENDAR\nEND:VCALENDAR\n")),
    ("W1: more than one calendar part", lambda: again(golden("invitation"))),
    ("W2", InMail("; method=REQUEST", "")),
    ("W2", InMail("; method=REQUEST", "; method=CANCEL")),
    ("W2", InMail("text/calendar", "application/ics")),
    ("W2: METHOD is PUBLISH", InCalendar("METHOD:REQUEST\n", "METHOD:PUBLISH\n")),
    ("W3", InMail("multipart/alternative", "multipart/mixed")),
    ("W3", InMail("text/plain", "text/html")),
    ("W3", InMail("; method=REQUEST\n", "; method=REQUEST\nContent-Disposition: attachment; filename=invite.ics\n")),
    ("W4", InMail("charset=UTF-8; method", "method")),
    ("W4", InMail("charset=UTF-8; method", "charset=iso-8859-1; method")),
    ("W4", InMail("From: ", "From: \u00e4 ")),
    ("W4: Content-Transfer-Encoding is 8bit", lambda: unencoded(golden("invitation"))),
    ("W4: a line of the mail does not end with CRLF", lambda: golden("invitation").replace(b"\r\n", b"\n")),
    ("W4: a line of the calendar does not", lambda: with_calendar(golden("invitation"), bare_line_feeds)),
    ("W4: the calendar does not end with", InCalendar("END:VCALENDAR\n", "END:VCALENDAR")),
    ("W4: a line of the mail is longer", InMail("Subject: Beruf", "Subject: Beruf" + "x" * 990)),
    ("W4", lambda: unfolded_lines(golden("invitation"))),
    (
        "W4",
        lambda: with_calendar(golden("invitation"), lambda octets: octets.replace(b"H\xc3\xb6r", b"H\xc3\r\n \xb6r")),
    ),
    ("W4", lambda: with_calendar(golden("invitation"), lambda octets: octets.replace("ö".encode(), b"\xf6"))),
    ("W5", InMail(f"<{TECH.address}>", "<other@booking.example>")),
    ("W5", InCalendar("ORGANIZER;CN=Raumpost:", "ORGANIZER:")),
    ("W5", InCalendar(f"Raumpost:mailto:{TECH.address}", f"Raumpost:{TECH.address}")),
    ("W5: the room itself is ORGANIZER", InCalendar(f"Raumpost:mailto:{TECH.address}", f"Raumpost:mailto:{ROOM}")),
    ("W7", InCalendar("CUTYPE=ROOM;", "")),
    ("W7", InCalendar("ROLE=REQ-PARTICIPANT;", "ROLE=NON-PARTICIPANT;")),
    ("W7", InCalendar("RSVP=TRUE;", "")),
    ("W7", InCalendar("PARTSTAT=NEEDS-ACTION;", "")),
    ("W7", InCalendar("PARTSTAT=NEEDS-ACTION;", "PARTSTAT=ACCEPTED;", mail="cancellation")),
    ("W7", InCalendar(';CN="Hörsaal 1"', "")),
    ("W7", InCalendar(f"mailto:{ROOM}", f"mailto:{ROOM.lower()}")),
    ("W7", InMail(f"<{ROOM}>", f"<{ROOM.lower()}>")),
    ("W7: ATTENDEE has no mailto:", InCalendar(f"mailto:{ROOM}", ROOM)),
    ("W8", InCalendar(f"UID:{UID}\n", f"UID:{UID}_\n")),
    ("W8", InCalendar(f"UID:{UID}\n", f"UID:{'x' * 200}\n")),
    ("W8", InCalendar(f"UID:{UID}\n", "")),
    ("W9", InCalendar("SEQUENCE:0\n", "")),
    ("W9", InCalendar("SEQUENCE:0\n", "SEQUENCE:-1\n")),
    ("W10", InCalendar("DTSTAMP:20260504T123015Z", "DTSTAMP:20260504T123016Z")),
    ("W10", InCalendar("DTSTAMP:20260504T123015Z", "DTSTAMP:20260504T123015")),
    ("W10", InCalendar("DTSTAMP:20260504T123015Z\n", "")),
    ("W10", InMail("Date: ", "Date: never ")),
    ("W11", InCalendar("DTSTART:20260706T081500Z", "DTSTART;TZID=Europe/Berlin:20260706T101500")),
    ("W11", InCalendar("BEGIN:VEVENT\n", "BEGIN:VTIMEZONE\nTZID:Europe/Berlin\nEND:VTIMEZONE\nBEGIN:VEVENT\n")),
    ("W11", InCalendar("DTEND:20260706T094500Z", "DTEND:20260706T094500+0000")),
    ("W12", InCalendar("DTEND:20260706T094500Z", "DTEND:20260706T094500")),
    ("W12", InCalendar("DTEND;VALUE=DATE:20260707", "DTEND;VALUE=DATE:20260706", mail="all-day")),
    ("W12", InCalendar("DTEND;VALUE=DATE:20260707", "DTEND:20260707T000000Z", mail="all-day")),
    ("W12", InCalendar("DTSTART;VALUE=DATE:20260706", "DTSTART;VALUE=DATE:20260631", mail="all-day")),
    ("W12", InCalendar("X-MICROSOFT-CDO-ALLDAYEVENT:TRUE\n", "", mail="all-day")),
    ("W12", InCalendar("END:VEVENT\n", "X-MICROSOFT-CDO-ALLDAYEVENT:TRUE\nEND:VEVENT\n")),
    ("W12", InCalendar("DTEND:20260706T094500Z", "DTEND:20260706T081500Z")),
    ("W13", InCalendar("END:VEVENT\n", "RRULE:FREQ=WEEKLY;COUNT=3\nEND:VEVENT\n")),
    ("W13", InCalendar("END:VEVENT\n", "RECURRENCE-ID:20260706T081500Z\nEND:VEVENT\n")),
    ("W14", InCalendar("STATUS:CONFIRMED\n", "STATUS:TENTATIVE\n")),
    ("W14", InCalendar("CLASS:PUBLIC\n", "")),
    ("W14", InCalendar("CLASS:PUBLIC\n", "CLASS:CONFIDENTIAL\n")),
    ("W14", InCalendar("END:VEVENT\n", "TRANSP:OPAQUE\nEND:VEVENT\n")),
    ("W14", InCalendar("END:VEVENT\n", "X-MICROSOFT-CDO-APPT-SEQUENCE:0\nEND:VEVENT\n")),
    ("W14", InCalendar("X-MICROSOFT-CDO-BUSYSTATUS:BUSY\n", "X-MICROSOFT-CDO-BUSYSTATUS:FREE\n")),
    ("W14", InCalendar("X-MICROSOFT-CDO-INTENDEDSTATUS:BUSY\n", "")),
    ("W14", InCalendar("X-MICROSOFT-DISALLOW-COUNTER:TRUE\n", "")),
    ("W14", InCalendar("PRODID:-//Raumpost//Room bookings//EN\n", "")),
    ("W15", InCalendar("STATUS:CANCELLED\n", "STATUS:CONFIRMED\n", mail="cancellation")),
    ("W15", InCalendar("DTSTART:20260706T081500Z\n", "", mail="cancellation")),
    ("W15", InCalendar("DTEND:20260706T094500Z\n", "", mail="cancellation")),
    ("W15", InCalendar("SEQUENCE:2\n", "SEQUENCE:0\n", mail="cancellation")),
    ("W17", InCalendar("SUMMARY:Belegt\n", "SUMMARY:Berufungskommission\n", mail="confidential")),
    ("W17", InCalendar("SUMMARY:Belegt\n", "SUMMARY:Belegt\nDESCRIPTION:Berufung\n", mail="confidential")),
    ("W18", InMail("Subject: Berufungskommission", "Subject: Einladung: Berufungskommission")),
    ("W18", InCalendar("SUMMARY:Berufungskommission\n", "SUMMARY:Berufungskommission\\, neu\n")),
    ("W18: SUMMARY is missing", InCalendar("SUMMARY:Berufungskommission\n", "")),
    ("W19", InMail("OOF, DR, RN, NRN", "All")),
    ("W19", InMail("OOF, DR, RN, NRN", "OOF, DR, RN, NRN, AutoReply")),
    ("W19", InMail("X-Auto-Response-Suppress: OOF, DR, RN, NRN\n", "")),
    ("W19", InMail("Date: ", "Auto-Submitted: auto-generated\nDate: ")),
    ("W19", InMail("Date: ", "Precedence: bulk\nDate: ")),
    ("W20", InMail("Message-ID: <", "Message-ID: ")),
    ("W20", InMail("References: <first@booking.example>", "References: first", mail="update")),
    ("W21", InMail("Date: ", "Bcc: all@campus.example\nDate: ")),
    ("W21", InMail("Date: ", "Reply-To: all@campus.example\nDate: ")),
    ("W21", InMail("Date: ", "Subject: again\nDate: ")),
    ("W21", InMail("Subject: Beruf", "Subject: Beruf\x1b[31m")),
    ("W21", InMail("Subject: Berufungskommission", "Subject: =?utf-8?q?Beruf=0D=0A?=")),
    ("W21", InMail("Please book", "Please=00book")),
    ("W21", InMail("\n--=_raumpost--\n", "\n")),
    ("W21", InMail("Content-Type: text/plain", "X-Evil: yes\nContent-Type: text/plain")),
    ("W21", InCalendar("SUMMARY:Beruf", "SUMMARY:Beruf\0")),
    ("W21", InCalendar("SUMMARY:Beruf", "SUMMARY:Beruf\nungskommission:")),
    ("W21", InCalendar("SUMMARY:Beruf", "Beruf")),
    ("W21", InCalendar("CN=Raumpost:", 'CN=Raum"post:')),
    ("W21", InCalendar("STATUS:CONFIRMED\n", "STATUS:CONFIRMED\nSTATUS:CONFIRMED\n")),
    ("W21", InCalendar("END:VEVENT\n", "BEGIN:VALARM\nEND:VALARM\nEND:VEVENT\n")),
    ("W21", InCalendar("END:VEVENT\n", "END:VEVENT\nBEGIN:VTODO\nEND:VTODO\n")),
    ("W21", InCalendar("METHOD:REQUEST\n", "METHOD:REQUEST\nX-WR-CALNAME:all\n")),
    ("W21", InCalendar("END:VEVENT\n", "")),
]


@pytest.mark.parametrize("file", sorted(GOLDEN.glob("*.eml")), ids=lambda file: file.stem)
def test_every_mail_that_raumpost_writes_is_clean(file: Path) -> None:
    assert findings(file.read_bytes(), envelope_from=TECH.address, envelope_to=ROOM, now=NOW) == []


@pytest.mark.parametrize(("rule", "broken"), BROKEN)
def test_a_broken_rule_is_found_and_named(rule: str, broken: Callable[[], bytes]) -> None:
    start = rule if ":" in rule else f"{rule}: "
    found = findings(broken())
    assert [finding for finding in found if finding.startswith(start)], found


def test_every_rule_is_seen_broken() -> None:
    assert {rule.partition(":")[0] for rule, _ in BROKEN} == set(RULES)


def test_breaking_a_mail_without_changing_it_finds_nothing() -> None:
    """So that a finding comes from the change, not from how these tests make it."""
    assert findings(InMail("Date: ", "Date: ")()) == findings(InCalendar("SEQUENCE:0", "SEQUENCE:0")()) == []


def test_the_envelope_and_the_clock_are_compared_where_they_are_known() -> None:
    raw = golden("invitation")
    [sender] = findings(raw, envelope_from="bounces@booking.example")
    assert sender.startswith("W5: the envelope sender is bounces@booking.example")
    [recipient] = findings(raw, envelope_to="other@rooms.example")
    assert recipient.startswith("W7: the envelope recipient is other@rooms.example")
    [stamp] = findings(raw, now=NOW - timedelta(seconds=1))
    assert stamp.startswith("W10: DTSTAMP 20260504T123015Z lies in the future")


@pytest.mark.parametrize(
    "raw", [b"", b"\xff\xfe", b"Subject: =?x?b?!!?=\r\n\r\nhello", b"Content-Type: text/calendar\r\n\r\n"]
)
def test_what_is_no_calendar_mail_is_said_to_be_none(raw: bytes) -> None:
    assert findings(raw)


# ── all mails of a UID ────────────────────────────────────────────────────────────────────────────────────


def history() -> list[bytes]:
    """Invitation, update and cancellation of one UID as they are sent."""
    first = re.search(rb"(?m)^Message-ID: (<.*>)", golden("invitation"))
    assert first
    return [
        golden("invitation"),
        *(golden(name).replace(b"<first@booking.example>", first[1]) for name in ("update", "cancellation")),
    ]


def later(mails: list[bytes], old: bytes, new: bytes) -> list[bytes]:
    """Change the calendar of all mails but the first."""
    return [with_calendar(mail, lambda octets: replaced(octets, old, new)) for mail in mails[1:]]


ACROSS: dict[str, tuple[str, Callable[[list[bytes]], list[bytes]]]] = {
    "another organizer": ("W6", lambda mails: [mails[0], *later(mails, b"mailto:tech@", b"mailto:new@")]),
    "another room": ("W8", lambda mails: [mails[0], *later(mails, b"mailto:Hoersaal-1@", b"mailto:Hoersaal-2@")]),
    "a first mail that is not the first": (
        "W9",
        lambda mails: [with_calendar(mails[0], lambda o: o.replace(b"SEQUENCE:0", b"SEQUENCE:1")), *mails[2:]],
    ),
    "a number that goes back": (
        "W9",
        lambda mails: [mails[0], mails[2], mails[1]],
    ),
    "a number that is used again": (
        "W9",
        lambda mails: [mails[0], with_calendar(mails[1], lambda o: o.replace(b"SEQUENCE:1", b"SEQUENCE:0")), mails[2]],
    ),
    "a stamp that goes back": (
        "W10",
        lambda mails: [mails[0], with_calendar(mails[1], lambda o: o.replace(b"T123015Z", b"T113015Z")), mails[2]],
    ),
    "another program": (
        "W14",
        lambda mails: [mails[0], with_calendar(mails[1], lambda o: o.replace(b"Room bookings", b"Rooms")), mails[2]],
    ),
    "a cancellation with the old number": (
        "W15",
        lambda mails: [*mails[:2], with_calendar(mails[2], lambda o: o.replace(b"SEQUENCE:2", b"SEQUENCE:1"))],
    ),
    "no reference": ("W20", lambda mails: [mails[0], re.sub(rb"References: .*\r\n", b"", mails[1]), mails[2]]),
    "a reference to another mail": ("W20", lambda mails: [mails[0], golden("update"), mails[2]]),
    "a name for two revisions": (
        "W20",
        lambda mails: [mails[0], mails[1].replace(b".1.0@booking", b".0.0@booking"), mails[2]],
    ),
}


def test_the_mails_of_an_invitation_fit_together() -> None:
    assert findings_across(history()) == []
    assert [finding for raw in history() for finding in findings(raw)] == []


@pytest.mark.parametrize("name", ACROSS)
def test_mails_that_do_not_fit_together_are_found(name: str) -> None:
    rule, change = ACROSS[name]
    found = findings_across(change(history()))
    assert [finding for finding in found if finding.startswith(f"{rule}: ") and finding.endswith(f"({UID})")], found


def test_the_same_mail_once_more_is_an_attempt_and_no_mistake() -> None:
    assert findings_across([mail for mail in history() for _ in range(2)]) == []


def test_mails_of_several_uids_are_told_apart() -> None:
    other = [with_calendar(mail, lambda octets: octets.replace(b"UID:event-7", b"UID:event-8")) for mail in history()]
    assert findings_across([history()[0], other[0], other[1], history()[1]]) == []


def test_mails_without_a_calendar_are_found_among_others() -> None:
    assert findings_across([b"", *history()]) == ["W2: there is no part text/calendar"]


# ── the command ───────────────────────────────────────────────────────────────────────────────────────────


def test_the_command_prints_findings_by_file(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    good, bad = tmp_path / "good.eml", tmp_path / "bad.eml"
    good.write_bytes(golden("invitation"))
    bad.write_bytes(InMail("; method=REQUEST", "")())
    assert main([str(good)]) == 0
    assert capsys.readouterr().out == ""
    assert main([str(good), str(bad)]) == 1
    assert capsys.readouterr().out == f"{bad}: W2: Content-Type announces nothing, METHOD is REQUEST\n"


def test_the_command_looks_across_mails_when_they_come_in_order(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    files = [tmp_path / f"{number}.eml" for number in range(3)]
    for file, raw in zip(files, history(), strict=True):
        file.write_bytes(raw)
    assert main(["--in-order", *map(str, files)]) == 0
    assert main(["--in-order", *map(str, reversed(files))]) == 1
    assert "W9: SEQUENCE goes back from 2 to 1" in capsys.readouterr().out


def test_the_command_says_which_file_it_cannot_open(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit, match="2"):
        main([str(tmp_path / "missing.eml")])
    assert "missing.eml" in capsys.readouterr().err

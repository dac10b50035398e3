"""The rooms of the sandbox: what they grant, decline, forget and pass over in silence."""

from datetime import UTC, date, datetime
from email import message_from_bytes, policy
from email.message import EmailMessage

import pytest
from icalendar import Calendar

from sandbox.rooms import RoomRobot

ROOM = "hoersaal-1@rooms.example"
TECH = "tech@booking.example"
NOW = datetime(2026, 3, 2, 9, 30, tzinfo=UTC)


def invitation(
    uid: str = "1@booking.example",
    *,
    start: str = ":20260310T090000Z",
    end: str = ":20260310T100000Z",
    method: str = "REQUEST",
    announced: str | None = None,
    sequence: int = 0,
    summary: str = "Übung",
    attendee: str = ROOM,
    extra: str = "",
    charset: str | None = "UTF-8",
) -> bytes:
    lines = ["BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:-//test//", f"METHOD:{method}", "BEGIN:VEVENT", f"UID:{uid}"]
    lines += [f"SEQUENCE:{sequence}", "DTSTAMP:20260302T090000Z", f"DTSTART{start}", f"DTEND{end}"]
    lines += [f"SUMMARY:{summary}", f'ORGANIZER;CN="Raumpost":mailto:{TECH}', f"ATTENDEE;RSVP=TRUE:mailto:{attendee}"]
    lines += [extra] if extra else []
    lines += ["END:VEVENT", "END:VCALENDAR", ""]
    mail = EmailMessage(policy=policy.SMTP)
    mail["From"], mail["To"], mail["Subject"] = TECH, attendee, summary
    mail["Message-ID"] = f"<{uid}-{sequence}>"
    mail.set_content("text")
    params = {"method": method if announced is None else announced}
    mail.add_alternative(
        "\r\n".join(lines).encode(),
        maintype="text",
        subtype="calendar",
        cte="base64",
        params=params | ({"charset": charset} if charset else {}),
    )
    return mail.as_bytes()


def answer(robot: RoomRobot, raw: bytes) -> str | None:
    reply = robot.receive(raw, NOW)
    if reply is None:
        return None
    event = Calendar.from_ical(calendar_part(reply)).events[0]
    return str(event["ATTENDEE"].params["PARTSTAT"])


def calendar_part(reply: bytes) -> bytes:
    mail = message_from_bytes(reply, policy=policy.default)
    [part] = [part for part in mail.walk() if part.get_content_type() == "text/calendar"]
    payload = part.get_payload(decode=True)
    assert isinstance(payload, bytes)
    return payload


@pytest.fixture
def robot() -> RoomRobot:
    return RoomRobot(ROOM, "Hörsaal 1")


def test_the_answer_is_a_proper_reply(robot: RoomRobot) -> None:
    reply = robot.receive(invitation(sequence=3), NOW)
    assert reply is not None
    mail = message_from_bytes(reply, policy=policy.default)
    assert mail.get_content_type() == "multipart/alternative"
    assert [part.get_content_type() for part in mail.iter_parts()] == ["text/plain", "text/calendar"]
    assert mail["From"].addresses[0].addr_spec == ROOM
    assert mail["From"].addresses[0].display_name == "Hörsaal 1"
    assert mail["To"].addresses[0].addr_spec == TECH
    assert mail["Subject"] == "Angenommen: Übung"
    assert mail["In-Reply-To"] == "<1@booking.example-3>"
    assert mail["Message-ID"]
    assert mail["Date"].datetime == NOW
    [*_, part] = mail.iter_parts()
    assert part.get_param("method") == "REPLY"
    ics = calendar_part(reply)
    assert b"\r\n" in ics
    calendar = Calendar.from_ical(ics)
    event = calendar.events[0]
    assert calendar["METHOD"] == "REPLY"
    assert (event["UID"], event["SEQUENCE"], event.DTSTAMP) == ("1@booking.example", 3, NOW)
    assert event["ORGANIZER"] == f"mailto:{TECH}"
    assert event["ATTENDEE"] == f"mailto:{ROOM}"
    assert event["ATTENDEE"].params["PARTSTAT"] == "ACCEPTED"
    assert event.start == datetime(2026, 3, 10, 9, tzinfo=UTC)
    assert event["SUMMARY"] == "Übung"


def test_an_overlap_is_declined_with_the_reason_in_both_languages(robot: RoomRobot) -> None:
    assert answer(robot, invitation("1")) == "ACCEPTED"
    reply = robot.receive(invitation("2", start=":20260310T093000Z", end=":20260310T110000Z"), NOW)
    assert reply is not None
    mail = message_from_bytes(reply, policy=policy.default)
    assert mail["Subject"] == "Abgelehnt: Übung"
    comment = str(Calendar.from_ical(calendar_part(reply)).events[0]["COMMENT"])
    assert "bereits belegt: “Übung”, 10.03.2026 10:00" in comment
    assert "already booked" in comment


def test_adjacent_slots_do_not_overlap(robot: RoomRobot) -> None:
    assert answer(robot, invitation("1")) == "ACCEPTED"
    assert answer(robot, invitation("2", start=":20260310T100000Z", end=":20260310T110000Z")) == "ACCEPTED"


def test_a_declined_update_frees_the_old_slot(robot: RoomRobot) -> None:
    assert answer(robot, invitation("1")) == "ACCEPTED"
    start, end = ":20260311T090000Z", ":20260311T100000Z"
    assert answer(robot, invitation("2", start=start, end=end)) == "ACCEPTED"
    assert answer(robot, invitation("1", sequence=1, start=start, end=end)) == "DECLINED"
    assert answer(robot, invitation("3")) == "ACCEPTED"


def test_an_update_may_overlap_its_own_old_slot(robot: RoomRobot) -> None:
    assert answer(robot, invitation("1")) == "ACCEPTED"
    assert answer(robot, invitation("1", sequence=1, start=":20260310T093000Z")) == "ACCEPTED"


def test_an_older_revision_is_ignored_and_the_same_one_answered_again(robot: RoomRobot) -> None:
    assert answer(robot, invitation("1", sequence=2)) == "ACCEPTED"
    assert answer(robot, invitation("1", sequence=2)) == "ACCEPTED"
    assert answer(robot, invitation("1", sequence=1)) is None
    assert answer(robot, invitation("1", sequence=1, method="CANCEL")) is None
    assert "1" in robot.calendar
    assert "older" in robot.ignored[0].reason


def test_a_cancellation_is_silent_and_frees_the_slot(robot: RoomRobot) -> None:
    assert answer(robot, invitation("1")) == "ACCEPTED"
    assert answer(robot, invitation("1", sequence=1, method="CANCEL")) is None
    assert not robot.calendar
    assert not robot.ignored
    assert answer(robot, invitation("2")) == "ACCEPTED"


@pytest.mark.parametrize(
    ("start", "end", "verdict"),
    [
        ("20260309T224500Z", "20260309T230000Z", "ACCEPTED"),
        ("20260309T230000Z", "20260309T231500Z", "DECLINED"),
        ("20260310T224500Z", "20260310T230000Z", "DECLINED"),
        ("20260310T230000Z", "20260310T231500Z", "ACCEPTED"),
    ],
)
def test_an_all_day_event_takes_the_local_day(robot: RoomRobot, start: str, end: str, verdict: str) -> None:
    reply = robot.receive(invitation("day", start=";VALUE=DATE:20260310", end=";VALUE=DATE:20260311"), NOW)
    assert reply is not None
    assert Calendar.from_ical(calendar_part(reply)).events[0].start == date(2026, 3, 10)
    assert answer(robot, invitation("other", start=f":{start}", end=f":{end}")) == verdict


def test_an_undeclared_charset_shows(robot: RoomRobot) -> None:
    robot.receive(invitation("1", charset=None), NOW)
    assert robot.calendar["1"].summary == "Ã\x9cbung"


@pytest.mark.parametrize(
    ("raw", "reason"),
    [
        (b"From: a@b.example\r\n\r\nhello\r\n", "no text/calendar part"),
        (b"", "no text/calendar part"),
        (invitation(attendee="hoersaal-2@rooms.example"), "not among the attendees"),
        (invitation(method="REPLY"), "METHOD is REPLY"),
        (invitation(announced="PUBLISH"), "Content-Type says PUBLISH"),
        (invitation(end=":20260310T090000Z"), "ends at"),
        (invitation(extra="RRULE:FREQ=DAILY"), "series"),
        (invitation(extra="UID:2"), "not exactly one UID"),
        (invitation(charset="x-unheard-of"), "cannot be read"),
        (invitation(start=";TZID=Pacific:20260310T090000"), "cannot be read"),
        (
            b"Content-Type: multipart/report; boundary=x\r\n\r\n--x\r\nContent-Type: message/rfc822\r\n\r\n"
            + invitation()
            + b"\r\n--x--\r\n",
            "no text/calendar part",
        ),
    ],
)
def test_what_is_no_request_to_the_room_is_recorded_and_not_answered(robot: RoomRobot, raw: bytes, reason: str) -> None:
    assert robot.receive(raw, NOW) is None
    assert not robot.calendar
    [ignored] = robot.ignored
    assert reason in ignored.reason
    assert ignored.raw == raw


def test_hostile_text_stays_in_its_place(robot: RoomRobot) -> None:
    hostile = invitation("1", summary="a\\nBcc: x@evil.example\\n" + "\N{PARTY POPPER}" * 300)
    reply = robot.receive(hostile, NOW)
    assert reply is not None
    mail = message_from_bytes(reply, policy=policy.default)
    assert "Bcc" not in mail
    assert mail["Subject"].startswith("Angenommen: a Bcc: x@evil.example")


def test_a_long_message_id_is_quoted_whole(robot: RoomRobot) -> None:
    uid = "u" * 180 + "@booking.example"
    reply = robot.receive(invitation(uid), NOW)
    assert reply is not None
    assert f"In-Reply-To: <{uid}-0>\r\n".encode() in reply

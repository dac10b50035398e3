"""The rooms of the sandbox: what they grant, decline, forget and pass over in silence."""

import re
from datetime import UTC, date, datetime, timedelta
from email import message_from_bytes, policy
from email.message import EmailMessage

import pytest
from icalendar import Calendar

from sandbox.dialects import DIALECTS, make_room
from sandbox.dialects.exchange import global_object_id
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
    mail = robot.receive(raw, NOW)
    if mail is None:
        return None
    event = Calendar.from_ical(calendar_part(mail.raw)).events[0]
    return str(event["ATTENDEE"].params["PARTSTAT"])


def sent(robot: RoomRobot, raw: bytes) -> bytes:
    mail = robot.receive(raw, NOW)
    assert mail is not None
    return mail.raw


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
    answered = robot.receive(invitation(sequence=3), NOW)
    assert answered is not None
    assert (answered.sender, answered.recipient) == (ROOM, TECH)
    reply = answered.raw
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
    reply = sent(robot, invitation("2", start=":20260310T093000Z", end=":20260310T110000Z"))
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
    reply = sent(robot, invitation("day", start=";VALUE=DATE:20260310", end=";VALUE=DATE:20260311"))
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
    reply = sent(robot, hostile)
    mail = message_from_bytes(reply, policy=policy.default)
    assert "Bcc" not in mail
    assert mail["Subject"].startswith("Angenommen: a Bcc: x@evil.example")


def test_a_long_message_id_is_quoted_whole(robot: RoomRobot) -> None:
    uid = "u" * 180 + "@booking.example"
    reply = sent(robot, invitation(uid))
    assert f"In-Reply-To: <{uid}-0>\r\n".encode() in reply


# Dialects


def mails(dialect: str, raw: bytes, sender: str = TECH) -> list[bytes]:
    """Let a room of a dialect say whatever it says to one mail, however late."""
    room = make_room(dialect, ROOM, "Hörsaal 1; „Süd“")
    at_once = room.receive(raw, NOW, sender=sender)
    return [mail.raw for mail in ([at_once] if at_once else room.answer_due(NOW + timedelta(hours=1)))]


def calendar_lines(dialect: str, raw: bytes) -> list[bytes]:
    """Return the lines of the announced calendar object as they come over the wire."""
    [mail] = mails(dialect, raw)
    return calendar_part(mail).splitlines()


@pytest.mark.parametrize("dialect", DIALECTS)
def test_a_mail_of_any_dialect_keeps_to_the_limits_of_the_wire(dialect: str) -> None:
    for raw in mails(dialect, invitation(summary="Größen & Maße, " * 20, extra="LOCATION:Hörsaal 1")):
        assert b"\n" not in raw.replace(b"\r\n", b"")
        assert max(map(len, raw.splitlines())) < 998
        mail = message_from_bytes(raw, policy=policy.default)
        assert mail["From"]
        assert mail["To"].addresses[0].addr_spec == TECH
        assert mail["Message-ID"]


@pytest.mark.parametrize("dialect", ["google", "zimbra", "kolab", "grommunio", "counter", "counter, hidden"])
def test_a_line_is_folded_at_75_octets_and_never_inside_a_character(dialect: str) -> None:
    lines = calendar_lines(dialect, invitation(summary="ß日本" * 60))
    assert max(map(len, lines)) <= 75
    assert all(line.decode() for line in lines)
    assert any(line.startswith(b" ") for line in lines)
    assert Calendar.from_ical(b"\r\n".join(lines)).events[0]["SUMMARY"].endswith("ß日本" * 60)


def test_exchange_writes_what_trips_readers_up() -> None:
    lines = calendar_lines("exchange", invitation(summary="lang " * 60))
    names = {re.split(b"[;:]", line)[0] for line in lines}
    assert not names & {b"ORGANIZER", b"SEQUENCE", b"BEGIN:VTIMEZONE"}
    assert b"DTSTART;TZID=W. Europe Standard Time:20260310T100000" in lines
    assert max(map(len, lines)) > 300
    assert any(line.endswith(b":MAILTO:" + ROOM.encode()) for line in lines)
    assert b"COMMENT;LANGUAGE=de-DE:\\n" in lines


def test_exchange_wraps_a_foreign_uid_and_drops_the_title() -> None:
    [raw] = mails("exchange, wrapped UID", invitation("7@booking.example"))
    event = Calendar.from_ical(calendar_part(raw)).events[0]
    assert event["UID"] == global_object_id("7@booking.example")
    assert event["UID"].startswith("040000008200E00074C5B7101A82E008")
    assert b"vCal-Uid\x01\0\0\x007@booking.example\0" in bytes.fromhex(event["UID"])
    assert "DTSTAMP" not in event
    assert message_from_bytes(raw, policy=policy.default)["Subject"] == "Angenommen: Raumpost"


@pytest.mark.parametrize(
    ("start", "end", "verdict"),
    [
        (":20260310T090000Z", ":20260311T090000Z", "ACCEPTED"),
        (":20260310T090000Z", ":20260311T091500Z", "DECLINED"),
        (";VALUE=DATE:20260310", ";VALUE=DATE:20260311", "ACCEPTED"),
        (";VALUE=DATE:20260310", ";VALUE=DATE:20260312", "DECLINED"),
        (":20260829T080000Z", ":20260829T090000Z", "ACCEPTED"),
        (":20260829T090000Z", ":20260829T100000Z", "DECLINED"),
    ],
)
def test_exchange_declines_beyond_a_day_and_beyond_180_days(start: str, end: str, verdict: str) -> None:
    assert answer(make_room("exchange", ROOM, "Hörsaal 1"), invitation(start=start, end=end)) == verdict


def test_googles_two_copies_differ() -> None:
    [raw] = mails("google", invitation())
    mail = message_from_bytes(raw, policy=policy.default)
    assert mail["Auto-Submitted"] == "auto-generated"
    assert mail["Sender"].addresses[0].addr_spec != ROOM
    [attached] = mail.iter_attachments()
    assert attached.get_content_type() == "application/ics"
    assert b"PARTSTAT=ACCEPTED" in calendar_part(raw)
    assert b"PARTSTAT=ACCEPTED" not in attached.get_payload(decode=True)


def test_zimbras_dtstamp_is_never_before_ours() -> None:
    room = make_room("zimbra", ROOM, "Hörsaal 1")
    for now, stamp in ((NOW, "20260302T093000Z"), (NOW - timedelta(days=1), "20260302T090000Z")):
        mail = room.receive(invitation(), now)
        assert mail is not None
        assert f"DTSTAMP:{stamp}".encode() in calendar_part(mail.raw).splitlines()


def test_grommunio_may_leave_out_who_answers_and_with_it_what() -> None:
    [raw] = mails("grommunio, no ATTENDEE", invitation())
    assert b"PARTSTAT" not in calendar_part(raw)
    assert message_from_bytes(raw, policy=policy.default)["Subject"] == "Accepted: Übung"


@pytest.mark.parametrize(("dialect", "method"), [("counter", "COUNTER"), ("counter, hidden", "REPLY")])
def test_a_counter_proposal_is_announced_as_a_reply(dialect: str, method: str) -> None:
    [raw] = mails(dialect, invitation())
    [part] = [part for part in message_from_bytes(raw).walk() if part.get_content_type() == "text/calendar"]
    assert part.get_param("method") == "REPLY"
    lines = re.sub(rb"\r\n ", b"", calendar_part(raw))
    assert f"METHOD:{method}".encode() in lines
    assert b"20260310T110000Z" in lines


def test_a_late_room_decides_in_the_order_of_arrival_and_only_then() -> None:
    room = make_room("late", ROOM, "Hörsaal 1")
    for raw in (invitation("1"), invitation("2"), invitation("1", sequence=1, method="CANCEL"), invitation("3")):
        assert room.receive(raw, NOW) is None
    assert room.calendar == {}
    assert room.answer_due(NOW) == []
    later = NOW + timedelta(hours=1)
    events = [Calendar.from_ical(calendar_part(mail.raw)).events[0] for mail in room.answer_due(later)]
    found = [(str(event["UID"]), str(event["ATTENDEE"].params["PARTSTAT"]), event.DTSTAMP) for event in events]
    assert found == [("1", "ACCEPTED", later), ("2", "DECLINED", later), ("3", "ACCEPTED", later)]
    assert room.answer_due(later) == []


@pytest.mark.parametrize("dialect", ["bouncing", "bouncing, in words"])
def test_a_bounce_returns_our_mail_as_it_was(dialect: str) -> None:
    ours = invitation()
    [raw] = mails(dialect, ours)
    assert ours in raw
    assert (message_from_bytes(raw).get_content_type() == "multipart/report") == (dialect == "bouncing")


@pytest.mark.parametrize("dialect", ["out-of-office", "out-of-office, unmarked", "bouncing", "bouncing, in words"])
def test_a_notice_is_never_answered_with_a_notice(dialect: str) -> None:
    assert mails(dialect, invitation(), sender="") == []


def test_an_out_of_office_notice_may_say_in_no_header_what_it_is() -> None:
    marked, unmarked = (mails(dialect, invitation()) for dialect in ("out-of-office", "out-of-office, unmarked"))
    assert b"Auto-Submitted: auto-replied" in marked[0]
    assert b"Auto" not in unmarked[0].replace(b"Automatische Antwort", b"")

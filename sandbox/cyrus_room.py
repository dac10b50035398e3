"""A room's calendar on the sandbox's Cyrus, by CalDAV (RFC 4791, 6638)."""

import base64
import http.client
from typing import Any, NamedTuple
from urllib.parse import quote

from icalendar import Calendar, vCalAddress

from sandbox.ports import HOST

PASSWORD = "secret"
"""Of every room."""


class Entry(NamedTuple):
    """An event in a room's calendar; `tag` changes with what the organizer sends, not with the room's own edits."""

    calendar: Calendar
    tag: str


class CyrusRoom:
    """A room's calendar, as the person sees it who looks after the room."""

    def __init__(self, address: str, http_port: int) -> None:
        self.address = address
        self._user = address.partition("@")[0]
        self._port = http_port
        self._home = f"/dav/calendars/user/{self._user}/"

    def prepare(self) -> None:
        """Open the calendars, which creates them; otherwise Cyrus leaves the first invitation in INBOX."""
        self._call("PROPFIND", self._home, expected={207})
        self._call("PROPFIND", f"{self._home}Default/", expected={207})

    def entry(self, uid: str) -> Entry | None:
        """Read the event of this UID, with everything that was stored beside it."""
        response, body = self._call("GET", self._place(uid), expected={200, 404})
        if response.status == 404:
            return None
        return Entry(Calendar.from_ical(body), response.headers["Schedule-Tag"] or "")

    def answer(self, uid: str, partstat: str, *, comment: str = "") -> None:
        """Accept or decline the stored event; Cyrus sends the answer to the organizer.

        Raises LookupError when there is no such event, or another invitation has just changed it.
        """
        entry = self.entry(uid)
        if entry is None:
            raise LookupError(f"{self.address} has no event {uid}")
        [event] = entry.calendar.events
        attendee = self._attendee(event.get("ATTENDEE"))
        attendee.params["PARTSTAT"] = partstat
        attendee.params.pop("RSVP", None)
        event.pop("COMMENT", None)
        if comment:
            event.add("COMMENT", comment)
        headers = {"Content-Type": "text/calendar; charset=utf-8", "If-Schedule-Tag-Match": entry.tag}
        response, _ = self._call(
            "PUT", self._place(uid), entry.calendar.to_ical(), headers=headers, expected={200, 201, 204, 412}
        )
        if response.status == 412:
            raise LookupError(f"the event {uid} of {self.address} was changed by another invitation meanwhile")

    def delete(self, uid: str) -> None:
        """Delete the stored event; Cyrus declines for the room."""
        self._call("DELETE", self._place(uid), expected={204})

    def _attendee(self, found: Any) -> vCalAddress:
        for one in found if isinstance(found, list) else [found]:
            if isinstance(one, vCalAddress) and one.lower() == f"mailto:{self.address.lower()}":
                return one
        raise LookupError(f"{self.address} is not invited to its own event")

    def _place(self, uid: str) -> str:
        return f"{self._home}Default/{quote(uid)}.ics"

    def _call(
        self,
        method: str,
        path: str,
        body: bytes | None = None,
        *,
        headers: dict[str, str] | None = None,
        expected: set[int],
    ) -> tuple[http.client.HTTPResponse, bytes]:
        credentials = base64.b64encode(f"{self._user}:{PASSWORD}".encode()).decode()
        connection = http.client.HTTPConnection(HOST, self._port, timeout=10)
        try:
            connection.request(method, path, body, {"Authorization": f"Basic {credentials}", **(headers or {})})
            response = connection.getresponse()
            content = response.read()
        finally:
            connection.close()
        if response.status not in expected:
            said = content.decode(errors="replace")
            raise RuntimeError(f"Cyrus answered {method} {path} with {response.status} {response.reason}: {said}")
        return response, content

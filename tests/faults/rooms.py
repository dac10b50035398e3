"""Rooms at the end of a slow mail system: mails come late, out of order and twice, and so do answers."""

import re
import threading
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from email import message_from_bytes
from email.message import EmailMessage

from icalendar import PARTSTAT

from sandbox.dialects.notices import BouncingRoom
from sandbox.invitations import Request, read_request
from sandbox.rooms import RoomRobot, Verdict
from tests.faults.fault_schedule import chance
from tests.faults.world import Answer, Transfer

TECHNICAL_USER = "tech@booking.example"
_INSTALLATION = re.compile(r"\.[0-9a-f-]{36}")
"""In UIDs and Message-IDs: another one in every run."""


@dataclass(frozen=True, kw_only=True)
class _Parcel:
    """Something on its way, to arrive in a round."""

    due: int
    raw: bytes
    transfer: Transfer | None = None
    said: Answer | None = None


class CampaignRoom(RoomRobot):
    """A room that makes up its mind by chance, the same for the same revision; its comment names what it is about."""

    def __init__(self, address: str, seed: int) -> None:
        super().__init__(address, address.partition("@")[0])
        self.changed_its_mind = False
        self._seed = seed
        self.last: Answer | None = None

    def decide(self, request: Request, now: datetime) -> Verdict:
        """Accept or decline."""
        declines = chance(self._seed, booking_of(request.uid), request.sequence) < 0.25
        partstat = PARTSTAT.DECLINED if declines != self.changed_its_mind else PARTSTAT.ACCEPTED
        return Verdict(partstat, f"{request.uid} revision {request.sequence} {partstat.value}")

    def write(self, request: Request, verdict: Verdict, now: datetime) -> EmailMessage:
        """Write the answer, and remember what it says."""
        mail = super().write(request, verdict, now)
        self.last = Answer(
            uid=request.uid,
            sequence=request.sequence,
            partstat=verdict.partstat.value,
            dtstamp=now,
            message_id=str(mail["Message-ID"]),
        )
        return mail


class Delivery:
    """Carries what the SMTP server took to the rooms, and what they answer to the inbox.

    Whoever uses it calls `pump` again and again; it does everything in that thread. `put` stores a mail in the inbox.
    """

    def __init__(self, seed: int, put: Callable[[bytes], object]) -> None:
        self.arrivals: list[Transfer] = []
        """What reached a room, in this order; one may come twice."""
        self.transfers: list[Transfer] = []
        self.answers: list[Answer] = []
        """What reached the inbox, in this order; one may come twice."""
        self.injected: Counter[str] = Counter()
        self.round = 0
        self.disturbed = True
        self._seed = seed
        self._put = put
        self._rooms: dict[str, CampaignRoom] = {}
        self._parcels: list[_Parcel] = []
        self._lock = threading.Lock()
        self._clock: datetime | None = None
        self._copies: Counter[str] = Counter()

    def accept(self, transfer: Transfer) -> None:
        """Take over a mail from the SMTP server; from its thread."""
        with self._lock:
            self.transfers.append(transfer)
            name = _INSTALLATION.sub("", str(message_from_bytes(transfer.raw)["Message-ID"]))
            self._send(_Parcel(due=0, raw=transfer.raw, transfer=transfer), "mail to a room", name)

    def pump(self, now: datetime) -> int:
        """Deliver what is due; return the number of what is still on its way."""
        with self._lock:
            due = [one for one in self._parcels if one.due <= self.round]
            self._parcels = [one for one in self._parcels if one.due > self.round]
        for parcel in due:
            if parcel.transfer:
                self._to_room(parcel.transfer, now)
            else:
                self._put(parcel.raw)
                if parcel.said:
                    self.answers.append(parcel.said)
        with self._lock:
            return len(self._parcels)

    def _send(self, parcel: _Parcel, what: str, name: str) -> None:
        """Put something on its way, perhaps twice, perhaps slowly."""
        self._copies[what + name] += 1
        dice = (self._seed, what, name, self._copies[what + name])
        copies = 1
        if self.disturbed and chance(*dice, "twice") < 0.08:
            copies = 2
            self.injected[f"delivery: {what} delivered twice"] += 1
        for copy in range(copies):
            late = 0
            if self.disturbed and chance(*dice, copy, "late") < 0.3:
                late = 1 + int(4 * chance(*dice, copy, "how late"))
                self.injected[f"delivery: {what} late, out of order"] += 1
            self._parcels.append(
                _Parcel(due=self.round + late, raw=parcel.raw, transfer=parcel.transfer, said=parcel.said)
            )

    def _to_room(self, transfer: Transfer, now: datetime) -> None:
        if self.disturbed and chance(self._seed, "bounce", transfer.number) < 0.03:
            self._bounce(transfer, now)
            return
        self.arrivals.append(transfer)
        room = self._rooms.setdefault(transfer.address, CampaignRoom(transfer.address, self._seed))
        request = read_request(transfer.raw, room.address)
        mood = chance(self._seed, booking_of(request.uid), request.sequence, "mood")
        if mood < 0.07:
            return  # never answers
        self._answer(room, transfer, now)
        if mood > 0.9 and request.method == "REQUEST":
            room.changed_its_mind = True
            self._answer(room, transfer, now)
            room.changed_its_mind = False
            self.injected["delivery: a room changes its mind"] += 1
        if self.disturbed and mood > 0.95:
            self._forge(room, transfer, now)

    def _answer(self, room: CampaignRoom, transfer: Transfer, now: datetime) -> None:
        answer = room.receive(transfer.raw, self._tick(now), sender=TECHNICAL_USER)
        if answer:
            assert room.last is not None
            with self._lock:
                self._send(_Parcel(due=0, raw=answer.raw, said=room.last), "answer", _name(room.last))

    def _bounce(self, transfer: Transfer, now: datetime) -> None:
        self.injected["delivery: mail came back"] += 1
        postmaster = BouncingRoom(transfer.address, "Postmaster")
        bounce = postmaster.receive(transfer.raw, self._tick(now), sender=TECHNICAL_USER)
        assert bounce is not None
        with self._lock:
            self._send(_Parcel(due=0, raw=bounce.raw), "bounce", str(transfer.number))

    def _forge(self, room: CampaignRoom, transfer: Transfer, now: datetime) -> None:
        """Let a stranger answer for the room."""
        stranger = CampaignRoom(room.address, self._seed)
        stranger.changed_its_mind = True
        answer = stranger.receive(transfer.raw, self._tick(now), sender=TECHNICAL_USER)
        if answer:
            self.injected["delivery: forged answer"] += 1
            forged = answer.raw.replace(f"<{room.address}>".encode(), b"<stranger@elsewhere.example>")
            with self._lock:
                self._send(_Parcel(due=0, raw=forged), "forged answer", str(transfer.number))

    def _tick(self, now: datetime) -> datetime:
        """Return the time of the rooms, which never stands still: DTSTAMP has seconds only."""
        self._clock = max(now, (self._clock or now) + timedelta(seconds=1)).replace(microsecond=0)
        return self._clock


def _name(said: Answer) -> str:
    return f"{booking_of(said.uid)} {said.sequence}"


def booking_of(uid: str) -> str:
    """Return what is the same in every run of a seed: a UID without the installation."""
    return uid.rpartition(".")[0]

"""Rooms that need patience: one never answers, another one does so late."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from sandbox.rooms import Ignored, Mail, RoomRobot


class SilentRoom(RoomRobot):
    """A mailbox where nobody and nothing processes requests; the mails just lie there."""

    leaves_open = True

    def receive(self, raw: bytes, now: datetime, *, sender: str = "") -> Mail | None:
        """Keep the mail."""
        self.ignored.append(Ignored("nobody processes this mailbox", raw))
        return None


class LateRoom(RoomRobot):
    """A room whose requests somebody works off later: it decides, answers and forgets only after `wait`."""

    def __init__(self, address: str, name: str, *, wait: timedelta = timedelta(seconds=10)) -> None:
        super().__init__(address, name)
        self.wait = wait
        self._waiting: list[tuple[datetime, bytes, str]] = []

    def receive(self, raw: bytes, now: datetime, *, sender: str = "") -> Mail | None:
        """Keep the mail until its time comes."""
        self._waiting.append((now + self.wait, raw, sender))
        return None

    def answer_due(self, now: datetime) -> Sequence[Mail]:
        """Work off what has waited long enough, in the order of arrival; answers are dated `now`."""
        mails = []
        while self._waiting and self._waiting[0][0] <= now:
            _, raw, sender = self._waiting.pop(0)
            if mail := super().receive(raw, now, sender=sender):
                mails.append(mail)
        return mails

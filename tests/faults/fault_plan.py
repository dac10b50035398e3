"""Let a task process die, or fall asleep, at a chosen step: by wrapping its collaborators, never the product.

A point is “before” or “after” a step, or “before commit of” or “after commit of” one. Steps of the database are named
as the transitions of an invitation (claim, confirm, …), or else as the statement; the step of the mail server is
“mail”, which is over when it said 250.
"""

import os
import signal
import smtplib
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from raumpost.services.ports import Database, Mailer, Row

HALF_A_MAIL = "in the middle of a mail"


class FaultPlan:
    """What happens to this process: when it comes to a point for the n-th time, or after so many seconds."""

    def __init__(self, *, point: str = "", nth: int = 1, how: int = signal.SIGKILL, after: float | None = None) -> None:
        self.point = point
        self._left = nth
        self._how = how
        if after is not None:
            timer = threading.Timer(after, self._strike)
            timer.daemon = True
            timer.start()

    def at(self, point: str) -> None:
        """Pass a point."""
        if point == self.point:
            self._left -= 1
            if self._left == 0:
                self._strike()

    def _strike(self) -> None:
        os.kill(os.getpid(), self._how)


class MortalDatabase:
    """A database whose user may die before or after each statement and each commit."""

    def __init__(self, database: Database, plan: FaultPlan) -> None:
        self._database = database
        self._plan = plan
        self._steps: list[str] | None = None

    def rows(self, statement: str, /, **parameters: object) -> list[Row]:
        """Run a statement and give its rows."""
        with self._step(statement, parameters):
            return self._database.rows(statement, **parameters)

    def run(self, statement: str, /, **parameters: object) -> int:
        """Run a statement and tell how many rows it touched."""
        with self._step(statement, parameters):
            return self._database.run(statement, **parameters)

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """Make all statements inside one transaction."""
        self._steps = []
        steps = self._steps
        try:
            with self._database.transaction():
                yield
                for step in dict.fromkeys(steps):
                    self._plan.at(f"before commit of {step}")
        finally:
            self._steps = None
        for step in dict.fromkeys(steps):
            self._plan.at(f"after commit of {step}")

    @contextmanager
    def _step(self, statement: str, parameters: dict[str, object]) -> Iterator[None]:
        step = str(parameters["step"]) if statement == "transition" else statement
        self._plan.at(f"before {step}")
        yield
        if self._steps is not None:
            self._steps.append(step)
        self._plan.at(f"after {step}")


class MortalMailer:
    """A mailer whose user may die before a mail, or when the server has taken it."""

    def __init__(self, mailer: Mailer, plan: FaultPlan) -> None:
        self._mailer = mailer
        self._plan = plan

    def send(self, raw: bytes, *, sender: str, recipient: str) -> None:
        """Hand over one mail."""
        self._plan.at("before mail")
        self._mailer.send(raw, sender=sender, recipient=recipient)
        self._plan.at("after mail")


def mortal_client(client: smtplib.SMTP, plan: FaultPlan) -> smtplib.SMTP:
    """Return a connection whose user may die when half of a mail has gone over the wire."""
    whole = client.data

    def data(msg: Any) -> tuple[int, bytes]:
        if plan.point == HALF_A_MAIL:
            client.putcmd("data")
            client.getreply()
            client.send(msg[: len(msg) // 2])
            plan.at(HALF_A_MAIL)
            client.close()  # not yet: then the server sees half a mail, and this process goes on
            raise smtplib.SMTPServerDisconnected("half a mail")
        return whole(msg)

    client.data = data  # type: ignore[method-assign] # of this one object
    return client

"""Waits for the reply to a canary without holding a worker: between two checks the task instance is rescheduled."""

from typing import Any

from airflow.sdk import BaseSensorOperator, Context

from raumpost.wiring.tasks import mailbox_check


class RoomAnswer(BaseSensorOperator):
    """Succeeds once there is nothing more to wait for: a reply, a bounce, or the time is up."""

    template_fields = ("address",)

    def __init__(self, *, address: Any, **arguments: Any) -> None:
        super().__init__(
            mode="reschedule",
            poke_interval=mailbox_check.LISTEN_EVERY,
            timeout=mailbox_check.LISTENING_TIME,
            **arguments,
        )
        self.address = address

    def poke(self, context: Context) -> bool:
        """Check once."""
        return mailbox_check.has_answer(context["dag_run"], self.address)

"""The default arguments of all tasks."""

from raumpost.wiring import alerts
from raumpost.wiring.settings import TASK_TIMEOUT

DEFAULT_ARGS = {
    "owner": "raumpost",
    "execution_timeout": TASK_TIMEOUT,
    "on_failure_callback": alerts.failed,
    "on_success_callback": alerts.worked,
}

"""Wait for what comes true by itself."""

import time
from collections.abc import Callable


def eventually(condition: Callable[[], object], describe: Callable[[], object], timeout: float = 20) -> None:
    """Wait until a condition holds; where it does not come true, describe what is there instead."""
    deadline = time.monotonic() + timeout
    while not condition():
        assert time.monotonic() < deadline, f"after {timeout:g} s still: {describe()}"
        time.sleep(0.02)

"""What Airflow's REST API says where a test decides it: texts no real Airflow would take, and its rarer habits."""

import json
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import unquote, urlsplit

from playwright.sync_api import Page, Route


@dataclass
class AirflowAnswers:
    """Answers in the place of Airflow; `text` is what it says wherever it says words.

    A run that is started asks, and goes on when it is answered; the first `losses` answers are lost.
    """

    text: str = "words"
    connections: list[dict[str, Any]] = field(default_factory=list)
    body: str = ""
    result: object = None
    losses: int = 0
    answers: list[str] = field(default_factory=list)
    given: bool = False
    """An answer has come, and Airflow has not lost it (yet)."""

    def take_over(self, page: Page) -> None:
        """Answer everything that the page asks Airflow."""
        page.route("**/api/v2/**", self._answer)

    def _answer(self, route: Route) -> None:
        path = unquote(urlsplit(route.request.url).path).partition("/api/v2")[2]
        if route.request.method == "PATCH" and path.endswith("/hitlDetails"):
            self.answers += json.loads(route.request.post_data or "")["chosen_options"]
            self.given = True
        route.fulfill(json=self._said(route.request.method, path))

    def _said(self, method: str, path: str) -> object:
        run = {
            "dag_id": path.split("/")[2] if path.startswith("/dags/") else "",
            "dag_run_id": self.text,
            "state": "success" if len(self.answers) > self.losses else "running",
            "run_after": "2026-05-04T12:00:00Z",
            "start_date": "2026-05-04T12:00:00Z",
        }
        if path == "/monitor/health":
            return {"scheduler": {"status": "healthy"}}
        if path == "/connections":
            return {"connections": self.connections, "total_entries": len(self.connections)}
        if path.startswith("/connections/"):
            return self.connections[0]
        if path.endswith("/hitlDetails"):
            # seen once as given, then lost
            received, self.given = self.given, False
            options = ["Approve", "Reject", self.text]
            return {"response_received": received, "subject": self.text, "body": self.body, "options": options}
        if path.endswith("/return_value"):
            return {"value": self.result}
        if path.endswith("/taskInstances"):
            return {"task_instances": [self._task()]}
        if path.endswith("/dagRuns") and method == "GET":
            return {"dag_runs": [run]}
        if "/dagRuns" in path:
            return run
        return {"dag_id": self.text, "is_paused": False}

    def _task(self) -> dict[str, Any]:
        return {
            "task_id": "approve",
            "map_index": -1,
            "rendered_map_index": self.text,
            "state": "awaiting_input",
            "try_number": len(self.answers) + (0 if self.given else 1),
            "start_date": "2026-05-04T12:00:00Z",
        }

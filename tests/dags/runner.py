"""Runs a DAG with `dag.test()` in a process of its own: Airflow keeps state that tests must not share.

Reads one JSON object a line, {"dag": file, "conf": {…}}, and answers each with one line: the state of the run and
the states of its task instances. What is logged goes to stderr.
"""

import json
import os
import sys
from pathlib import Path

# Airflow logs to stdout as it found it: keep that for the answers, and let it find stderr.
answers = os.fdopen(os.dup(1), "w")
os.dup2(2, 1)

from tests.dags.test_policy import load  # noqa: E402 - see above

for line in sys.stdin:
    wanted = json.loads(line)
    dag = load(Path(wanted["dag"]))
    dag.deadline = None  # at the end of a green run dag.test() takes it for the id of a stored one, and breaks
    run = dag.test(run_conf=wanted["conf"])
    tasks = {f"{ti.task_id}[{ti.map_index}]": ti.state for ti in run.get_task_instances()}
    answers.write(json.dumps({"state": run.state, "tasks": tasks}) + "\n")
    answers.flush()

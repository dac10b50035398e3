// Airflow's REST API, called with the signed-in user's own session and rights.

import { t } from "./words.js";

const base = document.body.dataset.airflow;

/** Airflow or one of our own routes refused a request; the message says why. Status 0: there was no response. */
export class Refused extends Error {
  constructor(status, detail) {
    super(typeof detail === "string" ? detail : JSON.stringify(detail));
    this.status = status;
    this.detail = detail;
  }
}

async function send(method, path, body) {
  const options = { method, headers: { Accept: "application/json" }, credentials: "same-origin" };
  if (body !== undefined) {
    options.headers["Content-Type"] = "application/json";
    options.body = JSON.stringify(body);
  }
  let answer, text;
  try {
    answer = await fetch(base + path, options);
    text = await answer.text();
  } catch {
    throw new Refused(0, t("unreachable"));
  }
  let content = text;
  try {
    content = text ? JSON.parse(text) : null;
  } catch {
    // a proxy's page, not a response from Airflow
  }
  if (answer.status === 401) throw new Refused(401, t("signed-out"));
  if (!answer.ok) throw new Refused(answer.status, content?.detail ?? answer.statusText);
  return content;
}

/** Call Airflow, such as `airflow("GET", "/dags")`; returns the JSON of its response. Throws Refused. */
export const airflow = (method, path, body) => send(method, `/api/v2${path}`, body);

/** Call one of our own routes. Throws Refused. */
export const raumpost = (method, path, body) => send(method, `/raumpost${path}`, body);

const runPath = (run) => `/dags/${encodeURIComponent(run.dag_id)}/dagRuns/${encodeURIComponent(run.dag_run_id)}`;

/** Return the path of Airflow's own page about a run. */
export const pageOfRun = (run) => `/dags/${encodeURIComponent(run.dag_id)}/runs/${encodeURIComponent(run.dag_run_id)}`;

/** Start a DAG with a configuration; returns the run. */
export const startRun = (dagId, conf) =>
  airflow("POST", `/dags/${encodeURIComponent(dagId)}/dagRuns`, { logical_date: null, conf });

/**
 * Fetch a run once: the run, its task instances in the order they began, the question waiting for a person, and
 * whether the run waits because its DAG is paused.
 */
export async function lookAtRun(run) {
  const [now, instances] = await Promise.all([
    airflow("GET", runPath(run)),
    airflow("GET", `${runPath(run)}/taskInstances?limit=100`),
  ]);
  const tasks = instances.task_instances.sort((a, b) => (a.start_date ?? "9").localeCompare(b.start_date ?? "9"));
  const waiting = tasks.find((task) => ["awaiting_input", "deferred"].includes(task.state));
  const question = waiting ? await questionOf(run, waiting) : null;
  const ended = ["success", "failed"].includes(now.state);
  const begun = ended || tasks.some((task) => task.start_date);
  const paused = !begun && (await airflow("GET", `/dags/${encodeURIComponent(run.dag_id)}`)).is_paused;
  return { run: now, tasks, question, ended, begun, paused };
}

async function questionOf(run, task) {
  try {
    const path = `${runPath(run)}/taskInstances/${task.task_id}/${task.map_index}/hitlDetails`;
    const detail = await airflow("GET", path);
    if (detail.response_received) return null;
    const { subject, body, options } = detail;
    const key = `${path} ${task.try_number}`; // Airflow can lose an answer and ask again
    return { key, path, attempt: task.try_number, seenAt: Date.now(), subject, body, options };
  } catch (error) {
    if (error instanceof Refused && error.status === 404) return null; // it is only just beginning to wait
    throw error;
  }
}

/** Answer the question of a run with one of its options. */
export const answerQuestion = (question, option) => airflow("PATCH", question.path, { chosen_options: [option] });

/** Return the return value of a task, or null if there is none or the user may not see it. */
export async function returned(run, taskId) {
  try {
    const path = `${runPath(run)}/taskInstances/${taskId}/xcomEntries/return_value?deserialize=false`;
    return (await airflow("GET", path)).value;
  } catch (error) {
    if (error instanceof Refused && [403, 404].includes(error.status)) return null;
    throw error;
  }
}

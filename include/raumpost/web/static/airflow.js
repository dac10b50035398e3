// Airflow's REST API, called with the signed-in user's own session and rights.

const base = document.body.dataset.airflow;

/** What Airflow, or one of our own routes, refused; the message says why. */
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
  const answer = await fetch(base + path, options);
  const text = await answer.text();
  let content = text;
  try {
    content = text ? JSON.parse(text) : null;
  } catch {
    // a proxy's page, not an answer of Airflow
  }
  if (!answer.ok) throw new Refused(answer.status, content?.detail ?? answer.statusText);
  return content;
}

/** Call Airflow, such as `airflow("GET", "/dags")`; gives what JSON it answers. Throws Refused. */
export const airflow = (method, path, body) => send(method, `/api/v2${path}`, body);

/** Call one of our own routes. Throws Refused. */
export const raumpost = (method, path, body) => send(method, `/raumpost${path}`, body);

const runPath = (run) => `/dags/${encodeURIComponent(run.dag_id)}/dagRuns/${encodeURIComponent(run.dag_run_id)}`;

/** The path of Airflow's own page about a run. */
export const pageOfRun = (run) => `/dags/${encodeURIComponent(run.dag_id)}/runs/${encodeURIComponent(run.dag_run_id)}`;

/** Start a DAG with a configuration; gives the run. */
export const startRun = (dagId, conf) =>
  airflow("POST", `/dags/${encodeURIComponent(dagId)}/dagRuns`, { logical_date: null, conf });

/** Look at a run once: it, its task instances in the order in which they began, and what waits for a person. */
export async function lookAtRun(run) {
  const [now, instances] = await Promise.all([
    airflow("GET", runPath(run)),
    airflow("GET", `${runPath(run)}/taskInstances?limit=100`),
  ]);
  const tasks = instances.task_instances.sort((a, b) => (a.start_date ?? "9").localeCompare(b.start_date ?? "9"));
  const waiting = tasks.find((task) => ["awaiting_input", "deferred"].includes(task.state));
  const question = waiting ? await questionOf(run, waiting) : null;
  return { run: now, tasks, question, ended: ["success", "failed"].includes(now.state) };
}

async function questionOf(run, task) {
  try {
    const path = `${runPath(run)}/taskInstances/${task.task_id}/${task.map_index}/hitlDetails`;
    const detail = await airflow("GET", path);
    return detail.response_received ? null : { path, subject: detail.subject, body: detail.body, options: detail.options };
  } catch (error) {
    if (error instanceof Refused && error.status === 404) return null; // it only just begins to wait
    throw error;
  }
}

/** Answer what a run asks with one of its options. */
export const answerQuestion = (question, option) => airflow("PATCH", question.path, { chosen_options: [option] });

/** What a task returned, or null. */
export async function returned(run, taskId) {
  try {
    const path = `${runPath(run)}/taskInstances/${taskId}/xcomEntries/return_value?deserialize=false`;
    return (await airflow("GET", path)).value;
  } catch (error) {
    if (error instanceof Refused && error.status === 404) return null;
    throw error;
  }
}

// What only Airflow knows: when mailbox_processor last ran, whether it is paused, whether the scheduler is running.

import { airflow, pageOfRun, Refused } from "./airflow.js";
import { localise } from "./page.js";
import { stateName, t } from "./words.js";

const DAG = "/dags/mailbox_processor";
const base = document.body.dataset.airflow;
const line = document.querySelector("[data-last-run]");
const show = (name) => {
  document.querySelector(`[data-notice="${name}"]`).hidden = false;
};

async function look() {
  const [dag, runs, health] = await Promise.all([
    airflow("GET", DAG),
    airflow("GET", `${DAG}/dagRuns?order_by=-run_after&limit=1`),
    airflow("GET", "/monitor/health"),
  ]);
  if (dag.is_paused) show("paused");
  if (health.scheduler?.status !== "healthy") show("scheduler");
  line.replaceChildren(...(runs.dag_runs.length ? described(runs.dag_runs[0]) : [t("overview.no-run")]));
  localise(line);
}

function described(run) {
  const link = document.createElement("a");
  link.href = base + pageOfRun(run);
  link.dataset.airflowLink = "";
  const moment = document.createElement("time");
  moment.dateTime = run.start_date ?? run.run_after;
  link.append(moment);
  return [link, ` (${stateName(run.state)})`];
}

document.querySelector("[data-unpause]").addEventListener("click", async (event) => {
  event.target.disabled = true;
  try {
    await airflow("PATCH", `${DAG}?update_mask=is_paused`, { is_paused: false });
    location.reload();
  } catch (error) {
    if (!(error instanceof Refused)) throw error;
    document.querySelector("[data-refused]").textContent = error.message;
    event.target.disabled = false;
  }
});

try {
  await look();
} catch (error) {
  if (!(error instanceof Refused)) throw error;
  line.textContent = error.message;
  if (error.status === 404) show("missing");
}

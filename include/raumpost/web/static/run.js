// A dialog that starts a DAG run and stays with it: its tasks, its question, its end, and the way to it in Airflow.

import { airflow, answerQuestion, lookAtRun, pageOfRun, Refused, returned, startRun } from "./airflow.js";
import { fromMarkdown } from "./markdown.js";
import { goToAirflow } from "./page.js";
import { t } from "./words.js";

const EVERY = 1000; // milliseconds between two looks
const dialog = document.getElementById("run");
const part = (name) => dialog.querySelector(`[data-part="${name}"]`);
let watched = null; // a later run, or closing, ends the watch over an earlier one

/**
 * Start a run and show it in the dialog until it ends or the dialog is closed; gives its last state, or null.
 * `title` is shown above; `result` names the task whose return value is told at the end.
 */
export async function runInDialog({ dagId, conf, title, result = "report" }) {
  part("title").textContent = title;
  for (const name of ["tasks", "question", "choices", "result"]) part(name).replaceChildren();
  say(t("run.starting"), "");
  part("open").hidden = true;
  dialog.showModal();
  try {
    const run = await startRun(dagId, conf);
    part("open").hidden = false;
    part("open").onclick = () => goToAirflow(pageOfRun(run));
    return await watch(run, result);
  } catch (error) {
    if (!(error instanceof Refused)) throw error;
    say(error.status === 403 ? t("run.forbidden", { dag: dagId }) : error.message, "bad");
    return null;
  }
}

async function watch(run, result) {
  watched = run;
  let asked = null;
  while (watched === run) {
    const seen = await lookAtRun(run);
    if (watched !== run) return null;
    showTasks(seen.tasks);
    if (seen.ended) {
      part("question").replaceChildren();
      part("choices").replaceChildren();
      await tellEnd(seen, result);
      return seen.run.state;
    }
    if (seen.question?.path !== asked) {
      asked = seen.question?.path ?? null;
      showQuestion(seen.question);
    }
    say(seen.question ? t("run.asks") : await waitingText(seen), "");
    await new Promise((done) => setTimeout(done, EVERY));
  }
  return null;
}

async function waitingText(seen) {
  if (seen.tasks.some((task) => task.start_date)) return t("run.running");
  const dag = await airflow("GET", `/dags/${encodeURIComponent(seen.run.dag_id)}`);
  return dag.is_paused ? t("run.paused", { dag: dag.dag_id }) : t("run.queued");
}

function showTasks(tasks) {
  const shown = tasks.filter((task) => task.state && task.state !== "skipped");
  part("tasks").replaceChildren(
    ...shown.map((task) => {
      const line = document.createElement("li");
      line.dataset.state = task.state;
      line.textContent = `${task.task_id}${task.rendered_map_index ? ` (${task.rendered_map_index})` : ""}: ${task.state}`;
      return line;
    }),
  );
}

function showQuestion(question) {
  part("question").replaceChildren();
  part("choices").replaceChildren();
  if (!question) return;
  const subject = document.createElement("p");
  subject.className = "asked";
  subject.textContent = question.subject;
  part("question").append(subject, fromMarkdown(question.body ?? ""));
  for (const option of question.options) {
    const button = document.createElement("button");
    button.type = "button";
    button.textContent = option === "Approve" ? t("run.approve") : option === "Reject" ? t("run.reject") : option;
    button.className = option === "Approve" ? "main" : "";
    button.dataset.option = option;
    button.onclick = () => answer(question, option);
    part("choices").append(button);
  }
}

async function answer(question, option) {
  for (const button of part("choices").children) button.disabled = true;
  try {
    await answerQuestion(question, option);
  } catch (error) {
    if (!(error instanceof Refused)) throw error;
    say(error.message, "bad");
    for (const button of part("choices").children) button.disabled = false;
  }
}

async function tellEnd(seen, result) {
  const failed = seen.tasks.filter((task) => task.state === "failed").map((task) => task.task_id);
  const said = await returned(seen.run, result);
  if (typeof said === "string") {
    const words = document.createElement("p");
    words.textContent = said;
    part("result").append(words);
  }
  if (Array.isArray(said?.troubles)) part("result").append(listOf(said.troubles)); // what mailbox_check found
  const works = seen.run.state === "success";
  say(works ? t("run.success") : t("run.failed", { tasks: failed.join(", ") }), works ? "good" : "bad");
}

function listOf(lines) {
  const list = document.createElement("ul");
  list.className = "said";
  list.append(
    ...lines.map((line) => {
      const item = document.createElement("li");
      item.textContent = line;
      return item;
    }),
  );
  return list;
}

function say(text, kind) {
  const line = part("state");
  if (line.textContent !== text) line.textContent = text; // screen readers read each change
  line.className = `notice ${kind}`;
}

dialog.addEventListener("close", () => {
  const changed = watched !== null;
  watched = null;
  if (changed) location.reload(); // what the run has changed stands on the page then
});
part("close").addEventListener("click", () => dialog.close());

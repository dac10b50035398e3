// A dialog that starts a DAG run and follows it: its tasks, its question, its end, and a link to it in Airflow.

import { airflow, answerQuestion, lookAtRun, pageOfRun, Refused, returned, startRun } from "./airflow.js";
import { fromMarkdown } from "./markdown.js";
import { goToAirflow } from "./page.js";
import { stateName, t } from "./words.js";

const EVERY = 1000; // milliseconds between two requests
// Airflow loses an answer that arrives before the worker that asked has ended, and asks again in the task's next
// attempt. So answers are held back this long, longer with each attempt, and a lost one is sent again.
const SETTLE = 3000;
const dialog = document.getElementById("run");
const part = (name) => dialog.querySelector(`[data-part="${name}"]`);
let shown = null; // the run the dialog shows; starting another, or closing, stops following the earlier one
let chosen = null; // the answer given in this run, and the question it was given to
let answering = Promise.resolve();
const pause = (milliseconds) => new Promise((done) => setTimeout(done, milliseconds));

/**
 * Start a run and show it in the dialog until it ends or the dialog is closed; returns its last state, or null.
 * `title` is the heading; `result` names the task whose return value is shown at the end.
 */
export async function runInDialog({ dagId, conf, title, result = "report" }) {
  const mine = (shown = {});
  chosen = null;
  part("title").textContent = title;
  for (const name of ["tasks", "question", "choices", "result"]) part(name).replaceChildren();
  part("refused").hidden = true;
  part("open").hidden = true;
  say(t("run.starting"), "");
  dialog.showModal();
  let run = null;
  try {
    run = await startRun(dagId, conf);
    if (shown !== mine) return null;
    part("open").hidden = false;
    part("open").onclick = () => goToAirflow(pageOfRun(run));
    return await watch(mine, run, result);
  } catch (error) {
    if (!(error instanceof Refused)) throw error;
    if (shown !== mine) return null;
    say(!run && error.status === 403 ? t("run.forbidden", { dag: dagId }) : error.message, "bad");
    if (!run) shown = null; // nothing has changed
    return null;
  }
}

async function watch(mine, run, result) {
  let asked = null;
  for (;;) {
    const seen = await look(run, result);
    if (shown !== mine) return null;
    if (seen) {
      showTasks(seen.tasks);
      if (seen.question?.key !== asked) {
        asked = seen.question?.key;
        if (seen.question && isAnswered(seen.question)) answering = answer(seen.question, chosen.option);
        else showQuestion(seen.question);
      }
      if (seen.ended) {
        showEnd(seen);
        return seen.run.state;
      }
      say(stateText(seen), "");
    } else say(t("run.away"), "warn");
    await pause(EVERY);
    if (shown !== mine) return null;
  }
}

/** Fetch the run once, at the end also what it returned; null if Airflow is not responding. */
async function look(run, result) {
  try {
    const seen = await lookAtRun(run);
    return seen.ended ? { ...seen, question: null, said: await returned(run, result) } : seen;
  } catch (error) {
    if (error instanceof Refused && (error.status === 0 || error.status >= 500)) return null;
    throw error;
  }
}

/** Return whether this very question was answered, and Airflow lost the answer. */
const isAnswered = (question) => chosen?.path === question.path && chosen.body === question.body;

function stateText(seen) {
  if (seen.question && !isAnswered(seen.question)) return t("run.asks");
  if (seen.paused) return t("run.paused", { dag: seen.run.dag_id });
  return t(seen.begun ? "run.running" : "run.queued");
}

function showTasks(tasks) {
  const shown = tasks.filter((task) => task.state && task.state !== "skipped");
  part("tasks").replaceChildren(
    ...shown.map((task) => {
      const line = document.createElement("li");
      line.dataset.state = task.state;
      line.textContent = `${task.task_id}${task.rendered_map_index ? ` (${task.rendered_map_index})` : ""}: ${stateName(task.state)}`;
      return line;
    }),
  );
}

function showQuestion(question) {
  part("question").replaceChildren();
  part("choices").replaceChildren();
  part("refused").hidden = true;
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
    button.onclick = () => {
      answering = answer(question, option);
    };
    part("choices").append(button);
  }
}

async function answer(question, option) {
  chosen = { option, path: question.path, body: question.body };
  for (const button of part("choices").children) button.disabled = true;
  part("refused").hidden = true;
  await pause(question.seenAt + SETTLE * question.attempt - Date.now());
  try {
    await answerQuestion(question, option);
  } catch (error) {
    if (!(error instanceof Refused)) throw error;
    chosen = null;
    if (!part("choices").children.length) showQuestion(question); // it was removed when Airflow seemed to have the answer
    part("refused").textContent = error.status === 403 ? t("run.not-yours") : error.message;
    part("refused").hidden = false;
    for (const button of part("choices").children) button.disabled = false;
  }
}

function showEnd({ run, tasks, said }) {
  const failed = tasks.filter((task) => task.state === "failed").map((task) => task.task_id);
  if (typeof said === "string") {
    const words = document.createElement("p");
    words.textContent = said;
    part("result").append(words);
  }
  if (Array.isArray(said?.troubles)) part("result").append(listOf(said.troubles)); // what mailbox_check found
  if (run.state === "success") say(t("run.success"), "good");
  else say(failed.length ? t("run.failed", { tasks: failed.join(", ") }) : t("run.broken-off"), "bad");
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
  if (line.textContent !== text) line.textContent = text; // screen readers announce each change
  line.className = `notice ${kind}`;
}

dialog.addEventListener("close", async () => {
  const changed = shown !== null;
  shown = null;
  await answering; // the answer is sent even if the dialog is closed at once
  if (changed) location.reload(); // the page then shows what the run changed
});
part("close").addEventListener("click", () => dialog.close());

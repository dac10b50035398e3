// The form of one interface: reads and writes the Airflow connection through Airflow's REST API.

import { airflow, Refused } from "./airflow.js";
import { connectionOf, formOf, wrongIn } from "./connection.js";
import { t } from "./words.js";

const form = document.getElementById("interface");
const { kind, connId } = form.dataset;
const fields = form.querySelector("[data-part='fields']");
const state = document.querySelector("[data-form-state]");
let before = null; // the stored connection, its secrets hidden

function say(text, kindOfNotice) {
  state.textContent = text;
  state.className = `notice ${kindOfNotice}`;
  state.hidden = !text;
}

function showWays() {
  for (const part of form.querySelectorAll("[data-auth]")) part.hidden = part.dataset.auth !== form.auth.value;
}

function show(values) {
  for (const [name, value] of Object.entries(values)) if (form.elements[name]) form.elements[name].value = value;
  showWays();
}

function mark(wrong) {
  for (const message of form.querySelectorAll("[role='alert']")) {
    const name = message.id.replace(/-wrong$/, "");
    message.textContent = wrong[name] ?? "";
    form.elements[name].toggleAttribute("aria-invalid", false);
    if (wrong[name]) form.elements[name].setAttribute("aria-invalid", "true");
  }
  say(wrong[""] ?? (Object.keys(wrong).length ? t("interface.fix") : ""), "bad");
  form.querySelector("[aria-invalid='true']")?.focus();
}

const values = () => ({ id: connId, ...Object.fromEntries(new FormData(form)) });
const inWords = (wrong) => Object.fromEntries(Object.entries(wrong).map(([name, key]) => [name, t(`interface.wrong.${key}`)]));

async function save({ body, mask }) {
  if (!before) return airflow("POST", "/connections", body);
  const query = mask.map((name) => `update_mask=${name}`).join("&");
  return airflow("PATCH", `/connections/${encodeURIComponent(connId)}?${query}`, body);
}

/** Show Airflow's own refusals at the fields that they are about. */
function refusal(error) {
  if (error.status === 409) return { id: t("interface.wrong.taken") };
  if (error.status === 403) return { "": t("interface.wrong.forbidden") };
  if (error.status === 422 && Array.isArray(error.detail)) {
    const fieldOf = { connection_id: "id", login: "user" };
    return Object.fromEntries(
      error.detail.map((one) => {
        const name = fieldOf[one.loc.at(-1)] ?? one.loc.at(-1);
        return [form.elements[name] ? name : "", one.msg];
      }),
    );
  }
  return { "": error.message };
}

form.addEventListener("change", showWays);
form.addEventListener("submit", async (event) => {
  event.preventDefault();
  const given = values();
  const wrong = inWords(wrongIn(kind, given, before));
  mark(wrong);
  if (Object.keys(wrong).length) return;
  fields.disabled = true;
  try {
    await save(connectionOf(kind, given, before));
    location.assign(`${form.dataset.list}?${new URLSearchParams({ saved: given.id.trim() })}`);
  } catch (error) {
    fields.disabled = false;
    if (!(error instanceof Refused)) throw error;
    mark(refusal(error));
  }
});

async function load() {
  fields.disabled = true;
  say(t("interface.loading"), "");
  try {
    const stored = await airflow("GET", `/connections/${encodeURIComponent(connId)}`);
    if (stored.conn_type !== kind) {
      say(t("interfaces.wrong-type", { type: stored.conn_type }), "bad");
      return;
    }
    before = stored;
    show(formOf(stored));
    fields.disabled = false;
    say("", "");
  } catch (error) {
    if (!(error instanceof Refused)) throw error;
    const reason = { 403: t("interface.wrong.forbidden"), 404: t("interfaces.not-stored") }[error.status];
    say(reason ?? error.message, "bad");
  }
}

if (connId) await load();

// Forms that create or change a link: sent as JSON; each reason for a refusal is shown at its field.

import { airflow, raumpost, Refused } from "./airflow.js";
import { combobox } from "./combobox.js";
import { goTo } from "./goto.js";

const then = { new: ({ id }) => `/room-mailboxes/${id}?linked=1`, saved: ({ id }) => `/room-mailboxes/${id}?saved=1` };

function valueOf(field) {
  const input = field.querySelector("input, textarea");
  if (input.type === "checkbox") return input.checked;
  return input.dataset.chosen || input.value;
}

function show(form, problems) {
  const trouble = form.querySelector('[data-part="trouble"]');
  const loose = [];
  for (const field of form.querySelectorAll("[data-field]")) {
    const own = problems.filter((one) => one.field === field.dataset.field);
    field.querySelector('[data-part="error"]').textContent = own.map((one) => `${one.text}.`).join(" ");
    const input = field.querySelector("input, textarea");
    if (own.length) input.setAttribute("aria-invalid", "true");
    else input.removeAttribute("aria-invalid");
  }
  for (const one of problems) if (!form.querySelector(`[data-field="${one.field}"]`)) loose.push(`${one.text}.`);
  trouble.textContent = loose.join(" ");
  trouble.hidden = loose.length === 0;
  (form.querySelector('[aria-invalid="true"]') ?? trouble).focus();
}

async function send(form) {
  const body = {};
  for (const field of form.querySelectorAll("[data-field]")) body[field.dataset.field] = valueOf(field);
  const button = form.querySelector('[type="submit"]');
  button.disabled = true;
  try {
    goTo(then[form.dataset.then](await raumpost("POST", form.dataset.send, body)));
  } catch (error) {
    if (!(error instanceof Refused)) throw error;
    show(form, error.detail?.problems ?? [{ field: null, text: error.message }]);
  } finally {
    button.disabled = false;
  }
}

/** Offer the connections that the user may see in Airflow, in addition to those in use. */
async function offerConnections() {
  const inputs = [...document.querySelectorAll("input[data-connections]")];
  if (!inputs.length) return;
  try {
    for (let offset = 0, total = 1; offset < total; offset += 100) {
      const page = await airflow("GET", `/connections?limit=100&offset=${offset}&order_by=connection_id`);
      total = page.total_entries;
      for (const one of page.connections) {
        const list = inputs.find((input) => input.dataset.connections === one.conn_type)?.list;
        if (!list || [...list.options].some((option) => option.value === one.connection_id)) continue;
        const option = document.createElement("option");
        option.value = one.connection_id;
        list.append(option);
      }
    }
  } catch (error) {
    if (!(error instanceof Refused)) throw error; // users who may not list them type the name
  }
}

for (const form of document.querySelectorAll("form[data-send]")) {
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    send(form);
  });
}
for (const input of document.querySelectorAll("input[data-source]")) combobox(input);
offerConnections();

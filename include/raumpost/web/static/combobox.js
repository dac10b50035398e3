// A field with suggestions while somebody types (the combobox pattern of the WAI-ARIA practices). The id of the chosen
// suggestion is kept in data-chosen; typing anything else clears it.

import { raumpost, Refused } from "./airflow.js";
import { t } from "./words.js";

const PAUSE = 150; // milliseconds without a keystroke before the server is asked

const describe = {
  "/search/rooms": (one) => (one.linked ? t("linking.linked", { address: one.linked }) : ""),
  "/search/users": (one) => (one.technical ? (one.email ?? "") : t("linking.not-technical")),
};

/** Turn an input into a combobox; data-source names its source and aria-controls its list. */
export function combobox(input) {
  const list = document.getElementById(input.getAttribute("aria-controls"));
  const source = input.dataset.source;
  let timer = null;
  let asked = 0;

  const options = () => [...list.children].filter((one) => one.role === "option");
  const current = () => document.getElementById(input.getAttribute("aria-activedescendant") || "-");

  function close() {
    clearTimeout(timer);
    asked += 1; // a response still on its way opens nothing
    list.hidden = true;
    input.setAttribute("aria-expanded", "false");
    input.removeAttribute("aria-activedescendant");
  }

  function choose(option) {
    input.value = option.dataset.name;
    input.dataset.chosen = `#${option.dataset.id}`;
    close();
  }

  function mark(option) {
    for (const one of options()) one.setAttribute("aria-selected", String(one === option));
    input.setAttribute("aria-activedescendant", option.id);
    option.scrollIntoView({ block: "nearest" });
  }

  function line(one, place) {
    const made = document.createElement("li");
    made.role = "option";
    made.id = `${list.id}-${place}`;
    made.dataset.id = one.id;
    made.dataset.name = one.name;
    made.setAttribute("aria-selected", "false");
    for (const [kind, text] of [["said", `${one.name} (#${one.id})`], ["said about", describe[source](one)]]) {
      const part = document.createElement("span");
      part.className = kind;
      part.textContent = text;
      made.append(part, " ");
    }
    return made;
  }

  async function suggest() {
    const mine = (asked += 1);
    let found;
    try {
      found = await raumpost("GET", `${source}?q=${encodeURIComponent(input.value.trim())}`);
    } catch (error) {
      if (!(error instanceof Refused)) throw error;
      return; // the server reports it when the form is sent
    }
    if (mine !== asked) return; // somebody kept typing
    list.replaceChildren(...found.map(line));
    if (!found.length) {
      const none = document.createElement("li");
      none.textContent = t("linking.nothing");
      list.append(none);
    }
    list.hidden = false;
    input.setAttribute("aria-expanded", "true");
    input.removeAttribute("aria-activedescendant");
  }

  input.addEventListener("input", () => {
    delete input.dataset.chosen;
    clearTimeout(timer);
    timer = setTimeout(suggest, PAUSE);
  });
  input.addEventListener("keydown", (event) => {
    if (event.key === "ArrowDown" || event.key === "ArrowUp") {
      event.preventDefault();
      if (list.hidden) {
        suggest();
        return;
      }
      const all = options();
      if (!all.length) return;
      const step = event.key === "ArrowDown" ? 1 : -1;
      const place = all.indexOf(current());
      mark(all[place < 0 ? (step > 0 ? 0 : all.length - 1) : (place + step + all.length) % all.length]);
    } else if (event.key === "Enter" && current()) {
      event.preventDefault(); // choose, without sending the form
      choose(current());
    } else if (event.key === "Escape" && !list.hidden) {
      event.preventDefault();
      close();
    }
  });
  input.addEventListener("blur", close);
  if (input.value !== input.defaultValue) input.dispatchEvent(new Event("input")); // typed before the script was loaded
  list.addEventListener("mousedown", (event) => {
    event.preventDefault(); // the field keeps the focus
    const option = event.target.closest('[role="option"]');
    if (option) choose(option);
  });
}

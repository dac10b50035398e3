// The buttons that act on room mailboxes: DAG runs in a dialog, and changes to the link.

import { raumpost, Refused } from "./airflow.js";
import { goTo } from "./goto.js";
import { runInDialog } from "./run.js";

let pressed = null; // the button whose dialog is open

const dialogs = {};
for (const name of ["initialise", "check", "remove"]) dialogs[name] = document.getElementById(name);

function open(name, button) {
  pressed = button;
  dialogs[name].querySelector("h2").textContent = button.dataset.title;
  dialogs[name].showModal();
}

const rooms = (button) => (button.dataset.id ? { room_mailboxes: [button.dataset.id] } : {});

const acts = {
  initialise(button) {
    dialogs.initialise.querySelector('[data-part="group"]').hidden = !("whole" in button.dataset);
    open("initialise", button);
  },
  reset: (button) => runInDialog({ dagId: "mailbox_reset_failed", conf: rooms(button), title: button.dataset.title }),
  check(button) {
    dialogs.check.querySelector('[data-part="canary"]').hidden = !button.dataset.address;
    open("check", button);
  },
  activate: (button) => change(button, "", { active: button.dataset.active === "true" }),
  remove(button) {
    const known = document.querySelector("[data-withdraw]");
    dialogs.remove.querySelector('[data-part="count"]').textContent = known?.dataset.withdraw ?? "";
    open("remove", button);
  },
  "give-up": (button) => change(button, "/removal", { give_up: true }),
};

async function change(button, path, body) {
  button.disabled = true;
  try {
    const { id } = await raumpost("POST", `/room-mailboxes/${button.dataset.id}${path}`, body);
    if (path) goTo(`/room-mailboxes/${id}`);
    else location.reload();
  } catch (error) {
    if (!(error instanceof Refused)) throw error;
    const place = document.getElementById("refusal");
    place.textContent = error.detail?.problems?.map((one) => one.text).join(" ") ?? error.message;
    place.hidden = false;
    place.scrollIntoView({ block: "nearest" });
    button.disabled = false;
  }
}

function check(extra) {
  const { title, address } = pressed.dataset;
  dialogs.check.close();
  runInDialog({ dagId: "mailbox_check", conf: extra ? { canary: true, room_mailboxes: [address] } : {}, title });
}

const goes = {
  check: () => check(false),
  canary: () => check(true),
  remove() {
    dialogs.remove.close();
    change(pressed, "/removal", { give_up: false });
  },
};

document.addEventListener("click", (event) => {
  const button = event.target.closest("button");
  if (!button) return;
  if (button.dataset.act) acts[button.dataset.act](button);
  if (button.dataset.go) goes[button.dataset.go]();
  if ("close" in button.dataset) button.closest("dialog").close();
});

dialogs.initialise.querySelector("form").addEventListener("submit", (event) => {
  const given = new FormData(event.target);
  const conf = "whole" in pressed.dataset ? { room_group: given.get("group") } : rooms(pressed);
  for (const name of ["from", "until"]) if (given.get(name)) conf[name] = given.get(name);
  event.target.reset();
  // after the dialog has closed, so that the next one gets the focus
  setTimeout(() => runInDialog({ dagId: "mailbox_initialise", conf, title: pressed.dataset.title }));
});

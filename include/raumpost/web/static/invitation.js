// Actions on an invitation: DAG runs, with the user's own permissions.

import { runInDialog } from "./run.js";

const ACTIONS = {
  explain: ({ kind, id, title }) => runInDialog({ dagId: "mailbox_explain", conf: { kind, id: Number(id) }, title }),
  reset: ({ mailbox, title }) => runInDialog({ dagId: "mailbox_reset_failed", conf: { room_mailboxes: [mailbox] }, title }),
};

for (const button of document.querySelectorAll("button[data-action]")) {
  button.addEventListener("click", () => ACTIONS[button.dataset.action](button.dataset));
}

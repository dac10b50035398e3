// Buttons that start a DAG: data-dag names it, data-conf holds its configuration, data-title is the heading of the dialog.

import { runInDialog } from "./run.js";

document.addEventListener("click", (event) => {
  const button = event.target.closest("button[data-dag]");
  if (button) runInDialog({ dagId: button.dataset.dag, conf: JSON.parse(button.dataset.conf), title: button.dataset.title });
});

// Fills the lists of interfaces with what Airflow reports about its connections, as far as the user may see them.

import { airflow, Refused } from "./airflow.js";
import { extrasOf, securityOf } from "./connection.js";
import { localise } from "./page.js";
import { t } from "./words.js";

const PAGE = 100;
const loading = document.querySelector("[data-part='loading']");

async function connections() {
  const found = [];
  for (;;) {
    const page = await airflow("GET", `/connections?order_by=connection_id&limit=${PAGE}&offset=${found.length}`);
    found.push(...page.connections);
    if (!page.connections.length || found.length >= page.total_entries) return found;
  }
}

function serverOf(connection) {
  const port = connection.port ? `:${connection.port}` : "";
  return `${connection.host ?? "?"}${port} · ${t(`interfaces.${securityOf(connection.conn_type, extrasOf(connection))}`)}`;
}

function fillUsed(row, connection) {
  const server = row.querySelector("[data-part='server']");
  if (!connection) {
    server.textContent = t("interfaces.not-stored");
    return;
  }
  const fits = connection.conn_type === row.dataset.kind;
  server.textContent = fits ? serverOf(connection) : t("interfaces.wrong-type", { type: connection.conn_type });
  const edit = row.querySelector("[data-part='edit']");
  if (edit) edit.hidden = !fits;
}

function availableRow(connection) {
  const row = document.importNode(document.getElementById("available").content, true);
  const part = (name) => row.querySelector(`[data-part='${name}']`);
  const id = connection.connection_id;
  part("kind").textContent = connection.conn_type.toUpperCase();
  part("id").textContent = id;
  part("server").textContent = serverOf(connection);
  const check = row.querySelector("button[data-dag]");
  check.dataset.title += id;
  check.dataset.conf = JSON.stringify({ connections: [id] });
  if (part("edit")) part("edit").search = new URLSearchParams({ kind: connection.conn_type, id });
  const last = [...document.querySelectorAll("template[data-check-of]")].find((one) => one.dataset.checkOf === id);
  if (last) part("check").replaceChildren(document.importNode(last.content, true));
  localise(row);
  return row;
}

try {
  const all = await connections();
  const byId = new Map(all.map((connection) => [connection.connection_id, connection]));
  const used = [...document.querySelectorAll("tr[data-conn-id]")];
  for (const row of used) fillUsed(row, byId.get(row.dataset.connId));
  const inUse = new Set(used.map((row) => row.dataset.connId));
  const free = all.filter((one) => ["smtp", "imap"].includes(one.conn_type) && !inUse.has(one.connection_id));
  const table = document.querySelector("[data-part='available']");
  table.tBodies[0].append(...free.map(availableRow));
  table.hidden = !free.length;
  loading.textContent = free.length ? "" : t("interfaces.no-others");
} catch (error) {
  if (!(error instanceof Refused)) throw error;
  loading.textContent = error.status === 403 ? t("interfaces.forbidden") : error.message;
  for (const cell of document.querySelectorAll("tr[data-conn-id] [data-part='server']")) cell.textContent = t("interfaces.unseen");
}

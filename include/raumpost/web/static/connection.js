// Converts the form of an interface to an Airflow connection and back. Pure: it uses neither page nor network.
// The names of the extras are explained in docs/connect/mail-servers.md and read by wiring/interfaces.py.

/** What Airflow returns instead of a secret. */
const HIDDEN = "***";
// Airflow always hides a value under these names, and keeps it where we send its mask (its DEFAULT_SENSITIVE_FIELDS).
const SECRET = /access_key|access_token|api_?key|auth_header|authorization|bearer|connection_string|dsn|passphrase|passwd|password|private_key|proxy|proxies|secret|service_account|service_key|token|keyfile_dict|webhook_url/i;

const OAUTH2 = ["client_id", "tenant_id", "scope", "authority"];
const TEXTS = { smtp: { sender: "from_email" }, imap: { processed_folder: "processed_folder" } };
const textsOf = (kind) => ({
  ...TEXTS[kind],
  ca_file: "ca_file",
  ...Object.fromEntries(OAUTH2.map((name) => [name, name])),
});
const isTrue = (value) => String(value ?? "").toLowerCase() === "true";
const isFalse = (value) => String(value ?? "").toLowerCase() === "false";

/** Return the extras of a connection as Airflow's API reports them. */
export const extrasOf = (connection) => JSON.parse(connection?.extra || "{}");

/** Return how a connection is encrypted: tls, starttls or none. */
export function securityOf(kind, extra) {
  if (kind === "smtp") return !isTrue(extra.disable_ssl) ? "tls" : isTrue(extra.disable_tls) ? "none" : "starttls";
  if (isTrue(extra.starttls)) return "starttls";
  return isFalse(extra.use_ssl) ? "none" : "tls";
}

/** Return the values of the form for a connection. They never include secrets: empty keeps the stored one. */
export function formOf(connection) {
  const extra = extrasOf(connection);
  const form = {
    id: connection.connection_id,
    host: connection.host ?? "",
    port: String(connection.port ?? ""),
    user: connection.login ?? "",
    password: "",
    security: securityOf(connection.conn_type, extra),
    auth: extra.auth_type === "oauth2" ? "oauth2" : "basic",
    client_secret: "",
    timeout: String(extra.timeout ?? ""),
    folders: Array.isArray(extra.folders) ? extra.folders.join("\n") : "",
  };
  for (const [field, name] of Object.entries(textsOf(connection.conn_type))) form[field] = String(extra[name] ?? "");
  return form;
}

const foldersOf = (form) => (form.folders ?? "").split("\n").map((line) => line.trim()).filter(Boolean);
const trimmed = (form) => Object.fromEntries(
  Object.entries(form).map(([name, value]) => [name, ["password", "client_secret"].includes(name) ? value : value.trim()]),
);

/**
 * Return what is wrong, by field, as keys of texts. `before` is the stored connection, or null for a new one.
 * The field "" is the form as a whole.
 */
export function wrongIn(kind, given, before) {
  const form = trimmed(given);
  const extra = extrasOf(before);
  const wrong = {};
  if (!/^[A-Za-z0-9_.-]{1,200}$/.test(form.id)) wrong.id = "id";
  if (!form.host) wrong.host = "needed";
  else if (/[\s/]/.test(form.host)) wrong.host = "host";
  if (form.port && !(/^\d+$/.test(form.port) && +form.port >= 1 && +form.port <= 65535)) wrong.port = "port";
  if (form.timeout && !(+form.timeout >= 1 && +form.timeout <= 300)) wrong.timeout = "timeout";
  if (form.auth === "oauth2") {
    if (!form.user.includes("@")) wrong.user = "mailbox";
    if (!extra.access_token) {
      for (const name of ["client_id", "tenant_id"]) if (!form[name]) wrong[name] = "needed";
      if (!form.client_secret && !extra.client_secret) wrong.client_secret = "needed";
    }
    if (form.authority && !form.authority.startsWith("https://")) wrong.authority = "authority";
  } else if (form.password && !form.user) wrong.user = "needed";
  if (form.sender && !/^[^\s@]+@[^\s@]+$/.test(form.sender)) wrong.sender = "address";
  const folder = form.processed_folder;
  if (folder && (folder.toUpperCase() === "INBOX" || foldersOf(form).includes(folder))) wrong.processed_folder = "processed";
  if (form.ca_file && extra.ssl_context === "none") wrong.ca_file = "ca-file";
  for (const [name, value] of Object.entries(form)) if (value.includes(HIDDEN)) wrong[name] = "hidden";
  const kept = Object.entries(keptExtras(kind, extra));
  if (kept.some(([name, value]) => !SECRET.test(name) && JSON.stringify(value).includes(HIDDEN))) wrong[""] = "hidden-extra";
  return wrong;
}

/** Return the extras that the form does not show; they stay as they are. */
function keptExtras(kind, extra) {
  const own = new Set([
    "auth_type", "client_secret", "access_token", "timeout", ...Object.values(textsOf(kind)),
    ...(kind === "smtp" ? ["disable_ssl", "disable_tls"] : ["use_ssl", "starttls", "folders"]),
  ]);
  return Object.fromEntries(Object.entries(extra).filter(([name]) => !own.has(name)));
}

/**
 * Return the connection that a form without errors describes, and the names of the fields to write.
 * A secret that was not typed is left out, or sent masked as Airflow returned it: then Airflow keeps the stored one.
 */
export function connectionOf(kind, given, before) {
  const form = trimmed(given);
  const stored = extrasOf(before);
  const extra = keptExtras(kind, stored);
  if (kind === "smtp") {
    if (form.security !== "tls") extra.disable_ssl = true;
    if (form.security === "none") extra.disable_tls = true;
  } else if (form.security === "starttls") extra.starttls = true;
  else if (form.security === "none") extra.use_ssl = false;
  const oauth2 = form.auth === "oauth2";
  for (const [field, name] of Object.entries(textsOf(kind))) {
    if (form[field] && (oauth2 || !OAUTH2.includes(field))) extra[name] = form[field];
  }
  if (form.timeout) extra.timeout = Number(form.timeout);
  if (kind === "imap" && foldersOf(form).length) extra.folders = foldersOf(form);
  if (oauth2) {
    extra.auth_type = "oauth2";
    const secret = form.client_secret || stored.client_secret;
    if (secret) extra.client_secret = secret;
    if (stored.access_token) extra.access_token = stored.access_token;
  }
  const body = {
    connection_id: form.id,
    conn_type: kind,
    host: form.host,
    port: form.port ? Number(form.port) : null,
    login: form.user || null,
    extra: JSON.stringify(extra),
  };
  // do not leave behind a password that nothing needs any more
  if (oauth2 || !form.user) body.password = null;
  else if (form.password) body.password = form.password;
  const mask = Object.keys(body).filter((name) => !["connection_id", "conn_type"].includes(name));
  return { body, mask };
}

// Follow mode of the log: fetches new lines every few seconds and puts them on top, until it is switched off.

import { raumpost } from "./airflow.js";
import { localise } from "./page.js";
import { t } from "./words.js";

const EVERY = 3000; // milliseconds between two requests
// Lines written at the same time may appear in another order than that of their ids: only what was seen a while ago is
// complete, and everything after it is requested again.
const CERTAIN_AFTER = 60_000;
const MOST = 1000; // most rows kept on the page

const toggle = document.getElementById("follow");
const status = document.getElementById("following");
const body = document.querySelector("#lines tbody");
const idOf = (row) => Number(row.dataset.id);
const seen = new Set([...body.rows].map(idOf));
const heights = [{ at: 0, id: Math.max(0, ...seen) }]; // the newest line known at each request
let looking = false;
let timer = null;

function element(name, className, ...children) {
  const made = document.createElement(name);
  made.className = className;
  made.append(...children);
  return made;
}

function english(made) {
  made.lang = "en"; // whatever the language of the page
  return made;
}

function moment(line) {
  const made = element("time", "");
  made.dateTime = line.at;
  made.title = line.local;
  made.dataset.precise = "";
  return made;
}

function anchor(link) {
  const made = element("a", "said", link.text);
  made.href = link.href;
  if (link.airflow) made.dataset.airflowLink = "";
  return made;
}

function rowOf(line) {
  const kind = { error: "bad", warning: "warn" }[line.level] ?? "";
  const message = element("td", "", english(element("span", "said", line.message)));
  if (line.detail) {
    message.append(element("details", "", element("summary", "", t("log.detail")), english(element("pre", "said", line.detail))));
  }
  const links = line.links.flatMap((link) => [anchor(link), " "]);
  const made = element(
    "tr",
    "fresh",
    element("td", "when", moment(line)),
    element("td", "", element("span", `badge ${kind}`, line.levelText)),
    element("td", "", line.step),
    message,
    element("td", "more", ...links, element("span", "soft said", line.actor)),
  );
  made.dataset.id = line.id;
  localise(made);
  return made;
}

function put(line) {
  seen.add(line.id);
  const row = rowOf(line);
  const next = [...body.rows].find((other) => idOf(other) < line.id);
  body.insertBefore(row, next ?? null);
}

function certain() {
  while (heights.length > 1 && heights[1].at < Date.now() - CERTAIN_AFTER) heights.shift();
  return heights[0].id;
}

async function look() {
  const query = new URLSearchParams(location.search);
  let after = certain();
  const fresh = [];
  for (let more = true; more; ) {
    query.set("after", after);
    const answer = await raumpost("GET", `/log/lines?${query}`);
    fresh.push(...answer.lines.filter((line) => !seen.has(line.id)));
    more = answer.more;
    after = answer.last;
  }
  fresh.forEach(put);
  while (body.rows.length > MOST) body.lastElementChild.remove();
  heights.push({ at: Date.now(), id: Math.max(heights.at(-1).id, ...fresh.map((line) => line.id)) });
  if (fresh.length) {
    document.getElementById("lines-frame").hidden = false;
    document.querySelector("p.empty")?.remove();
    status.textContent = t("log.new", { count: fresh.length, message: fresh.at(-1).message });
  }
}

async function lookAgain() {
  if (looking) return; // switched off and on again meanwhile: that request is still under way
  looking = true;
  try {
    await look();
  } catch (error) {
    status.textContent = t("log.trouble", { why: error.message });
  }
  looking = false;
  if (toggle.checked) timer = setTimeout(lookAgain, EVERY);
}

toggle?.addEventListener("change", () => {
  clearTimeout(timer);
  status.textContent = toggle.checked ? t("log.following") : "";
  if (toggle.checked) lookAgain();
});

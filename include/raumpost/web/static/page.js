// What every page needs: links into Airflow, the viewer's time zone, the language switch.

const base = document.body.dataset.airflow;
const language = document.body.dataset.language;

/** Go to a page of Airflow, by Airflow's own router: the iframe's sandbox forbids pop-ups and top navigation. */
export function goToAirflow(path) {
  const target = base + path;
  if (parent === window) {
    location.assign(target);
    return;
  }
  parent.history.pushState({}, "", target);
  parent.dispatchEvent(new PopStateEvent("popstate", { state: {} }));
}

/** Show times in the viewer's zone; the time in the room's zone stays as the tooltip. */
export function localise(root) {
  const locale = navigator.languages.find((one) => one.startsWith(language)) ?? language; // en-GB, de-AT
  const format = (timeStyle) => new Intl.DateTimeFormat(locale, { dateStyle: "medium", timeStyle });
  const [short, precise] = [format("short"), format("medium")];
  for (const element of root.querySelectorAll("time[datetime]")) {
    const chosen = element.dataset.precise === undefined ? short : precise;
    element.textContent = chosen.format(new Date(element.dateTime));
  }
}

document.addEventListener("click", (event) => {
  const link = event.target.closest("a[data-airflow-link]");
  if (link && !event.ctrlKey && !event.metaKey && !event.shiftKey) {
    event.preventDefault();
    goToAirflow(link.getAttribute("href").slice(base.length));
  }
  const language = event.target.closest("[data-switch-language]");
  if (language) {
    const year = 365 * 24 * 60 * 60;
    document.cookie = `raumpost_language=${language.dataset.switchLanguage}; path=${base}/raumpost; max-age=${year}; SameSite=Strict`;
    location.reload();
  }
});

localise(document);

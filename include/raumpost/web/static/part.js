// On the tab of a mapped task instance: asks Airflow which batch or inbox its map index means, and shows only that.

import { Refused, returned } from "./airflow.js";

const asked = document.querySelector("[data-asks]");
if (asked) {
  const { asks, source, dag, run, mapIndex } = asked.dataset;
  try {
    const answer = await returned({ dag_id: dag, dag_run_id: run }, source);
    const parts = typeof answer === "string" ? JSON.parse(answer) : answer;
    const mine = parts?.[Number(mapIndex)];
    if (mine !== undefined) {
      const here = new URL(location.href);
      here.searchParams.set(asks, asks === "batch" ? mine.id : mine);
      location.replace(here);
    }
  } catch (error) {
    if (!(error instanceof Refused)) throw error; // the page then shows the whole run
  }
}

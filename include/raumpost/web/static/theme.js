// Runs before the page is painted: takes the light or dark theme from Airflow, and follows when it is switched there.
(() => {
  const own = document.documentElement;
  const prefersDark = matchMedia("(prefers-color-scheme: dark)");
  let airflow = null;
  try {
    airflow = parent !== window ? parent.document.documentElement : null;
  } catch {
    airflow = null; // framed by another origin
  }
  const follow = () => {
    let dark = prefersDark.matches;
    if (airflow) dark = airflow.classList.contains("dark") || airflow.dataset.theme === "dark";
    else if (localStorage.getItem("theme") === "dark") dark = true;
    else if (localStorage.getItem("theme") === "light") dark = false;
    own.dataset.theme = dark ? "dark" : "light";
  };
  follow();
  prefersDark.addEventListener("change", follow);
  addEventListener("storage", follow);
  if (airflow) new MutationObserver(follow).observe(airflow, { attributes: true, attributeFilter: ["class", "data-theme"] });
})();

// Runs before the page is painted: keeps the clicks made before the scripts are loaded, and replays them then.
(() => {
  let pressed = null;
  const keep = (event) => {
    const target = event.target.closest?.("button, a[data-airflow-link]");
    if (!target) return;
    event.preventDefault();
    event.stopImmediatePropagation();
    pressed = target;
  };
  document.addEventListener("click", keep, true);
  document.addEventListener("DOMContentLoaded", () => {
    document.removeEventListener("click", keep, true);
    pressed?.click();
  });
})();

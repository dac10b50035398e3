// Navigation between our own pages.

const base = document.body.dataset.airflow;

/** Go to one of our own pages, such as "/room-mailboxes/7". */
export function goTo(path) {
  const target = new URL(`${base}/raumpost${path}`, location.href);
  // an address that differs only after the # would not be loaded again
  if (target.pathname === location.pathname && target.search === location.search) location.reload();
  else location.assign(target);
}

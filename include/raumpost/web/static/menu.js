// Context menus are <details class="menu">: one is open at a time; Escape or a click elsewhere closes it.

const open = () => document.querySelectorAll("details.menu[open]");

document.addEventListener("click", (event) => {
  for (const menu of open()) if (!menu.contains(event.target)) menu.open = false;
});
document.addEventListener("focusin", (event) => {
  for (const menu of open()) if (!menu.contains(event.target)) menu.open = false;
});
document.addEventListener("keydown", (event) => {
  if (event.key !== "Escape") return;
  for (const menu of open()) {
    menu.open = false;
    menu.querySelector("summary").focus();
  }
});
document.addEventListener("contextmenu", (event) => {
  const menu = event.target.closest(".room")?.querySelector("details.menu");
  if (!menu) return;
  event.preventDefault();
  for (const other of open()) other.open = false;
  menu.open = true;
  menu.querySelector("a").focus();
});

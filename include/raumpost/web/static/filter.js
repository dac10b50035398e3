// Keeps addresses short: does not send a filter's empty fields.

document.addEventListener("submit", (event) => {
  if (!event.target.matches("form.filter")) return;
  for (const field of event.target.elements) if (field.name && !field.value) field.disabled = true;
});
addEventListener("pageshow", () => {
  // back from the next page
  for (const field of document.querySelectorAll("form.filter :disabled")) field.disabled = false;
});

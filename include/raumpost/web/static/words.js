// The texts for scripts, in the reader's language; they are part of the page.

const words = JSON.parse(document.getElementById("words").textContent);

/** Return the name of a state of a run or of a task. */
export const stateName = (state) => words[`js.state.${state}`] ?? state;

/** Return a text by its key without “js.”; `{name}` is a placeholder. */
export function t(key, filled = {}) {
  return words[`js.${key}`].replace(/\{(\w+)\}/g, (_, name) => filled[name]);
}

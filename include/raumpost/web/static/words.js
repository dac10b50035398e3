// The texts of the scripts, in the reader's language; they come with the page.

const words = JSON.parse(document.getElementById("words").textContent);

/** Give the name of a state of a run or of a task. */
export const stateName = (state) => words[`js.state.${state}`] ?? state;

/** Give a text by its key without “js.”; `{name}` stands for what is filled in. */
export function t(key, filled = {}) {
  return words[`js.${key}`].replace(/\{(\w+)\}/g, (_, name) => filled[name]);
}

// Renders the Markdown that previews are written in: paragraphs, bold, lists, tables. Text only ever becomes text nodes:
// nothing in a booking can act as markup.

const ENTITIES = { "&amp;": "&", "&lt;": "<", "&gt;": ">" };
const unescaped = (text) => text.replace(/\\(.)/g, "$1").replace(/&(amp|lt|gt);/g, (entity) => ENTITIES[entity]);

function element(name, ...children) {
  const made = document.createElement(name);
  made.append(...children);
  return made;
}

function inline(text) {
  // an asterisk that belongs to the text is escaped
  return text.split(/(?<!\\)\*\*/).map((part, place) => (place % 2 ? element("strong", unescaped(part)) : unescaped(part)));
}

const cellsOf = (line) => line.split(/(?<!\\)\|/).slice(1, -1).map((cell) => cell.trim());

function table(lines) {
  const row = (line, name) => element("tr", ...cellsOf(line).map((cell) => element(name, ...inline(cell))));
  const made = element(
    "table",
    element("thead", row(lines[0], "th")),
    element("tbody", ...lines.slice(2).map((line) => row(line, "td"))),
  );
  const scroller = element("div", made);
  scroller.className = "scroll";
  return scroller;
}

/** Return a document fragment for a text. */
export function fromMarkdown(text) {
  const made = document.createDocumentFragment();
  for (const block of text.split(/\n{2,}/)) {
    const lines = block.split("\n");
    if (lines[0].startsWith("|")) made.append(table(lines));
    else if (lines[0].startsWith("- ")) made.append(element("ul", ...lines.map((line) => element("li", ...inline(line.slice(2))))));
    else made.append(element("p", ...inline(block)));
  }
  return made;
}

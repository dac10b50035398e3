"""What can be seen or heard of a page, asked in the browser."""

from typing import Any

from playwright.sync_api import CDPSession, Frame

_WIDE = """() => {
  const page = document.scrollingElement;
  if (page.scrollWidth <= page.clientWidth) return [];
  const ends = (one) => one.getBoundingClientRect().right;
  const wide = [...document.querySelectorAll("body *")].filter((one) => ends(one) > page.clientWidth);
  return [`${page.scrollWidth} > ${page.clientWidth}`, ...wide.slice(0, 5).map((one) => one.outerHTML.slice(0, 120))];
}"""
_DIM = """() => {
  const canvas = document.createElement("canvas").getContext("2d", { willReadFrequently: true });
  const over = (colours) => {
    canvas.clearRect(0, 0, 1, 1);
    for (const colour of colours) {
      canvas.fillStyle = colour;
      canvas.fillRect(0, 0, 1, 1);
    }
    const linear = (part) => (part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4);
    const [red, green, blue] = [...canvas.getImageData(0, 0, 1, 1).data].map((part) => linear(part / 255));
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
  };
  const found = new Set();
  const texts = document.createTreeWalker(document.querySelector("body"), NodeFilter.SHOW_TEXT);
  while (texts.nextNode()) {
    const element = texts.currentNode.parentElement;
    if (!texts.currentNode.data.trim() || !element.checkVisibility()) continue;
    if (element.closest(":disabled, option, svg")) continue;
    const backs = [];
    for (let one = element; one; one = one.parentElement) backs.unshift(getComputedStyle(one).backgroundColor);
    const [text, back] = [over([...backs, getComputedStyle(element).color]), over(backs)];
    const contrast = (Math.max(text, back) + 0.05) / (Math.min(text, back) + 0.05);
    if (contrast < 4.5) found.add(`${contrast.toFixed(1)}: ${texts.currentNode.data.trim().slice(0, 40)}`);
  }
  return [...found];
}"""
_NAMED = frozenset(
    ("button", "link", "textbox", "searchbox", "combobox", "listbox", "checkbox", "switch", "spinbutton", "image",
     "dialog", "navigation", "DisclosureTriangle", "Date", "DateTime")
)  # fmt: skip
"""Roles that say nothing without a name, as Chromium calls them."""


def too_wide(frame: Frame) -> list[str]:
    """Return what makes the page itself scroll sideways."""
    return list(frame.evaluate(_WIDE))


def too_dim(frame: Frame) -> list[str]:
    """Return texts whose contrast is below 4.5:1 (WCAG 2.2, 1.4.3)."""
    return list(frame.evaluate(_DIM))


def heard(session: CDPSession) -> list[dict[str, Any]]:
    """Return what a screen reader is told, node by node."""
    nodes = session.send("Accessibility.getFullAXTree")["nodes"]
    return [
        {"role": node["role"]["value"], "name": node.get("name", {}).get("value", ""), "properties": node["properties"]}
        for node in nodes
        if not node["ignored"] and "role" in node
    ]


def without_name(nodes: list[dict[str, Any]]) -> list[str]:
    """Return the roles of what has no name but needs one."""
    return [node["role"] for node in nodes if node["role"] in _NAMED and not node["name"].strip()]


def levels(nodes: list[dict[str, Any]]) -> list[int]:
    """Return the levels of the headings in their order."""
    return [
        int(one["value"]["value"])
        for node in nodes
        if node["role"] == "heading"
        for one in node["properties"]
        if one["name"] == "level"
    ]

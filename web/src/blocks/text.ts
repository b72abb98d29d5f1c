// The blocks that are only words and numbers.
import { h, sourceNote } from "../dom";
import type { Command, Facts, Prose, Sentence, Table } from "../model";

export function prose(block: Prose): HTMLElement {
  return h("div", { class: "prose" }, ...block.paragraphs.map(sentence));
}

function sentence(s: Sentence): HTMLElement {
  return h("p", {}, s.text, " ", sourceNote(s.sources));
}

export function facts(block: Facts): HTMLElement {
  const list = h("dl", { class: "facts" });
  for (const item of block.items) list.append(h("div", {}, h("dt", {}, item.label), h("dd", {}, item.value)));
  const title = block.caption ? h("h3", {}, block.caption, " ", sourceNote(block.sources)) : sourceNote(block.sources);
  return h("div", { class: "factsheet" }, title, list);
}

export function table(block: Table): HTMLElement {
  const head = h("tr", {});
  for (const c of block.columns) head.append(h("th", { scope: "col", class: c.numeric ? "num" : undefined }, c.label));
  const body = h("tbody");
  for (const row of block.rows) {
    const tr = h("tr");
    row.forEach((cell, i) => tr.append(h("td", { class: block.columns[i]?.numeric ? "num" : undefined }, cell)));
    body.append(tr);
  }
  const caption = h("caption", {}, block.caption, " ", sourceNote(block.sources));
  // Wide tables scroll inside their own box, so that the page itself never does; a box that scrolls must take the focus.
  return h("div", { class: "scroll", tabindex: 0, role: "region", "aria-label": block.caption }, h("table", {}, caption, h("thead", {}, head), body));
}

export function command(block: Command): HTMLElement {
  const copied = h("span", { class: "muted", "aria-live": "polite" });
  const copy = h("button", {
    type: "button",
    click: () => {
      void navigator.clipboard.writeText(block.text).then(
        () => (copied.textContent = "Copied"),
        () => (copied.textContent = "Select the text and copy it"),
      );
    },
  }, "Copy");
  return h(
    "div",
    { class: "command" },
    h("h3", {}, block.caption, " ", sourceNote(block.sources)),
    h("pre", { tabindex: 0 }, h("code", {}, block.text)),
    h("div", { class: "tools" }, copy, copied),
  );
}

// A table whose rows carry bars: what takes which share of a whole.
import { h, sourceNote } from "../dom";
import { share } from "../format";
import type { Bars } from "../model";

export function bars(block: Bars): HTMLElement {
  const head = h("tr", {}, h("th", { scope: "col" }, ""), h("th", { scope: "col" }, block.share));
  for (const c of block.columns) head.append(h("th", { scope: "col", class: "num" }, c));
  const most = Math.max(...block.rows.map((r) => r.share), 1e-9);
  const body = h("tbody");
  for (const row of block.rows) {
    const width = `width:${((100 * Math.max(0, row.share)) / most).toFixed(2)}%;background:var(--tone-${row.tone})`;
    const bar = h("span", { class: "bar", "aria-hidden": "true" }, h("i", { style: width }));
    const label = h("th", { scope: "row" }, row.label, row.detail !== "" && h("span", { class: "muted" }, " " + row.detail));
    const tr = h("tr", {}, label, h("td", {}, h("div", { class: "barred" }, bar, h("span", {}, share(row.share, 1)))));
    for (const cell of row.cells) tr.append(h("td", { class: "num" }, cell));
    body.append(tr);
  }
  const caption = h("caption", {}, block.caption, " ", sourceNote(block.sources));
  return h("div", { class: "scroll bars", tabindex: 0, role: "region", "aria-label": block.caption }, h("table", {}, caption, h("thead", {}, head), body));
}

// What is at fault, the costliest first. Each piece of evidence leads to where the report shows it.
import { h, sourceNote } from "../dom";
import { clock, share } from "../format";
import { showFunction } from "../links";
import type { Evidence, Finding, Findings } from "../model";
import { zoomTo } from "./timecharts";

export function findings(block: Findings): HTMLElement {
  const list = h("ol", { class: "findings" });
  for (const item of block.items) list.append(finding(item));
  return block.caption === "" ? list : h("div", {}, h("h3", { class: "whose" }, block.caption), list);
}

function finding(f: Finding): HTMLElement {
  const cost = f.cost > 0 && h("span", { class: "cost", title: "What it costs, as a share" }, share(f.cost, 1));
  const meter = f.cost > 0 && h("span", { class: "bar", "aria-hidden": "true" }, h("i", { style: `width:${(100 * Math.min(1, f.cost)).toFixed(1)}%` }));
  const rows = h("dl");
  for (const [label, text] of [["Why", f.explanation], ["Do", f.advice], ["To gain", f.gain]] as const) {
    if (text !== "") rows.append(h("div", {}, h("dt", {}, label), h("dd", {}, text)));
  }
  const proof = h("ul");
  for (const e of f.evidence) proof.append(evidence(e));
  if (f.evidence.length > 0) rows.append(h("div", {}, h("dt", {}, "Evidence"), h("dd", {}, proof)));
  const tag = f.about !== "" && h("span", { class: "about" }, f.about);
  const title = h("h3", {}, f.title, " ", tag, f.subject !== "" && !f.title.toLowerCase().includes(f.subject.toLowerCase()) && h("span", { class: "subject" }, f.subject));
  return h("li", { id: `finding-${f.id}` }, h("div", { class: "finding-head" }, title, meter, cost), rows);
}

function evidence(e: Evidence): HTMLElement {
  const li = h("li", {}, e.text);
  if (e.function !== "" && !e.text.includes(e.function)) li.append(" ", h("code", {}, e.function));
  if (e.where !== "" && !e.text.includes(e.where)) li.append(" ", h("span", { class: "muted mono" }, e.where));
  if (e.function !== "") {
    const status = h("span", { class: "muted", "aria-live": "polite" });
    const show = (): void => {
      status.textContent = showFunction(e.function, e.source) ? "" : " not in a flame graph of this report";
    };
    li.append(" ", h("button", { type: "button", class: "link", click: show }, "flame graph"), status);
  }
  if (e.to > e.from) {
    const show = (): void => zoomTo([e.from, e.to]);
    li.append(" ", h("button", { type: "button", class: "link", click: show }, `${clock(e.from)} to ${clock(e.to)}`));
  }
  li.append(" ", sourceNote([e.source].filter((s) => s !== "")) ?? "");
  return li;
}

// Reads the document embedded in the page and builds the report from it.
import { Tooltip, h, sourceNote } from "./dom";
import { render } from "./blocks/index";
import { zoomOut } from "./blocks/timecharts";
import type { Block, Doc, Figure, Section, Verdict } from "./model";
import * as theme from "./theme";

const format = 2; // of the document; lab/report writes the same number

function main(): void {
  const text = document.getElementById("document")?.textContent ?? "";
  const doc = JSON.parse(text) as Doc;
  if (doc.format !== format) throw new Error(`the document has format ${doc.format}, this page shows format ${format}`);
  theme.start();
  const tip = new Tooltip();
  const content = h("main", { id: "content" });
  document.body.append(top(doc), h("div", { class: "page" }, contents(doc), content), zoomOut());
  for (const s of doc.sections) content.append(section(s, doc, tip));
  theme.redrawAll(); // everything has a width only now
  document.documentElement.dataset["ready"] = "true";
}

function top(doc: Doc): HTMLElement {
  const button = h("button", { type: "button", class: "theme", click: theme.toggle });
  theme.onRedraw(() => (button.textContent = theme.current() === "dark" ? "Light theme" : "Dark theme"));
  return h(
    "header",
    { class: "top" },
    h("div", { class: "mast" }, h("span", { class: "brand" }, "Redline"), h("span", { class: "muted" }, doc.subtitle), button),
    h("h1", {}, doc.title),
    verdict(doc.verdict),
    h("div", { class: "figures" }, ...doc.figures.map(figure)),
  );
}

const marks: Record<Verdict["state"], string> = { pass: "\u2713", fail: "\u2715", undecided: "?" };

function verdict(v: Verdict): HTMLElement {
  const badge = h("span", { class: "badge" }, h("span", { "aria-hidden": "true" }, marks[v.state] + " "), v.label);
  const reasons = h("ul", {}, ...v.reasons.map((r) => h("li", {}, r)));
  return h("div", { class: `verdict ${v.state}` }, h("p", {}, badge, " ", v.headline), v.reasons.length > 0 && reasons);
}

function figure(f: Figure): HTMLElement {
  return h(
    "div",
    { class: "figure" },
    h("div", { class: "label" }, f.label),
    h("div", { class: "big" }, f.value, h("small", {}, f.unit)),
    h("div", { class: "muted" }, f.note),
    sourceNote([f.source]),
  );
}

function contents(doc: Doc): HTMLElement {
  const links = doc.sections.map((s) => h("li", {}, h("a", { href: `#${s.id}` }, s.title)));
  return h("nav", { "aria-label": "Contents" }, h("ol", {}, ...links));
}

function section(s: Section, doc: Doc, tip: Tooltip): HTMLElement {
  const el = h("section", { id: s.id, "aria-labelledby": `${s.id}-title` }, h("h2", { id: `${s.id}-title` }, s.title));
  if (s.lead) el.append(h("p", { class: "lead" }, s.lead));
  for (const block of s.blocks) el.append(drawn(block, doc, tip));
  return el;
}

/** One part that cannot be drawn must not take the rest of the report with it. */
function drawn(block: Block, doc: Doc, tip: Tooltip): HTMLElement {
  try {
    return render(block, doc, tip);
  } catch (err) {
    console.error(err);
    return h("p", { class: "broken" }, `This part could not be drawn: ${String(err)}`);
  }
}

try {
  main();
} catch (err) {
  document.body.append(h("p", { class: "broken" }, `This report could not be drawn: ${String(err)}. Write it again with: redline report`));
  throw err;
}

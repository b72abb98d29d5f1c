// Time series, drawn by uPlot. All charts of a report share one cursor and one zoom, so that causes and effects line up.
import uPlot from "uplot";
import { choicePair, css, h, sourceNote } from "../dom";
import { clock, format, titleUnit } from "../format";
import { highest } from "../curve";
import type { Phase, TimeChart, TimeCharts, View } from "../model";
import { linearTicks, logTicks } from "../scale";
import { onRedraw, onWidth } from "../theme";
import { drawPhases, phaseStrip } from "./phases";

const plotted = new Set<Chart>();
const syncKey = "redline-time";

export function timecharts(block: TimeCharts, phases: Phase[]): HTMLElement {
  const grid = h("div", { class: block.wide ? "charts" : "charts two" });
  for (const chart of block.charts) grid.append(new Chart(chart, phases, block.wide ? 220 : 160).root);
  return grid;
}

class Chart {
  readonly root = h("figure", { class: "chart" });
  private readonly body = h("div", { class: "canvas" });
  private readonly legend = h("ul", { class: "legend live" });
  private plot: uPlot | null = null;
  private view: View;
  private readonly moment = h("span");
  private values: HTMLElement[] = [];
  private width = 0;

  constructor(
    private readonly chart: TimeChart,
    private readonly phases: Phase[],
    private readonly height: number,
  ) {
    this.view = chart.views[0] ?? { label: "", lines: [] };
    const pick = choicePair([`${chart.title}: operation`, `${chart.title}: kind of time`], chart.views.map((v) => v.label), (i) => this.show(i));
    const title = h("h3", {}, chart.title + titleUnit(chart.unit), " ", sourceNote(chart.sources));
    this.root.append(h("div", { class: "tools" }, title, pick), this.legend, this.body);
    if (chart.note) this.root.append(h("figcaption", {}, chart.note));
    plotted.add(this);
    onRedraw(() => this.redraw());
    onWidth(this.body, () => this.body.clientWidth !== this.width && this.redraw());
    this.body.setAttribute("role", "img");
  }

  /** Zooms to a span of seconds; null for the whole run. */
  zoom(span: [number, number] | null): void {
    const [min, max] = span ?? this.whole();
    this.plot?.setScale("x", { min, max });
  }

  /** All charts span the whole run, so that what happened at once stands at the same place. */
  private whole(): [number, number] {
    const { times } = this.chart;
    const starts = [times[0] ?? 0, ...this.phases.map((p) => p.start)];
    const ends = [times[times.length - 1] ?? 1, ...this.phases.map((p) => p.end)];
    return [Math.min(...starts), Math.max(...ends)];
  }

  private show(i: number): void {
    this.view = this.chart.views[i] ?? this.view;
    this.build();
  }

  private redraw(): void {
    const width = this.body.clientWidth;
    if (width === 0) return;
    if (!this.plot) {
      this.build();
      return;
    }
    if (width !== this.width) this.plot.setSize({ width, height: this.height });
    this.width = width;
    this.plot.redraw(false, true);
  }

  private build(): void {
    this.width = this.body.clientWidth;
    if (this.width === 0) return;
    this.plot?.destroy();
    this.fillLegend();
    this.body.setAttribute("aria-label", this.describe());
    const data: uPlot.AlignedData = [this.chart.times, ...this.view.lines.map((l) => l.values)];
    this.plot = new uPlot(this.options(), data, this.body);
  }

  private describe(): string {
    const { unit, title } = this.chart;
    const lines = this.view.lines.map((l) => `${l.label} up to ${format(this.highest(l.values), unit)}`);
    return `${title} over time. ${lines.join("; ")}.`;
  }

  private options(): uPlot.Options {
    const { unit, log } = this.chart;
    const small = { font: `11px ${css("sans")}`, stroke: () => css("muted") };
    const grid = { stroke: () => css("grid"), width: 1 };
    const ticks = { stroke: () => css("grid"), width: 1, size: 4 };
    return {
      width: this.width,
      height: this.height,
      legend: { show: false },
      padding: [phaseStrip + 2, 10, 0, 0],
      cursor: {
        sync: { key: syncKey, setSeries: false },
        drag: { x: true, y: false, setScale: false },
        points: { size: 5 },
        bind: { dblclick: () => () => (zoomAll(null), null) },
      },
      scales: {
        x: { time: false, min: this.whole()[0], max: this.whole()[1], auto: false },
        y: { distr: log ? 3 : 1, range: (_u, lo, hi) => (log ? logRange(lo, hi) : [Math.min(0, lo ?? 0), hi > 0 ? hi * 1.08 : 1]) },
      },
      axes: [
        { ...small, grid, ticks, size: 26, values: (_u, v) => v.map(clock), splits: (u, _a, lo, hi) => linearTicks(lo, hi, u.width / 95) },
        {
          ...small,
          grid,
          ticks,
          size: 66,
          values: (_u, v) => v.map((n) => format(n, unit)),
          filter: (_u, v) => v,
          splits: (u, _a, lo, hi) => (log ? logTicks(lo, hi, u.height / 24) : linearTicks(lo, hi, u.height / 38, unit === "bytes" || unit === "bytes_per_s" ? 2 : 10)),
        },
      ],
      series: [{}, ...this.view.lines.map((l) => this.series(l))],
      hooks: { drawClear: [(u) => this.phasesBelow(u)], setCursor: [(u) => this.read(u)], setSelect: [(u) => select(u)] },
    };
  }

  private series(line: View["lines"][number]): uPlot.Series {
    const series: uPlot.Series = { label: line.label, stroke: () => css(`tone-${line.tone}`), width: 1.5, points: { show: false } };
    if (line.dash) series.dash = [5, 4];
    return series;
  }

  private phasesBelow(u: uPlot): void {
    const unit = window.devicePixelRatio || 1;
    drawPhases(u.ctx, this.phases, (s) => u.valToPos(s, "x", true), u.bbox, unit);
  }

  /** The legend switches lines on and off and shows the values under the cursor, or the highest while it was measured. */
  private fillLegend(): void {
    this.values = [];
    this.legend.replaceChildren();
    this.view.lines.forEach((line, i) => {
      const value = h("span", { class: "value" });
      const button = h("button", { type: "button", "aria-pressed": "true", title: "Show or hide this line" });
      button.append(h("i", { class: line.dash ? "dash" : "", style: `--c:var(--tone-${line.tone})` }), line.label);
      button.addEventListener("click", () => {
        const on = button.getAttribute("aria-pressed") !== "true";
        button.setAttribute("aria-pressed", String(on));
        this.plot?.setSeries(i + 1, { show: on });
      });
      this.values.push(value);
      this.legend.append(h("li", {}, button, value));
    });
    this.legend.append(h("li", {}, this.moment));
    this.read(null);
  }

  /** The highest value of the measured phase, or of everything in a run without one. */
  private highest(values: (number | null)[]): number | null {
    const measured = this.phases.filter((p) => p.name === "measure");
    const { times } = this.chart;
    const within = values.filter((_, i) => measured.length === 0 || measured.some((p) => (times[i] ?? 0) >= p.start && (times[i] ?? 0) <= p.end));
    return highest(within);
  }

  private read(u: uPlot | null): void {
    const at = u?.cursor.idx;
    this.moment.textContent = at === null || at === undefined ? "" : `at ${clock(this.chart.times[at] ?? 0)}`;
    this.view.lines.forEach((line, i) => {
      const el = this.values[i];
      if (!el) return;
      if (at === null || at === undefined) el.textContent = "max " + format(this.highest(line.values), this.chart.unit);
      else el.textContent = format(line.values[at], this.chart.unit);
    });
  }
}

/** Whole steps of 1, 2, 5 around the data, so that a flat line does not fill the chart. */
function logRange(lo: number | null, hi: number | null): [number, number] {
  if (lo === null || hi === null || !(lo > 0)) return [1, 10];
  const down = logTicks(lo / 10, lo, 1000).pop() ?? lo / 2;
  const up = logTicks(hi, hi * 10, 1000)[0] ?? hi * 2;
  return up / down < 9 ? [down / 2, up * 2] : [down, up];
}

function select(u: uPlot): void {
  const { left, width } = u.select;
  if (width < 4) return;
  const span: [number, number] = [u.posToVal(left, "x"), u.posToVal(left + width, "x")];
  u.setSelect({ left: 0, top: 0, width: 0, height: 0 }, false);
  zoomAll(span);
}

function zoomAll(span: [number, number] | null): void {
  for (const chart of plotted) chart.zoom(span);
  document.documentElement.classList.toggle("zoomed", span !== null);
}

/** Shows a span of seconds in all time charts, with some of what was around it, and leads to the first of them. */
export function zoomTo([from, to]: [number, number]): void {
  const around = Math.max(0.5, (to - from) / 4);
  zoomAll([Math.max(0, from - around), to + around]);
  const [first] = plotted;
  first?.root.scrollIntoView({ block: "start" });
}

/** A button that brings all time charts back to the whole run; shown only while they are zoomed in. */
export function zoomOut(): HTMLElement {
  return h("button", { type: "button", class: "zoom-out", click: () => zoomAll(null) }, "Show the whole run");
}

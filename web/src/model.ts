// The document that lab/report embeds in a report. Keep in step with lab/report/document.go: field names are its JSON names.
//
// A report is a list of sections and a section a list of blocks. A new kind of evidence is a new section made of these
// blocks, or one more block kind here and one more renderer in blocks/index.ts; nothing else knows the list.

export interface Doc {
  format: number;
  title: string;
  subtitle: string;
  verdict: Verdict;
  figures: Figure[];
  phases: Phase[];
  sections: Section[];
}

export type VerdictState = "pass" | "fail" | "undecided";

export interface Verdict {
  state: VerdictState;
  /** One or two words: "Passed", "Could not decide". */
  label: string;
  headline: string;
  reasons: string[];
}

/** A figure of the top line, already in human units. */
export interface Figure {
  label: string;
  value: string;
  unit: string;
  note: string;
  /** File of the run directory it comes from. */
  source: string;
}

/** A span of the run; seconds since its start. */
export interface Phase {
  name: string;
  start: number;
  end: number;
}

export interface Section {
  id: string;
  title: string;
  /** How to read it, in a sentence or two. */
  lead: string;
  blocks: Block[];
}

export type Block = Prose | Facts | Table | Command | TimeCharts | HeatMap | Percentiles | Flames | Bars | Findings | Strips | Plots;
export type BlockKind = Block["kind"];

export interface Prose {
  kind: "prose";
  paragraphs: Sentence[];
}

export interface Sentence {
  text: string;
  /** Files of the run directory that its figures come from. */
  sources: string[];
}

export interface Facts {
  kind: "facts";
  caption: string;
  items: { label: string; value: string }[];
  sources: string[];
}

export interface Table {
  kind: "table";
  caption: string;
  columns: { label: string; numeric: boolean }[];
  rows: string[][];
  sources: string[];
}

export interface Command {
  kind: "command";
  caption: string;
  text: string;
  sources: string[];
}

/** What a number means, which decides how it is written. */
export type Unit = "ns" | "per_s" | "bytes" | "bytes_per_s" | "ratio" | "count" | "cores" | "us_per_request";

/** Colour of a series: a step of an ordered ramp (percentiles) or one of a set of distinct ones. */
export type Tone = "p1" | "p2" | "p3" | "p4" | "p5" | "a" | "b" | "c" | "d" | "e" | "f" | "muted";

export interface Line {
  label: string;
  tone: Tone;
  dash: boolean;
  values: (number | null)[];
}

export interface View {
  label: string;
  lines: Line[];
}

export interface TimeChart {
  title: string;
  note: string;
  unit: Unit;
  log: boolean;
  /** Seconds since the start of the run; one per value of each line. */
  times: number[];
  /** One or more alternatives over the same times; the reader picks. */
  views: View[];
  sources: string[];
}

export interface TimeCharts {
  kind: "timecharts";
  /** One below the other across the page, instead of two side by side. */
  wide: boolean;
  charts: TimeChart[];
}

export interface HeatView {
  label: string;
  /** Per column: index of the first row, then the counts from there upward. Empty when nothing completed. */
  columns: number[][];
  /** Per column: value in ns, or null. */
  p50: (number | null)[];
  p99: (number | null)[];
}

export interface HeatMap {
  kind: "heatmap";
  caption: string;
  /** Seconds: start of the first column and width of each. */
  start: number;
  step: number;
  /** Row i spans [low * ratio^i, low * ratio^(i+1)) nanoseconds. */
  low: number;
  ratio: number;
  rows: number;
  views: HeatView[];
  sources: string[];
}

export interface Curve {
  label: string;
  tone: Tone;
  dash: boolean;
  count: number;
  /** Pairs, flattened: share of requests that took longer, value in ns; from 1 and the minimum to 0 and the maximum. */
  points: number[];
}

export interface Percentiles {
  kind: "percentiles";
  caption: string;
  views: { label: string; curves: Curve[] }[];
  sources: string[];
}

/** A call tree in pre-order. Node i is a child of the nearest earlier node that is one less deep; node 0 is the root. */
export interface FlameGraph {
  label: string;
  note: string;
  unit: Unit;
  /** A value times this is in the unit. */
  scale: number;
  names: string[];
  /** "file.go:12" for each name, or empty. */
  where: string[];
  depth: number[];
  name: number[];
  value: number[];
  /** In a differential graph, per frame; value is their sum. Empty otherwise. */
  before: number[];
  after: number[];
  /** The functions with the largest share: index into names, own value, value with callees. */
  hot: { name: number; self: number; total: number }[];
  /** In a differential graph, the functions whose own value changed most; noise is what chance explains, 0 where that is not known. */
  changed: { name: number; before: number; after: number; noise: number }[];
  sources: string[];
}

export interface Flames {
  kind: "flames";
  caption: string;
  graphs: FlameGraph[];
}

/** A table whose rows have a share of a whole. */
export interface Bars {
  kind: "bars";
  caption: string;
  /** Heading of the bars. */
  share: string;
  columns: string[];
  rows: { label: string; detail: string; share: number; tone: Tone; cells: string[] }[];
  sources: string[];
}

export interface Evidence {
  text: string;
  function: string;
  where: string;
  /** Seconds since the start of the run; both 0: no span. */
  from: number;
  to: number;
  source: string;
}

export interface Finding {
  id: string;
  title: string;
  /** Who could act on it. */
  about: string;
  subject: string;
  /** Share of the time or CPU, 0 to 1; 0: not known. */
  cost: number;
  gain: string;
  explanation: string;
  advice: string;
  evidence: Evidence[];
}

export interface Findings {
  kind: "findings";
  /** Whose they are, where several sides have some. */
  caption: string;
  items: Finding[];
}

/** One resource over the time of the run; a value of full or more has the strongest colour. */
export interface Strip {
  resource: string;
  aspect: string;
  label: string;
  unit: Unit;
  full: number;
  mean: number | null;
  max: number | null;
  times: number[];
  values: (number | null)[];
}

export interface Strips {
  kind: "strips";
  caption: string;
  rows: Strip[];
  sources: string[];
}

export interface Axis {
  label: string;
  unit: Unit;
  log: boolean;
}

export interface XYLine {
  label: string;
  tone: Tone;
  dash: boolean;
  /** Points are pairs of x and y; of a band, x, low, high. */
  draw: "line" | "points" | "both" | "band";
  points: (number | null)[];
}

export interface Mark {
  axis: "x" | "y";
  label: string;
  tone: Tone;
  value: number;
  /** The interval, where low and high differ. */
  low: number;
  high: number;
}

export interface Plot {
  title: string;
  note: string;
  x: Axis;
  y: Axis;
  lines: XYLine[];
  marks: Mark[];
  sources: string[];
}

export interface Plots {
  kind: "plots";
  plots: Plot[];
}

// One renderer a kind of block: the only list of them.
import type { Tooltip } from "../dom";
import type { Block, Doc } from "../model";
import { bars } from "./bars";
import { findings } from "./findings";
import { flames } from "./flames";
import { heatmap } from "./heatmap";
import { percentiles } from "./percentiles";
import { plots } from "./plots";
import { strips } from "./strips";
import { command, facts, prose, table } from "./text";
import { timecharts } from "./timecharts";

export function render(block: Block, doc: Doc, tip: Tooltip): HTMLElement {
  switch (block.kind) {
    case "prose":
      return prose(block);
    case "facts":
      return facts(block);
    case "table":
      return table(block);
    case "command":
      return command(block);
    case "timecharts":
      return timecharts(block, doc.phases);
    case "heatmap":
      return heatmap(block, doc.phases, tip);
    case "percentiles":
      return percentiles(block, tip);
    case "flames":
      return flames(block, tip);
    case "bars":
      return bars(block);
    case "findings":
      return findings(block);
    case "strips":
      return strips(block, doc.phases, tip);
    case "plots":
      return plots(block, tip);
  }
}

// One renderer a kind of block: the only list of them.
import type { Tooltip } from "../dom";
import type { Block, Doc } from "../model";
import { flames } from "./flames";
import { heatmap } from "./heatmap";
import { percentiles } from "./percentiles";
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
  }
}

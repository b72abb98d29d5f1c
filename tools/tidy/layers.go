package tidy

import (
	"fmt"
	"strings"
)

// layers is the order of the server's packages, lowest first. A package may import packages of lower rows and those below its
// own folder, never its own row or a higher one: that keeps a shard pure (it cannot reach a socket, a session or a clock's
// owner) and the transports swappable. A folder belongs to the row with the longest matching prefix.
var layers = [][]string{
	{"resp", "hist", "vfs", "server/internal/glob", "server/internal/yield", "server/internal/buffers"},
	{"server/internal/slab"},
	{"server/internal/dict"},
	{"server/internal/object/listpack", "server/internal/object/intset"}, // the other objects are made of them
	{"server/internal/object"},
	{"server/internal/expire", "server/internal/evict", "server/internal/topk"},
	{"server/internal/keyspace"},
	{"server/internal/wal", "server/internal/aof", "server/internal/observe", "server/internal/config"},
	{"server/internal/collection"},
	{"server/internal/rdb"},
	{"server/internal/snapshot"},
	{"server/internal/command"},
	{"server/internal/session", "server/internal/pubsub"},
	{"server/internal/command/*"},
	{"server/internal/recovery"},
	{"server/internal/netloop"},
	{"server/internal/admin"},
	{"server/internal/*"}, // anything not named above is glue: nothing named may import it until it gets a row
	{"server", "server/inspect"},
}

// A ban forbids one direction of import.
type ban struct {
	from, to string // folders; both include what lies below
	why      string
}

// bans are the walls of the house. They hold for tests as well: a benchmark that can peek is not evidence.
var bans = []ban{
	{"lab", "server", "the lab measures over the wire only; only cmd meets both"},
	{"server", "lab", "the server does not know the lab; only cmd meets both"},
	{"resp", "server", "resp is used by both sides and knows neither"},
	{"resp", "lab", "resp is used by both sides and knows neither"},
	{"hist", "server", "hist is used by both sides and knows neither"},
	{"hist", "lab", "hist is used by both sides and knows neither"},
	{"vfs", "server", "vfs is a seam below everything"},
	{"vfs", "lab", "vfs is a seam below everything"},
	{"lab/analysis", "lab/drive", "analysis reads run directories; it never drives load"},
	{"lab/analysis", "lab/probe", "analysis reads run directories; it never samples"},
	{"lab/report", "lab/drive", "a report is derived from a run directory alone"},
	{"lab/report", "lab/probe", "a report is derived from a run directory alone"},
	{"lab/drive", "lab/analysis", "the driver only writes a run directory"},
	{"lab/drive", "lab/report", "the driver only writes a run directory"},
	{"lab/probe", "lab/analysis", "probes only write a run directory"},
	{"lab/probe", "lab/report", "probes only write a run directory"},
	{"lab/record", "lab/analysis", "the run directory's format knows nothing of what is derived from it"},
	{"lab/workload", "lab/drive", "a workload is a description; the driver depends on it"},
	{"test", "server/internal", "test/ is the black box: through the wire, the command or package server"},
}

// checkImports applies the layers to code and the bans to code and tests alike.
func checkImports(t *Tree) []Problem {
	var out []Problem
	for _, f := range t.Go {
		for imp, pos := range f.Imports() {
			to, ours := strings.CutPrefix(imp, Module+"/")
			if !ours {
				continue
			}
			if why := banned(f.Dir, to); why != "" {
				out = append(out, Problem{f.Path, f.Line(pos), fmt.Sprintf("imports %s: %s", to, why)})
			} else if !f.IsTest && upward(f.Dir, to) {
				out = append(out, Problem{f.Path, f.Line(pos), fmt.Sprintf(
					"imports %s, which is not in a lower layer (see layers in tools/tidy/layers.go)", to)})
			}
		}
	}
	return out
}

func banned(from, to string) string {
	if under(to, "cmd") && !under(from, "cmd") {
		return "cmd is the top; nothing imports it"
	}
	for _, b := range bans {
		if under(from, b.from) && under(to, b.to) {
			return b.why
		}
	}
	return ""
}

// upward reports whether an import goes sideways or up. Folders outside the table are not ordered.
func upward(from, to string) bool {
	if under(to, from) {
		return false // a package may use those below its own folder
	}
	lf, lt := layerOf(from), layerOf(to)
	return lf >= 0 && lt >= 0 && lt >= lf
}

// layerOf gives the row of a folder, or -1. The longest matching prefix wins, so command/* stands above command.
func layerOf(dir string) int {
	row, best := -1, -1
	for i, names := range layers {
		for _, name := range names {
			prefix, wild := strings.CutSuffix(name, "/*")
			match := under(dir, prefix)
			if wild {
				match = strings.HasPrefix(dir, prefix+"/")
			}
			if match && len(name) > best {
				row, best = i, len(name)
			}
		}
	}
	return row
}

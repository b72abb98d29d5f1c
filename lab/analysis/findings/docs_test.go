package findings

import (
	"flag"
	"fmt"
	"os"
	"strings"
	"testing"
)

var rewrite = flag.Bool("rewrite", false, "write the table of rules into docs/findings.md")

// TestDocumentation holds docs/findings.md against the rules.
func TestDocumentation(t *testing.T) {
	const path = "../../../docs/findings.md"
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	const head = "|---|---|---|---|---|\n"
	before, got, ok := strings.Cut(string(text), head)
	if !ok {
		t.Fatalf("%s has no table of rules", path)
	}
	var b strings.Builder
	for _, r := range Rules() {
		for _, field := range []string{r.Title, r.Evidence, r.Threshold} {
			if strings.ContainsAny(field, "|\n") {
				t.Errorf("rule %s: %q does not fit into a table", r.ID, field)
			}
		}
		fmt.Fprintf(&b, "| `%s` | %s | %s | %s | %s |\n", r.ID, r.About, r.Title, r.Evidence, r.Threshold)
	}
	if *rewrite {
		if err := os.WriteFile(path, []byte(before+head+b.String()), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	if got != b.String() {
		t.Errorf("the table in %s is not that of Rules(): run go test ./lab/analysis/findings -run Documentation -rewrite", path)
	}
}

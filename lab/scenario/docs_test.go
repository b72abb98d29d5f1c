package scenario

import (
	"flag"
	"fmt"
	"os"
	"strings"
	"testing"
)

var rewrite = flag.Bool("rewrite", false, "write the table in docs/scenarios.md")

// TestDocs compares the table in docs/scenarios.md with the scenarios.
func TestDocs(t *testing.T) {
	t.Parallel()
	const path, from, to = "../../docs/scenarios.md", "-rewrite -->\n", "<!-- end -->"
	raw, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	head, rest, ok := strings.Cut(string(raw), from)
	_, tail, ok2 := strings.Cut(rest, to)
	if !ok || !ok2 {
		t.Fatalf("%s has no place for the table", path)
	}
	var b strings.Builder
	b.WriteString("| scenario | what is done | a pass requires | parameters |\n|---|---|---|---|\n")
	for _, s := range All() {
		var params []string
		for _, p := range s.Params {
			params = append(params, fmt.Sprintf("`%s=%s` %s", p.Name, p.Default, p.Help))
		}
		fmt.Fprintf(&b, "| `%s` | %s | %s | %s |\n", s.Name, s.What, s.Pass, strings.Join(params, "<br>"))
	}
	want := head + from + b.String() + to + tail
	if *rewrite {
		if err := os.WriteFile(path, []byte(want), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	if want != string(raw) {
		t.Errorf("%s is out of date: run go test ./lab/scenario -run TestDocs -rewrite", path)
	}
}

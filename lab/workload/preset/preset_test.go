package preset

import (
	"os"
	"reflect"
	"strings"
	"testing"

	"redline/lab/workload"
	"redline/lab/workload/file"
)

func TestPresets(t *testing.T) {
	entries, err := files.ReadDir(".")
	if err != nil || len(entries) != len(Names) {
		t.Fatalf("%d files for %d names, %v", len(entries), len(Names), err)
	}
	for _, name := range Names {
		t.Run(name, func(t *testing.T) {
			s, err := Spec(name)
			if err != nil {
				t.Fatal(err)
			}
			if s.Name != name || len(s.Rules()) == 0 || Title(name) == "" || s.Loop != workload.Open {
				t.Errorf("%+v", s)
			}
			again, err := file.Parse("again", file.Format(&s))
			if err != nil {
				t.Fatalf("%v in\n%s", err, file.Format(&s))
			}
			if !reflect.DeepEqual(s, again) {
				t.Errorf("formatted and read again it differs:\n%+v\n%+v", s, again)
			}
		})
	}
	if _, err := Spec("cahce"); err == nil || !strings.Contains(err.Error(), "did you mean cache?") {
		t.Error(err)
	}
}

// The manual must name all there is.
func TestManual(t *testing.T) {
	text, err := os.ReadFile("../../../docs/workload.md")
	if err != nil {
		t.Fatal(err)
	}
	manual := string(text)
	names := []string{"`ycsb-a` ... `ycsb-f`"}
	for _, n := range Names[:7] {
		names = append(names, "`"+n+"`")
	}
	for _, n := range workload.Tests {
		names = append(names, "| `"+n+"` |")
	}
	for _, n := range workload.Placeholders() {
		names = append(names, "`{"+n)
	}
	for _, n := range file.Fields() {
		names = append(names, "`"+n+"`")
	}
	for _, n := range names {
		if !strings.Contains(manual, n) {
			t.Errorf("docs/workload.md does not name %s", n)
		}
	}
}

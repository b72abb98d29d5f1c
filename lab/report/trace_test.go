package report

import (
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"testing"

	"redline/lab/record"
)

// traced fails when a figure, a sentence or a drawing does not name the files it
// rests on, or names one that is not in the run directory.
func traced(t *testing.T, doc *Document, dir string) {
	t.Helper()
	exists := func(what string, files []string) {
		if len(files) == 0 {
			t.Errorf("%s names no file that it rests on", what)
		}
		for _, f := range files {
			if _, err := os.Stat(filepath.Join(dir, f)); err != nil {
				t.Errorf("%s rests on %s, which is not in the run directory", what, f)
			}
		}
	}
	for _, f := range doc.Figures {
		exists("figure "+f.Label, []string{f.Source})
	}
	for _, s := range doc.Sections {
		for _, b := range s.Blocks {
			walk(reflect.ValueOf(b), "section "+s.ID, exists)
		}
	}
}

// walk visits every struct with Sources or Source, wherever it is nested.
func walk(v reflect.Value, what string, visit func(string, []string)) {
	switch v.Kind() {
	case reflect.Slice:
		for i := range v.Len() {
			walk(v.Index(i), what, visit)
		}
	case reflect.Struct:
		for _, name := range []string{"Text", "Caption", "Title", "Label"} {
			if f := v.FieldByName(name); f.IsValid() && f.String() != "" {
				what += ", " + f.String()
				break
			}
		}
		if f := v.FieldByName("Sources"); f.IsValid() {
			visit(what, f.Interface().([]string))
		}
		if f := v.FieldByName("Source"); f.IsValid() {
			visit(what, []string{f.String()})
		}
		for i := range v.NumField() {
			if k := v.Field(i).Kind(); k == reflect.Slice || k == reflect.Struct {
				walk(v.Field(i), what, visit)
			}
		}
	}
}

// Every figure of a report can be traced to a file of the run directory, whatever
// parts the run has.
func TestEverythingIsTraced(t *testing.T) {
	t.Parallel()
	for _, without := range [][]string{nil, {record.SamplesFile, record.PacingFile}, {record.LatencyFile, record.ProfilesDir, record.EventsFile}} {
		dir := fixture(t)
		addPlan(t, dir)
		for _, name := range without {
			check(t, os.RemoveAll(filepath.Join(dir, name)))
		}
		doc, err := Build(dir)
		check(t, err)
		traced(t, doc, dir)
	}
}

// The figures of the head are those of the summary that the files give.
func TestFiguresNameWhatTheyAreMadeFrom(t *testing.T) {
	t.Parallel()
	doc, err := Build(fixture(t))
	check(t, err)
	want := map[string]string{"Throughput": record.SlicesFile, "Response p50": record.LatencyFile, "Response p99": record.LatencyFile,
		"Response p99.9": record.LatencyFile, "Errors": record.SlicesFile, "Server CPU": record.SamplesFile}
	for _, f := range doc.Figures {
		if source, ok := want[f.Label]; ok && source != f.Source {
			t.Errorf("%s from %s, want %s", f.Label, f.Source, source)
		}
		delete(want, f.Label)
	}
	if len(want) > 0 {
		t.Errorf("figures missing: %v", want)
	}
	if !slices.ContainsFunc(doc.Sections, func(s Section) bool { return s.ID == "summary" }) {
		t.Error("there is no summary")
	}
}

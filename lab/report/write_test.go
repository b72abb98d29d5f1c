package report

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"redline/lab/record"
)

// maxReportBytes is what a report of a run of 30 s may take: it is sent by mail
// and kept beside the run.
const maxReportBytes = 1_500_000

func TestWrite(t *testing.T) {
	dir := fixture(t)
	path, err := Write(dir)
	check(t, err)
	if want := filepath.Join(dir, record.ReportFile); path != want {
		t.Errorf("path %s, want %s", path, want)
	}
	html, err := os.ReadFile(path)
	check(t, err)
	if len(html) > maxReportBytes {
		t.Errorf("report has %d bytes, want at most %d", len(html), maxReportBytes)
	}
	external(t, string(html))

	_, err = Write(dir)
	check(t, err)
	again, err := os.ReadFile(path)
	check(t, err)
	if !bytes.Equal(html, again) {
		t.Error("two reports of one run differ")
	}
}

// external fails when a page refers to anything outside itself.
func external(t *testing.T, html string) {
	t.Helper()
	for _, pattern := range []string{`https?://`, `\bsrc\s*=\s*["']`, `<link\b`, `@import`, `url\(`, `\bfetch\(`, `XMLHttpRequest`, `WebSocket`, `import\(`} {
		if found := regexp.MustCompile(pattern).FindString(html); found != "" {
			t.Errorf("the page holds %q", found)
		}
	}
}

func TestEmbeddedDocumentIsWhole(t *testing.T) {
	dir := fixture(t)
	path, err := Write(dir)
	check(t, err)
	html, err := os.ReadFile(path)
	check(t, err)
	_, rest, _ := strings.Cut(string(html), `id="document">`)
	text, _, _ := strings.Cut(rest, "</script>")
	var doc struct {
		Format   int
		Sections []struct{ ID string }
	}
	check(t, json.Unmarshal([]byte(text), &doc))
	var ids []string
	for _, s := range doc.Sections {
		ids = append(ids, s.ID)
	}
	want := "summary findings attribution profiles time heat percentiles use server host generator events conditions missing"
	if got := strings.Join(ids, " "); !strings.HasSuffix(got, want) || doc.Format != documentFormat {
		t.Errorf("sections %s, want %s", got, want)
	}
}

// The page takes every list for a list: null only stands for gaps among numbers.
func TestNoListIsNull(t *testing.T) {
	complete := func(r *record.Run) { r.Missing = nil }
	empty := func(r *record.Run) { *r = record.Run{Format: r.Format, SliceNs: r.SliceNs} }
	for name, change := range map[string]func(*record.Run){"complete": complete, "empty": empty} {
		dir := fixture(t)
		d, err := record.Open(dir)
		check(t, err)
		run := *d.Run()
		change(&run)
		text, err := json.Marshal(run)
		check(t, err)
		check(t, os.WriteFile(filepath.Join(dir, record.RunFile), text, 0o644))
		doc, err := Build(dir)
		check(t, err)
		text, err = json.Marshal(doc)
		check(t, err)
		if null := regexp.MustCompile(`"\w+":null`).Find(text); null != nil {
			t.Errorf("%s run: %s", name, null)
		}
	}
}

// Each file but run.json can be gone or damaged, and the rest is still shown.
func TestWriteWithoutParts(t *testing.T) {
	if testing.Short() {
		t.Skip("writes ten reports")
	}
	for _, name := range []string{record.LatencyFile, record.SlicesFile, record.SamplesFile, record.EventsFile, "profiles/cpu.pb.gz"} {
		for _, damage := range []string{"", "\x00 not what it should be\n"} {
			dir := fixture(t)
			file := filepath.Join(dir, name)
			if damage == "" {
				check(t, os.Remove(file))
			} else {
				check(t, os.WriteFile(file, []byte(damage), 0o644))
			}
			doc, err := Build(dir)
			check(t, err)
			if len(doc.Sections) < 5 {
				t.Errorf("%s %q: only %d sections are left", name, damage, len(doc.Sections))
			}
			if why := missingText(doc); damage != "" && !strings.Contains(why, filepath.Base(name)) {
				t.Errorf("%s %q: not said to be damaged: %s", name, damage, why)
			}
		}
	}
}

func missingText(doc *Document) string {
	text, _ := json.Marshal(doc.Sections[len(doc.Sections)-1])
	return string(text)
}

func TestWriteErrors(t *testing.T) {
	if _, err := Write(t.TempDir()); err == nil || !strings.Contains(err.Error(), record.RunFile) {
		t.Errorf("want an error that names %s, got %v", record.RunFile, err)
	}
	dir := fixture(t)
	check(t, os.WriteFile(filepath.Join(dir, record.RunFile), []byte(`{"format":99}`), 0o644))
	if _, err := Write(dir); err == nil || !strings.Contains(err.Error(), "format 99") {
		t.Errorf("want an error that names the format, got %v", err)
	}
}

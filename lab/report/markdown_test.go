package report

import (
	"context"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

func TestMarkdown(t *testing.T) {
	t.Parallel()
	dir := fixture(t)
	addPlan(t, dir)
	doc, err := Build(dir)
	check(t, err)
	path := filepath.Join(dir, "report.md")
	check(t, WriteMarkdown(doc, path))
	b, err := os.ReadFile(path)
	check(t, err)
	text := string(b)
	for _, s := range doc.Sections {
		if !strings.Contains(text, "\n## "+(&markdown{}).text(s.Title)+"\n") {
			t.Errorf("section %s is missing", s.Title)
		}
	}
	for _, want := range []string{"# Redline", "| Response p99 |", "`latency.hlog`", "**Exact command**", "```sh\nredline", "| CPU of the host | utilisation |", "| p99.9 |",
		"## Capacity", "capacity | 51 k/s | 49.5 k/s to 52.3 k/s |", "## What is missing"} {
		if !strings.Contains(text, want) {
			t.Errorf("%q is not in the report", want)
		}
	}
	if strings.Contains(text, "NaN") {
		t.Error("a number is none")
	}
	if before, _, _ := strings.Cut(text, "```"); strings.Contains(before, "<b>") {
		t.Error("text of the run was taken for markup")
	}
	for i, line := range strings.Split(text, "\n") { // a row has as many cells as its head
		if strings.HasPrefix(line, "|") && !strings.HasSuffix(line, "|") {
			t.Errorf("line %d is no whole row: %s", i+1, line)
		}
	}
}

func TestMarkdownOfFindings(t *testing.T) {
	m := &markdown{}
	m.findings(Findings{Items: []Finding{{Title: "Requests wait for a lock", Subject: "main.(*S).Get", About: "server", Cost: 0.42, Gain: "up to 1.7 times", Advice: "Hold it shorter.",
		Evidence: []Evidence{{Text: "waited 3 s", Function: "main.(*S).Get", Where: "main/s.go:12", From: 1, To: 4, Source: "profiles/mutex.pb.gz"}}}}})
	got := m.b.String()
	for _, want := range []string{"1. **Requests wait for a lock: main.(\\*S).Get**, 42 % (server)", "- Do: Hold it shorter.", "- To gain: up to 1.7 times",
		"- Evidence: waited 3 s `main.(*S).Get` `main/s.go:12`, from 1.0 s to 4.0 s (`profiles/mutex.pb.gz`)"} {
		if !strings.Contains(got, want) {
			t.Errorf("%q is not in\n%s", want, got)
		}
	}
}

func TestPDF(t *testing.T) {
	t.Parallel()
	browser(t)
	path, err := Write(fixture(t))
	check(t, err)
	pdf := filepath.Join(t.TempDir(), "report.pdf")
	check(t, PDF(context.Background(), path, pdf))
	text, err := os.ReadFile(pdf)
	check(t, err)
	if !strings.HasPrefix(string(text), "%PDF-") || len(text) < 50_000 {
		t.Errorf("%d bytes that begin with %q", len(text), text[:min(8, len(text))])
	}
}

func TestPDFWithoutABrowser(t *testing.T) {
	t.Setenv("PATH", t.TempDir())
	if err := PDF(context.Background(), "report.html", "report.pdf"); !errors.Is(err, ErrNoBrowser) || strings.Contains(err.Error(), "\n") {
		t.Errorf("got %v", err)
	}
}

func TestPDFOfABrowserThatFails(t *testing.T) {
	no, err := exec.LookPath("false")
	if err != nil {
		t.Skip("there is no program named false")
	}
	if err := printWith(context.Background(), no, "report.html", filepath.Join(t.TempDir(), "x.pdf")); err == nil || !strings.Contains(err.Error(), "false") {
		t.Errorf("got %v", err)
	}
}

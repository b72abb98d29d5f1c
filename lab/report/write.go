package report

import (
	"bytes"
	"encoding/json"
	"fmt"
	"html/template"
	"path/filepath"

	"redline/lab/record"
	"redline/web"
)

// Write reads the run directory and writes its report.html, replacing an older
// one. It returns the path of the report. It fails when the directory has no
// readable run.json or cannot be written to; any other part that is absent or
// damaged is named in the report.
func Write(runDir string) (path string, err error) {
	doc, err := Build(runDir)
	if err != nil {
		return "", err
	}
	path = filepath.Join(runDir, record.ReportFile)
	return path, WriteHTML(doc, path)
}

// WriteHTML writes a document as one page that needs nothing else, replacing the
// file at path.
func WriteHTML(doc *Document, path string) error {
	html, err := page(doc)
	if err != nil {
		return fmt.Errorf("report %s: %w", path, err)
	}
	if err := record.Replace(path, html); err != nil {
		return fmt.Errorf("cannot write the report: %w", err)
	}
	return nil
}

// WriteMarkdown writes a document as Markdown, replacing the file at path.
func WriteMarkdown(doc *Document, path string) error {
	if err := record.Replace(path, []byte(Markdown(doc))); err != nil {
		return fmt.Errorf("cannot write the report: %w", err)
	}
	return nil
}

// Build makes the document of a run directory without writing anything. It
// fails when the directory has no readable run.json.
func Build(runDir string) (*Document, error) {
	in, err := load(runDir)
	if err != nil {
		return nil, err
	}
	doc := &Document{
		Format:   documentFormat,
		Title:    in.title(),
		Subtitle: in.subtitle(),
		Verdict:  in.verdict(),
		Figures:  list(in.figures()),
		Phases:   list(in.phases()),
	}
	for _, build := range sections {
		if s, ok := build(in); ok {
			s.Blocks = list(s.Blocks)
			doc.Sections = append(doc.Sections, s)
		}
	}
	return doc, nil
}

// The policy forbids the page to load anything: what is not in the file is not
// in the report.
var pageTemplate = template.Must(template.New("report").Parse(`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; script-src 'unsafe-inline'; style-src 'unsafe-inline'">
<title>{{.Doc.Title}}</title>
<style>{{.Style}}</style>
</head>
<body>
<noscript>
<h1>{{.Doc.Title}}</h1>
<p><b>{{.Doc.Verdict.Label}}.</b> {{.Doc.Verdict.Headline}}</p>
<ul>{{range .Doc.Figures}}<li>{{.Label}}: {{.Value}} {{.Unit}} {{.Note}} ({{.Source}})</li>{{end}}</ul>
<p>The charts of this page are drawn by the script it contains; it needs no network.</p>
</noscript>
<script type="application/json" id="document">{{.JSON}}</script>
<script>{{.Script}}</script>
</body>
</html>
`))

func page(doc *Document) ([]byte, error) {
	text, err := json.Marshal(doc) // escapes <, > and &, so the text cannot end its element
	if err != nil {
		return nil, err
	}
	// An address that is only told, such as the target's, must not look like one that is loaded.
	text = bytes.ReplaceAll(text, []byte("://"), []byte(`:\/\/`))
	var b bytes.Buffer
	err = pageTemplate.Execute(&b, map[string]any{
		"Doc":    doc,
		"JSON":   template.JS(text),
		"Style":  template.CSS(web.ReportStyle),
		"Script": template.JS(web.ReportScript),
	})
	return b.Bytes(), err
}

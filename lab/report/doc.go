// Package report writes a run directory as one page that a reader who was not
// there can follow: report.html, self-contained, for a browser without a network.
//
// Write is the whole interface. Inside, a report is a Document: a head (verdict
// and key figures) and a list of sections, each a list of blocks (sentences,
// tables, charts, flame graphs). Sections are built in Go from what lab/record
// and lab/analysis read (sections.go lists them), the document is embedded as
// JSON, and the script of package web draws it. A new piece of evidence is a new
// section of existing blocks, or one more block type in document.go, model.ts
// and the renderers of web.
//
// A part of the directory that is absent or damaged costs only the sections made
// from it: the report names it and shows the rest. The same directory gives the
// same bytes.
package report

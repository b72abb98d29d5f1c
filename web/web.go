// Package web holds the built pages of Redline as bytes: script and style of the
// report, to be written into a page that needs nothing else.
//
// The sources are TypeScript and CSS under src; dist is what the build makes of
// them and is committed, so that Go alone builds the binary. After a change:
//
//	npm --prefix web ci && npm --prefix web run build
//
// and npm --prefix web run check tells whether dist is up to date.
package web

import _ "embed" // for the files below

// ReportScript is the report's program. It builds the page from the JSON
// document in the element with id "document".
//
//go:embed dist/report.js
var ReportScript string

// ReportStyle is the report's style sheet.
//
//go:embed dist/style.css
var ReportStyle string

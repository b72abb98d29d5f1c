package tidy

import (
	"bytes"
	"encoding/json"
	"fmt"
	"path"
	"regexp"
	"strings"
)

// machineText matches what only makes sense on the machine it was written on: home and working folders, and hosts of package
// registries, which belong in a machine's settings and not in the tree.
var machineText = regexp.MustCompile(`(^|[^\w.])(/home/\w|/root/|/Users/\w)|` +
	`\b(registry|proxy|sum)\.[a-z]+\.(org|com|net|dev)\b|GO` + `PROXY=|_auth` + `Token`)

// checkMachineText reads documents, scripts and lock files line by line, and Go sources as well.
func checkMachineText(t *Tree) []Problem {
	var out []Problem
	scan := func(name string, src []byte) {
		for i, line := range bytes.Split(src, []byte("\n")) {
			if m := machineText.Find(line); m != nil {
				out = append(out, Problem{name, i + 1, fmt.Sprintf("%q: no machine paths and no registry hosts in committed text", m)})
				if path.Base(name) == "package-lock.json" {
					return // one line says it; the rest are the same
				}
			}
		}
	}
	for _, f := range t.Text {
		scan(f.Path, f.Src)
	}
	for _, f := range t.Go {
		if !under(f.Dir, "tools/tidy") { // the rule and its tests name what they forbid
			scan(f.Path, f.Src)
		}
	}
	return out
}

// checkTextNotes finds notes to self in web sources, scripts and documents.
func checkTextNotes(t *Tree) []Problem {
	var out []Problem
	for _, f := range t.Text {
		for i, line := range bytes.Split(f.Src, []byte("\n")) {
			if m := noteToSelf.Find(line); m != nil {
				out = append(out, Problem{f.Path, i + 1, string(m) + ": do it, or open an issue"})
			}
		}
	}
	return out
}

// checkPinned wants exact versions: no replace in go.mod (it would not hold for `go install`), no ranges in package.json.
func checkPinned(t *Tree) []Problem {
	var out []Problem
	for _, f := range t.Text {
		switch path.Base(f.Path) {
		case "go.mod":
			for i, line := range strings.Split(string(f.Src), "\n") {
				if strings.HasPrefix(strings.TrimSpace(line), "replace ") || strings.Contains(line, " => ") {
					out = append(out, Problem{f.Path, i + 1, "no replace: require the version that is meant"})
				}
			}
		case "package.json":
			out = append(out, unpinned(f)...)
		}
	}
	if m := t.TextAt("go.mod"); m != nil && bytes.Contains(m.Src, []byte("require")) && t.TextAt("go.sum") == nil {
		out = append(out, Problem{Path: "go.sum", Text: "is missing, so nothing pins the content of the required modules"})
	}
	return out
}

var exactVersion = regexp.MustCompile(`^\d+\.\d+\.\d+([-+][\w.-]+)?$`)

func unpinned(f *TextFile) []Problem {
	var pkg struct {
		Dependencies    map[string]string `json:"dependencies"`
		DevDependencies map[string]string `json:"devDependencies"`
	}
	if err := json.Unmarshal(f.Src, &pkg); err != nil {
		return []Problem{{Path: f.Path, Text: "does not parse: " + err.Error()}}
	}
	var out []Problem
	for _, deps := range []map[string]string{pkg.Dependencies, pkg.DevDependencies} {
		for name, v := range deps {
			if !exactVersion.MatchString(v) {
				out = append(out, Problem{Path: f.Path, Text: fmt.Sprintf("%s %q: give the exact version", name, v)})
			}
		}
	}
	return out
}

// shownCommand matches a line of a document's code block that runs the binary, from source or installed.
var shownCommand = regexp.MustCompile(`^\s*(?:\$ )?(?:go run \./cmd/redline|(?:\./)?redline)\s+([a-z][a-z-]*)`)

// checkShownCommands wants every subcommand shown in README and docs to exist: cmd/redline has one file a subcommand.
func checkShownCommands(t *Tree) []Problem {
	if !t.Has("cmd/redline/main.go") {
		return nil
	}
	var out []Problem
	for _, f := range t.Text {
		if path.Ext(f.Path) != ".md" {
			continue
		}
		fenced := false
		for i, line := range strings.Split(string(f.Src), "\n") {
			if strings.HasPrefix(line, "```") {
				fenced = !fenced
				continue
			}
			m := shownCommand.FindStringSubmatch(line)
			if m == nil || !fenced && !strings.HasPrefix(line, "    ") || t.Has("cmd/redline/"+strings.ReplaceAll(m[1], "-", "")+".go") {
				continue
			}
			out = append(out, Problem{f.Path, i + 1, fmt.Sprintf("shows `redline %s`, but cmd/redline has no file for it", m[1])})
		}
	}
	return out
}

// checkFirstScreen wants README's first screen to hold the two commands that work on a fresh machine.
func checkFirstScreen(t *Tree) []Problem {
	const screenLines = 50
	f := t.TextAt("README.md")
	if f == nil {
		return nil
	}
	lines := strings.SplitN(string(f.Src), "\n", screenLines+1)
	first := strings.Join(lines[:min(len(lines), screenLines)], "\n")
	var out []Problem
	for _, want := range []string{"go run ./cmd/redline lab", "go test ./..."} {
		if !strings.Contains(first, want) {
			out = append(out, Problem{Path: f.Path, Text: fmt.Sprintf("the first %d lines do not show `%s`", screenLines, want)})
		}
	}
	return out
}

// shownPath matches a path of this tree in backquotes, with an optional line or glob behind it.
var shownPath = regexp.MustCompile("`((?:cmd|docs|hist|lab|resp|server|test|tools|vfs|web|\\.ci)/[\\w./-]*)`")

// shownLink matches the target of a link or picture within the tree.
var shownLink = regexp.MustCompile(`\]\(([^)#:\s]+)(?:#[^)]*)?\)`)

// checkShownPaths wants the files and folders that documents name or link to to exist.
func checkShownPaths(t *Tree) []Problem {
	dirs := map[string]bool{}
	for name := range t.files {
		for d := path.Dir(name); d != "."; d = path.Dir(d) {
			dirs[d] = true
		}
	}
	var out []Problem
	for _, f := range t.Text {
		if path.Ext(f.Path) != ".md" {
			continue
		}
		for i, line := range strings.Split(string(f.Src), "\n") {
			var names []string
			for _, m := range shownPath.FindAllStringSubmatch(line, -1) {
				names = append(names, path.Clean(m[1]))
			}
			for _, m := range shownLink.FindAllStringSubmatch(line, -1) {
				names = append(names, path.Join(path.Dir(f.Path), m[1]))
			}
			for _, name := range names {
				if !t.Has(name) && !dirs[name] && !skipped(name) {
					out = append(out, Problem{f.Path, i + 1, "names " + name + ", which does not exist"})
				}
			}
		}
	}
	return out
}

// skipped reports whether a path lies in a folder that is not looked into.
func skipped(name string) bool {
	for part := range strings.SplitSeq(name, "/") {
		if skipDir[part] {
			return true
		}
	}
	return false
}

package tidy

import (
	"bytes"
	"fmt"
	"go/ast"
	"go/format"
	"path"
	"regexp"
	"slices"
	"strings"
)

const (
	// funcLinesMax is what fits on a screen beside its tests; see docs/STYLE.md.
	funcLinesMax = 70
	// fileLinesMax keeps a file about one theme; most should be well below.
	fileLinesMax = 900
)

// pureDirs may not know the time, chance or the outside: simulation, replay, recovery and replication share their code.
var pureDirs = []string{
	"server/internal/keyspace", "server/internal/object", "server/internal/dict", "server/internal/slab",
	"server/internal/expire", "server/internal/evict",
}

// clockFuncs are the functions of package time that read the clock or start a timer.
var clockFuncs = []string{"Now", "Since", "Until", "After", "AfterFunc", "Tick", "NewTimer", "NewTicker", "Sleep"}

// seededRand are the names of math/rand and math/rand/v2 that do not touch the global generator.
var seededRand = []string{"New", "NewSource", "NewPCG", "NewChaCha8", "NewZipf", "Rand", "Source", "Source64", "PCG", "ChaCha8", "Zipf"}

// vagueNames say nothing about what a package is for.
var vagueNames = []string{"util", "utils", "common", "helpers", "misc", "shared"}

var noteToSelf = regexp.MustCompile(`\b(TO` + `DO|FIX` + `ME)\b`)

func checkParse(t *Tree) []Problem { return t.Broken }

func checkFormat(t *Tree) []Problem {
	var out []Problem
	for _, f := range t.Go {
		got, err := format.Source(f.Src)
		if err != nil || !bytes.Equal(got, f.Src) {
			out = append(out, Problem{Path: f.Path, Text: "is not formatted: run gofmt -w on it"})
		}
	}
	return out
}

// checkPackageDocs wants one doc comment in every package, tests-only packages included.
func checkPackageDocs(t *Tree) []Problem {
	documented, name := map[string]bool{}, map[string]string{}
	for _, f := range t.Go {
		base := strings.TrimSuffix(f.AST.Name.Name, "_test")
		if name[f.Dir] == "" || !f.IsTest {
			name[f.Dir] = base
		}
		if f.AST.Doc == nil {
			continue
		}
		text := f.AST.Doc.Text()
		if base == "main" || strings.HasPrefix(text, "Package "+base+" ") {
			documented[f.Dir] = true
		}
	}
	var out []Problem
	for dir, n := range name {
		if !documented[dir] {
			out = append(out, Problem{Path: dir, Text: fmt.Sprintf("package %s has no doc comment that starts with %q", n, "Package "+n)})
		}
	}
	return out
}

func checkPackageNames(t *Tree) []Problem {
	var out []Problem
	for _, f := range t.Go {
		if slices.Contains(vagueNames, f.AST.Name.Name) || slices.Contains(vagueNames, path.Base(f.Dir)) {
			out = append(out, Problem{f.Path, 1, "a package is named after a thing of the field, not " + f.AST.Name.Name})
		}
	}
	return out
}

// checkFuncLength wants short functions. In tests the lines of composite literals do not count: a table is data.
func checkFuncLength(t *Tree, waived map[string]bool) []Problem {
	var out []Problem
	for _, f := range t.Go {
		for _, d := range f.AST.Decls {
			fn, ok := d.(*ast.FuncDecl)
			if !ok || fn.Body == nil {
				continue
			}
			lines := f.Line(fn.End()) - f.Line(fn.Pos()) + 1
			if lines > funcLinesMax && f.IsTest {
				lines -= literalLines(f, fn)
			}
			key := f.Path + " " + funcName(fn)
			if lines <= funcLinesMax {
				continue
			}
			if _, ok := waived[key]; ok {
				waived[key] = true // used
				continue
			}
			out = append(out, Problem{f.Path, f.Line(fn.Pos()), fmt.Sprintf(
				"%s has %d lines, more than %d: split it, or waive it with a reason in tools/tidy/waivers.txt", funcName(fn), lines, funcLinesMax)})
		}
	}
	return out
}

// literalLines counts the lines inside the outermost composite literals of a function.
func literalLines(f *GoFile, fn *ast.FuncDecl) int {
	n := 0
	ast.Inspect(fn.Body, func(node ast.Node) bool {
		if lit, ok := node.(*ast.CompositeLit); ok {
			n += f.Line(lit.End()) - f.Line(lit.Pos())
			return false
		}
		return true
	})
	return n
}

// funcName writes a function as Name or Type.Name.
func funcName(fn *ast.FuncDecl) string {
	if fn.Recv == nil || len(fn.Recv.List) == 0 {
		return fn.Name.Name
	}
	typ := fn.Recv.List[0].Type
	for {
		switch x := typ.(type) {
		case *ast.StarExpr:
			typ = x.X
		case *ast.IndexExpr:
			typ = x.X
		case *ast.IndexListExpr:
			typ = x.X
		case *ast.Ident:
			return x.Name + "." + fn.Name.Name
		default:
			return fn.Name.Name
		}
	}
}

func checkFileLength(t *Tree) []Problem {
	var out []Problem
	for _, f := range t.Go {
		if n := bytes.Count(f.Src, []byte("\n")); n >= fileLinesMax {
			out = append(out, Problem{Path: f.Path, Text: fmt.Sprintf("has %d lines, %d or more: split it by theme", n, fileLinesMax)})
		}
	}
	return out
}

func checkNoInit(t *Tree) []Problem {
	var out []Problem
	for _, f := range t.Go {
		for _, d := range f.AST.Decls {
			if fn, ok := d.(*ast.FuncDecl); ok && fn.Recv == nil && fn.Name.Name == "init" {
				out = append(out, Problem{f.Path, f.Line(fn.Pos()), "no init functions: what runs at start is called from main or a constructor"})
			}
		}
	}
	return out
}

// checkFlags keeps the command line in cmd. Tests may take flags of their own (-rewrite, -seed).
func checkFlags(t *Tree) []Problem {
	var out []Problem
	for _, f := range t.Go {
		if under(f.Dir, "cmd") || f.IsTest {
			continue
		}
		for imp, pos := range f.Imports() {
			if imp == "flag" || strings.HasPrefix(imp, "github.com/alecthomas/kong") {
				out = append(out, Problem{f.Path, f.Line(pos), "imports " + imp + ": flags are parsed in cmd only and passed down as values"})
			}
		}
	}
	return out
}

// checkExit keeps the decision to end the process in package main.
func checkExit(t *Tree) []Problem {
	var out []Problem
	for _, f := range t.Go {
		if f.AST.Name.Name == "main" || f.IsTest {
			continue
		}
		f.eachUse("os", func(sel *ast.SelectorExpr) {
			if sel.Sel.Name == "Exit" {
				out = append(out, Problem{f.Path, f.Line(sel.Pos()), "os.Exit outside main: return an error"})
			}
		})
		f.eachUse("log", func(sel *ast.SelectorExpr) {
			if strings.HasPrefix(sel.Sel.Name, "Fatal") {
				out = append(out, Problem{f.Path, f.Line(sel.Pos()), "log." + sel.Sel.Name + " outside main: return an error"})
			}
		})
	}
	return out
}

// checkPure forbids clocks, the global random generator, goroutines and sockets where a shard's work is done.
func checkPure(t *Tree) []Problem {
	var out []Problem
	for _, f := range t.Go {
		pure := slices.ContainsFunc(pureDirs, func(d string) bool { return under(f.Dir, d) })
		if !pure || f.IsTest {
			continue
		}
		add := func(n ast.Node, text string) { out = append(out, Problem{f.Path, f.Line(n.Pos()), text}) }
		f.eachUse("time", func(sel *ast.SelectorExpr) {
			if slices.Contains(clockFuncs, sel.Sel.Name) {
				add(sel, "time."+sel.Sel.Name+" in a pure package: take now as an argument")
			}
		})
		for _, p := range []string{"math/rand", "math/rand/v2"} {
			f.eachUse(p, func(sel *ast.SelectorExpr) {
				if !slices.Contains(seededRand, sel.Sel.Name) {
					add(sel, "global rand."+sel.Sel.Name+" in a pure package: take a seeded source as an argument")
				}
			})
		}
		for imp, pos := range f.Imports() {
			if imp == "net" || imp == "crypto/rand" {
				out = append(out, Problem{f.Path, f.Line(pos), "imports " + imp + " in a pure package"})
			}
		}
		ast.Inspect(f.AST, func(n ast.Node) bool {
			if g, ok := n.(*ast.GoStmt); ok {
				add(g, "goroutine in a pure package: the owner of the shard decides what runs when")
			}
			return true
		})
	}
	return out
}

// eachUse calls fn for every selector on the package with that import path.
func (f *GoFile) eachUse(importPath string, fn func(*ast.SelectorExpr)) {
	name := f.LocalName(importPath)
	if name == "" {
		return
	}
	ast.Inspect(f.AST, func(n ast.Node) bool {
		if sel, ok := n.(*ast.SelectorExpr); ok {
			if x, ok := sel.X.(*ast.Ident); ok && x.Name == name {
				fn(sel)
			}
		}
		return true
	})
}

// checkComments finds notes to self left in Go comments.
func checkComments(t *Tree) []Problem {
	var out []Problem
	for _, f := range t.Go {
		for _, g := range f.AST.Comments {
			for _, c := range g.List {
				if m := noteToSelf.FindString(c.Text); m != "" {
					out = append(out, Problem{f.Path, f.Line(c.Pos()), m + " in a comment: do it, or open an issue"})
				}
			}
		}
	}
	return out
}

// checkLocksListed wants every file of the server that declares a lock in docs/LOCKS.md, which gives the one lock order.
func checkLocksListed(t *Tree) []Problem {
	const doc = "docs/LOCKS.md"
	list := t.TextAt(doc)
	var out []Problem
	for _, f := range t.Go {
		if !under(f.Dir, "server") || f.IsTest || list != nil && bytes.Contains(list.Src, []byte("`"+f.Path+"`")) {
			continue
		}
		f.eachUse("sync", func(sel *ast.SelectorExpr) {
			if sel.Sel.Name == "Mutex" || sel.Sel.Name == "RWMutex" {
				out = append(out, Problem{f.Path, f.Line(sel.Pos()), "declares a lock that " + doc + " does not list: add its row there (file, what it guards, its place in the order)"})
			}
		})
	}
	return out
}

// Package tidy holds the rules of the house: the statements in docs/ARCHITECTURE.md and docs/STYLE.md that a machine can
// check. Its test runs every rule over the whole tree, so `go test ./...` fails when one is broken.
//
// Start at [Rules]. A rule looks at parsed files only: packages are never type-checked, which keeps the whole run well
// under a second or two. What needs types is left to go vet and staticcheck.
package tidy

import (
	"bytes"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"path"
	"strconv"
	"strings"
)

// Module is the module path, the prefix of every import of our own packages.
const Module = "redline"

// A Problem is one broken rule at one place.
type Problem struct {
	Path string // slash-separated, relative to the root of the tree
	Line int    // 1-based; 0 when the whole file or folder is meant
	Text string // what is wrong and what to do instead
}

func (p Problem) String() string {
	if p.Line == 0 {
		return p.Path + ": " + p.Text
	}
	return fmt.Sprintf("%s:%d: %s", p.Path, p.Line, p.Text)
}

// A GoFile is one parsed Go source file.
type GoFile struct {
	Path   string // relative to the root
	Dir    string // folder of Path, "." for the root
	IsTest bool   // name ends in _test.go
	Src    []byte
	AST    *ast.File
	fset   *token.FileSet
}

// Line gives the 1-based line of a position in the file.
func (f *GoFile) Line(p token.Pos) int { return f.fset.Position(p).Line }

// Imports lists the import paths with their positions.
func (f *GoFile) Imports() map[string]token.Pos {
	m := make(map[string]token.Pos, len(f.AST.Imports))
	for _, spec := range f.AST.Imports {
		if p, err := strconv.Unquote(spec.Path.Value); err == nil {
			m[p] = spec.Pos()
		}
	}
	return m
}

// LocalName gives the name under which the file uses the package with that import path, or "".
func (f *GoFile) LocalName(importPath string) string {
	for _, spec := range f.AST.Imports {
		p, err := strconv.Unquote(spec.Path.Value)
		if err != nil || p != importPath {
			continue
		}
		if spec.Name != nil {
			return spec.Name.Name
		}
		base := path.Base(p)
		if strings.HasPrefix(base, "v") && len(base) > 1 && base[1] >= '0' && base[1] <= '9' {
			base = path.Base(path.Dir(p)) // math/rand/v2 is used as rand
		}
		return base
	}
	return ""
}

// A TextFile is any other committed text: documents, scripts, lock files, web sources.
type TextFile struct {
	Path string
	Src  []byte
}

// A Tree is the source tree as the rules see it.
type Tree struct {
	Go     []*GoFile
	Text   []*TextFile
	Broken []Problem // Go files that do not parse

	files map[string]bool
}

// Has reports whether the tree holds that file.
func (t *Tree) Has(name string) bool { return t.files[name] }

// TextAt returns the text file at that path, or nil.
func (t *Tree) TextAt(name string) *TextFile {
	for _, f := range t.Text {
		if f.Path == name {
			return f
		}
	}
	return nil
}

// skipDir holds folders that are produced, fetched or not sources.
var skipDir = map[string]bool{".git": true, "node_modules": true, "dist": true, "runs": true, "bin": true, "testdata": true}

// textExt names the endings of the text that is read; other files (images, run recordings) are only listed.
var textExt = map[string]bool{
	".md": true, ".txt": true, ".sh": true, ".json": true, ".yaml": true, ".yml": true, ".mod": true, ".sum": true,
	".ts": true, ".tsx": true, ".js": true, ".mjs": true, ".css": true, ".html": true, ".conf": true, ".npmrc": true, "": true,
}

// Load reads and parses the tree.
func Load(root fs.FS) (*Tree, error) {
	t := &Tree{files: map[string]bool{}}
	err := fs.WalkDir(root, ".", func(name string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.IsDir() {
			if skipDir[d.Name()] {
				return fs.SkipDir
			}
			return nil
		}
		t.files[name] = true
		ext := path.Ext(name)
		if ext != ".go" && !textExt[ext] || !d.Type().IsRegular() {
			return nil
		}
		src, err := fs.ReadFile(root, name)
		if err != nil {
			return err
		}
		if ext == ".go" {
			t.addGo(name, src)
		} else if bytes.IndexByte(src, 0) < 0 { // an extensionless file may be a built binary
			t.Text = append(t.Text, &TextFile{Path: name, Src: src})
		}
		return nil
	})
	return t, err
}

func (t *Tree) addGo(name string, src []byte) {
	fset := token.NewFileSet()
	file, err := parser.ParseFile(fset, name, src, parser.ParseComments|parser.SkipObjectResolution)
	if err != nil {
		t.Broken = append(t.Broken, Problem{Path: name, Text: "does not parse: " + err.Error()})
		return
	}
	t.Go = append(t.Go, &GoFile{
		Path: name, Dir: path.Dir(name), IsTest: strings.HasSuffix(name, "_test.go"), Src: src, AST: file, fset: fset,
	})
}

// under reports whether dir is the folder prefix or lies below it.
func under(dir, prefix string) bool {
	return dir == prefix || strings.HasPrefix(dir, prefix+"/")
}

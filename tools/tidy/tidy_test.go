package tidy

import (
	"cmp"
	"os"
	"slices"
	"strings"
	"testing"
	"testing/fstest"
)

// TestTree checks the tree this test stands in.
func TestTree(t *testing.T) {
	tree, err := Load(os.DirFS("../.."))
	if err != nil {
		t.Fatal(err)
	}
	if !tree.Has("go.mod") || len(tree.Go) == 0 {
		t.Fatalf("the root of the module is not two folders up: %d Go files found", len(tree.Go))
	}
	for _, rule := range Rules() {
		t.Run(rule.Name, func(t *testing.T) {
			problems := rule.Check(tree)
			slices.SortFunc(problems, func(a, b Problem) int {
				return cmp.Or(cmp.Compare(a.Path, b.Path), cmp.Compare(a.Line, b.Line))
			})
			for _, p := range problems {
				t.Error(p)
			}
		})
	}
}

func long(n int) string { return strings.Repeat("\tx++\n", n) }

// TestRules shows each rule something it must refuse and something close to it that it must let pass.
func TestRules(t *testing.T) {
	const doc = "// Package p is a test.\npackage p\n\n"
	todo := "TO" + "DO"
	tests := []struct {
		rule  string
		bad   map[string]string
		wants string // a part of the only problem
		good  map[string]string
	}{
		{"parse", files("a/a.go", "package"), "does not parse", files("a/a.go", "package a")},
		{"format", files("a/a.go", "package a\nvar  X int\n"), "gofmt", files("a/a.go", "package a\n\nvar X int\n")},
		{"import-direction", files("lab/drive/a.go", imp("redline/server")), "over the wire", files("lab/drive/a.go", imp("redline/resp"))},
		{"import-direction", files("lab/drive/a_test.go", imp("redline/server")), "over the wire", files("cmd/redline/a.go", imp("redline/server"))},
		{"import-direction", files("server/a.go", imp("redline/lab/record")), "does not know the lab", files("server/a.go", imp("redline/server/internal/netloop"))},
		{"import-direction", files("server/internal/dict/a.go", imp("redline/server/internal/keyspace")), "lower layer", files("server/internal/keyspace/a.go", imp("redline/server/internal/dict"))},
		{"import-direction", files("server/internal/keyspace/a.go", imp("redline/server/internal/command")), "lower layer", files("server/internal/command/a.go", imp("redline/server/internal/keyspace"))},
		{"import-direction", files("server/internal/command/strcmd/a.go", imp("redline/server/internal/netloop")), "lower layer", files("server/internal/command/strcmd/a.go", imp("redline/server/internal/command"))},
		{"import-direction", files("server/internal/command/strcmd/a.go", imp("redline/server/internal/command/keycmd")), "lower layer", files("server/internal/object/zset/a.go", imp("redline/server/internal/slab"))},
		{"import-direction", files("server/internal/command/a.go", imp("redline/server/internal/command/strcmd")), "", files("server/internal/object/a.go", imp("redline/server/internal/object/listpack"))},
		{"import-direction", files("server/internal/session/a.go", imp("redline/server/internal/newroom")), "lower layer", files("server/internal/newroom/a.go", imp("redline/server/internal/session"))},
		{"import-direction", files("server/a.go", imp("redline/cmd/redline")), "cmd is the top", files("cmd/redline/a.go", imp("redline/cmd/redline/internal/x"))},
		{"import-direction", files("test/compat/a.go", imp("redline/server/internal/dict")), "black box", files("test/compat/a.go", imp("redline/server"))},
		{"package-doc", files("a/a.go", "// Something else.\npackage a\n"), "no doc comment", files("a/a.go", "package a\n", "a/doc.go", "// Package a is a.\npackage a\n")},
		{"package-doc", files("a/a_test.go", "package a_test\n"), "no doc comment", files("cmd/x/main.go", "// X does x.\npackage main\n")},
		{"package-name", files("a/util/a.go", "package util\n"), "named after", files("a/a.go", "package a\n")},
		{"function-length", files("a/a.go", doc+"func F(x int) {\n"+long(69)+"}\n"), "F has 71 lines", files("a/a.go", doc+"func F(x int) {\n"+long(68)+"}\n")},
		{"function-length", files("a/a.go", doc+"func (t *T[K]) F(x int) {\n"+long(69)+"}\n"), "T.F has", files("a/a.go", doc+"func (t *T[K]) F(x int) {\n"+long(69)+"}\n", waiverFile, "a/a.go T.F a flat switch\n")},
		{"function-length", files("a/a.go", doc, waiverFile, "a/a.go F not needed any more\n"), "remove it", files("a/a_test.go", doc+"func F() {\n\t_ = []int{\n"+strings.Repeat("\t\t1,\n", 90)+"\t}\n}\n")},
		{"function-length", files("a/a.go", doc, waiverFile, "a/a.go F\n"), "want: path", files(waiverFile, "# only a comment\n")},
		{"file-length", files("a/a.go", doc+strings.Repeat("\n", 900)), "split it", files("a/a.go", doc+strings.Repeat("\n", 890))},
		{"no-init", files("a/a.go", doc+"func init() {}\n"), "no init", files("a/a.go", doc+"func (t T) init() {}\n")},
		{"flags-in-cmd", files("a/a.go", imp("flag")), "in cmd only", files("cmd/redline/a.go", imp("flag"), "a/a_test.go", imp("flag"))},
		{"flags-in-cmd", files("a/a.go", imp("github.com/alecthomas/kong")), "in cmd only", files("a/a.go", imp("os"))},
		{"exit-in-main", files("a/a.go", imp("os")+"func f() { os.Exit(1) }\n"), "os.Exit", files("cmd/redline/a.go", "package main\nimport \"os\"\nfunc f() { os.Exit(1) }\n")},
		{"exit-in-main", files("a/a.go", imp("log")+"func f() { log.Fatalf(\"\") }\n"), "log.Fatalf", files("a/a.go", imp("log")+"func f() { log.Printf(\"\") }\n")},
		{"pure-packages", files("server/internal/keyspace/a.go", imp("time")+"var f = time.Now\n"), "take now", files("server/internal/keyspace/a.go", imp("time")+"var d = time.Second\n")},
		{"pure-packages", files("server/internal/evict/a.go", imp("math/rand/v2")+"var f = rand.IntN\n"), "seeded", files("server/internal/evict/a.go", imp("math/rand/v2")+"var f = rand.New\n", "server/internal/session/a.go", imp("time")+"var f = time.Now\n")},
		{"pure-packages", files("server/internal/dict/a.go", doc+"func f() { go f() }\n"), "goroutine", files("server/internal/dict/a_test.go", doc+"func f() { go f() }\n")},
		{"pure-packages", files("server/internal/slab/a.go", imp("net")), "imports net", files("server/internal/slab/a.go", imp("os"))},
		{"locks-listed", files("server/a.go", imp("sync")+"var mu sync.RWMutex\n"), "add its row", files("server/a.go", imp("sync")+"var mu sync.Mutex\n", "docs/LOCKS.md", "`server/a.go`", "lab/a.go", imp("sync")+"var mu sync.Mutex\n")},
		{"notes-in-comments", files("a/a.go", doc+"// "+todo+": later\n"), "open an issue", files("a/a.go", doc+"var x = \""+todo+"\"\n")},
		{"notes-in-text", files("web/a.ts", "// "+todo+"\n"), "open an issue", files("web/dist/a.js", todo, "web/a.ts", "let x"+todo)},
		{"machine-text", files("docs/a.md", "see /home/me/x\n"), "/home/m", files("docs/a.md", "see docs/home/x and /var/lib/redline\n")},
		{"machine-text", files("web/package-lock.json", "\"https://registry.example.org/a\"\n\"https://registry.example.org/b\"\n"), "registry", files("web/package-lock.json", "{}\n")},
		{"pinned-versions", files("go.mod", "module redline\n\nreplace a => ../a\n"), "no replace", files("go.mod", "module redline\n")},
		{"pinned-versions", files("go.mod", "require a v1.0.0\n"), "is missing", files("go.mod", "require a v1.0.0\n", "go.sum", "a v1.0.0 h1:x\n")},
		{"pinned-versions", files("web/package.json", `{"devDependencies":{"a":"^1.2.3"}}`), "exact version", files("web/package.json", `{"devDependencies":{"a":"1.2.3"}}`)},
		{"shown-commands", files("cmd/redline/main.go", "package main\n", "README.md", "```\ngo run ./cmd/redline nosuch\n```\n"), "redline nosuch", files("cmd/redline/main.go", "package main\n", "cmd/redline/checklog.go", "package main\n", "README.md", "```\nredline check-log x\n```\nredline is\n")},
		{"shown-paths", files("docs/a.md", "see `server/x.go`"), "server/x.go, which does not exist", files("docs/a.md", "`server/a.go` `server` `test/x/testdata/` `x/y.go` `lab/`", "server/a.go", "package a\n", "lab/l/b.go", "package l\n")},
		{"shown-paths", files("docs/a.md", "see [b](b.md)"), "docs/b.md, which does not exist", files("docs/a.md", "[a](a.md#x) [c](../c.md) [d](https://example.org/x) ![p](img/p.png)", "c.md", "", "docs/img/p.png", "")},
		{"first-screen", files("README.md", strings.Repeat("\n", 60)+"go run ./cmd/redline lab"), "go run", files("README.md", "go run ./cmd/redline lab\ngo test ./...\n")},
	}
	for _, tc := range tests {
		t.Run(tc.rule, func(t *testing.T) {
			i := slices.IndexFunc(Rules(), func(r Rule) bool { return r.Name == tc.rule })
			check := Rules()[i].Check
			bad := check(load(t, tc.bad))
			if tc.wants == "" && len(bad) > 0 {
				t.Errorf("problems %v, want none in\n%v", bad, tc.bad)
			}
			if tc.wants != "" && (len(bad) == 0 || !strings.Contains(bad[0].String(), tc.wants)) {
				t.Errorf("problems %v, want %q in\n%v", bad, tc.wants, tc.bad)
			}
			if good := check(load(t, tc.good)); len(good) > 0 {
				t.Errorf("problems %v, want none in\n%v", good, tc.good)
			}
		})
	}
}

// files builds a tree from pairs of path and content.
func files(pairs ...string) map[string]string {
	m := map[string]string{}
	for i := 0; i < len(pairs); i += 2 {
		m[pairs[i]] = pairs[i+1]
	}
	return m
}

func imp(p string) string { return "package p\n\nimport _ \"x\"\nimport \"" + p + "\"\n\n" }

func load(t *testing.T, content map[string]string) *Tree {
	t.Helper()
	m := fstest.MapFS{}
	for name, text := range content {
		m[name] = &fstest.MapFile{Data: []byte(text)}
	}
	tree, err := Load(m)
	if err != nil {
		t.Fatal(err)
	}
	return tree
}

package server

import (
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"redline/server/inspect"
	"redline/vfs"
)

var flagFixture = flag.String("server.fixture", "", "write a data directory in the present formats here, to be kept in testdata when a format gets a new version")

// What every version of the formats looked like is kept, and read by every later one: a directory for each, with a log
// behind a base, an RDB file of the same data, and the digest of that.
func TestOldFormats(t *testing.T) {
	if *flagFixture != "" {
		makeFixture(t, *flagFixture)
	}
	dirs, err := filepath.Glob("testdata/formats-*")
	if err != nil || len(dirs) == 0 {
		t.Fatalf("no fixtures: %v", err)
	}
	for _, from := range dirs {
		want, err := os.ReadFile(filepath.Join(from, "digest"))
		if err != nil {
			t.Fatal(err)
		}
		report, err := inspect.Check(vfs.OS(), from)
		if err != nil || !report.Sound() || len(report.Files) < 3 {
			t.Fatalf("%s: %+v, %v", from, report, err)
		}
		for _, log := range []bool{true, false} {
			dir := t.TempDir()
			if err := os.CopyFS(dir, os.DirFS(from)); err != nil {
				t.Fatal(err)
			}
			without := "dump.rdb"
			if !log {
				without = "appendonlydir"
			}
			if err := os.RemoveAll(filepath.Join(dir, without)); err != nil {
				t.Fatal(err)
			}
			do, end := serveDir(t, dir, 0)
			if got := do("DEBUG", "DIGEST"); got != string(want) {
				t.Errorf("%s without %s: digest %q, want %q", from, without, got, want)
			}
			end()
		}
	}
}

func makeFixture(t *testing.T, dir string) {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	do, end := serveDir(t, dir, 4<<10)
	fillSmall(do, "0")
	rewritten(t, do)
	fillSmall(do, "9")
	rewritten(t, do) // drops what came before the first base
	do("SELECT", "0")
	do("SET", "last", strings.Repeat("log", 20))
	do("MULTI")
	do("INCR", "n")
	do("SPOP", "smallset")
	do("EXEC")
	if reply := do("SAVE"); reply != "+OK\r\n" {
		t.Fatal(reply)
	}
	digest := do("DEBUG", "DIGEST")
	end()
	for _, name := range []string{"lock", "spare.tmp"} {
		_ = os.Remove(filepath.Join(dir, "appendonlydir", name)) // need not be there
	}
	if err := os.WriteFile(filepath.Join(dir, "digest"), []byte(digest), 0o644); err != nil {
		t.Fatal(err)
	}
}

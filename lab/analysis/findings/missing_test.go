package findings

import (
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"redline/lab/record"
)

// rich is a run in which much was recorded and much goes wrong.
func rich() *fixture {
	f := newFixture()
	f.waiting()
	f.contention(900_000_000, 0)
	f.cpuOf(map[string]int64{"runtime.mallocgc;main.(*server).get;main.serve": 300, "runtime.gcDrain;runtime.gcBgMarkWorker": 300, "main.work;main.serve": 700})
	f.allocated("main.(*server).get", 9e8, 1e9)
	f.profiles["goroutine"] = newProfile("goroutine").add([]int64{9000}, "runtime.gopark", "time.Sleep", "main.(*store).expireAt.func1").p
	f.profiles["block"] = newProfile("contentions", "delay").add([]int64{500, 1_000_000_000}, "main.(*slowFile).Sync").p
	f.profiles["block.before"] = f.profiles["block"]
	f.files[slowlogFile] = []slowEntry{{USec: 3_000_000, Args: []string{"KEYS", "*"}}}
	f.files[latencyFile] = []latencyEvent{{Event: "aof-fsync-always", MaxMs: 40}}
	f.files[hotFile] = []topKey{{Key: "a", Share: 0.5}}
	f.files[bigFile] = []topKey{{Key: "b", Bytes: 40 << 20}}
	f.files[traceFile] = map[string]any{"span_ns": 1e9}
	f.shards(map[int]int{0: 300, 1: 300, 2: 400, 3: 9000})
	return f
}

// TestDamaged takes every file of a run away, cuts it in half and fills it with something else: rules may fall
// silent, and what they still say is whole.
func TestDamaged(t *testing.T) {
	whole := rich().write(t)
	var names []string
	err := filepath.WalkDir(whole.Path(), func(path string, e fs.DirEntry, err error) error {
		if err == nil && !e.IsDir() && e.Name() != record.RunFile {
			name, _ := filepath.Rel(whole.Path(), path)
			names = append(names, name)
		}
		return err
	})
	if err != nil || len(names) < 15 {
		t.Fatalf("files %v, %v", names, err)
	}
	for _, name := range names {
		path := filepath.Join(whole.Path(), name)
		text, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		for what, damaged := range map[string][]byte{"removed": nil, "halved": text[:len(text)/2], "other": []byte("[1, {\"a\": null}]\n")} {
			if what == "removed" {
				err = os.Remove(path)
			} else {
				err = os.WriteFile(path, damaged, 0o644)
			}
			if err != nil {
				t.Fatal(err)
			}
			found, err := Of(whole)
			if err != nil {
				t.Errorf("%s %s: %v", name, what, err)
			}
			for i := range found {
				checkWhole(t, &found[i])
			}
			if strings.HasSuffix(name, ".hlog") {
				break // they are read up to the damage, as summaries are tested to do
			}
		}
		if err := os.WriteFile(path, text, 0o644); err != nil {
			t.Fatal(err)
		}
	}
}

// TestOldRun reads a run without anything that is optional, and one that measured nothing.
func TestOldRun(t *testing.T) {
	f := newFixture()
	f.sample = func(_ float64, _ string, values map[string]float64) { clear(values) }
	if found := find(t, f); len(found) != 0 {
		t.Errorf("found %+v", found)
	}
	f = rich()
	f.slice = func(_ int, s *record.Slice) { s.Phase = record.PhaseWarmup }
	if found := find(t, f); len(found) != 0 {
		t.Errorf("found %+v in a run without a measured phase", found)
	}
}

// TestStarter names the function with the go statement from each source that may know it.
func TestStarter(t *testing.T) {
	for what, add := range map[string]func(*fixture){
		"CPU profile": func(f *fixture) {
			f.profiles["cpu"] = cpuProfile().cpu(40, "runtime.newproc1", "runtime.newproc", "main.(*store).expireAt", "main.serve").cpu(60, "main.work").p
		},
		"closure": func(f *fixture) {
			f.profiles["goroutine.before"] = newProfile("goroutine").add([]int64{9000}, "runtime.gopark", "time.Sleep", "main.(*store).expireAt.func1").p
			f.profiles["goroutine"] = newProfile("goroutine").add([]int64{5}, "runtime.gopark", "main.serve").p
		},
		"trace": func(f *fixture) {
			f.files[traceFile] = map[string]any{"span_ns": 1e9, "goroutines_created": 100, "created_by": []map[string]any{
				{"function": "net/http.(*Server).Serve", "count": 3}, {"function": "main.(*store).expireAt", "file": "/src/f.go", "line": 7, "count": 90}}}
		},
	} {
		f := newFixture()
		f.set("metrics", "goroutines", growing(2000))
		add(f)
		got := pick(find(t, f), "goroutine-growth")
		if got == nil || got.Subject != "main.(*store).expireAt" {
			t.Errorf("%s: %+v", what, got)
			continue
		}
		checkWhole(t, got)
	}
}

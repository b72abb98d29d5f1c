package aof

import (
	"errors"
	"fmt"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"redline/resp"
	"redline/vfs"
)

// rdbStub stands for an RDB file: its length in bytes follows the magic.
func rdbStub(n int) string { return rdbMagic + strings.Repeat("x", n-len(rdbMagic)) }

type recorder struct {
	got    []string
	rdbEnd int64
	fail   error
}

func (r *recorder) RDB(file string) (int64, error) {
	r.got = append(r.got, "rdb "+filepath.Base(file))
	return r.rdbEnd, nil
}

func (r *recorder) Group(commands []Command) error {
	var parts []string
	for _, c := range commands {
		words := []string{fmt.Sprint(c.DB)}
		for _, a := range c.Args {
			words = append(words, string(a))
		}
		parts = append(parts, strings.Join(words, " "))
	}
	r.got = append(r.got, strings.Join(parts, "; "))
	return r.fail
}

func commands(lines ...string) string {
	var b []byte
	for _, l := range lines {
		if l[0] == '#' {
			b = append(append(b, l...), "\r\n"...)
			continue
		}
		b = resp.AppendCommandStrings(b, strings.Fields(l)...)
	}
	return string(b)
}

func put(t testing.TB, fsys vfs.FS, name, content string) {
	t.Helper()
	if err := fsys.MkdirAll(filepath.Dir(name)); err != nil {
		t.Fatal(err)
	}
	if err := vfs.WriteFile(fsys, name, []byte(content)); err != nil {
		t.Fatal(err)
	}
}

func TestReadSingle(t *testing.T) {
	set := commands("set a 1")
	tests := map[string]struct {
		file    string
		rdbEnd  int64
		want    []string
		cut     int64 // -1: none
		corrupt int64 // -1: none
	}{
		"empty":             {file: "", cut: -1, corrupt: -1},
		"commands":          {file: commands("SELECT 3", "set a 1", "del a"), want: []string{"3 set a 1", "3 del a"}, cut: -1, corrupt: -1},
		"annotations":       {file: commands("#TS:1700000000", "set a 1", "#TS:1700000001"), want: []string{"0 set a 1"}, cut: -1, corrupt: -1},
		"group":             {file: commands("multi", "set a 1", "select 2", "set b 2", "EXEC", "set c 3"), want: []string{"0 set a 1; 2 set b 2", "2 set c 3"}, cut: -1, corrupt: -1},
		"empty group":       {file: commands("multi", "exec"), cut: -1, corrupt: -1},
		"preamble":          {file: rdbStub(20) + set, rdbEnd: 20, want: []string{"rdb f", "0 set a 1"}, cut: -1, corrupt: -1},
		"cut":               {file: set + set[:len(set)-1], want: []string{"0 set a 1"}, cut: int64(len(set)), corrupt: -1},
		"cut first line":    {file: set + "*", want: []string{"0 set a 1"}, cut: int64(len(set)), corrupt: -1},
		"cut length":        {file: set + "*3\r\n$", want: []string{"0 set a 1"}, cut: int64(len(set)), corrupt: -1},
		"cut group":         {file: set + commands("multi", "set b 2"), want: []string{"0 set a 1"}, cut: int64(len(set)), corrupt: -1},
		"cut in group":      {file: set + commands("multi", "set b 2") + "*2", want: []string{"0 set a 1"}, cut: int64(len(set)), corrupt: -1},
		"zeros":             {file: set + "\x00\x00\x00", want: []string{"0 set a 1"}, cut: -1, corrupt: int64(len(set))},
		"zeros in argument": {file: set + "*2\r\n\x00\x00", want: []string{"0 set a 1"}, cut: -1, corrupt: int64(len(set))},
		"no command":        {file: set + "PING\r\n", want: []string{"0 set a 1"}, cut: -1, corrupt: int64(len(set))},
		"count":             {file: "*x\r\n", cut: -1, corrupt: 0},
		"count 0":           {file: "*0\r\n", cut: -1, corrupt: 0},
		"big count":         {file: strings.Replace(set+set, "*3", "*999999999", 1), cut: -1, corrupt: 0},
		"length":            {file: "*1\r\n$-1\r\n", cut: -1, corrupt: 0},
		"argument end":      {file: "*1\r\n$1\r\nabcdef\r\n", cut: -1, corrupt: 0},
		"nested":            {file: commands("multi", "multi"), cut: -1, corrupt: int64(len(commands("multi")))},
		"exec":              {file: commands("exec"), cut: -1, corrupt: 0},
		"select":            {file: commands("select x"), cut: -1, corrupt: 0},
		"long line":         {file: "#" + strings.Repeat("x", lineMax), cut: -1, corrupt: 0},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			fsys := vfs.NewMem()
			put(t, fsys, "d/f", tt.file)
			r := &recorder{rdbEnd: tt.rdbEnd}
			rep, err := Read(fsys, Single("d/f"), r, Options{AllowCut: true})
			if !reflect.DeepEqual(r.got, tt.want) {
				t.Errorf("got %q, want %q", r.got, tt.want)
			}
			var corrupt *CorruptError
			if errors.As(err, &corrupt) != (tt.corrupt >= 0) || corrupt != nil && corrupt.Offset != tt.corrupt {
				t.Errorf("got %v, want corruption at %d", err, tt.corrupt)
			}
			if (rep.Cut != nil) != (tt.cut >= 0) || rep.Cut != nil && rep.Cut.Offset != tt.cut {
				t.Errorf("cut %v, want at %d", rep.Cut, tt.cut)
			}
			if tt.cut >= 0 {
				_, err := Read(fsys, Single("d/f"), &recorder{rdbEnd: tt.rdbEnd}, Options{})
				var truncated *TruncatedError
				if !errors.As(err, &truncated) || truncated.Offset != tt.cut {
					t.Errorf("a cut that is not allowed: %v", err)
				}
			}
		})
	}
}

func TestReadSet(t *testing.T) {
	fsys := vfs.NewMem()
	put(t, fsys, "d/a.1.base.rdb", rdbStub(9))
	put(t, fsys, "d/a.2.incr.aof", commands("select 1", "set a 1"))
	put(t, fsys, "d/a.3.incr.aof", commands("set a 2"))
	put(t, fsys, "d/a.manifest", "file a.1.base.rdb seq 1 type b\nfile a.1.incr.aof seq 1 type h\n"+
		"file a.2.incr.aof seq 2 type i\nfile \"a.3.incr.aof\" seq 3 type i\n")
	set, err := FindSet(fsys, "d")
	if err != nil {
		t.Fatal(err)
	}
	r := &recorder{rdbEnd: 9}
	rep, err := Read(fsys, set, r, Options{})
	if err != nil {
		t.Fatal(err)
	}
	want := []string{"rdb a.1.base.rdb", "1 set a 1", "0 set a 2"} // each file begins with database 0
	if !reflect.DeepEqual(r.got, want) || rep.Commands != 2 || rep.Groups != 2 {
		t.Errorf("got %q, %+v", r.got, rep)
	}

	put(t, fsys, "d/a.2.incr.aof", commands("select 1", "set a 1")+"*")
	var corrupt *CorruptError
	if _, err := Read(fsys, set, r, Options{AllowCut: true}); !errors.As(err, &corrupt) {
		t.Errorf("a cut that is not at the end: %v", err)
	}
}

func TestManifest(t *testing.T) {
	tests := map[string]struct {
		text string
		want []string // nil: an error
	}{
		"order":        {"file i seq 1 type i\nfile b seq 1 type b\n", []string{"b", "i"}},
		"comment":      {"# x\n\nfile b seq 1 type b\r\n", []string{"b"}},
		"more keys":    {"file b seq 1 type b new key\n", []string{"b"}},
		"quoted":       {"file \"a b\" seq 1 type b\n", []string{"a b"}},
		"empty":        {"", nil},
		"only history": {"file b seq 1 type h\n", nil},
		"two bases":    {"file a seq 1 type b\nfile b seq 2 type b\n", nil},
		"descending":   {"file a seq 2 type i\nfile b seq 1 type i\n", nil},
		"twice":        {"file a seq 2 type i\nfile b seq 2 type i\n", nil},
		"elsewhere":    {"file ../a seq 2 type i\n", nil},
		"type":         {"file a seq 2 type x\n", nil},
		"seq":          {"file a seq 0 type b\n", nil},
		"missing":      {"file a seq 1\n", nil},
		"odd":          {"file a seq 1 type b x\n", nil},
		"resp":         {"*1\n$1\nx\n", nil},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			set, err := parseManifest("m", []byte(tt.text))
			if !reflect.DeepEqual(set.Files, tt.want) || (err == nil) != (tt.want != nil) {
				t.Errorf("got %q, %v", set.Files, err)
			}
		})
	}
}

func TestFindSet(t *testing.T) {
	fsys := vfs.NewMem()
	put(t, fsys, "d/x", "")
	if _, err := FindSet(fsys, "d"); !errors.Is(err, ErrNoManifest) {
		t.Errorf("no manifest: %v", err)
	}
	put(t, fsys, "d/a.manifest", "file b seq 1 type b\n")
	if _, err := FindSet(fsys, "d"); err == nil {
		t.Error("a file is missing")
	}
	put(t, fsys, "d/b.manifest", "")
	if _, err := FindSet(fsys, "d"); err == nil || !strings.Contains(err.Error(), "two manifests") {
		t.Errorf("two manifests: %v", err)
	}
}

func TestHandlerEndsReading(t *testing.T) {
	fsys := vfs.NewMem()
	put(t, fsys, "f", commands("set a 1", "set b 1"))
	r := &recorder{fail: errors.New("enough")}
	if _, err := Read(fsys, Single("f"), r, Options{}); err != r.fail || len(r.got) != 1 {
		t.Errorf("got %v after %q", err, r.got)
	}
}

// Whatever the bytes: no panic, and what is read is in the file up to the cut.
func FuzzRead(f *testing.F) {
	f.Add([]byte(commands("select 1", "multi", "set a 1", "exec", "#TS:1", "del a")))
	f.Add([]byte("*1\r\n$5\r\nab"))
	f.Add([]byte("*2\r\n$0\r\n\r\n$1\r\na\r\n"))
	f.Fuzz(func(t *testing.T, b []byte) {
		fsys := vfs.NewMem()
		put(t, fsys, "f", string(b))
		total := 0
		rep, err := Read(fsys, Single("f"), counter{&total}, Options{AllowCut: true})
		if total > len(b) {
			t.Fatalf("%d bytes of arguments in %d bytes", total, len(b))
		}
		if err == nil && rep.Cut != nil {
			if rep.Cut.Offset >= int64(len(b)) || rep.Cut.Offset < 0 {
				t.Fatalf("cut at %d of %d", rep.Cut.Offset, len(b))
			}
			put(t, fsys, "f", string(b[:rep.Cut.Offset]))
			again, err := Read(fsys, Single("f"), counter{new(int)}, Options{})
			if err != nil || again.Commands != rep.Commands {
				t.Fatalf("what is whole is not: %v, %+v, %+v", err, again, rep)
			}
		}
	})
}

type counter struct{ total *int }

func (c counter) RDB(string) (int64, error) { return int64(len(rdbMagic)), nil }
func (c counter) Group(commands []Command) error {
	for _, cmd := range commands {
		for _, a := range cmd.Args {
			*c.total += len(a)
		}
	}
	return nil
}

func FuzzManifest(f *testing.F) {
	f.Add([]byte("file a.1.base.rdb seq 1 type b\nfile \"a\\x20b\" seq 2 type i\n"))
	f.Fuzz(func(t *testing.T, b []byte) {
		set, err := parseManifest("m", b)
		for _, name := range set.Files {
			if err == nil && name != filepath.Base(name) {
				t.Fatalf("%q leads elsewhere", name)
			}
		}
	})
}

package config

import (
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

func get(t *testing.T, c *Config, name string) string {
	t.Helper()
	p := c.Get(name)
	if len(p) != 1 {
		t.Fatalf("Get(%q) = %v", name, p)
	}
	return p[0][1]
}

func write(t *testing.T, dir, name, text string) string {
	t.Helper()
	path := filepath.Join(dir, name)
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func TestDefaults(t *testing.T) {
	v := New().Values()
	if v.Port != 6379 || v.Databases != 16 || v.MaxClients != 10000 || v.SlowlogSlowerThanUs != 10000 || !v.ProtectedMode {
		t.Errorf("%+v", v)
	}
	if v.OutputLimits[ClassPubSub] != (OutputLimit{32 << 20, 8 << 20, 60}) || v.OutputLimits[ClassNormal] != (OutputLimit{}) {
		t.Errorf("output limits %v", v.OutputLimits)
	}
	if v.Shards < 16 || v.Shards&(v.Shards-1) != 0 || !slices.Equal(v.Bind, []string{"127.0.0.1", "-::1"}) {
		t.Errorf("shards %d bind %q", v.Shards, v.Bind)
	}
	for cores, want := range map[int]int{1: 16, 4: 16, 5: 32, 12: 64, 64: 256, 1000: 256} {
		if got := defaultShards(cores); got != want {
			t.Errorf("defaultShards(%d) = %d, want %d", cores, got, want)
		}
	}
}

func TestTable(t *testing.T) {
	seen := map[string]bool{}
	for i := range directives {
		d := &directives[i]
		for _, n := range []string{d.Name, d.Alias} {
			if n != "" && seen[n] {
				t.Errorf("%s is defined twice", n)
			}
			seen[n] = true
		}
		if d.apply == nil && d.inert == "" {
			t.Errorf("%s does nothing and does not say so", d.Name)
		}
		// What is shown and what is written is read back as the same setting.
		s := defaultSetting(d)
		for _, line := range d.kind.lines(s) {
			words, ok := splitLine(line)
			if !ok || !d.multi && len(words) != 1 {
				t.Errorf("%s: REWRITE writes %q", d.Name, line)
			}
			got, err := d.kind.parse(words, source{first: true, old: s})
			if err != nil || got.text != s.text {
				t.Errorf("%s: %q is read back as %q, %v; want %q", d.Name, line, got.text, err, s.text)
			}
		}
	}
}

func TestSet(t *testing.T) {
	failed := func(name, why string) string {
		return "CONFIG SET failed (possibly related to argument '" + name + "') - " + why
	}
	for _, x := range []struct {
		pairs []string
		err   string
		show  string // name=value after it
	}{
		{[]string{"maxmemory", "100mb"}, "", "maxmemory=104857600"},
		{[]string{"MAXMEMORY", "1k"}, "", "maxmemory=1000"},
		{[]string{"maxmemory", "18446744073709551615"}, "", "maxmemory=18446744073709551615"},
		{[]string{"maxmemory", "-1"}, failed("maxmemory", "argument must be a memory value"), ""},
		{[]string{"maxmemory-clients", "10%"}, "", "maxmemory-clients=10%"},
		{[]string{"maxmemory", "10000001", "maxmemory-clients", "200%", "client-query-buffer-limit", "invalid"},
			failed("maxmemory-clients", "percentage argument must be less or equal to 100"), "maxmemory=0"},
		{[]string{"maxmemory-clients", "x"}, failed("maxmemory-clients", "argument must be a memory or percent value"), ""},
		{[]string{"nosuch", "1"}, "Unknown option or number of arguments for CONFIG SET - 'nosuch'", ""},
		{[]string{"daemonize", "yes"}, failed("daemonize", "can't set immutable config"), ""},
		{[]string{"dir", "/"}, failed("dir", "can't set protected config"), ""},
		{[]string{"hz", "1", "HZ", "2"}, failed("HZ", "duplicate parameter"), ""},
		{[]string{"appendfsync", "maybe"}, failed("appendfsync", "argument(s) must be one of the following: everysec, always, no"), ""},
		{[]string{"protected-mode", "1"}, failed("protected-mode", "argument must be 'yes' or 'no'"), ""},
		{[]string{"timeout", "x"}, failed("timeout", "argument couldn't be parsed into an integer"), ""},
		{[]string{"timeout", "-1"}, failed("timeout", "argument must be between 0 and 2147483647 inclusive"), ""},
		{[]string{"hz", "1000"}, "", "hz=500"},
		{[]string{"save", "900 1 300 10"}, "", "save=900 1 300 10"},
		{[]string{"save", "900"}, failed("save", "Invalid save parameters"), ""},
		{[]string{"client-output-buffer-limit", "replica 1mb 2kb 3"}, "",
			"client-output-buffer-limit=normal 0 0 0 slave 1048576 2048 3 pubsub 33554432 8388608 60"},
		{[]string{"client-output-buffer-limit", "master 0 0 0"}, failed("client-output-buffer-limit", "Invalid client class specified in buffer limit configuration."), ""},
		{[]string{"client-output-buffer-limit", "normal 0 0"}, failed("client-output-buffer-limit", "Wrong number of arguments in buffer limit configuration."), ""},
		{[]string{"notify-keyspace-events", "KEA"}, "", "notify-keyspace-events=AKE"},
		{[]string{"notify-keyspace-events", "Kq"}, failed("notify-keyspace-events", "Invalid event class character. Use 'Ag$lshzxeKEtmdn'."), ""},
		{[]string{"shutdown-on-sigint", "force nosave"}, "", "shutdown-on-sigint=nosave force"},
		{[]string{"shutdown-on-sigint", "save nosave"}, failed("shutdown-on-sigint", "shutdown options SAVE and NOSAVE can't be used simultaneously"), ""},
		{[]string{"oom-score-adj", "relative"}, "", "oom-score-adj=yes"},
		{[]string{"latency-tracking-info-percentiles", "50.10 0 100"}, "", "latency-tracking-info-percentiles=50.1 0 100"},
		{[]string{"latency-tracking-info-percentiles", "101"}, failed("latency-tracking-info-percentiles", "latency-tracking-info-percentiles parameters should sit between [0.0,100.0]"), ""},
		{[]string{"appendonly", "yes"}, failed("appendonly", "it cannot be changed while this server runs"), "appendonly=no"},
		{[]string{"port", "7000"}, failed("port", "it cannot be changed while this server runs"), ""},
		{[]string{"port", "6379"}, "", "port=6379"},
		{[]string{"admin-port", "0"}, "", "admin-port=0"},
		{[]string{"admin-port", "1"}, failed("admin-port", "can't set immutable config"), ""},
		{[]string{"io-transport", "auto", "io-loops", "0"}, "", "io-transport=auto"},
		{[]string{"io-loops", "1"}, failed("io-loops", "can't set immutable config"), ""},
		{[]string{"slave-priority", "7"}, "", "replica-priority=7"},
		{[]string{"requirepass", ""}, "", "requirepass="},
	} {
		c := New()
		err := c.Set(true, x.pairs...)
		if x.err == "" && err != nil || x.err != "" && (err == nil || err.Error() != x.err) {
			t.Errorf("Set(%q) = %v\nwant %s", x.pairs, err, x.err)
		}
		if name, want, ok := strings.Cut(x.show, "="); ok && get(t, c, name) != want {
			t.Errorf("after Set(%q): %s is %q, want %q", x.pairs, name, get(t, c, name), want)
		}
	}
}

func TestHooks(t *testing.T) {
	c := New()
	var ports []int
	c.OnChange("port", func(v *Values) error {
		ports = append(ports, v.Port)
		if v.Port == 1 {
			return errors.New("Unable to listen on this port. Check server logs.")
		}
		return nil
	})
	var limits []int64
	c.OnChange("maxmemory", func(v *Values) error { limits = append(limits, v.MaxMemory); return nil })
	if err := c.Set(true, "port", "2"); err != nil {
		t.Fatal(err)
	}
	err := c.Set(true, "maxmemory", "5", "port", "1", "hz", "3")
	if err == nil || !strings.Contains(err.Error(), "'port') - Unable to listen") {
		t.Fatal(err)
	}
	if v := c.Values(); v.Port != 2 || v.MaxMemory != 0 || v.Hz != 10 || get(t, c, "maxmemory") != "0" {
		t.Errorf("not undone: %+v", v)
	}
	if !slices.Equal(ports, []int{2, 1, 2}) || !slices.Equal(limits, []int64{5, 0}) {
		t.Errorf("ports %v limits %v", ports, limits)
	}
	if err := c.Set(true, "maxmemory", "0"); err != nil || len(limits) != 2 {
		t.Errorf("a value that stays is no change: %v %v", limits, err)
	}
}

func TestGet(t *testing.T) {
	c := New()
	names := func(patterns ...string) (n []string) {
		for _, p := range c.Get(patterns...) {
			n = append(n, p[0])
		}
		slices.Sort(n)
		return n
	}
	if got := names("*of", "maxmemory", "MAXMEMORY", "maxmemory*"); !slices.Equal(got, []string{"maxmemory", "maxmemory-clients",
		"maxmemory-eviction-tenacity", "maxmemory-policy", "maxmemory-samples", "replicaof", "slaveof"}) {
		t.Errorf("%q", got)
	}
	if got := names("Key-Load-Delay"); !slices.Equal(got, []string{"Key-Load-Delay"}) {
		t.Errorf("hidden: %q", got)
	}
	if slices.Contains(names("*"), "key-load-delay") || len(names("nosuch")) != 0 {
		t.Error("hidden or unknown directives are shown")
	}
}

func TestLoadFile(t *testing.T) {
	dir := t.TempDir()
	write(t, dir, "more.conf", "save 5 6\nmaxclients 77\n")
	path := write(t, dir, "a.conf", `
# a comment
PORT 7001
  bind 127.0.0.1 ::1
requirepass "a \"b\" \x41\n"
unixsocket '/tmp/it''s'
`+"save 1 2\nsave \"3 4\"\r\ndir "+dir+"\ninclude more.conf\ninclude none-*.conf\n"+
		`client-output-buffer-limit normal 1kb 2kb 3
client-output-buffer-limit pubsub 0 0 0
rename-command FLUSHALL ""
rename-command Config Cfg
io-threads 4
activerehashing yes
appendonly yes
lua-replicate-commands yes
`)
	c := New()
	// Quotes must be followed by a blank.
	if err := c.LoadFile(path); err == nil || !strings.HasSuffix(err.Error(), "a.conf:6: unbalanced quotes in configuration line") {
		t.Fatalf("%v", err)
	}
	text, _ := os.ReadFile(path)
	write(t, dir, "a.conf", strings.Replace(string(text), `'/tmp/it''s'`, `'/tmp/it\'s'`, 1))
	if err := c.LoadFile(path); err != nil {
		t.Fatal(err)
	}
	v := c.Values()
	if v.Port != 7001 || v.RequirePass != "a \"b\" A\n" || v.UnixSocket != "/tmp/it's" || v.MaxClients != 77 || v.Dir != dir || !v.AppendOnly {
		t.Errorf("%+v", v)
	}
	if !slices.Equal(v.Save, []SavePoint{{1, 2}, {3, 4}, {5, 6}}) {
		t.Errorf("save %v", v.Save)
	}
	if v.OutputLimits != [3]OutputLimit{{1024, 2048, 3}, {256 << 20, 64 << 20, 60}, {}} {
		t.Errorf("output limits %v", v.OutputLimits)
	}
	if !slices.Equal(v.Renames, []Rename{{"flushall", ""}, {"config", "cfg"}}) {
		t.Errorf("renames %v", v.Renames)
	}
	if c.File() != path {
		t.Errorf("file %q", c.File())
	}
	want := []string{
		"directive io-threads has no effect in Redline: the Go runtime schedules the work: set GOMAXPROCS or a CPU limit on the process",
		"directives that have no effect in Redline, left at Redis' default: activerehashing",
	}
	var got []string
	c.OnNotice(func(s string) { got = append(got, s) })
	if !slices.Equal(got, want) {
		t.Errorf("notices %q", got)
	}
	if err := c.Set(true, "active-expire-effort", "3", "io-threads", "4"); err == nil || len(got) != len(want) {
		t.Errorf("%v %q", err, got)
	}
	if err := c.Set(true, "active-expire-effort", "3"); err != nil || len(got) != len(want)+1 {
		t.Errorf("%v %q", err, got)
	}
}

func TestLoadErrors(t *testing.T) {
	dir := t.TempDir()
	write(t, dir, "loop.conf", "include "+filepath.Join(dir, "loop.conf"))
	for text, want := range map[string]string{
		"port 1\nprot 7000":             `x.conf:2: prot 7000: unknown directive: did you mean port?`,
		"maxmemmory 1":                  `x.conf:1: maxmemmory 1: unknown directive: did you mean maxmemory?`,
		"port":                          `x.conf:1: port: wrong number of arguments`,
		"port 1 2":                      `x.conf:1: port 1 2: wrong number of arguments`,
		"port 65536":                    `x.conf:1: port 65536: argument must be between 0 and 65535 inclusive`,
		`requirepass "secret" more`:     `x.conf:1: requirepass: wrong number of arguments`,
		"unixsocketperm 799":            `argument couldn't be parsed as an octal number`,
		"unixsocketperm 1000":           `argument must be between 0 and 777 inclusive`,
		"shards 24":                     `argument must be a power of two between 1 and 256`,
		"cluster-enabled yes":           `this version has no cluster mode: remove the directive`,
		"replicaof 127.0.0.1 1":         `this version has no replication: remove the directive`,
		"replicaof 127.0.0.1 abc":       `Invalid master port`,
		"user default on":               `this version has no ACL users`,
		"loadmodule x.so":               `Redline does not load modules`,
		"include nosuch.conf":           `cannot read configuration file`,
		"include " + dir + "/loop.conf": `files include each other more than 16 deep`,
		"dir /nosuch":                   `No such file or directory`,
		"dbfilename a/b":                `dbfilename can't be a path, just a filename`,
		"include":                       `wrong number of arguments`,
	} {
		c := New()
		before := c.Values()
		err := c.LoadFile(write(t, dir, "x.conf", text))
		if err == nil || !strings.Contains(err.Error(), want) || strings.Contains(err.Error(), "\n") {
			t.Errorf("%q: %v\nwant %s", text, err, want)
		}
		if c.Values() != before {
			t.Errorf("%q: an error changed the settings", text)
		}
	}
	if err := New().LoadFile(filepath.Join(dir, "none.conf")); err == nil || !strings.Contains(err.Error(), "none.conf: no such file") {
		t.Error(err)
	}
}

func TestLoadArgs(t *testing.T) {
	file := write(t, t.TempDir(), "x.conf", "port 1\nhz 20\n")
	for _, x := range []struct {
		args  []string
		stdin string
		want  string // name=value;...
		err   string
	}{
		{[]string{"--port", "7000", "--save", ""}, "", "port=7000;save=", ""},
		{[]string{file, "--port", "2"}, "", "port=2;hz=20", ""},
		{[]string{file, "loglevel", "verbose", "--maxmemory '700mb'"}, "", "loglevel=verbose;maxmemory=734003200", ""},
		{[]string{"-", "--port", "2"}, "port 3\nhz 30", "port=2;hz=30", ""},
		{[]string{"--port", "2", "-"}, "port 3\nhz 30", "port=2;hz=30", ""},
		{[]string{"--save", "--loglevel", "verbose"}, "", "save=;loglevel=verbose", ""},
		{[]string{"--loglevel", "verbose", "--save"}, "", "save=;loglevel=verbose", ""},
		{[]string{"--save", "1", "2", "--save", "3 4"}, "", "save=1 2 3 4", ""},
		{[]string{"--proc-title-template", "--my--title--template", "--loglevel", "verbose"}, "", "proc-title-template=--my--title--template;loglevel=verbose", ""},
		{[]string{"--proc-title-template", "--save", "--save", "", "--loglevel", "verbose"}, "", "proc-title-template=--save;save=", ""},
		{[]string{"--shutdown-on-sigint", "nosave", "force", "now", "--shutdown-on-sigterm", "nosave force"}, "", "shutdown-on-sigint=nosave now force;shutdown-on-sigterm=nosave force", ""},
		{[]string{"--bind", "127.0.0.1", "::1"}, "", "bind=127.0.0.1 ::1", ""},
		{[]string{"--bind", ""}, "", "bind=", ""},
		{[]string{"--port"}, "", "", "--port: wrong number of arguments"},
		{[]string{"--port", "6379", "6380"}, "", "", "--port 6379 6380: wrong number of arguments"},
		{[]string{"--port", "--bla", "--loglevel", "verbose"}, "", "", "--port --bla: argument couldn't be parsed into an integer"},
		{[]string{"--shutdown-on-sigint"}, "", "", "--shutdown-on-sigint: argument(s) must be one of the following: default, save, nosave, now, force"},
		{[]string{"--replicaof", "--127.0.0.1", "--abc"}, "", "", "wrong number of arguments"},
		{[]string{"--maxclient", "1"}, "", "", "--maxclient 1: unknown directive: did you mean maxclients?"},
		{[]string{`--port "1`}, "", "", "unbalanced quotes"},
		{[]string{"-x"}, "", "", "unknown directive"},
	} {
		c := New()
		c.Stdin = strings.NewReader(x.stdin)
		err := c.LoadArgs(x.args)
		if x.err == "" && err != nil || x.err != "" && (err == nil || !strings.Contains(err.Error(), x.err)) {
			t.Errorf("%q: %v, want %q", x.args, err, x.err)
			continue
		}
		for _, pair := range strings.Split(x.want, ";") {
			if name, want, ok := strings.Cut(pair, "="); ok && get(t, c, name) != want {
				t.Errorf("%q: %s is %q, want %q", x.args, name, get(t, c, name), want)
			}
		}
	}
}

func TestRewrite(t *testing.T) {
	path := write(t, t.TempDir(), "x.conf", `# head
port 7000

save 1 2
save 3 4


hash-max-ziplist-entries 5
nosuch thing
include other-*.conf
# tail
hash-max-listpack-entries 6
`)
	c := New()
	if err := New().Rewrite(); !errors.Is(err, ErrNoFile) {
		t.Errorf("without a file: %v", err)
	}
	if err := c.LoadFile(path); err == nil {
		t.Fatal("nosuch was accepted")
	}
	text, _ := os.ReadFile(path)
	if err := c.LoadFile(write(t, filepath.Dir(path), "x.conf", strings.Replace(string(text), "nosuch thing\n", "", 1))); err != nil {
		t.Fatal(err)
	}
	if err := c.Set(true, "save", "9 9", "maxmemory", "100mb", "requirepass", `p"w`, "hz", "10"); err != nil {
		t.Fatal(err)
	}
	want := `# head
port 7000

save 9 9

hash-max-listpack-entries 6
include other-*.conf
# tail

# Generated by CONFIG REWRITE
requirepass "p\"w"
maxmemory 100mb
`
	for range 2 { // a second time changes nothing
		if err := c.Rewrite(); err != nil {
			t.Fatal(err)
		}
		got, _ := os.ReadFile(path)
		if string(got) != want {
			t.Fatalf("got:\n%s\nwant:\n%s", got, want)
		}
	}
	if st, _ := os.Stat(path); st.Mode().Perm() != 0o600 {
		t.Errorf("the file's mode became %v", st.Mode())
	}
	again := New()
	if err := again.LoadFile(path); err != nil || get(t, again, "requirepass") != `p"w` || get(t, again, "maxmemory") != "104857600" {
		t.Errorf("read back: %v", err)
	}
}

func FuzzSplitLine(f *testing.F) {
	f.Add(`a "b\x41\"" 'c\'' d`)
	f.Fuzz(func(t *testing.T, s string) {
		words, ok := splitLine(s)
		if !ok {
			return
		}
		var line []string
		for _, w := range words {
			line = append(line, quote(w))
		}
		again, ok := splitLine(strings.Join(line, " "))
		if !ok || !slices.Equal(words, again) {
			t.Fatalf("%q -> %q -> %q %v", s, words, again, ok)
		}
	})
}

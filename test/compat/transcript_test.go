package compat

import (
	"maps"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"
)

// TestTranscripts runs every section of every transcript against both servers, in both protocols.
func TestTranscripts(t *testing.T) {
	oracle, target := startPair(t)
	missing := missingCommands(t, oracle, target)
	skipped := map[string]int{}
	for _, path := range transcriptFiles(t) {
		sections := parseFile(t, path)
		t.Run(strings.TrimSuffix(filepath.Base(path), ".txt"), func(t *testing.T) {
			for _, sec := range sections {
				if name := usesMissing(sec, missing); name != "" {
					skipped[name]++
					continue
				}
				for _, proto := range []int{2, 3} {
					if sec.Proto == 0 || sec.Proto == proto {
						checkSection(t, path, sec, proto, oracle, target)
					}
				}
			}
		})
	}
	for _, name := range slices.Sorted(maps.Keys(skipped)) {
		t.Logf("%d sections not run for want of %s", skipped[name], strings.ToUpper(name))
	}
}

func checkSection(t *testing.T, path string, sec Section, proto int, oracle, target *Server) {
	t.Helper()
	if !target.Alive() {
		t.Fatalf("%s:%d: the server is gone", path, sec.Line)
	}
	bad, err := RunSection(sec, proto, oracle, target)
	if err != nil {
		t.Fatalf("%s:%d: %s (RESP%d): %v", path, sec.Line, sec.Name, proto, err)
	}
	for _, m := range bad {
		t.Errorf("%s: %s (RESP%d): %s", path, sec.Name, proto, m)
	}
}

func transcriptFiles(t *testing.T) []string {
	t.Helper()
	paths, err := filepath.Glob("testdata/*.txt")
	if err != nil || len(paths) == 0 {
		t.Fatalf("no transcripts in testdata: %v", err)
	}
	return paths
}

func parseFile(t *testing.T, path string) []Section {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	sections, err := ParseTranscript(text)
	if err != nil {
		t.Fatalf("%s: %v", path, err)
	}
	return sections
}

// missingCommands are those the oracle has and the target has not, or only as an excuse (exempt.list), in lower case. A
// section that uses one is not run.
func missingCommands(t *testing.T, oracle, target *Server) map[string]bool {
	t.Helper()
	have := map[string]bool{}
	for _, n := range must(t, target, "COMMAND", "LIST").Strings() {
		have[strings.ToLower(n)] = true
	}
	missing := map[string]bool{}
	for _, n := range must(t, oracle, "COMMAND", "LIST").Strings() {
		if !have[strings.ToLower(n)] {
			missing[strings.ToLower(n)] = true
		}
	}
	for n := range exemptCommands(t) {
		missing[n] = true
	}
	return missing
}

func usesMissing(sec Section, missing map[string]bool) string {
	if sec.Skip != "" {
		return "(" + sec.Skip + ")"
	}
	for _, name := range sec.Needs {
		if missing[name] {
			return name
		}
	}
	for _, st := range sec.Steps {
		names := commandNames(st)
		if st.Kind == StepBlock {
			names = append(names, "info") // tells when a client has blocked
		}
		for _, name := range names {
			if missing[name] {
				return name
			}
		}
	}
	return ""
}

// commandNames gives the names a step may stand for: the command, and container|subcommand.
func commandNames(st Step) []string {
	if len(st.Words) == 0 || st.Kind == StepSend {
		return nil
	}
	names := []string{strings.ToLower(st.Words[0])}
	if len(st.Words) > 1 {
		names = append(names, names[0]+"|"+strings.ToLower(st.Words[1]))
	}
	return names
}

// TestEveryCommandHasATranscript wants every command and subcommand of the target's table in some transcript.
func TestEveryCommandHasATranscript(t *testing.T) {
	if *flagTarget == "redis" {
		t.Skip("the transcripts cover what Redline has, not all of Redis")
	}
	_, target := startPair(t)
	seen := map[string]bool{}
	for _, path := range transcriptFiles(t) {
		for _, sec := range parseFile(t, path) {
			for _, st := range sec.Steps {
				for _, n := range commandNames(st) {
					seen[n] = true
				}
			}
		}
	}
	exempt := exemptCommands(t)
	for _, name := range must(t, target, "COMMAND", "LIST").Strings() {
		name = strings.ToLower(name)
		if !seen[name] && exempt[name] == "" {
			t.Errorf("%s is in no transcript: add it to test/compat/testdata, or to exempt.list with a reason", strings.ToUpper(name))
		}
	}
}

// exemptCommands reads testdata/exempt.list: commands that cannot be compared with a running redis-server, each with why.
func exemptCommands(t *testing.T) map[string]string {
	t.Helper()
	text, err := os.ReadFile("testdata/exempt.list")
	if err != nil {
		t.Fatal(err)
	}
	out := map[string]string{}
	for line := range strings.Lines(string(text)) {
		line = strings.TrimSpace(line)
		if line == "" || strings.HasPrefix(line, "#") {
			continue
		}
		name, why, ok := strings.Cut(line, " ")
		if !ok {
			t.Fatalf("exempt.list: %q has no reason", line)
		}
		out[name] = strings.TrimSpace(why)
	}
	return out
}

func TestParseTranscript(t *testing.T) {
	const text = `
# first
-- resp3
SET k "a\x00\r\n\"" 'it''
`
	if _, err := ParseTranscript([]byte(text)); err == nil || !strings.Contains(err.Error(), "line 4") {
		t.Errorf("error %v, want one for line 4", err)
	}
	got, err := ParseTranscript([]byte(strings.Replace(text, "'it''", `'it\'s' ""`, 1) + `
@2 GET k
-- unordered
-- mask id=\d+
-- save x
@3 KEYS *
-- for 1 3
> "PING\r\n"
<
@2 < eof
`))
	if err != nil {
		t.Fatal(err)
	}
	if len(got) != 2 || got[0].Name != "first" || got[0].Proto != 3 || got[1].Name != "@2 GET k" {
		t.Fatalf("sections %+v", got)
	}
	if want := []string{"SET", "k", "a\x00\r\n\"", "it's", ""}; !reflect.DeepEqual(got[0].Steps[0].Words, want) {
		t.Errorf("words %q, want %q", got[0].Steps[0].Words, want)
	}
	st := got[1].Steps
	if !st[1].Mode.Unordered || len(st[1].Mode.Masks) != 1 || st[1].Save != "x" || st[1].Conn != 3 {
		t.Errorf("step %+v", st[1])
	}
	if st[2].Kind != StepSend || st[2].Words[0] != "PING\r\n" || st[2].First != 1 || st[2].Last != 3 {
		t.Errorf("step %+v", st[2])
	}
	if st[3].Kind != StepRead || st[4].Kind != StepEOF || st[4].Conn != 2 {
		t.Errorf("steps %+v", st[3:])
	}
	for _, bad := range []string{"-- nosuch\nPING", "-- unordered\n\nPING", "@0 PING", "@2", "PING \"x", "PING 'x'y", "PING\n-- resp2\nPING"} {
		if _, err := ParseTranscript([]byte(bad)); err == nil {
			t.Errorf("%q: no error", bad)
		}
	}
}

func TestExpand(t *testing.T) {
	vars := map[string]string{"i": "7", "id": "\x00x"}
	got := Expand([]string{"k{i}", "{id}", "{ab*3}", "{user}:1", "{i", "{x*y}"}, vars)
	if want := []string{"k7", "\x00x", "ababab", "{user}:1", "{i", "{x*y}"}; !reflect.DeepEqual(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
}

// FuzzWords: what JoinWords writes, SplitWords reads back.
func FuzzWords(f *testing.F) {
	f.Add("GET", "a\"\\'\x00\r\n ü")
	f.Fuzz(func(t *testing.T, a, b string) {
		if _, err := SplitWords(a); err != nil && err.Error() == "" {
			t.Fatal("empty error")
		}
		got, err := SplitWords(JoinWords([]string{a, b}))
		if err != nil || len(got) != 2 || got[0] != a || got[1] != b {
			t.Fatalf("%q %q came back as %q, %v", a, b, got, err)
		}
	})
}

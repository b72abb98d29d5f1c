package compat

import (
	"bytes"
	"errors"
	"fmt"
	"regexp"
	"strconv"
	"strings"
)

// A Mask blots out text that rightly differs between two servers: ids, ports, times.
type Mask struct{ re *regexp.Regexp }

// A Section is one scenario. It starts on empty servers with fresh connections.
type Section struct {
	Name  string // its first comment, or its first command
	Line  int
	Proto int      // 2 or 3 if the section is for that protocol only, else 0
	Skip  string   // why the section is not run
	Needs []string // commands that must exist besides those that are used
	Steps []Step
}

// StepKind says what a step does with its connection.
type StepKind int

// The kinds of step.
const (
	StepCommand StepKind = iota // send a command, read and compare one reply
	StepBlock                   // send a command and wait until the server has blocked the client
	StepSend                    // send raw bytes
	StepRead                    // read and compare one reply
	StepEOF                     // read to the end of the connection and compare what came
)

// A Step is one line of a transcript with the directives before it.
type Step struct {
	Line    int
	Conn    int // connection number, 1 unless given
	Kind    StepKind
	Words   []string // the command's words, or the raw bytes as the only word
	Mode    Mode
	Save    string // name under which the reply's payload is kept for later steps
	Trade   string // the same, but each side keeps the other's: what one server dumps, the other restores
	Differs string // why the replies differ for now; agreement is noted
	Until   string // repeat until the reply's first line is this
	First   int    // with Last: repeat the step, {i} counting from First to Last
	Last    int
	Repeat  bool
}

// ParseTranscript reads the text of a transcript file:
//
//	# A section is named by its first comment and ends with a blank line.
//	SET key "value with \x00 and \r\n"       a command, quoted as for redis-cli
//	@2 GET key                               the same on connection 2
//	-- unordered                             directives hold for the next line
//	KEYS *
//
// Lines other than commands, all with an optional @N before them:
//
//	> "*1\r\n$4\r\nPING\r\n"                 send raw bytes
//	<                                        read one more reply (pushed, delayed, or after raw bytes)
//	< eof                                    the server must close; what came before that is compared
//
// In words, {i} is the counter of a loop, {name} a saved payload and {x*100} the text x a hundred times.
//
// Directives: unordered; pairs; approx N; shape; skip-reply; mask REGEXP; save NAME; trade NAME (save the other server's
// payload); until FIRST-LINE; for A B; blocks; differs REASON (a known difference: the replies may differ); skip REASON
// (the section is not run); needs NAME... (it is for servers with these commands); resp2 and resp3 (before the first command: for that protocol only).
func ParseTranscript(text []byte) ([]Section, error) {
	var (
		sections []Section
		cur      Section
		pending  Step
		dirty    bool // directives wait for their line
	)
	flush := func() {
		if len(cur.Steps) > 0 {
			sections = append(sections, cur)
		}
		cur = Section{}
	}
	for i, raw := range bytes.Split(text, []byte("\n")) {
		line := strings.TrimSpace(string(raw))
		if cur.Line == 0 && line != "" {
			cur.Line = i + 1
		}
		var err error
		switch {
		case line == "":
			if dirty {
				err = errors.New("a directive needs a command after it")
			}
			flush()
		case strings.HasPrefix(line, "#"):
			if cur.Name == "" {
				cur.Name = strings.TrimSpace(line[1:])
			}
		case strings.HasPrefix(line, "--"):
			dirty, err = directive(&cur, &pending, strings.TrimSpace(line[2:]), dirty)
		default:
			pending.Line = i + 1
			if err = parseStep(&pending, line); err == nil {
				cur.Steps = append(cur.Steps, pending)
				if cur.Name == "" {
					cur.Name = line
				}
			}
			pending, dirty = Step{}, false
		}
		if err != nil {
			return nil, fmt.Errorf("line %d: %w", i+1, err)
		}
	}
	flush()
	return sections, nil
}

func directive(sec *Section, st *Step, text string, dirty bool) (bool, error) {
	name, arg, _ := strings.Cut(text, " ")
	arg = strings.TrimSpace(arg)
	var err error
	switch name {
	case "resp2", "resp3":
		if len(sec.Steps) > 0 {
			return dirty, fmt.Errorf("%s stands before the first command of a section", name)
		}
		sec.Proto = int(name[4] - '0')
		return dirty, nil
	case "skip":
		sec.Skip = arg
		return dirty, nil
	case "needs":
		sec.Needs = append(sec.Needs, strings.Fields(strings.ToLower(arg))...)
		return dirty, nil
	case "unordered":
		st.Mode.Unordered = true
	case "pairs":
		st.Mode.Pairs = true
	case "shape":
		st.Mode.Shape = true
	case "skip-reply":
		st.Mode.Skip = true
	case "approx":
		st.Mode.Approx, err = strconv.ParseFloat(arg, 64)
	case "mask":
		var re *regexp.Regexp
		if re, err = regexp.Compile(arg); err == nil {
			st.Mode.Masks = append(st.Mode.Masks, Mask{re})
		}
	case "save":
		st.Save = arg
	case "trade":
		st.Trade = arg
	case "differs":
		st.Differs = arg
	case "until":
		st.Until = arg
	case "blocks":
		st.Kind = StepBlock
	case "for":
		st.Repeat = true
		_, err = fmt.Sscanf(arg, "%d %d", &st.First, &st.Last)
	default:
		err = fmt.Errorf("unknown directive %q", name)
	}
	return true, err
}

func parseStep(st *Step, line string) error {
	st.Conn = 1
	if strings.HasPrefix(line, "@") {
		num, rest, _ := strings.Cut(line[1:], " ")
		n, err := strconv.Atoi(num)
		if err != nil || n < 1 {
			return fmt.Errorf("bad connection number %q", num)
		}
		st.Conn, line = n, strings.TrimSpace(rest)
	}
	switch {
	case line == "<":
		st.Kind = StepRead
		return nil
	case line == "< eof":
		st.Kind = StepEOF
		return nil
	case strings.HasPrefix(line, "> "):
		st.Kind, line = StepSend, line[2:]
	}
	words, err := SplitWords(line)
	if err == nil && len(words) == 0 {
		err = errors.New("no command")
	}
	st.Words = words
	return err
}

// SplitWords cuts a line into words as redis-cli does: "double quotes" with \n \r \t \b \a \\ \" and \xHH, 'single quotes'
// with \' only.
func SplitWords(line string) ([]string, error) {
	var words []string
	for i := 0; ; {
		for i < len(line) && (line[i] == ' ' || line[i] == '\t') {
			i++
		}
		if i == len(line) {
			return words, nil
		}
		var word []byte
		var err error
		switch line[i] {
		case '"':
			word, i, err = doubleQuoted(line, i+1)
		case '\'':
			word, i, err = singleQuoted(line, i+1)
		default:
			start := i
			for i < len(line) && line[i] != ' ' && line[i] != '\t' {
				i++
			}
			word = []byte(line[start:i])
		}
		if err != nil {
			return nil, err
		}
		if i < len(line) && line[i] != ' ' && line[i] != '\t' {
			return nil, fmt.Errorf("a closing quote must be followed by a space: %q", line[i:])
		}
		words = append(words, string(word))
	}
}

func doubleQuoted(s string, i int) ([]byte, int, error) {
	escapes := map[byte]byte{'n': '\n', 'r': '\r', 't': '\t', 'b': '\b', 'a': '\a'}
	var out []byte
	for ; i < len(s); i++ {
		switch {
		case s[i] == '"':
			return out, i + 1, nil
		case s[i] == '\\' && i+3 < len(s) && s[i+1] == 'x':
			b, err := strconv.ParseUint(s[i+2:i+4], 16, 8)
			if err != nil {
				return nil, 0, fmt.Errorf("bad escape %q", s[i:i+4])
			}
			out = append(out, byte(b))
			i += 3
		case s[i] == '\\' && i+1 < len(s):
			i++
			if c, ok := escapes[s[i]]; ok {
				out = append(out, c)
			} else {
				out = append(out, s[i])
			}
		default:
			out = append(out, s[i])
		}
	}
	return nil, 0, errors.New("unbalanced double quotes")
}

func singleQuoted(s string, i int) ([]byte, int, error) {
	var out []byte
	for ; i < len(s); i++ {
		switch {
		case s[i] == '\'':
			return out, i + 1, nil
		case s[i] == '\\' && i+1 < len(s) && s[i+1] == '\'':
			out = append(out, '\'')
			i++
		default:
			out = append(out, s[i])
		}
	}
	return nil, 0, errors.New("unbalanced single quotes")
}

// JoinWords writes a command so that SplitWords reads it back, for pasting into a transcript.
func JoinWords(words []string) string {
	out := make([]string, len(words))
	for i, w := range words {
		out[i] = quoteWord(w)
	}
	return strings.Join(out, " ")
}

func quoteWord(w string) string {
	plain := w != "" && !strings.HasPrefix(w, "#") && !strings.HasPrefix(w, "-- ")
	for i := 0; plain && i < len(w); i++ {
		plain = w[i] > ' ' && w[i] < 0x7f && w[i] != '"' && w[i] != '\'' && w[i] != '\\'
	}
	if plain {
		return w
	}
	var b strings.Builder
	b.WriteByte('"')
	for i := 0; i < len(w); i++ {
		switch c := w[i]; {
		case c == '"' || c == '\\':
			b.WriteByte('\\')
			b.WriteByte(c)
		case c < ' ' || c >= 0x7f:
			fmt.Fprintf(&b, `\x%02x`, c)
		default:
			b.WriteByte(c)
		}
	}
	b.WriteByte('"')
	return b.String()
}

var expansion = regexp.MustCompile(`\{([^{}*]+)(?:\*(\d+))?\}`)

// Expand fills {i}, {name} and {x*100} in the words of a step. Unknown names stay as they are: {user1}:key is a hash tag.
func Expand(words []string, vars map[string]string) []string {
	out := make([]string, len(words))
	for i, w := range words {
		out[i] = expansion.ReplaceAllStringFunc(w, func(m string) string {
			part := expansion.FindStringSubmatch(m)
			if part[2] != "" {
				if n, err := strconv.Atoi(part[2]); err == nil {
					return strings.Repeat(part[1], n)
				}
			}
			if v, ok := vars[part[1]]; ok && part[2] == "" {
				return v
			}
			return m
		})
	}
	return out
}

package rig

import (
	"strconv"
	"strings"
	"testing"
)

// Compare sends the same commands to a client of r and to a redis-server, each over one new connection, and wants the
// same replies byte for byte. A line is words with "double quotes" where needed. It may begin with
//
//   - "~ ": only the kinds of the replies are compared, and of errors their first word: the text is our own;
//   - "! ": the command is sent to r alone and no reply compared;
//   - "- ": no reply is expected.
func Compare(t *testing.T, r *Rig, redis *Redis, lines ...string) {
	t.Helper()
	ours, theirs := r.Client(t), redis.Conn(t)
	defer ours.Close()
	for _, line := range lines {
		mode, text := byte(' '), line
		if len(line) > 1 && strings.IndexByte("~!-", line[0]) >= 0 && line[1] == ' ' {
			mode, text = line[0], line[2:]
		}
		args := Words(text)
		got := ours.Do(args...)
		if mode == '!' {
			continue
		}
		if mode == '-' {
			if got != "" {
				t.Errorf("%s\n  ours: %q\n  want no reply", text, got)
			}
			theirs.Send(args...)
			continue
		}
		want := theirs.Do(args...)
		if mode == '~' {
			got, want = kind(got), kind(want)
		}
		if got != want {
			t.Errorf("%s\n  ours:  %q\n  redis: %q", text, got, want)
		}
	}
}

// kind is the first byte of a reply, and of an error its first word.
func kind(reply string) string {
	if reply == "" {
		return ""
	}
	if reply[0] == '-' {
		return strings.Fields(reply)[0]
	}
	return reply[:1]
}

// Words cuts a line at spaces; "quoted words" are Go strings. A line that cannot be read is a bug in the test.
func Words(line string) (words []string) {
	for line = strings.TrimLeft(line, " "); line != ""; line = strings.TrimLeft(line, " ") {
		if line[0] == '"' {
			q, err := strconv.QuotedPrefix(line)
			if err != nil {
				panic("rig: bad line: " + line)
			}
			w, err := strconv.Unquote(q)
			if err != nil {
				panic("rig: bad line: " + line)
			}
			words, line = append(words, w), line[len(q):]
			continue
		}
		w, rest, _ := strings.Cut(line, " ")
		words, line = append(words, w), rest
	}
	return words
}

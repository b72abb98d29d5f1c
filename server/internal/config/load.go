package config

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
)

// includeDepth bounds how deep files may include each other: a file that includes itself is an error, not a hang.
const includeDepth = 16

// loader reads a configuration into a copy of the settings, so that an error changes nothing.
type loader struct {
	settings []setting
	named    map[int]bool // directives that this load has named
	renames  []Rename
}

func (c *Config) load() *loader {
	return &loader{settings: slices.Clone(c.settings), named: make(map[int]bool), renames: slices.Clone(c.renames)}
}

// accept puts what was loaded into force.
func (c *Config) accept(l *loader) {
	c.settings, c.renames = l.settings, l.renames
	c.publish(c.settings)
	var quiet []string
	for i := range directives {
		if !l.named[i] || directives[i].inert == "" {
			continue
		}
		if l.settings[i].text == defaultSetting(&directives[i]).text {
			quiet = append(quiet, directives[i].Name)
		}
		c.remark(i, l.settings[i])
	}
	if len(quiet) > 0 {
		c.notice("directives that have no effect in Redline, left at Redis' default: " + strings.Join(quiet, " "))
	}
	c.tell()
}

// LoadFile reads a file in the syntax of redis.conf. An error names file, line and the likely fix, and changes nothing.
func (c *Config) LoadFile(path string) error { return c.LoadArgs([]string{path}) }

// LoadArgs reads a command line as redis-server does: a file first if the first argument does not begin with a dash,
// then standard input if the first or the last argument is a single dash, then directives as in --port 7000 or
// "--port 7000"; what comes last counts.
func (c *Config) LoadArgs(args []string) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	l, path := c.load(), ""
	if len(args) > 0 && !strings.HasPrefix(args[0], "-") {
		abs, err := filepath.Abs(args[0])
		if err != nil {
			return fmt.Errorf("configuration file %s: %w", args[0], err)
		}
		if err := l.readFile(args[0], 0); err != nil {
			return err
		}
		path, args = abs, args[1:]
	}
	lines, fromStdin, err := splitCommandLine(args)
	if err != nil {
		return err
	}
	if fromStdin {
		var in io.Reader = os.Stdin
		if c.Stdin != nil {
			in = c.Stdin
		}
		text, err := io.ReadAll(in)
		if err != nil {
			return fmt.Errorf("configuration from standard input: %w", err)
		}
		if err := l.readText("standard input", string(text), 0); err != nil {
			return err
		}
	}
	for _, words := range lines {
		if err := l.directive(words, 0); err != nil {
			return fmt.Errorf("--%s: %w", shown(words), err)
		}
	}
	if path != "" {
		c.file = path
	}
	c.accept(l)
	return nil
}

// splitCommandLine groups arguments into directives. A value may begin with two dashes if it directly follows a name.
func splitCommandLine(args []string) (lines [][]string, fromStdin bool, err error) {
	complete := true // the last directive has a value, or there is none yet
	for i, a := range args {
		dashed := strings.HasPrefix(a, "--")
		switch {
		case a == "-" && (i == 0 || i == len(args)-1):
			fromStdin = true
		case dashed && complete:
			words, ok := splitLine(a[2:])
			if !ok || len(words) == 0 {
				return nil, false, fmt.Errorf("%s: unbalanced quotes, or no name of a directive", a)
			}
			complete = len(words) > 1
			// "--save" without a value means "no save points".
			if strings.EqualFold(a, "--save") && (i == len(args)-1 || strings.HasPrefix(args[i+1], "--")) {
				words, complete = append(words, ""), true
			}
			lines = append(lines, words)
		case len(lines) == 0:
			lines, complete = append(lines, []string{a}), true
		default:
			lines[len(lines)-1] = append(lines[len(lines)-1], a)
			complete = true
		}
	}
	return lines, fromStdin, nil
}

// readFile reads one file, or all that match a pattern.
func (l *loader) readFile(path string, depth int) error {
	if depth > includeDepth {
		return fmt.Errorf("files include each other more than %d deep", includeDepth)
	}
	paths := []string{path}
	if strings.ContainsAny(path, "*?[") {
		// A pattern that matches nothing is no error, so that a directory for additions may be empty.
		found, err := filepath.Glob(path)
		if err != nil {
			return fmt.Errorf("%s: %w", path, err)
		}
		paths = found
	}
	for _, p := range paths {
		text, err := os.ReadFile(p)
		if err != nil {
			var pe *os.PathError
			if errors.As(err, &pe) {
				err = pe.Err
			}
			return fmt.Errorf("cannot read configuration file %s: %w", p, err)
		}
		if err := l.readText(p, string(text), depth); err != nil {
			return err
		}
	}
	return nil
}

func (l *loader) readText(name, text string, depth int) error {
	for i, line := range strings.Split(text, "\n") {
		line = strings.Trim(line, " \t\r\n")
		if line == "" || line[0] == '#' {
			continue
		}
		words, ok := splitLine(line)
		at := name + ":" + strconv.Itoa(i+1)
		if !ok {
			return fmt.Errorf("%s: unbalanced quotes in configuration line", at)
		}
		if len(words) == 0 {
			continue
		}
		if err := l.directive(words, depth); err != nil {
			return fmt.Errorf("%s: %s: %w", at, shown(words), err)
		}
	}
	return nil
}

// shown is a directive as an error shows it: without values that are secret.
func shown(words []string) string {
	if Secret(words[0]) {
		return words[0]
	}
	return strings.Join(words, " ")
}

// directive applies one directive.
func (l *loader) directive(words []string, depth int) error {
	name, args := strings.ToLower(words[0]), words[1:]
	i, ok := byName[name]
	if !ok {
		return l.special(name, args, depth)
	}
	d := &directives[i]
	if !d.multi && len(args) != 1 {
		return errArgCount
	}
	if d.multi && len(args) == 1 && args[0] != "" {
		var ok bool
		if args, ok = splitLine(args[0]); !ok {
			return userError("unbalanced quotes")
		}
	}
	if d.multi && len(args) == 0 && len(words) > 1 {
		args = []string{""}
	}
	s, err := d.kind.parse(args, source{first: !l.named[i], old: l.settings[i]})
	if err != nil {
		return err
	}
	if err := d.permitted(s); err != nil {
		return err
	}
	l.settings[i], l.named[i] = s, true
	return nil
}

// special handles what may stand in a file but is no setting.
func (l *loader) special(name string, args []string, depth int) error {
	if n, ok := deprecated[name]; ok && len(args) == n {
		return nil
	}
	switch {
	case name == "include" && len(args) == 1:
		path := args[0]
		if !filepath.IsAbs(path) {
			path = filepath.Join(l.settings[byName["dir"]].text, path)
		}
		return l.readFile(path, depth+1)
	case name == "rename-command" && len(args) == 2:
		l.renames = append(l.renames, Rename{strings.ToLower(args[0]), strings.ToLower(args[1])})
		return nil
	case name == "include" || name == "rename-command":
		return errArgCount
	case name == "user":
		return userError("this version has no ACL users: remove the directive and set requirepass")
	case name == "loadmodule":
		return userError("Redline does not load modules: remove the directive")
	case name == "sentinel":
		return userError("Redline has no sentinel mode: remove the directive")
	}
	return userError("unknown directive: did you mean " + nearest(name) + "?")
}

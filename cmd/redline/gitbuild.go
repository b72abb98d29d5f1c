package main

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"

	"redline/lab"
)

// builder builds this program at revisions of the repository one stands in, each once, in a folder of its own.
type builder struct {
	dir   string
	built map[string]string // program by revision
	say   func(string)
}

// revision is what git may be given: nothing that it takes for an option.
var revision = regexp.MustCompile(`^[A-Za-z0-9_./@{}^~][-A-Za-z0-9_./@{}^~]*$`)

// build returns the program at a revision.
func (b *builder) build(rev string) (string, error) {
	if !revision.MatchString(rev) {
		return "", fmt.Errorf("git:%s: not a revision; write it as git:HEAD~1, git:v1.2 or git:3e5f718", rev)
	}
	if path := b.built[rev]; path != "" {
		return path, nil
	}
	if b.dir == "" {
		dir, err := os.MkdirTemp("", "redline-build-")
		if err != nil {
			return "", fmt.Errorf("no room to build in: %w", err)
		}
		b.dir, b.built = dir, map[string]string{}
	}
	top, err := output("", "git", "rev-parse", "--show-toplevel")
	if err != nil {
		return "", fmt.Errorf("git:%s: %w; run it inside a clone of the repository", rev, err)
	}
	commit, err := output(top, "git", "rev-parse", "--verify", "--end-of-options", rev+"^{commit}")
	if err != nil {
		return "", fmt.Errorf("git:%s: no such revision here: %w", rev, err)
	}
	b.say("building " + rev + " (" + commit[:min(12, len(commit))] + ")")
	tree := filepath.Join(b.dir, commit)
	program := filepath.Join(b.dir, "redline-"+commit[:min(12, len(commit))])
	if _, err := os.Stat(program); err != nil {
		if _, err := output(top, "git", "worktree", "add", "--detach", tree, commit); err != nil {
			return "", fmt.Errorf("git:%s: %w", rev, err)
		}
		_, err = output(tree, "go", "build", "-o", program, "./cmd/redline")
		_, removeErr := output(top, "git", "worktree", "remove", "--force", tree)
		if err := errors.Join(err, removeErr); err != nil {
			return "", fmt.Errorf("git:%s does not build: %w", rev, err)
		}
	}
	b.built[rev] = program
	return program, nil
}

// remove removes what was built.
func (b *builder) remove() {
	if b.dir != "" {
		_ = os.RemoveAll(b.dir)
	}
}

// output runs a program and returns the first line it prints; an error carries its last one.
func output(dir, name string, args ...string) (string, error) {
	cmd := exec.Command(name, args...)
	cmd.Dir = dir
	text, err := cmd.CombinedOutput()
	lines := strings.Split(strings.TrimSpace(string(text)), "\n")
	if err != nil {
		return "", fmt.Errorf("%s %s: %s (%w)", name, args[0], lines[len(lines)-1], err)
	}
	return lines[0], nil
}

// pair makes the specs of two servers under the same load.
func (f *loadFlags) pair(b *builder, whereA, whereB, kind string) ([2]lab.Spec, error) {
	var specs [2]lab.Spec
	for i, where := range []string{whereA, whereB} {
		spec, err := f.spec(kind)
		if err != nil {
			return specs, err
		}
		if rev, ok := strings.CutPrefix(where, "git:"); ok {
			path, err := b.build(rev)
			if err != nil {
				return specs, err
			}
			spec.Server = &lab.Server{Path: path, Redline: true}
		} else if err := place(&spec, where); err != nil {
			return specs, err
		}
		specs[i] = spec
	}
	return specs, nil
}

package tidy

import (
	"bytes"
	"fmt"
	"strings"
)

// A Rule is one statement about the tree.
type Rule struct {
	Name  string // also the name of its subtest
	Check func(*Tree) []Problem
}

// waiverFile lists functions that may be long, each with its reason.
const waiverFile = "tools/tidy/waivers.txt"

// Rules lists every rule of the house.
func Rules() []Rule {
	return []Rule{
		{"parse", checkParse},
		{"format", checkFormat},
		{"import-direction", checkImports},
		{"package-doc", checkPackageDocs},
		{"package-name", checkPackageNames},
		{"function-length", checkWaivedLength},
		{"file-length", checkFileLength},
		{"no-init", checkNoInit},
		{"flags-in-cmd", checkFlags},
		{"exit-in-main", checkExit},
		{"pure-packages", checkPure},
		{"locks-listed", checkLocksListed},
		{"notes-in-comments", checkComments},
		{"notes-in-text", checkTextNotes},
		{"machine-text", checkMachineText},
		{"pinned-versions", checkPinned},
		{"shown-commands", checkShownCommands},
		{"shown-paths", checkShownPaths},
		{"first-screen", checkFirstScreen},
	}
}

// checkWaivedLength applies the length rule with the waiver list, which may hold nothing unused or unexplained.
func checkWaivedLength(t *Tree) []Problem {
	waived, at, out := map[string]bool{}, map[string]int{}, []Problem(nil)
	if f := t.TextAt(waiverFile); f != nil {
		for i, line := range bytes.Split(f.Src, []byte("\n")) {
			text := strings.TrimSpace(string(line))
			if text == "" || strings.HasPrefix(text, "#") {
				continue
			}
			fields := strings.Fields(text)
			if len(fields) < 4 {
				out = append(out, Problem{waiverFile, i + 1, "want: path function reason in a few words"})
				continue
			}
			key := fields[0] + " " + fields[1]
			waived[key], at[key] = false, i+1
		}
	}
	out = append(out, checkFuncLength(t, waived)...)
	for key, used := range waived {
		if !used {
			out = append(out, Problem{waiverFile, at[key], fmt.Sprintf("waiver for %s is not needed: remove it", key)})
		}
	}
	return out
}

package preset

import (
	"embed"
	"fmt"
	"strings"

	"redline/lab/workload"
	"redline/lab/workload/file"
)

//go:embed *.yaml
var files embed.FS

// Names are all presets, in the order in which they are presented.
var Names = []string{"cache", "session", "leaderboard", "queue", "counter", "read-heavy", "write-heavy",
	"ycsb-a", "ycsb-b", "ycsb-c", "ycsb-d", "ycsb-e", "ycsb-f"}

// Text is the workload file of a preset.
func Text(name string) ([]byte, error) {
	text, err := files.ReadFile(name + ".yaml")
	if err == nil {
		return text, nil
	}
	hint := ""
	if near := workload.Nearest(name, Names); near != "" {
		hint = "; did you mean " + near + "?"
	}
	return nil, fmt.Errorf("there is no preset %q%s (there are %s)", name, hint, strings.Join(Names, ", "))
}

// Title is the first line of a preset's file: what it is, in a few words.
func Title(name string) string {
	text, err := Text(name)
	if err != nil {
		return ""
	}
	line, _, _ := strings.Cut(string(text), "\n")
	return strings.TrimPrefix(line, "# ")
}

// Spec is the workload of a preset.
func Spec(name string) (workload.Spec, error) {
	text, err := Text(name)
	if err != nil {
		return workload.Spec{}, err
	}
	return file.Parse("preset "+name, text)
}

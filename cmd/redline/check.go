package main

import (
	"encoding/json"
	"fmt"
	"io"
	"strings"

	"redline/server/inspect"
	"redline/vfs"
)

type checkCmd struct {
	Path   string `arg:"" help:"A data directory, an append-only directory, or an .rdb, .wal, .aof or .manifest file."`
	Repair bool   `help:"Cut torn tails off, after the files have been copied. Damage is left alone."`
	JSON   bool   `name:"json" help:"Print the findings as JSON."`
}

// Help is shown below the usage.
func (checkCmd) Help() string {
	return "Reads everything there is, Redline's files and Redis', and says for each file what is in it and where it is not as it was written. " +
		"A torn tail is what a crash leaves at the end of a log; the server cuts it off at its next start. Anything else is damage.\n\n" +
		"Exit codes: 0 everything is as it was written or was repaired, 1 something is torn or damaged, 3 it cannot be checked."
}

// checkResult is what --json prints.
type checkResult struct {
	*inspect.Report
	Sound bool          `json:"sound"`
	Cuts  []inspect.Cut `json:"cuts,omitempty"`
}

// Run prints a line a file.
func (c checkCmd) Run(io streams) error {
	r, err := inspect.Check(vfs.OS(), c.Path)
	if err != nil {
		return err
	}
	result := checkResult{Report: r, Sound: r.Sound()}
	var failed error
	if c.Repair && !result.Sound {
		result.Cuts, failed = inspect.Repair(vfs.OS(), r)
	}
	if c.JSON {
		enc := json.NewEncoder(io.out)
		enc.SetIndent("", "  ")
		err = enc.Encode(result)
	} else {
		err = c.print(io.out, &result)
	}
	switch {
	case err != nil:
		return err
	case failed != nil:
		return &exitError{exitFail, failed}
	case !result.Sound && !c.Repair:
		return &exitError{exitFail, nil}
	}
	return nil
}

func (c checkCmd) print(w io.Writer, r *checkResult) error {
	var b strings.Builder
	for _, f := range r.Files {
		b.WriteString(fileLine(f) + "\n")
	}
	for _, cut := range r.Cuts {
		fmt.Fprintf(&b, "%s: cut at offset %d, %d bytes; as it was before: %s\n", cut.Path, cut.Offset, cut.Bytes, cut.Copy)
	}
	if torn := len(r.Torn()); torn > 0 && !c.Repair {
		b.WriteString("A torn tail is what a crash leaves; the server cuts it off when it starts, or use --repair.\n")
	}
	_, err := io.WriteString(w, b.String())
	return err
}

// fileLine says what there is to say of a file.
func fileLine(f inspect.File) string {
	line := f.Path + ": "
	switch p := f.Problem; {
	case p != nil && p.Torn:
		line += fmt.Sprintf("TORN at offset %d: %s; before it: ", p.Offset, p.Reason)
	case p != nil:
		line += fmt.Sprintf("DAMAGED at offset %d: %s; before it: ", p.Offset, p.Reason)
	default:
		line += "ok: "
	}
	line += string(f.Kind)
	if f.Version > 0 {
		line += fmt.Sprintf(" version %d", f.Version)
	}
	switch f.Kind {
	case inspect.Snapshot, inspect.Base:
		line += fmt.Sprintf(", %d keys", f.Keys)
	case inspect.Log:
		line += fmt.Sprintf(", %d records", f.Records)
	case inspect.AOF:
		if f.Keys > 0 {
			line += fmt.Sprintf(", %d keys", f.Keys)
		}
		line += fmt.Sprintf(", %d groups of commands", f.Records)
	}
	line += fmt.Sprintf(", %d bytes", f.Bytes)
	if f.Note != "" {
		line += " (" + f.Note + ")"
	}
	return line
}

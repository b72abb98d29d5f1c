package server

import (
	"testing"

	"redline/server/internal/command"
	"redline/server/internal/pubsub"
)

// TestSyntax reads the arguments of every command: COMMAND DOCS leaves out what it cannot read.
func TestSyntax(t *testing.T) {
	s := &Server{broker: pubsub.NewBroker()}
	table, err := command.NewTable(s.families()...)
	if err != nil {
		t.Fatal(err)
	}
	for _, spec := range table.All() {
		if _, err := command.ParseSyntax(spec.Syntax); err != nil {
			t.Errorf("%s: %q: %v", spec.FullName, spec.Syntax, err)
		}
	}
}

package commandtest

import (
	"fmt"
	"testing"

	"redline/test/compat"
)

// Effect is a command with what it must log, announce and count as changes.
type Effect struct {
	Run, Effects, Events string
	Dirty                int64
}

// CheckEffects runs commands one after the other and compares what each of them did.
func CheckEffects(t *testing.T, s *Server, list []Effect) {
	t.Helper()
	c := s.Client()
	for _, tt := range list {
		s.Effects, s.Events = nil, nil
		before := s.Engine.Changes.Load()
		words, _ := compat.SplitWords(tt.Run)
		c.Do(words...)
		if fmt.Sprint(s.Effects) != tt.Effects || fmt.Sprint(s.Events) != tt.Events || s.Engine.Changes.Load()-before != tt.Dirty {
			t.Errorf("%s: logged %v, announced %v, %d changes", tt.Run, s.Effects, s.Events, s.Engine.Changes.Load()-before)
		}
	}
}

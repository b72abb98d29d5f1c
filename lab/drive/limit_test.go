//go:build unix && !freebsd && !dragonfly

package drive

import (
	"errors"
	"strings"
	"testing"
)

func TestMoreFiles(t *testing.T) {
	raised := uint64(0)
	set := func(n uint64) error { raised = n; return nil }
	if err := moreFiles(1000, 1064, 4096, set); err != nil || raised != 1064 {
		t.Errorf("raised to %d: %v", raised, err)
	}

	for name, err := range map[string]error{
		"hard limit": moreFiles(10_000, 10_064, 4096, set),
		"refused":    moreFiles(10_000, 10_064, 4096, func(uint64) error { return errors.New("no") }),
	} {
		if err == nil || !strings.Contains(err.Error(), "10000 connections") || !strings.Contains(err.Error(), "ulimit -n 10064") {
			t.Errorf("%s: %v", name, err)
		}
	}
	if err := RoomFor(1); err != nil {
		t.Error(err)
	}
}

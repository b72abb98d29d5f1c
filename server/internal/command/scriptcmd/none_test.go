package scriptcmd_test

import (
	"testing"

	"redline/server/internal/command/conncmd"
	"redline/server/internal/command/scriptcmd"
	"redline/server/internal/rig"
)

func TestAgainstRedis(t *testing.T) {
	redis := rig.StartRedis(t)
	for _, hello := range []string{"~ HELLO 2", "~ HELLO 3"} {
		rig.Compare(t, rig.New(t, conncmd.Commands, scriptcmd.Commands), redis, hello,
			"FUNCTION FLUSH", "FUNCTION FLUSH sync", "FUNCTION FLUSH ASYNC", "FUNCTION FLUSH x", "FUNCTION FLUSH sync x",
			"FUNCTION LIST", "FUNCTION LIST WITHCODE", "FUNCTION LIST LIBRARYNAME a withcode", "FUNCTION LIST libraryname", "FUNCTION LIST x",
			"FUNCTION LIST withcode withcode", "FUNCTION STATS", "FUNCTION STATS x", "FUNCTION KILL", "FUNCTION DELETE x", "FUNCTION DELETE", "FUNCTION LOAD",
			"FUNCTION NOSUCH", "FUNCTION", "SCRIPT", "SCRIPT NOSUCH", "SCRIPT EXISTS", "SCRIPT EXISTS a b", "SCRIPT FLUSH", "SCRIPT FLUSH sync",
			"SCRIPT FLUSH x", "SCRIPT FLUSH sync x", "SCRIPT KILL", "SCRIPT LOAD", "EVAL", "EVAL x", "EVALSHA x", "FCALL x", "FCALL_RO",
			"~ FUNCTION HELP", "~ SCRIPT HELP")
	}
}

func TestUnsupported(t *testing.T) {
	c := rig.New(t, scriptcmd.Commands).Client(t)
	for _, args := range [][]string{{"EVAL", "return 1", "0"}, {"EVALSHA", "x", "0"}, {"EVAL_RO", "x", "1", "k"}, {"FCALL", "f", "0"},
		{"FUNCTION", "LOAD", "x"}, {"FUNCTION", "DUMP"}, {"FUNCTION", "RESTORE", "x"}, {"SCRIPT", "LOAD", "x"}, {"SCRIPT", "DEBUG", "YES"}} {
		if got, want := c.Do(args...), "-"+scriptcmd.Unsupported+"\r\n"; got != want {
			t.Errorf("%q: got %q, want %q", args, got, want)
		}
	}
}

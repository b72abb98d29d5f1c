package server

import (
	"runtime/debug"

	"redline/server/internal/command"
)

// RedisVersion is the version of Redis whose behaviour the server follows; clients ask for it and act on it.
const RedisVersion = command.RedisVersion

// Version returns Redline's version: the module's, or the commit that it was built from.
func Version() string {
	bi, ok := debug.ReadBuildInfo()
	if !ok {
		return "unknown"
	}
	if v := bi.Main.Version; v != "" && v != "(devel)" {
		return v
	}
	for _, s := range bi.Settings {
		if s.Key == "vcs.revision" && len(s.Value) >= 12 {
			return "devel-" + s.Value[:12]
		}
	}
	return "devel"
}

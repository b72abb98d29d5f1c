package session

import (
	"redline/server/internal/command"
	"redline/server/internal/config"
)

// Redacted is what stands in the place of a secret.
const Redacted = "(redacted)"

// Redact returns the arguments of a command as MONITOR and the slow log may show them: passwords are replaced. The
// result is args itself when there is nothing to hide.
func Redact(spec *command.Spec, args [][]byte) [][]byte {
	switch spec.FullName {
	case "auth":
		return hide(args, 1, len(args))
	case "hello":
		for i := 2; i+2 < len(args); i++ {
			if command.Is(args[i], "auth") {
				return hide(args, i+1, i+3)
			}
			if command.Is(args[i], "setname") {
				i++
			}
		}
	case "config|set":
		for i := 2; i+1 < len(args); i += 2 {
			if config.Secret(string(args[i])) {
				args = hide(args, i+1, i+2)
			}
		}
	case "migrate":
		for i := 6; i+1 < len(args); i++ {
			switch {
			case command.Is(args[i], "auth"):
				return hide(args, i+1, i+2)
			case command.Is(args[i], "auth2"):
				return hide(args, i+1, min(i+3, len(args)))
			case command.Is(args[i], "keys"):
				return args
			}
		}
	}
	return args
}

func hide(args [][]byte, from, to int) [][]byte {
	shown := append([][]byte(nil), args...)
	for i := from; i < to; i++ {
		shown[i] = []byte(Redacted)
	}
	return shown
}

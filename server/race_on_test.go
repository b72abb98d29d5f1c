//go:build race

package server_test

// underRace says that the race detector is on, whose memory is in none of the server's parts.
const underRace = true

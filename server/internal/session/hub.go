package session

import (
	"log/slog"
	"sync/atomic"
	"time"

	"redline/server/internal/command"
	"redline/server/internal/config"
	"redline/server/internal/observe"
	"redline/server/internal/snapshot"
)

// Hub is what all sessions share. Its fields are set before the first session and do not change.
type Hub struct {
	Table   *command.Table
	Engine  *command.Engine
	Config  *config.Config
	Stats   *observe.Stats
	Clients Registry
	Log     *slog.Logger
	Clock   func() time.Time // wall clock; a simulation brings its own
	Started time.Time
	RunID   string

	Port         atomic.Int32 // of TCP, 0 without
	AdminAddr    string       // of the admin listener, empty without
	Version      string       // of Redline
	ExpireOff    atomic.Bool  // DEBUG SET-ACTIVE-EXPIRE 0
	SkipChecksum atomic.Bool  // DEBUG SET-SKIP-CHECKSUM-VALIDATION 1
	ReplID       atomic.Pointer[string]
	Slow         observe.SlowLog
	Spikes       observe.Spikes
	Rates        observe.Rates

	// Defrag is what compaction does: percent of a core that it takes now, and blocks that it has moved.
	Defrag struct{ Effort, Moves atomic.Int64 }
	// OtherMemory is what is live outside the keyspace, in bytes; nil: not known.
	OtherMemory func() int64
	// Subscribed tells how many channels, patterns and shard channels have a subscriber; nil: there is no broker.
	Subscribed func() (channels, patterns, shard int)
	// Journal is the log of changes; nil: there is none.
	Journal Journal
	Loading Loading
	Frozen  atomic.Bool // the server changes no data by itself, as that could not be logged
	// OnSlow is told of commands that took longer than slowlog-log-slower-than; nil: nobody listens. args are views.
	OnSlow func(s *Session, spec *command.Spec, args [][]byte, nanos int64)
	// Saves writes the RDB file; nil: nothing does.
	Saves *snapshot.Service
	// Shutdown ends the server: SHUTDOWN. It returns an error when it must not end.
	Shutdown func(o ShutdownOptions) error
	admit    []func(s *Session, spec *command.Spec, args [][]byte) string
	onClose  []func(s *Session)
	onReset  []func(s *Session)
	monitors atomic.Int32
	pause    pause
}

// ShutdownOptions are those of the SHUTDOWN command.
type ShutdownOptions struct{ Save, NoSave, Now, Force, Abort bool }

// Admit adds a check that every command passes before it runs: it returns an error text, or nothing. Memory limits,
// access control and persistence errors come in here.
func (h *Hub) Admit(f func(s *Session, spec *command.Spec, args [][]byte) string) {
	h.admit = append(h.admit, f)
}

// OnClose adds a function that is called when a session ends: subscriptions leave their channels here.
func (h *Hub) OnClose(f func(s *Session)) { h.onClose = append(h.onClose, f) }

// Nanotime returns a monotonic time in nanoseconds.
func (h *Hub) Nanotime() int64 { return int64(time.Since(h.Started)) }

// MaxClientsError is what a connection above maxclients is told before it is closed.
const MaxClientsError = "-ERR max number of clients reached\r\n"

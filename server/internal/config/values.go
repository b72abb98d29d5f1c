// Package config holds the server's settings: Values is a consistent snapshot that commands read, the table of
// directives says how each is named, parsed, shown, changed at run time and written back.
package config

// Values is one snapshot of all settings. It is replaced as a whole and never changed, so a reader needs no lock.
type Values struct {
	// Limits of the small encodings: above them a collection turns into its large form.
	HashMaxListpackEntries int
	HashMaxListpackValue   int // bytes
	ListMaxListpackSize    int // entries, or -1..-5 for 4..64 KiB
	ListCompressDepth      int
	SetMaxIntsetEntries    int
	ZSetMaxListpackEntries int
	ZSetMaxListpackValue   int // bytes
	HLLSparseMaxBytes      int
	StreamNodeMaxBytes     int
	StreamNodeMaxEntries   int

	ProtoMaxBulkLen     int64  // bytes
	NotifyKeyspace      string // notify-keyspace-events, canonical form
	LFU                 bool   // the eviction policy wants access frequencies
	LFULogFactor        int
	LFUDecayTime        int // minutes
	MaxClients          int
	TimeoutSeconds      int
	TCPKeepaliveSeconds int
	RequirePass         string
	ProtectedMode       bool
	SlowlogSlowerThanUs int64
	SlowlogMaxLen       int
	OutputLimits        [3]OutputLimit // by client class
	QueryBufferLimit    int64          // bytes
	MaxMemory           int64          // bytes; 0: none
	MaxMemoryPolicy     string
	Hz                  int

	Port, Shards, Databases, AdminPort       int
	Bind                                     []string
	AdminBind, UnixSocket, LogFile, LogLevel string
	UnixSocketPerm                           uint32
}

// OutputLimit bounds what waits to be sent to a client: it is closed at once above Hard, and when it stays above Soft
// for SoftSeconds. 0 means no limit.
type OutputLimit struct {
	Hard, Soft  int64 // bytes
	SoftSeconds int
}

// The classes of clients that have output limits of their own.
const (
	ClassNormal = iota
	ClassReplica
	ClassPubSub
)

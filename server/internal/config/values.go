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
	Defrag              Defrag
	MaxClients          int
	TimeoutSeconds      int
	TCPKeepaliveSeconds int
	IOTransport         string // auto, epoll or goroutines
	IOLoops             int    // event loops; 0: as many as measured best
	RequirePass         string
	ProtectedMode       bool
	SlowlogSlowerThanUs int64
	AnatomySampling     int32 // one request in so many is measured stage by stage; 0: none
	SlowlogMaxLen       int
	OutputLimits        [3]OutputLimit // by client class
	QueryBufferLimit    int64          // bytes
	MaxMemory           int64          // bytes; 0: none
	MaxMemoryPolicy     string
	MaxMemorySamples    int
	MaxMemoryClients    int64 // bytes for the buffers of all clients; below 0: percent of MaxMemory; 0: no limit
	EvictionTenacity    int   // 0..100: how long one command may be held up by evictions
	Hz                  int

	// Listening. Port and Bind change at run time only through hooks (OnChange).
	Port           int // 0: no TCP
	Bind           []string
	UnixSocket     string // path; empty: none
	UnixSocketPerm uint32 // 0: as the umask says
	TCPBacklog     int
	AdminPort      int    // HTTP for health, metrics and profiles; 0: off
	AdminBind      string // its address

	Shards    int // a power of two
	Databases int

	Dir      string // working directory, absolute: relative file names start here
	LogFile  string // empty: standard output
	LogLevel string // debug, verbose, notice, warning

	Save        []SavePoint
	DBFilename  string
	AppendOnly  bool
	AppendFsync string // always, everysec, no
	// AppendFsyncWrites has the log synced whenever so many records are not on disk; 0: not by their number.
	AppendFsyncWrites int
	AppendDirname     string // of the log, below Dir
	AppendFilename    string // the first part of the names of Redis' files there, to import them
	RewritePercent    int64  // growth of the log since its last base that has a new one made; 0: never
	RewriteBytesMin   int64  // but not below this size
	LoadTruncated     bool   // a torn tail of the log is cut off at start
	SanitizeDump      string // no, yes, clients: how far payloads of RESTORE are checked
	RDBCompressed     bool
	RDBChecksum       bool
	// RDBKeySaveDelayUs slows a snapshot down, for tests: microseconds a key, or below 0 so many keys a microsecond.
	RDBKeySaveDelayUs int64
	StopWrites        bool // when a snapshot fails: stop-writes-on-bgsave-error

	DebugCommand     Permission
	ProtectedConfigs Permission
	Renames          []Rename // rename-command, in order

	LatencyTracking     bool
	LatencyPercentiles  []float64 // of INFO latencystats
	LatencyThresholdMs  int64     // latency-monitor-threshold; 0: off
	ACLLogMaxLen        int
	BusyReplyMs         int64 // a script that runs longer may be killed
	ShutdownSeconds     int   // how long a shutdown waits for clients and replicas
	ShutdownOnInterrupt []string
	ShutdownOnTerminate []string
}

// SavePoint is one pair of save: a snapshot is due when Seconds have passed and Changes were made.
type SavePoint struct {
	Seconds int64
	Changes int64
}

// Rename is one rename-command: an empty To removes the command.
type Rename struct{ From, To string }

// Permission says who may do something that Redis guards.
type Permission string

// The permissions.
const (
	PermitNone  Permission = "no"
	PermitAll   Permission = "yes"
	PermitLocal Permission = "local" // clients on the loopback interface or a unix socket
)

// Allows says whether a client may, given whether it is local.
func (p Permission) Allows(local bool) bool { return p == PermitAll || p == PermitLocal && local }

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

// Defrag is how sparse memory is compacted: activedefrag and the directives active-defrag-*.
type Defrag struct {
	On                 bool
	CycleMin, CycleMax int   // percent of a core
	Lower, Upper       int   // percent of fragmentation: where the least and the most effort is made
	IgnoreBytes        int64 // less than that is not worth the effort
}

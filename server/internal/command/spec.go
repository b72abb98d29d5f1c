package command

// Flag is a property of a command, as COMMAND INFO shows them.
type Flag uint32

// The flags of Redis 7.0 (server.h, CMD_*), and ours.
const (
	Write        Flag = 1 << iota // may change the data
	Readonly                      // reads data
	DenyOOM                       // refused when memory is full
	Admin                         // administration
	PubSub                        // publish and subscribe
	NoScript                      // not from a script
	Blocking                      // may block the client
	Loading                       // allowed while the data is being loaded
	Stale                         // allowed on a replica with old data
	SkipMonitor                   // not shown to MONITOR
	SkipSlowlog                   // not recorded in the slow log
	Asking                        // cluster: after ASKING
	Fast                          // O(1) or O(log n)
	NoAuth                        // allowed before AUTH
	MayReplicate                  // may cause writes though it is no write
	NoAsyncLoading
	NoMulti              // not inside MULTI
	MovableKeys          // the keys cannot be told from the key specs alone
	AllowBusy            // allowed while a script runs
	NoMandatoryKeys      // needs no key though it has key specs
	ModuleGetChannels    // not used by us; keeps the numbering readable
	AllShards            // ours: the handler needs the whole keyspace locked (FLUSHALL, SORT BY *)
	NoLock               // ours: the handler locks the shards that it needs by itself (SCAN, KEYS, MULTI's EXEC)
	TouchesArbitraryKeys // Redis 7.2's name: may reach keys that it does not name (SORT, RANDOMKEY)
)

// Category is a set of ACL categories that a command has beyond those that follow from its flags.
type Category uint32

// The ACL categories of Redis 7.0 (acl.c, ACLCommandCategories).
const (
	CatKeyspace Category = 1 << iota
	CatRead
	CatWrite
	CatSet
	CatSortedSet
	CatList
	CatHash
	CatString
	CatBitmap
	CatHyperLogLog
	CatGeo
	CatStream
	CatPubSub
	CatAdmin
	CatFast
	CatSlow
	CatBlocking
	CatDangerous
	CatConnection
	CatTransaction
	CatScripting
)

// KeyFlag says what a command does with a key (COMMAND INFO, key specifications).
type KeyFlag uint16

// The key flags of Redis 7.0.
const (
	KeyRO KeyFlag = 1 << iota // reads the value
	KeyRW                     // reads and changes the value
	KeyOW                     // overwrites the value
	KeyRM                     // deletes the key
	KeyAccess
	KeyUpdate
	KeyInsert
	KeyDelete
	KeyNotKey
	KeyIncomplete
	KeyVariableFlags
)

// KeySpec tells where a command's keys are. BeginIndex or BeginKeyword gives the first; then either a range (LastKey,
// Step, Limit) or, with KeyNumIdx >= 0 and FromNum, a count that stands among the arguments.
type KeySpec struct {
	Flags KeyFlag
	Notes string

	Begin     int    // index of the first key, when Keyword is empty
	Keyword   string // or the word that the keys follow
	StartFrom int    // where the search for the word starts; negative: from the end

	FindNum  bool // find_keys is keynum instead of range
	LastKey  int  // range: relative to the first; negative: from the end of the arguments
	Step     int
	Limit    int
	NumIdx   int // keynum: where the count is, relative to Begin
	FirstKey int // keynum: where the first key is, relative to Begin
	Unknown  bool
}

// Handler executes a command: it reads c.Args, changes the shards of its keys, which are locked, and appends exactly
// one reply (or more for subscriptions) to c.Reply, or calls c.Block.
type Handler func(c *Call)

// Spec describes a command or a subcommand. Everything that is known of a command is read from here.
type Spec struct {
	Name       string // lower case; for a subcommand its own name alone
	Group      string // as in COMMAND DOCS: "string", "generic", "server", ...
	Since      string
	Complexity string
	Summary    string
	Syntax     string // arguments in the notation of ParseSyntax, from which COMMAND DOCS derives its tree
	History    [][2]string
	Deprecated string // since when, with ReplacedBy telling what to use; empty: it is not
	ReplacedBy string
	System     bool // for Redis itself and its tools rather than for applications

	Arity int // with the name; negative: at least
	Flags Flag
	Cats  Category
	Keys  []KeySpec
	Tips  []string

	Handler Handler
	// Extract finds the keys of a command whose specs are not enough. It appends their positions to dst.
	Extract func(dst []KeyPos, args [][]byte) ([]KeyPos, error)

	// Vary tells what a call does with its keys where the specs cannot (KeyVariableFlags): for COMMAND GETKEYSANDFLAGS.
	Vary func(args [][]byte) KeyFlag

	// Wide says whether a call needs the whole keyspace locked, as AllShards does for every call; nil: none does.
	Wide func(args [][]byte) bool

	Subcommands []Spec

	// The fields below are filled by NewTable.

	ID       int    // dense index, for statistics
	FullName string // "config|get"
	Parent   *Spec
	oneKey   bool // the only key is argument 1: the fast path
	noKeys   bool
}

// Is says whether all given flags are set.
func (s *Spec) Is(f Flag) bool { return s.Flags&f == f }

// Any says whether one of the given flags is set.
func (s *Spec) Any(f Flag) bool { return s.Flags&f != 0 }

// Package inspect looks at data files without a server: Check reads all of a data directory or one file and says what is in
// it and what is wrong, Repair cuts a torn tail off.
//
// What a crash leaves and what damage leaves are told apart. A torn tail is the end of a log that was being written when
// the machine stopped: the server cuts it off by itself, and nothing that it acknowledged is in it, or no more than
// appendfsync allows. Everything else that is not as it was written is damage: the server does not start on it, and neither does
// this package change it.
//
// It reads; nothing is changed but by Repair.
package inspect

// Kind is what a file holds.
type Kind string

// The kinds of files.
const (
	Snapshot Kind = "snapshot" // an RDB file
	Base     Kind = "base"     // an RDB file that a log continues
	Log      Kind = "log"      // a segment of Redline's log
	AOF      Kind = "aof"      // commands that Redis has logged
	Manifest Kind = "manifest" // of Redis' append-only directory
	Other    Kind = "other"    // not looked into
)

// A Problem is a place in a file that is not as it was written.
type Problem struct {
	Offset int64  `json:"offset"` // in bytes
	Reason string `json:"reason"`
	// Torn says that it is the end of a log, as a crash leaves it, which Repair cuts off.
	Torn bool `json:"torn,omitempty"`
}

// A File is what was found out about one file.
type File struct {
	Path    string   `json:"path"`
	Kind    Kind     `json:"kind"`
	Bytes   int64    `json:"bytes"`
	Version int      `json:"version,omitempty"` // of the format
	Keys    int64    `json:"keys,omitempty"`    // of a snapshot
	Records int64    `json:"records,omitempty"` // of a log: groups of commands that belong together
	Note    string   `json:"note,omitempty"`
	Problem *Problem `json:"problem,omitempty"` // the first one; what comes behind it cannot be trusted
}

// A Report is what was found out about a directory or file.
type Report struct {
	Path  string `json:"path"`
	Files []File `json:"files"`
}

// Sound says whether nothing is wrong.
func (r *Report) Sound() bool {
	for i := range r.Files {
		if r.Files[i].Problem != nil {
			return false
		}
	}
	return true
}

// Torn returns the files with nothing wrong but a torn tail.
func (r *Report) Torn() (torn []File) {
	for _, f := range r.Files {
		if f.Problem != nil && f.Problem.Torn {
			torn = append(torn, f)
		}
	}
	return torn
}

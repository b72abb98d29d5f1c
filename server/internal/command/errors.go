package command

// Error texts that many commands share, as Redis 7.0 words them (server.c, createSharedObjects).
const (
	ErrWrongType     = "WRONGTYPE Operation against a key holding the wrong kind of value"
	ErrSyntax        = "ERR syntax error"
	ErrNoKey         = "ERR no such key"
	ErrNotInt        = "ERR value is not an integer or out of range"
	ErrNotFloat      = "ERR value is not a valid float"
	ErrOutOfRange    = "ERR index out of range"
	ErrSameObject    = "ERR source and destination objects are the same"
	ErrOOM           = "OOM command not allowed when used memory > 'maxmemory'."
	ErrNoAuth        = "NOAUTH Authentication required."
	ErrOverflow      = "ERR increment or decrement would overflow"
	ErrInvalidExpire = "ERR invalid expire time in '%s' command"
	ErrDBRange       = "ERR DB index is out of range"
	ErrStringTooLong = "ERR string exceeds maximum allowed size (proto-max-bulk-len)"
	ErrNotPositive   = "ERR value is out of range, must be positive"

	// ErrLogFailed is followed by the reason.
	ErrLogFailed = "MISCONF Errors writing to the AOF file: "

	ErrTimeoutFloat    = "ERR timeout is not a float or out of range"
	ErrTimeoutInt      = "ERR timeout is not an integer or out of range"
	ErrTimeoutNegative = "ERR timeout is negative"
)

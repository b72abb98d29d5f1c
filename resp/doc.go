// Package resp is the Redis serialization protocol, versions 2 and 3, for both ends of a connection.
//
// A server reads requests with [Parser], which works on bytes it is handed and copies nothing, and writes replies with
// [Writer], which appends to a buffer. A client writes requests with [AppendCommand], reads replies with [Reader]
// (whole values, for tests and tools) or walks over them with [SkipReply] and [ReplyScanner] (lengths only, for load
// drivers). [ParseInt], [ParseFloat], [AppendDouble] and [LongDouble] read and write numbers exactly as Redis 7.0 does,
// because clients see every digit.
//
// The package does no I/O except in Reader, starts no goroutine and holds no global state. What a request means, and
// which limits apply to which client, is the caller's business.
package resp

// Package compat compares a server with a real redis-server, reply for reply.
//
// No expected replies are stored: both servers get the same bytes and their answers are compared, so the oracle is always
// the redis-server that is installed. There are three kinds of test:
//
//   - transcripts, testdata/*.txt: commands grouped in sections, run in RESP2 and RESP3 (see [ParseTranscript]);
//   - the differential run: seeded random commands of every family over a small key space (see [Families]), with all
//     replies and finally all contents compared, and a minimised history printed on failure;
//   - the command table: COMMAND INFO and COMMAND DOCS of every command that exists.
//
// Everything here is a black box: it reaches the servers over the wire only and shares no code with them, its reply reader
// included. Tests skip when redis-server is not installed.
//
//	go test ./test/compat                                  # about 20 s
//	go test ./test/compat -run Random -compat.duration=30m # a long differential run
//	go test ./test/compat -run Random -compat.first=0      # histories that nobody has seen yet
//	go test ./test/compat -run Random -compat.seed=42      # the history of one seed again
//	go test ./test/compat -compat.target=redis             # the harness itself: redis-server against redis-server
//	go test ./test/compat -compat.target=127.0.0.1:7777    # against a server that runs already
package compat

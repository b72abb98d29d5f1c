// Package wal is the log of what was done to the data: framed, checksummed, numbered records in segment files.
//
// A record is one atomic group of effects (a command, a transaction, a script), as RESP commands with their databases
// and the time at which they ran. Log writes: Commit takes a record, Wait waits until it is as safe as the policy asks.
// Read reads a directory of segments back, finds the end, and tells a torn tail from damage in the middle.
//
// # Order and durability
//
// Commit is called with the shards of its keys locked, so the order of the log is the order of the changes. It only
// appends to a buffer, under one short lock. Who needs a record to be safe calls Wait outside of all shard locks. If
// nobody is at it, the caller leads a round: it takes the whole buffer, writes it with one write and, under the policy
// "always", syncs the file. Whoever comes meanwhile waits for that round, and one of those whose record came too late for
// it leads the next. So fifty sessions share one sync, it runs beside the execution of commands, and an idle log needs no
// goroutine to hand work to.
//
// An event loop leads a round by itself as well, once for all replies of a turn, and is told of one that somebody else leads
// (Await).
//
// Whatever the policy, no more than some megabytes are in the file and not on disk: a segment is synced before the next one
// begins, and replies wait for it. With 64 MiB to sync then, the longest response of fifty clients that write as fast as they
// can was 42 ms, so it is 13 ms, for 2 to 4 % of the throughput (medians of twelve runs, pipeline 16).
//
// Rejected: a writer goroutine that is handed the buffer. Each round then costs two more hand-overs between threads, of 10 to
// 50 us each, and one that begins at once finds but a part of the requests, so that twice as many syncs are made. Measured
// with loops, 50 connections and "always": 54 instead of 71 thousand writes a second.
//
// Rejected: several syncs at once, each with a file of its own. The disk does two in the time of one, but the requests then come
// in smaller turns, which cost the server a third more processor time each: 42 instead of 55 thousand writes a second with
// loops that hand the sync to a goroutine, 45 with two loops, 30 instead of 52 with a goroutine for each connection.
//
// Rejected: writes past the system's cache (O_DIRECT, O_DSYNC). The disk is done after 0.15 to 0.18 ms instead of 0.17 to 0.24,
// which is 3 to 5 % more writes a second and not worth a second way to the disk, of whole blocks, beside the one that every file
// system has. Started with io_submit and told of by the loop's own epoll set, so that the loop goes on meanwhile, turns get
// smaller again: 62 instead of 78 thousand writes a second.
//
// Rejected: a segment that is mapped, so that Commit stores the record into the file and no round is needed until the disk is
// synced. The stores must not fail, so all of the segment has to be written before; and each page is made writable again after
// each sync. Measured with loops, pipeline 16 and "everysec": 0.69 of the throughput without a log, instead of 0.74 to
// 0.87.
//
// # Invariants
//
//   - A segment's file has its final name only once its header is on disk, and the one before it is on disk completely.
//     So a bad header or a gap between segments is damage, never the trace of a crash.
//   - Each record says up to which record the log was on disk when it was made. If such a record is found behind a damaged
//     place that it vouches for, the damage is not the trace of a crash either.
//   - A frame's checksum includes the segment's random ID, so old frames in a file that is used again never pass.
//   - After a failed write or sync nothing more is written to that file: the system may have dropped pages that it could not
//     write, and a later sync would succeed without them. What is not known to be on disk goes to a new segment, from which
//     it is read in preference.
//
// The layout is specified in docs/format/log.md. The package knows nothing of commands and takes no part in snapshots: it
// is told which records are not needed any more.
package wal

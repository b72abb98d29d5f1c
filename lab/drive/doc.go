// Package drive applies a workload to a server and reports what happened, slice
// by slice. Run is the entry; Config says what to send where, and its Sink gets
// the slices.
//
// # How it works
//
// A fixed set of threads shares the connections. Each thread is a goroutine
// locked to an OS thread with its own poller, request generator, schedule and
// recorders, and shares nothing with the others while it runs. A thread does one
// thing at a time, in this order:
//
//  1. requests whose intended time has come enter the backlog;
//  2. the backlog is sent on free connections, one write for each connection;
//  3. the thread sleeps in the poller until the next intended time, the end of
//     the slice or a reply, whichever is first;
//  4. replies are scanned and recorded; between two connections step 1 is
//     repeated if a request has become due, so that a burst of replies does not
//     delay sending.
//
// At the end of a slice the thread hands its recorders to the collector and goes
// on with spare ones; the collector merges the threads and calls the Sink.
//
// # What is measured
//
// Response time runs from the intended time of a request to its reply, service
// time from the write that sent it. In an open loop the intended times come from
// the schedule alone: when the server stalls, requests pile up in the backlog
// and their response times show the wait. In a closed loop both are the same.
//
// Pacing error is how late a request was sent although a connection was free,
// or, if none was, how late it was seen that it was due: the fault of this
// package or its machine, not of the server. A closed loop has no schedule to be
// late for; there it is how late the thread comes to instants of its own, 100 a
// second, and so to replies.
//
// # Why not goroutines and timers
//
// A goroutine a connection with time.Sleep was measured first: sleeps end up to
// 1 ms late, and scheduling costs several times the CPU of the requests. A
// thread that sleeps in epoll_pwait2 with nanosecond timeouts and 1 ns timer
// slack wakes within tens of microseconds: the time an idle CPU takes to wake,
// which the thread learns, so as to sleep that much less (pace.go). Elsewhere than on Linux a portable
// poller over package net keeps everything working with coarser pacing.
package drive

package main

import (
	"os"
	"sync/atomic"
	"time"
)

// sink keeps results from being optimised away.
var sink atomic.Uint64

// work is about a tenth of a millisecond of arithmetic.
func work() {
	x := uint64(1)
	for range 100_000 {
		x ^= x << 13
		x ^= x >> 7
		x ^= x << 17
	}
	sink.Store(x)
}

// node is what the planted allocations are made of.
type node struct {
	next *node
	data [24]uint64
}

var last atomic.Pointer[node]

func keep(n *node) { last.Store(n) }

// buildReply is the planted allocation: 600 nodes of 200 bytes for each command.
func buildReply() *node {
	var list *node
	for range 600 {
		list = &node{next: list}
		list.data[0] = sink.Load()
	}
	return list
}

// slowFile is a log on a disk whose flushes take long.
type slowFile struct{ f *os.File }

// flushTime is what a flush of a disk without a write cache takes.
const flushTime = 4 * time.Millisecond

// append writes a record and waits until it is on disk.
func (s *slowFile) append(record []byte) error {
	if _, err := s.f.Write(record); err != nil {
		return err
	}
	return s.Sync()
}

// Sync waits for the disk.
func (s *slowFile) Sync() error {
	flushed := time.NewTimer(flushTime)
	<-flushed.C
	return nil
}

// detach copies arguments out of the connection's buffer, as servers do that have not
// been tuned: some garbage for each command, so that the collector has a reason to run.
func detach(args [][]byte) [][]byte {
	memory, out := make([]byte, 0, 1024), make([][]byte, len(args))
	for i, a := range args {
		memory = append(memory, a...)
		out[i] = memory[len(memory)-len(a):]
	}
	return out
}

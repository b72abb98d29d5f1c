package main

import (
	"bytes"
	"strconv"
	"strings"
	"time"

	"redline/resp"
)

// command runs one request and appends its reply.
func (s *server) command(out []byte, args [][]byte) []byte {
	if s.fault == "global-lock" {
		return s.alone(out, args)
	}
	return s.dispatch(out, args)
}

// alone is the planted global lock.
func (s *server) alone(out []byte, args [][]byte) []byte {
	s.global.Lock()
	defer s.global.Unlock()
	work()
	return s.dispatch(out, args)
}

func (s *server) dispatch(out []byte, args [][]byte) []byte {
	args = detach(args)
	if s.fault == "allocations" {
		keep(buildReply())
	}
	switch name := strings.ToUpper(string(args[0])); {
	case name == "PING":
		return resp.AppendSimpleString(out, "PONG")
	case name == "INFO":
		return resp.AppendBulkString(out, s.info())
	case name == "DBSIZE":
		return resp.AppendInt(out, s.size())
	case len(args) < 2:
		return resp.AppendError(out, "ERR unknown command or wrong number of arguments for '"+name+"'")
	case name == "DEL" || name == "UNLINK":
		return resp.AppendInt(out, s.del(args[1:]))
	default:
		return s.keyed(out, name, args[1], args[2:])
	}
}

// keyed runs a command of one key.
func (s *server) keyed(out []byte, name string, key []byte, args [][]byte) []byte {
	sh := s.shardOf(key)
	sh.commands.Add(1)
	switch {
	case name == "GET":
		return s.get(out, sh, key)
	case name == "SET" && len(args) > 0:
		return s.set(out, sh, key, args[0], args[1:])
	case name == "INCR":
		return s.incr(out, sh, key)
	case (name == "EXPIRE" || name == "PEXPIRE") && len(args) == 1:
		n, ok := resp.ParseInt(args[0])
		if !ok {
			return resp.AppendError(out, notInteger)
		}
		if name == "EXPIRE" {
			n *= 1000
		}
		return s.expire(out, sh, key, time.Now().UnixMilli()+n)
	}
	return resp.AppendError(out, "ERR unknown command or wrong number of arguments for '"+name+"'")
}

const notInteger = "ERR value is not an integer or out of range"

// locked runs f on a shard. It is where a hot shard makes the others wait.
func (s *server) locked(sh *shard, f func(keys map[string]*entry)) {
	sh.mu.Lock()
	defer sh.mu.Unlock()
	if s.fault == "hot-shard" {
		work()
	}
	f(sh.keys)
}

func (s *server) get(out []byte, sh *shard, key []byte) []byte {
	found := false
	s.locked(sh, func(keys map[string]*entry) {
		if e := keys[string(key)]; e != nil && !e.due() {
			out, found = resp.AppendBulk(out, e.value), true
		}
	})
	if !found {
		return append(out, "$-1\r\n"...)
	}
	return out
}

func (e *entry) due() bool { return e.dueMs != 0 && time.Now().UnixMilli() >= e.dueMs }

func (s *server) set(out []byte, sh *shard, key, value []byte, options [][]byte) []byte {
	due := int64(0)
	if len(options) == 2 {
		n, ok := resp.ParseInt(options[1])
		if !ok {
			return resp.AppendError(out, notInteger)
		}
		now := time.Now().UnixMilli()
		switch strings.ToUpper(string(options[0])) {
		case "EX":
			due = now + 1000*n
		case "PX":
			due = now + n
		case "PXAT":
			due = n
		default:
			return resp.AppendError(out, "ERR syntax error")
		}
	}
	if s.log != nil {
		if err := s.log.append(value); err != nil {
			return resp.AppendError(out, "ERR "+err.Error())
		}
	}
	s.locked(sh, func(keys map[string]*entry) {
		e := keys[string(key)]
		if e == nil {
			e = &entry{}
			keys[string(key)] = e
		}
		e.value = append(e.value[:0], value...)
		e.dueMs = due
	})
	if due != 0 {
		s.removeLater(sh, string(key), due)
	}
	return append(out, "+OK\r\n"...)
}

func (s *server) incr(out []byte, sh *shard, key []byte) []byte {
	if s.fault == "sleep" {
		time.Sleep(incrSleep)
	}
	n, ok := int64(0), true
	s.locked(sh, func(keys map[string]*entry) {
		e := keys[string(key)]
		if e == nil {
			e = &entry{}
			keys[string(key)] = e
		} else if n, ok = resp.ParseInt(bytes.TrimSpace(e.value)); !ok {
			n, ok = 0, true // the load makes no difference between kinds of values
		}
		n++
		e.value = strconv.AppendInt(e.value[:0], n, 10)
	})
	return resp.AppendInt(out, n)
}

func (s *server) expire(out []byte, sh *shard, key []byte, dueMs int64) []byte {
	n := int64(0)
	s.locked(sh, func(keys map[string]*entry) {
		if e := keys[string(key)]; e != nil {
			e.dueMs, n = dueMs, 1
		}
	})
	if n == 1 {
		s.removeLater(sh, string(key), dueMs)
	}
	return resp.AppendInt(out, n)
}

// removeLater sees to it that a key goes at its time: with the fault by a goroutine
// for each, else by one timer of the runtime for each, which costs no stack.
func (s *server) removeLater(sh *shard, key string, dueMs int64) {
	wait := time.Until(time.UnixMilli(dueMs))
	remove := func() {
		sh.mu.Lock()
		defer sh.mu.Unlock()
		if e := sh.keys[key]; e != nil && e.dueMs == dueMs {
			delete(sh.keys, key)
		}
	}
	if s.fault != "goroutine-per-key" {
		time.AfterFunc(wait, remove)
		return
	}
	go func() {
		time.Sleep(wait)
		remove()
	}()
}

func (s *server) del(names [][]byte) (n int64) {
	for _, key := range names {
		sh := s.shardOf(key)
		s.locked(sh, func(keys map[string]*entry) {
			if keys[string(key)] != nil {
				delete(keys, string(key))
				n++
			}
		})
	}
	return n
}

func (s *server) size() (n int64) {
	for i := range s.shards {
		sh := &s.shards[i]
		sh.mu.Lock()
		n += int64(len(sh.keys))
		sh.mu.Unlock()
	}
	return n
}

package session

import (
	"fmt"
	"strconv"

	"redline/server/internal/command"
)

// SetMonitoring turns MONITOR on or off for a session.
func (s *Session) SetMonitoring(on bool) {
	if s.Monitoring == on {
		return
	}
	s.Monitoring = on
	if on {
		s.Hub.monitors.Add(1)
	} else {
		s.Hub.monitors.Add(-1)
	}
	s.info.flags.Store(s.flags())
}

// monitor shows a command to all monitoring clients, in the format of Redis (replication.c, replicationFeedMonitors).
func (h *Hub) monitor(s *Session, spec *command.Spec, args [][]byte) {
	if spec.Any(command.SkipMonitor | command.Admin) {
		return
	}
	now := h.Clock()
	line := fmt.Appendf(nil, "+%d.%06d [%d %s] ", now.Unix(), now.Nanosecond()/1000, s.DB, s.source())
	for i, a := range Redact(spec, args) {
		if i > 0 {
			line = append(line, ' ')
		}
		line = AppendRepr(line, a)
	}
	line = append(line, '\r', '\n')
	for _, c := range h.Clients.All() {
		if c.info.flags.Load()&flagMonitor != 0 {
			c.Push(line)
		}
	}
}

func (s *Session) source() string {
	if s.Peer.Unix {
		return "unix:" + s.Peer.LocalAddr
	}
	return s.Peer.Addr
}

// AppendRepr appends b in quotes with everything unprintable escaped, as Redis' sdscatrepr does.
func AppendRepr(dst, b []byte) []byte {
	dst = append(dst, '"')
	for _, c := range b {
		switch {
		case c == '\\' || c == '"':
			dst = append(dst, '\\', c)
		case c == '\n':
			dst = append(dst, `\n`...)
		case c == '\r':
			dst = append(dst, `\r`...)
		case c == '\t':
			dst = append(dst, `\t`...)
		case c == '\a':
			dst = append(dst, `\a`...)
		case c == '\b':
			dst = append(dst, `\b`...)
		case c >= ' ' && c < 0x7f:
			dst = append(dst, c)
		default:
			const hex = "0123456789abcdef"
			dst = append(dst, '\\', 'x', hex[c>>4], hex[c&15])
		}
	}
	return append(dst, '"')
}

// The bits of info.flags.
const (
	flagMonitor = 1 << iota
	flagBlocked
	flagClosing
	flagUnix
	flagNoEvict
	flagNoTouch
)

func (s *Session) flags() (f uint32) {
	for _, x := range []struct {
		on  bool
		bit uint32
	}{{s.Monitoring, flagMonitor}, {s.blocked != nil, flagBlocked}, {s.closing, flagClosing}, {s.Peer.Unix, flagUnix},
		{s.NoEvict, flagNoEvict}, {s.NoTouch, flagNoTouch}} {
		if x.on {
			f |= x.bit
		}
	}
	return f
}

// Describe names the client for the log.
func (s *Session) Describe() string {
	return "id=" + strconv.FormatInt(s.ID, 10) + " addr=" + s.Peer.Addr
}

// Subscriptions returns how many channels and patterns the client listens to.
func (s *Session) Subscriptions() int {
	return int(s.info.subs[0].Load() + s.info.subs[1].Load() + s.info.subs[2].Load())
}

// SubscriptionCounts returns the numbers of channels, patterns and shard channels.
func (s *Session) SubscriptionCounts() (n [3]int) {
	for i := range n {
		n[i] = int(s.info.subs[i].Load())
	}
	return n
}

// SetSubscriptions publishes the numbers of channels, patterns and shard channels.
func (s *Session) SetSubscriptions(channels, patterns, shard int) {
	s.info.subs[0].Store(int32(channels))
	s.info.subs[1].Store(int32(patterns))
	s.info.subs[2].Store(int32(shard))
}

package session

import (
	"bytes"
	"strings"

	"redline/resp"
	"redline/server/internal/command"
	"redline/server/internal/observe"
)

// Feed parses and executes the requests in in and returns how many bytes it is done with. It stops early when the
// client blocks, is paused or is to be closed.
func (s *Session) Feed(in []byte) (consumed int) {
	if s.closing || s.blocked != nil || s.stalled || len(in) == 0 {
		return 0
	}
	s.acquireBuffer()
	s.now = s.Hub.Clock().UnixMilli()
	s.call.Conf = s.Hub.Config.Values()
	s.feeding = len(in)
	s.lap = s.Hub.Nanotime()
	s.beginTurn()
	commands := 0
	for consumed < len(in) {
		due := s.probe.due()
		args, n, err := s.parser.Next(in[consumed:])
		if err != nil {
			s.protocolError(err)
			consumed = len(in)
			break
		}
		if n == 0 {
			break
		}
		if len(args) > 0 {
			if due {
				s.parsed()
			}
			ran := s.execute(args)
			if due {
				s.probe.unrun()
			}
			if !ran { // paused: the request is parsed again later
				s.stalled = true
				break
			}
			commands++
		}
		consumed += n
		if !pooling {
			s.Forget()
		}
		if s.closing || s.blocked != nil || s.overLimit() {
			break
		}
	}
	s.hold()
	s.tally.flush(s.local)
	s.local.Batch(commands, consumed)
	s.info.lastActive.Store(s.now)
	s.info.queryLen.Store(int64(len(in) - consumed))
	return consumed
}

// Forget replaces what is reused from one request to the next: the parser and what the call has grown. They refer to the
// input, so a transport that gives a large buffer away calls it: an idle client would keep that in memory.
func (s *Session) Forget() {
	s.parser = s.parser.Fresh()
	if s.blocked == nil {
		s.call = command.Call{Client: s, Reply: &s.out, Conf: s.call.Conf, NoTouch: s.call.NoTouch}
	}
}

// Need returns how many more bytes at least are needed behind the unconsumed tail to complete the next request.
func (s *Session) Need() int { return s.parser.Need() }

func (s *Session) protocolError(err error) {
	s.out.Error("ERR " + err.Error())
	s.Hub.Stats.Error("ERR")
	s.closing = true
}

// execute runs one request. It returns false if the request has to wait for the end of CLIENT PAUSE.
func (s *Session) execute(args [][]byte) bool {
	mark := len(s.out.Buf)
	spec, msg := s.resolve(args)
	if spec == nil && s.crossProtocol(args[0]) {
		return true
	}
	if msg == "" {
		msg = s.admit(spec, args)
	}
	if msg != "" {
		s.reject(spec, msg)
		s.afterReply(mark)
		return true
	}
	if s.Hub.pause.holds(s, spec) {
		return false
	}
	if s.Txn.Active && !spec.Any(command.NoMulti) && !runsInMulti(spec) {
		s.Txn.queue(spec, args)
		s.info.multi.Store(int32(len(s.Txn.Queue)))
		s.info.multiBytes.Store(s.Txn.bytes)
		s.out.SimpleString("QUEUED")
		s.afterReply(mark)
		return true
	}
	s.run(spec, args, mark)
	return true
}

// runsInMulti names the commands that are not queued inside MULTI (server.c, processCommand).
func runsInMulti(s *command.Spec) bool {
	switch s.Name {
	case "exec", "discard", "multi", "watch", "quit", "reset":
		return s.Parent == nil
	}
	return false
}

// resolve finds the command. It returns the error for one that does not exist, with nil, or has not its arguments.
func (s *Session) resolve(args [][]byte) (*command.Spec, string) {
	spec := s.lastSpec
	if spec == nil || !bytes.Equal(args[0], s.lastName) {
		if spec = s.Hub.Table.Lookup(args[0]); spec == nil {
			return nil, unknownCommand(args)
		}
		s.lastName = append(s.lastName[:0], args[0]...)
		s.lastSpec = spec
	}
	if len(spec.Subcommands) > 0 {
		if len(args) < 2 {
			if spec.Handler == nil {
				return nil, "ERR wrong number of arguments for '" + spec.FullName + "' command"
			}
		} else if sub := spec.Sub(args[1]); sub != nil {
			spec = sub
		} else {
			return nil, "ERR unknown subcommand '" + clip(args[1], quotedMax) + "'. Try " + strings.ToUpper(spec.Name) + " HELP."
		}
	}
	if n := spec.Arity; n > 0 && len(args) != n || len(args) < -n {
		return spec, "ERR wrong number of arguments for '" + spec.FullName + "' command"
	}
	return spec, ""
}

// crossProtocol recognises HTTP: a page that has a browser post to a local server could smuggle commands in its body.
// Such a client is closed without a word, as in Redis (server.c, securityWarningCommand).
func (s *Session) crossProtocol(name []byte) bool {
	if !command.Is(name, "post") && !command.Is(name, "host:") {
		return false
	}
	s.Hub.Log.Warn("possible cross-protocol attack: HTTP on the port of the data server; connection closed", "client", s.Describe())
	s.closing = true
	s.Kill()
	return true
}

// quotedMax is how much of a client's input an error text repeats, in bytes.
const quotedMax = 128

func unknownCommand(args [][]byte) string {
	var rest strings.Builder
	for _, a := range args[1:] {
		if rest.Len() >= quotedMax {
			break
		}
		rest.WriteString("'" + clip(a, quotedMax-rest.Len()) + "' ")
	}
	return "ERR unknown command '" + clip(args[0], quotedMax) + "', with args beginning with: " + rest.String()
}

// clip returns at most n bytes of an argument, and ends at a NUL as Redis' error texts do.
func clip(b []byte, n int) string {
	if len(b) > n {
		b = b[:n]
	}
	if i := bytes.IndexByte(b, 0); i >= 0 {
		b = b[:i]
	}
	return string(b)
}

// admit says why a command may not run now, or nothing.
func (s *Session) admit(spec *command.Spec, args [][]byte) string {
	if !s.Authenticated && !s.Trusted() && !spec.Is(command.NoAuth) {
		return command.ErrNoAuth
	}
	if s.Txn.Active && spec.Is(command.NoMulti) && !runsInMulti(spec) {
		return "ERR Command not allowed inside a transaction"
	}
	for _, f := range s.Hub.admit {
		if msg := f(s, spec, args); msg != "" {
			return msg
		}
	}
	return ""
}

// reject answers a request that does not run. Inside MULTI it spoils the transaction; EXEC itself ends it.
func (s *Session) reject(spec *command.Spec, msg string) {
	if s.Txn.Active {
		s.Txn.Spoiled = true
	}
	if spec != nil {
		s.local.RejectedCommand(spec.ID)
		if spec.FullName == "exec" {
			s.EndTxn()
			msg = "EXECABORT Transaction discarded because of: " + strings.TrimPrefix(msg, "ERR ")
		}
	}
	s.out.Error(msg)
}

// run executes a command and accounts for it.
func (s *Session) run(spec *command.Spec, args [][]byte, mark int) {
	if spec != s.tally.spec { // before it runs: INFO shows what ran before it
		s.tally.flush(s.local)
		s.tally.spec = spec
	}
	c := &s.call
	mode := s.Reply
	c.Spec, c.Args, c.DB, c.Now, c.Logged, c.LockWait = spec, args, s.DB, s.now, 0, 0
	b := s.Hub.Engine.Run(c)
	// One reading of the clock a command: it ends this one and begins the next, so parsing (some 20 ns) counts as well.
	began := s.lap
	s.lap = s.Hub.Nanotime()
	spent := s.lap - began
	if b != nil {
		s.blocked = b
		s.info.blocked.Store(b)
		s.info.flags.Store(s.flags())
		s.waited = spent // counted when it is over
	} else {
		s.accounted(spec, args, spent, mark)
		s.measured(spec, spent)
	}
	if s.info.lastSpec.Load() != spec { // a store of a pointer costs some 15 ns
		s.info.lastSpec.Store(spec)
	}
	if s.Hub.monitors.Load() > 0 { // afterwards, so that what EXEC ran stands before it
		s.Hub.monitor(s, spec, args)
	}
	if mode == ReplyOn && spec.FullName == "exec" {
		s.afterExec(mark)
	} else {
		s.afterReply(mark)
	}
	s.wrote(c.Logged, mark)
}

// accounted counts a command that ran; its reply begins at mark.
func (s *Session) accounted(spec *command.Spec, args [][]byte, nanos int64, mark int) {
	failed := len(s.out.Buf) > mark && s.out.Buf[mark] == '-'
	if failed || spec != s.tally.spec {
		s.local.Ran(spec.ID, 1, nanos, failed)
	} else {
		s.tally.calls++
		s.tally.nanos += nanos
	}
	if s.call.Conf.LatencyTracking {
		s.local.Latency(spec.ID, nanos)
	}
	if ms := s.call.Conf.LatencyThresholdMs; ms > 0 && nanos >= ms*1_000_000 {
		s.spike(spec, nanos)
	}
	if slower := s.call.Conf.SlowlogSlowerThanUs; slower >= 0 && nanos >= slower*1000 && s.Hub.OnSlow != nil && !spec.Is(command.SkipSlowlog) {
		s.Hub.OnSlow(s, spec, Redact(spec, args), nanos)
	}
}

// spike notes for the latency monitor that a command took long.
func (s *Session) spike(spec *command.Spec, nanos int64) {
	event := observe.EventCommand
	if spec.Is(command.Fast) {
		event = observe.EventFastCommand
	}
	s.Hub.Spikes.Add(event, s.Hub.Clock().Unix(), nanos/1_000_000)
}

// countError counts a reply that begins at mark if it is an error.
func (s *Session) countError(mark int) {
	if len(s.out.Buf) > mark && s.out.Buf[mark] == '-' {
		code := s.out.Buf[mark+1:]
		if i := bytes.IndexAny(code, " \r"); i >= 0 {
			code = code[:i]
		}
		s.Hub.Stats.Error(string(code))
	}
}

// afterReply counts an error reply that begins at mark and applies CLIENT REPLY.
func (s *Session) afterReply(mark int) {
	s.countError(mark)
	switch s.Reply {
	case ReplyOff:
		s.out.Buf = s.out.Buf[:mark]
	case SkipNext:
		s.Reply = skipping
		s.out.Buf = s.out.Buf[:mark]
	case skipping:
		s.Reply = ReplyOn
		s.out.Buf = s.out.Buf[:mark]
	}
}

// afterExec is afterReply for a transaction that was to be answered: a CLIENT REPLY in it has done its work there and
// spares what came before it.
func (s *Session) afterExec(mark int) {
	s.countError(mark)
	if s.Reply == SkipNext {
		s.Reply = skipping
	}
}

// requestLimits are the limits on requests of authenticated clients.
func (h *Hub) requestLimits() resp.Limits {
	l := resp.DefaultLimits()
	l.MaxBulk = h.Config.Values().ProtoMaxBulkLen
	return l
}

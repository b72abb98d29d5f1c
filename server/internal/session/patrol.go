package session

// Patrol is the periodic look at a client, from any goroutine: it closes one that was idle for longer than timeout
// seconds (0: never) and has the session look at its output limits, as the soft one passes by time alone.
func (s *Session) Patrol(timeout int) {
	if s.info.outLen.Load() >= bufferStart {
		s.post(message{kind: msgWake})
	}
	exempt := s.info.flags.Load()&(flagMonitor|flagBlocked) != 0 || s.Subscriptions() > 0
	if timeout > 0 && !exempt && s.Hub.Clock().UnixMilli()-s.info.lastActive.Load() > int64(timeout)*1000 {
		s.Hub.Log.Debug("client closed: idle", "client", s.Describe())
		s.Kill()
	}
}

package session

import "redline/server/internal/command"

// Journal is the log of changes as a session sees it: what a reply has to wait for. Its methods may be called by any
// goroutine, with no shard locked.
type Journal interface {
	// Target returns the record that must be safe before replies made up to now may leave, to a client whose own last
	// record is own; 0: none.
	Target(own uint64) uint64
	// Reached says whether a record is as safe as the settings ask.
	Reached(seq uint64) bool
	// Wait waits for that. It returns an error when the record cannot be made safe now.
	Wait(seq uint64) error
}

// span is where in the output the reply of a command stands that changed something.
type span struct{ from, to int }

// wrote takes down that the reply from mark on tells of a change that the log has under a number.
func (s *Session) wrote(seq uint64, mark int) {
	if seq == 0 {
		return
	}
	s.own = max(s.own, seq)
	if len(s.out.Buf) > mark {
		s.spans = append(s.spans, span{mark, len(s.out.Buf)})
	}
}

// hold fixes for which record the present output has to wait. It is called at the end of whatever appends to it.
func (s *Session) hold() {
	if j := s.Hub.Journal; j != nil && len(s.out.Buf) > 0 {
		s.need = j.Target(s.own)
	}
}

// Held returns the record for which the output waits. The transport calls Hub.Journal.Wait, or has itself woken, and then
// Release.
func (s *Session) Held() (seq uint64, held bool) {
	if s.need == 0 {
		return 0, false
	}
	if s.Hub.Journal.Reached(s.need) {
		s.need = 0
		return 0, false
	}
	return s.need, true
}

// Release lets the output leave, after Wait has returned err. If what it tells of could not be made safe, the replies of
// the commands that changed something are replaced by an error: they may or may not come to be. Those of commands that
// only read leave as they are: reading goes on while the disk fails.
func (s *Session) Release(err error) {
	s.need = 0
	if err == nil || len(s.spans) == 0 {
		return
	}
	old := s.out.Buf
	s.out.Buf = make([]byte, 0, len(old))
	from := 0
	for _, p := range s.spans {
		if p.to > len(old) || p.from < from { // taken back by CLIENT REPLY
			continue
		}
		s.out.Buf = append(s.out.Buf, old[from:p.from]...)
		s.out.Error(command.ErrLogFailed + err.Error())
		s.Hub.Stats.Error("MISCONF")
		from = p.to
	}
	s.out.Buf = append(s.out.Buf, old[from:]...)
	s.spans = s.spans[:0]
	s.recycle(old)
}

// LastRecord returns the number of the last record of the log with a change that this client made, or 0.
func (s *Session) LastRecord() uint64 { return s.own }

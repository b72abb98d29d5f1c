package drive

// timer is an instant at which something is due: a connection of a closed loop
// goes on (id is its slot), or a session of a partly open loop sends again (id is
// how many requests it has left, that one included).
type timer struct {
	at int64
	id int32
}

// timers is a binary heap: no timer is before its parent, at index (i-1)/2.
type timers []timer

// next is the earliest instant, or noMore.
func (h timers) next() int64 {
	if len(h) == 0 {
		return noMore
	}
	return h[0].at
}

func (h *timers) push(t timer) {
	*h = append(*h, t)
	s := *h
	i := len(s) - 1
	for i > 0 {
		parent := (i - 1) / 2
		if s[parent].at <= t.at {
			break
		}
		s[i] = s[parent]
		i = parent
	}
	s[i] = t
}

// pop takes the earliest timer; there must be one.
func (h *timers) pop() timer {
	s := *h
	first := s[0]
	last := s[len(s)-1]
	s = s[:len(s)-1]
	*h = s
	i := 0
	for len(s) > 0 {
		child := 2*i + 1
		if child >= len(s) {
			break
		}
		if child+1 < len(s) && s[child+1].at < s[child].at {
			child++
		}
		if s[child].at >= last.at {
			break
		}
		s[i] = s[child]
		i = child
	}
	if len(s) > 0 {
		s[i] = last
	}
	return first
}

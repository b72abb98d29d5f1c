package netloop

import "container/heap"

// deadlines are the connections of a loop that something has to happen to at a point in time, the next one first.
type deadlines []*member

// Len, Less, Swap, Push and Pop implement heap.Interface.
func (d deadlines) Len() int           { return len(d) }
func (d deadlines) Less(i, j int) bool { return d[i].dueMs < d[j].dueMs }
func (d deadlines) Swap(i, j int) {
	d[i], d[j] = d[j], d[i]
	d[i].place, d[j].place = i+1, j+1
}

func (d *deadlines) Push(x any) {
	m := x.(*member)
	*d = append(*d, m)
	m.place = len(*d)
}

func (d *deadlines) Pop() any {
	last := len(*d) - 1
	m := (*d)[last]
	(*d)[last] = nil
	*d = (*d)[:last]
	m.place = 0
	return m
}

// set gives a connection a deadline, in unix ms, or takes it away with 0.
func (d *deadlines) set(m *member, ms int64) {
	switch {
	case m.place == 0 && ms == 0:
		return
	case ms == 0:
		heap.Remove(d, m.place-1)
	case m.place == 0:
		m.dueMs = ms
		heap.Push(d, m)
	case m.dueMs != ms:
		m.dueMs = ms
		heap.Fix(d, m.place-1)
	}
}

// next returns the next deadline, or 0.
func (d deadlines) next() int64 {
	if len(d) == 0 {
		return 0
	}
	return d[0].dueMs
}

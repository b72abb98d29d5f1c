package topk

// Largest keeps the keys with the largest sizes of those it is offered, each once.
type Largest struct {
	list  []Sized // unordered
	least int64   // the lowest size in a full list
}

// Sized is a key with its size, in whatever unit it was offered.
type Sized struct {
	Hash uint64
	DB   int
	Name []byte // owned, whole
	Size int64
}

// LargestMax is how many keys are kept.
const LargestMax = 16

// Wants says whether Offer would keep a key of that size.
func (l *Largest) Wants(size int64) bool {
	return size > 0 && (len(l.list) < LargestMax || size > l.least)
}

// Offer keeps a key that was not offered since the last Clear, if it is among the largest.
func (l *Largest) Offer(hash uint64, db int, name []byte, size int64) {
	if !l.Wants(size) {
		return
	}
	at := 0
	if len(l.list) < LargestMax {
		at = len(l.list)
		l.list = grown(l.list)
	} else {
		for i := range l.list {
			if l.list[i].Size < l.list[at].Size {
				at = i
			}
		}
	}
	e := &l.list[at]
	e.Hash, e.DB, e.Size = hash, db, size
	e.Name = append(e.Name[:0], name...)
	l.least = l.list[0].Size
	for i := range l.list {
		l.least = min(l.least, l.list[i].Size)
	}
}

// List returns the largest keys, in no order. It is a view until the next call of another method.
func (l *Largest) List() []Sized { return l.list }

// Clear forgets all keys.
func (l *Largest) Clear() { l.list = l.list[:0] }

// grown returns a list that is one longer. What the place held before it was dropped is still there, so that its name's
// memory is used again.
func grown[E any](list []E) []E {
	if len(list) < cap(list) {
		return list[:len(list)+1]
	}
	var zero E
	return append(list, zero)
}

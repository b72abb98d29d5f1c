package pubsub

import (
	"strconv"
	"strings"
	"sync/atomic"

	"redline/server/internal/command"
)

// Notifier publishes changes of keys as notify-keyspace-events demands: to __keyspace@DB__:KEY what happened, to
// __keyevent@DB__:EVENT which key.
type Notifier struct {
	broker *Broker
	// classes has a bit for each letter of notify-keyspace-events from '$' to 'z'.
	classes [2]atomic.Uint64
}

// NewNotifier makes a Notifier that is told nothing to announce yet.
func NewNotifier(b *Broker) *Notifier { return &Notifier{broker: b} }

// allClasses is what the letter A stands for.
const allClasses = "g$lshzxetd"

// Set chooses the classes by their letters. It returns whether anything is announced at all, and whether new keys are.
func (n *Notifier) Set(letters string) (any, created bool) {
	letters = strings.ReplaceAll(letters, "A", allClasses)
	var set [2]uint64
	for _, c := range []byte(letters) {
		set[c>>6&1] |= 1 << (c & 63)
	}
	n.classes[0].Store(set[0])
	n.classes[1].Store(set[1])
	where := strings.ContainsAny(letters, "KE")
	return where && strings.Trim(letters, "KE") != "", where && strings.Contains(letters, string(command.EventNew))
}

func (n *Notifier) has(letter byte) bool { return n.classes[letter>>6&1].Load()&(1<<(letter&63)) != 0 }

// Notify implements command.Events.
func (n *Notifier) Notify(class command.EventClass, event string, db int, name []byte) {
	if !n.has(byte(class)) {
		return
	}
	if n.has('K') {
		n.broker.Publish(Channels, append(channel("__keyspace@", db, len(name)), name...), []byte(event))
	}
	if n.has('E') {
		n.broker.Publish(Channels, append(channel("__keyevent@", db, len(event)), event...), name)
	}
}

// channel returns the beginning of a channel's name, with room for n more bytes.
func channel(head string, db, n int) []byte {
	b := append(make([]byte, 0, len(head)+n+16), head...)
	return append(strconv.AppendInt(b, int64(db), 10), "__:"...)
}

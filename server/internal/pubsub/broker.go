// Package pubsub carries messages from publishers to those who subscribed: Broker for channels, patterns and shard
// channels, Notifier for keyspace notifications, which are messages of the server itself.
//
// The package knows neither commands nor connections: a Receiver takes encoded messages, and what a client is told about
// its subscriptions is package pubsubcmd's business.
package pubsub

import (
	"slices"
	"sync"

	"redline/resp"
	"redline/server/internal/glob"
)

// Receiver is a subscriber. It must be comparable.
type Receiver interface {
	// PushMessage takes a message encoded as an array of RESP2; for a RESP3 client the receiver turns its first byte into
	// that of a push. The bytes are shared with other receivers and never change. It must not block: it is called with
	// the broker's lock held, and perhaps those of shards.
	PushMessage(data []byte)
}

// Kind is a name space of subscriptions.
type Kind int

// The kinds. A pattern receives what is published to matching Channels; Shards are apart from both.
const (
	Channels Kind = iota
	Patterns
	Shards
	kinds
)

// Counts are the numbers of a receiver's subscriptions, by Kind.
type Counts [kinds]int

// Broker knows who subscribed to what.
//
// Messages are posted under the read lock, so when Unsubscribe or Leave has returned, nothing more comes from it. The
// lock is taken below those of shards and above those of the receivers' mailboxes (docs/LOCKS.md). Rejected: a copy of
// each audience that is read without a lock; it would let a message through after the confirmation that there are none.
type Broker struct {
	mu      sync.RWMutex
	subs    [kinds]map[string]*audience        // guarded by mu
	members map[Receiver][kinds]map[string]int // guarded by mu: what each subscribed to, and its place in the audience
}

// audience are the receivers of one name, in no order that anyone may rely on.
type audience struct{ list []Receiver }

// NewBroker makes a Broker without subscribers.
func NewBroker() *Broker {
	b := &Broker{members: make(map[Receiver][kinds]map[string]int)}
	for k := range b.subs {
		b.subs[k] = make(map[string]*audience)
	}
	return b
}

// Subscribe adds a subscription, if it is new, and returns the receiver's counts.
func (b *Broker) Subscribe(k Kind, r Receiver, name string) (n Counts) {
	b.mu.Lock()
	defer b.mu.Unlock()
	own := b.members[r]
	if own[k] == nil {
		own[k] = make(map[string]int)
		b.members[r] = own
	}
	if _, have := own[k][name]; !have {
		a := b.subs[k][name]
		if a == nil {
			a = &audience{}
			b.subs[k][name] = a
		}
		own[k][name] = len(a.list)
		a.list = append(a.list, r)
	}
	return count(own)
}

// Unsubscribe ends a subscription, if there is one, and returns the receiver's remaining counts.
func (b *Broker) Unsubscribe(k Kind, r Receiver, name string) (n Counts) {
	b.mu.Lock()
	defer b.mu.Unlock()
	own, ok := b.members[r]
	if !ok {
		return n
	}
	if at, have := own[k][name]; have {
		delete(own[k], name)
		b.drop(k, name, at)
	}
	if n = count(own); n == (Counts{}) {
		delete(b.members, r)
	}
	return n
}

// drop takes a place out of an audience; the last in it moves there.
func (b *Broker) drop(k Kind, name string, at int) {
	a := b.subs[k][name]
	last := len(a.list) - 1
	if at != last {
		a.list[at] = a.list[last]
		b.members[a.list[at]][k][name] = at
	}
	a.list[last] = nil
	a.list = a.list[:last]
	if last == 0 {
		delete(b.subs[k], name)
	}
}

// Leave ends all subscriptions of a receiver.
func (b *Broker) Leave(r Receiver) {
	b.mu.Lock()
	defer b.mu.Unlock()
	own := b.members[r]
	delete(b.members, r)
	for k, names := range own {
		for name, at := range names {
			b.drop(Kind(k), name, at)
		}
	}
}

// Names returns what a receiver subscribed to, sorted.
func (b *Broker) Names(k Kind, r Receiver) []string {
	b.mu.RLock()
	defer b.mu.RUnlock()
	names := make([]string, 0, len(b.members[r][k]))
	for n := range b.members[r][k] {
		names = append(names, n)
	}
	slices.Sort(names)
	return names
}

// Publish sends a message to a channel and returns how many received it; one who gets it through several patterns counts
// that often. k is Channels or Shards.
func (b *Broker) Publish(k Kind, channel, payload []byte) (receivers int) {
	b.mu.RLock()
	defer b.mu.RUnlock()
	if a := b.subs[k][string(channel)]; a != nil {
		word := "message"
		if k == Shards {
			word = "smessage"
		}
		receivers += a.send(word, channel, payload)
	}
	if k != Channels {
		return receivers
	}
	for pattern, a := range b.subs[Patterns] {
		if p := []byte(pattern); glob.Match(p, channel, false) {
			receivers += a.send("pmessage", p, channel, payload)
		}
	}
	return receivers
}

// send encodes a message once for all of an audience.
func (a *audience) send(word string, parts ...[]byte) int {
	n := len(word) + 32
	for _, p := range parts {
		n += len(p) + 16
	}
	data := resp.AppendArray(make([]byte, 0, n), len(parts)+1)
	data = resp.AppendBulkString(data, word)
	for _, p := range parts {
		data = resp.AppendBulk(data, p)
	}
	for _, r := range a.list {
		r.PushMessage(data)
	}
	return len(a.list)
}

// Active returns the names of a kind that have subscribers and match a pattern (nil: all), sorted.
func (b *Broker) Active(k Kind, pattern []byte) []string {
	b.mu.RLock()
	defer b.mu.RUnlock()
	names := make([]string, 0, len(b.subs[k]))
	for n := range b.subs[k] {
		if pattern == nil || glob.Match(pattern, []byte(n), false) {
			names = append(names, n)
		}
	}
	slices.Sort(names)
	return names
}

// Subscribers returns how many subscribed to a name.
func (b *Broker) Subscribers(k Kind, name string) int {
	b.mu.RLock()
	defer b.mu.RUnlock()
	if a := b.subs[k][name]; a != nil {
		return len(a.list)
	}
	return 0
}

// Size returns how many names of a kind have subscribers.
func (b *Broker) Size(k Kind) int {
	b.mu.RLock()
	defer b.mu.RUnlock()
	return len(b.subs[k])
}

func count(own [kinds]map[string]int) (n Counts) {
	for k := range own {
		n[k] = len(own[k])
	}
	return n
}

package pubsubcmd

import (
	"redline/resp"
	"redline/server/internal/command"
	"redline/server/internal/pubsub"
	"redline/server/internal/session"
)

// The words of confirmations, by kind.
var (
	subscribed   = [...]string{"subscribe", "psubscribe", "ssubscribe"}
	unsubscribed = [...]string{"unsubscribe", "punsubscribe", "sunsubscribe"}
)

func (f *family) subscribe(c *command.Call, k pubsub.Kind) {
	s := session.From(c)
	w := resp.Writer{Proto: s.Proto()}
	var n pubsub.Counts
	for _, name := range c.Args[1:] {
		n = f.broker.Subscribe(k, s, string(name))
		confirm(&w, subscribed[k], name, k, n)
	}
	conclude(c, s, n, w.Buf)
}

func (f *family) unsubscribe(c *command.Call, k pubsub.Kind) {
	s := session.From(c)
	w := resp.Writer{Proto: s.Proto()}
	names := c.Args[1:]
	if len(names) == 0 {
		for _, name := range f.broker.Names(k, s) {
			names = append(names, []byte(name))
		}
	}
	n := s.SubscriptionCounts()
	for _, name := range names {
		n = f.broker.Unsubscribe(k, s, string(name))
		confirm(&w, unsubscribed[k], name, k, n)
	}
	if len(names) == 0 {
		confirm(&w, unsubscribed[k], nil, k, n)
	}
	conclude(c, s, n, w.Buf)
}

// confirm writes one confirmation: shard channels are counted by themselves, channels and patterns together.
func confirm(w *resp.Writer, word string, name []byte, k pubsub.Kind, n pubsub.Counts) {
	w.Push(3)
	w.BulkString(word)
	if name == nil {
		w.Null()
	} else {
		w.Bulk(name)
	}
	if k == pubsub.Shards {
		w.Int(int64(n[pubsub.Shards]))
	} else {
		w.Int(int64(n[pubsub.Channels] + n[pubsub.Patterns]))
	}
}

// conclude sends the confirmations, behind the messages that came before: none arrives for a channel after its end was
// confirmed. CLIENT REPLY does not silence confirmations, as they are messages themselves.
func conclude(c *command.Call, s *session.Session, n pubsub.Counts, confirmations []byte) {
	s.SetSubscriptions(n[pubsub.Channels], n[pubsub.Patterns], n[pubsub.Shards])
	if s.Reply != session.ReplyOn {
		s.Push(confirmations)
		return
	}
	s.TakePushed()
	c.Reply.Raw(confirmations)
}

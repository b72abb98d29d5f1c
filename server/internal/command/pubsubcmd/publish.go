package pubsubcmd

import (
	"redline/server/internal/command"
	"redline/server/internal/pubsub"
	"redline/server/internal/session"
)

// publish is PUBLISH and SPUBLISH. A publisher that listens itself gets the message before the reply, as in Redis; from a
// transaction it gets it behind the reply of EXEC, where no client can take it for an element.
func (f *family) publish(c *command.Call, k pubsub.Kind) {
	n := f.broker.Publish(k, c.Args[1], c.Args[2])
	if s, ok := c.Client.(*session.Session); ok && n > 0 && !c.NoBlock && s.Reply == session.ReplyOn && s.Subscriptions() > 0 {
		s.TakePushed()
	}
	c.Reply.Int(int64(n))
}

package conncmd

import (
	"redline/server/internal/command"
	"redline/server/internal/session"
)

// errTracking tells that client-side caching does not exist yet: a client that believed in it would serve old values.
const errTracking = "ERR client-side caching is not part of this version: CLIENT TRACKING can only be OFF"

// tracking checks its options as Redis does, and then only knows OFF.
func tracking(c *command.Call) {
	redirected, prefixes := int64(0), 0
	modes := map[string]bool{}
	for i := 3; i < len(c.Args); i++ {
		more := i+1 < len(c.Args)
		switch opt := c.Args[i]; {
		case command.Is(opt, "redirect") && more:
			i++
			if redirected != 0 {
				c.Reply.Error("ERR A client can only redirect to a single other client")
				return
			}
			var ok bool
			if redirected, ok = c.Int(i, ""); !ok {
				return
			}
			if session.From(c).Hub.Clients.Get(redirected) == nil {
				c.Reply.Error("ERR The client ID you want redirect to does not exist")
				return
			}
		case command.Is(opt, "prefix") && more:
			i++
			prefixes++
		default:
			known := false
			for _, m := range []string{"bcast", "optin", "optout", "noloop"} {
				if command.Is(opt, m) {
					modes[m], known = true, true
				}
			}
			if !known {
				c.Reply.Error(command.ErrSyntax)
				return
			}
		}
	}
	switch word(c, 2, "on", "off") {
	case 0:
		c.Reply.Error(refusal(modes, prefixes))
	case 1:
		c.Reply.OK()
	}
}

// refusal is the error for CLIENT TRACKING ON: what is wrong with the options, else that there is no tracking.
func refusal(modes map[string]bool, prefixes int) string {
	switch {
	case prefixes > 0 && !modes["bcast"]:
		return "ERR PREFIX option requires BCAST mode to be enabled"
	case modes["bcast"] && (modes["optin"] || modes["optout"]):
		return "ERR OPTIN and OPTOUT are not compatible with BCAST"
	case modes["optin"] && modes["optout"]:
		return "ERR You can't specify both OPTIN mode and OPTOUT mode"
	}
	return errTracking
}

func caching(c *command.Call) {
	c.Reply.Error("ERR CLIENT CACHING can be called only when the client is in tracking mode with OPTIN or OPTOUT mode enabled")
}

func getRedirect(c *command.Call) { c.Reply.Int(-1) }

func trackingInfo(c *command.Call) {
	w := c.Reply
	w.Map(3)
	w.BulkString("flags")
	w.Set(1)
	w.BulkString("off")
	w.BulkString("redirect")
	w.Int(-1)
	w.BulkString("prefixes")
	w.Array(0)
}

package probe

import (
	"errors"
	"strings"
	"time"

	"redline/lab/record"
	"redline/resp"
)

const (
	slowlogMost = "128" // entries asked for: what Redis keeps
	topKeysMost = "20"
	// clientsMost bounds CLIENT LIST: the server makes the whole list in one go, a few microseconds a connection.
	clientsMost = 1000
)

// Evidence records what a server says about itself on request, over a connection of its own: its slow log, its latency
// events, its clients, its hot and big keys. A part that the server refuses is noted as missing.
type Evidence struct {
	Writer *record.Writer
	Client *Client

	gone     bool // the connection failed: nothing more is asked
	slowSeen int64
	commands counted
}

// counted is a counter of the server at a time.
type counted struct {
	n    float64
	tNs  int64
	have bool
}

// Begin notes what was there before the measured phase.
func (e *Evidence) Begin() {
	if v, err := e.Client.Do("SLOWLOG", "GET", "1"); err == nil && len(v.Elems) > 0 && len(v.Elems[0].Elems) > 0 {
		e.slowSeen = v.Elems[0].Elems[0].Int
	} else {
		e.slowSeen = -1
	}
	e.commands = e.count()
}

// Middle records what is only true under load: the clients and the hot keys. connections is how many the load has.
func (e *Evidence) Middle(connections int) {
	if connections > clientsMost {
		_ = e.Writer.Missing("server/clients", "not asked: a list of more than 1,000 connections would hold up the server")
	} else {
		e.store("server/clients", record.ClientsFile, []string{"CLIENT", "LIST"}, func(v resp.Value) any { return parseClients(v.Text()) })
	}
	rate := e.commands.rate(e.count())
	e.store("server/hotkeys", record.HotKeysFile, []string{"HOTKEYS", "COUNT", topKeysMost}, func(v resp.Value) any { return hotKeys(v, rate) })
}

// End records what has come together by the end of the measured phase.
func (e *Evidence) End() {
	e.store("server/slowlog", record.SlowlogFile, []string{"SLOWLOG", "GET", slowlogMost}, func(v resp.Value) any { return slowCommands(v, e.slowSeen) })
	e.store("server/latency", record.LatencyLog, []string{"LATENCY", "LATEST"}, func(v resp.Value) any {
		return latencyEvents(v, e.Writer.Start())
	})
	memory := 0.0
	if info, err := e.Client.Info("memory"); err == nil {
		memory, _ = number(info["used_memory"])
	}
	e.store("server/bigkeys", record.BigKeysFile, []string{"BIGKEYS", "COUNT", topKeysMost}, func(v resp.Value) any { return bigKeys(v, memory) })
}

// store asks with one command and writes what read makes of the reply.
func (e *Evidence) store(part, file string, command []string, read func(resp.Value) any) {
	if e.gone {
		_ = e.Writer.Missing(part, "the server does not answer any more")
		return
	}
	v, err := e.Client.Do(command...)
	if err != nil {
		var refused resp.ReplyError
		why := "the server does not answer: " + strings.TrimSpace(oneLine(err))
		if e.gone = !errors.As(err, &refused); !e.gone {
			why = "the server refuses " + strings.Join(command, " ") + ": " + strings.TrimSpace(oneLine(err))
		}
		_ = e.Writer.Missing(part, why)
		return
	}
	if err := e.Writer.JSON(file, read(v)); err != nil {
		_ = e.Writer.Missing(part, oneLine(err))
	}
}

// count reads the server's counter of commands.
func (e *Evidence) count() (c counted) {
	if info, err := e.Client.Info("stats"); err == nil {
		c.n, c.have = number(info["total_commands_processed"])
	}
	c.tNs = e.Writer.Now()
	return c
}

// rate is how many there were per second until later; 0 when that is not known.
func (c counted) rate(later counted) float64 {
	if !c.have || !later.have || later.tNs <= c.tNs {
		return 0
	}
	return (later.n - c.n) / (float64(later.tNs-c.tNs) / float64(time.Second))
}

// parseClients reads the reply of CLIENT LIST: a line a connection, of NAME=VALUE with blanks between them.
func parseClients(text string) []map[string]string {
	out := []map[string]string{}
	for line := range strings.Lines(text) {
		client := map[string]string{}
		for field := range strings.FieldsSeq(line) {
			if name, value, ok := strings.Cut(field, "="); ok && name != "" {
				client[name] = value
			}
		}
		if len(client) > 0 {
			out = append(out, client)
		}
	}
	return out
}

// slowCommands reads SLOWLOG GET: arrays of id, unix time, microseconds, arguments, client, name. Entries up to the one
// that was the last before are left out.
func slowCommands(v resp.Value, seen int64) []record.SlowCommand {
	out := []record.SlowCommand{}
	for _, entry := range v.Elems {
		f := entry.Elems
		if len(f) < 4 || f[0].Int <= seen {
			continue
		}
		s := record.SlowCommand{UnixS: f[1].Int, USec: f[2].Int, Args: []string{}}
		for _, arg := range f[3].Elems {
			s.Args = append(s.Args, arg.Text())
		}
		if len(f) > 4 {
			s.Client = f[4].Text()
		}
		out = append(out, s)
	}
	return out
}

// latencyEvents reads LATENCY LATEST: arrays of event, unix time, milliseconds of the last one and of the longest. Those
// whose last one was before the run are left out.
func latencyEvents(v resp.Value, start time.Time) []record.LatencyEvent {
	out := []record.LatencyEvent{}
	for _, entry := range v.Elems {
		f := entry.Elems
		if len(f) < 4 || f[1].Int < start.Unix() {
			continue
		}
		out = append(out, record.LatencyEvent{Event: f[0].Text(), UnixS: f[1].Int, LastMs: f[2].Int, MaxMs: f[3].Int})
	}
	return out
}

// hotKeys reads HOTKEYS; rate is that of all commands.
func hotKeys(v resp.Value, rate float64) []record.TopKey {
	return topKeys(v, func(k *record.TopKey) {
		if rate > 0 {
			k.Share = min(1, k.RatePerS/rate)
		}
	})
}

// bigKeys reads BIGKEYS; memory is what the server uses in all.
func bigKeys(v resp.Value, memory float64) []record.TopKey {
	return topKeys(v, func(k *record.TopKey) {
		if memory > 0 {
			k.Share = min(1, float64(k.Bytes)/memory)
		}
	})
}

// topKeys reads a list of maps; in RESP2 a map is an array of names and values.
func topKeys(v resp.Value, share func(*record.TopKey)) []record.TopKey {
	out := []record.TopKey{}
	for _, entry := range v.Elems {
		var k record.TopKey
		for i := 0; i+1 < len(entry.Elems); i += 2 {
			value := entry.Elems[i+1]
			switch entry.Elems[i].Text() {
			case "key":
				k.Key = value.Text()
			case "type":
				k.Type = value.Text()
			case "per-second":
				k.RatePerS, _ = number(value.Text()) // in RESP2 a text, in RESP3 a double, which has its text too
			case "bytes":
				k.Bytes = value.Int
			case "members":
				k.Members = value.Int
			}
		}
		share(&k)
		out = append(out, k)
	}
	return out
}

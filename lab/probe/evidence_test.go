package probe

import (
	"bufio"
	"context"
	"net"
	"reflect"
	"strconv"
	"strings"
	"testing"

	"redline/lab/record"
	"redline/lab/target"
)

// answering serves a server that answers a command with what replies has for its
// name, PING with PONG and others with an error, and closes the connection after
// the command named last.
func answering(t *testing.T, last string, replies map[string]string) target.Target {
	t.Helper()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = ln.Close() })
	go func() {
		for {
			c, err := ln.Accept()
			if err != nil {
				return
			}
			go answer(c, last, replies)
		}
	}()
	return target.Target{Network: "tcp", Addr: ln.Addr().String()}
}

func answer(c net.Conn, last string, replies map[string]string) {
	defer c.Close()
	for sc := bufio.NewScanner(c); sc.Scan(); {
		n, _ := strconv.Atoi(strings.TrimPrefix(sc.Text(), "*"))
		name := ""
		for i := range n {
			sc.Scan() // the length
			sc.Scan()
			if i == 0 {
				name = sc.Text()
			}
		}
		reply, ok := replies[name]
		if name == "PING" {
			reply, ok = "+PONG\r\n", true
		}
		if !ok {
			reply = "-ERR unknown command '" + name + "'\r\n"
		}
		_, _ = c.Write([]byte(reply))
		if name == last {
			return
		}
	}
}

func bulk(s string) string { return "$" + strconv.Itoa(len(s)) + "\r\n" + s + "\r\n" }

func array(elems ...string) string {
	return "*" + strconv.Itoa(len(elems)) + "\r\n" + strings.Join(elems, "")
}

// collect takes all evidence of a server and returns the directory.
func collect(t *testing.T, tg target.Target, connections int) *record.Dir {
	t.Helper()
	w := newWriter(t)
	c, err := Dial(context.Background(), tg)
	if err != nil {
		t.Fatal(err)
	}
	e := &Evidence{Writer: w, Client: c}
	e.Begin()
	e.Middle(connections)
	e.End()
	_ = c.Close()
	if err := w.Finish(record.StateComplete, ""); err != nil {
		t.Fatal(err)
	}
	d, err := record.Open(w.Dir())
	if err != nil {
		t.Fatal(err)
	}
	return d
}

func TestEvidence(t *testing.T) {
	future := ":4102444800\r\n"
	d := collect(t, answering(t, "", map[string]string{
		"SLOWLOG": array(array(":8\r\n", future, ":12000\r\n", array(bulk("KEYS"), bulk("*")), bulk("127.0.0.1:5"), bulk("")),
			array(":7\r\n", future, ":1\r\n", array(), bulk("old"), bulk(""))),
		"LATENCY": array(array(bulk("command"), future, ":3\r\n", ":9\r\n"), array(bulk("before"), ":1\r\n", ":3\r\n", ":9\r\n")),
		"CLIENT":  bulk("id=3 addr=127.0.0.1:5 name= flags=N\nid=4 addr=127.0.0.1:6\n\n"),
		"HOTKEYS": array(array(bulk("key"), bulk("h"), bulk("db"), ":0\r\n", bulk("type"), bulk("string"), bulk("per-second"), bulk("12.5"))),
		"BIGKEYS": array(array(bulk("key"), bulk("b"), bulk("type"), bulk("hash"), bulk("bytes"), ":500\r\n", bulk("members"), ":20\r\n")),
		"INFO":    bulk("used_memory:1000\r\n"),
	}), 5)
	slow, ok, err := d.Slowlog()
	// The last entry before the run has the same id here as the newest after it.
	if want := []record.SlowCommand{}; !ok || err != nil || !reflect.DeepEqual(slow, want) {
		t.Errorf("%v %v %v", slow, ok, err)
	}
	events, ok, err := d.LatencyEvents()
	if want := []record.LatencyEvent{{Event: "command", UnixS: 4102444800, LastMs: 3, MaxMs: 9}}; !ok || err != nil || !reflect.DeepEqual(events, want) {
		t.Errorf("%v %v %v", events, ok, err)
	}
	clients, ok, err := d.Clients()
	if !ok || err != nil || len(clients) != 2 || clients[0]["addr"] != "127.0.0.1:5" || clients[0]["flags"] != "N" {
		t.Errorf("%v %v %v", clients, ok, err)
	}
	hot, ok, err := d.HotKeys()
	if want := []record.TopKey{{Key: "h", Type: "string", RatePerS: 12.5}}; !ok || err != nil || !reflect.DeepEqual(hot, want) {
		t.Errorf("%v %v %v", hot, ok, err)
	}
	big, ok, err := d.BigKeys()
	if want := []record.TopKey{{Key: "b", Type: "hash", Bytes: 500, Members: 20, Share: 0.5}}; !ok || err != nil || !reflect.DeepEqual(big, want) {
		t.Errorf("%v %v %v", big, ok, err)
	}
	if m := d.Run().Missing; len(m) != 0 {
		t.Errorf("missing: %v", m)
	}
}

func TestEvidenceOfTheRunOnly(t *testing.T) {
	v, err := Dial(context.Background(), answering(t, "", map[string]string{"SLOWLOG": array(
		array(":8\r\n", ":100\r\n", ":12000\r\n", array(bulk("KEYS"), bulk("*")), bulk("127.0.0.1:5"), bulk("")),
		array(":7\r\n", ":99\r\n", ":1\r\n", array(), bulk("old"), bulk("")), array(":9\r\n"))}))
	if err != nil {
		t.Fatal(err)
	}
	defer v.Close()
	reply, err := v.Do("SLOWLOG")
	if err != nil {
		t.Fatal(err)
	}
	want := []record.SlowCommand{{UnixS: 100, USec: 12000, Args: []string{"KEYS", "*"}, Client: "127.0.0.1:5"}}
	if got := slowCommands(reply, 7); !reflect.DeepEqual(got, want) {
		t.Errorf("%v, want %v", got, want)
	}
}

func TestEvidenceMissing(t *testing.T) {
	reasons := func(d *record.Dir) map[string]string {
		out := map[string]string{}
		for _, m := range d.Run().Missing {
			out[m.Part] = m.Why
		}
		return out
	}
	refusing := reasons(collect(t, answering(t, "", nil), clientsMost+1))
	for part, why := range map[string]string{"server/slowlog": "refuses SLOWLOG", "server/latency": "refuses LATENCY LATEST", "server/clients": "1,000 connections",
		"server/hotkeys": "unknown command 'HOTKEYS'", "server/bigkeys": "refuses BIGKEYS"} {
		if !strings.Contains(refusing[part], why) {
			t.Errorf("a server that refuses: %s is missing as %q, want %q", part, refusing[part], why)
		}
	}
	dying := reasons(collect(t, answering(t, "CLIENT", map[string]string{"CLIENT": bulk("id=1\n")}), 5))
	if why := dying["server/slowlog"]; !strings.Contains(why, "not answer") {
		t.Errorf("a server that dies: slowlog is missing as %q", why)
	}
	if _, ok := dying["server/clients"]; ok {
		t.Errorf("what was there before the server died is missing: %v", dying)
	}
}

func TestRates(t *testing.T) {
	a, b := counted{n: 100, tNs: 1e9, have: true}, counted{n: 300, tNs: 3e9, have: true}
	if got := a.rate(b); got != 100 {
		t.Errorf("%v/s, want 100", got)
	}
	if a.rate(a) != 0 || a.rate(counted{}) != 0 {
		t.Error("a rate over no time")
	}
}

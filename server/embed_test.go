package server

import (
	"context"
	"io"
	"testing"
	"testing/synctest"

	"redline/resp"
)

// An embedded server needs no socket, so that it runs in simulated time as well.
func TestEmbedded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		cfg := NewConfig()
		cfg.Log, cfg.Embedded = io.Discard, true
		s, err := Open(cfg)
		if err != nil {
			t.Fatal(err)
		}
		served := make(chan error)
		go func() { served <- s.Serve(context.Background()) }()
		c := s.Conn()
		if _, err := c.Write(resp.AppendCommandStrings(nil, "SET", "k", "v")); err != nil {
			t.Fatal(err)
		}
		v, err := resp.NewReader(c).Read()
		if err != nil || v.String() != "OK" {
			t.Errorf("got %v, %v", v, err)
		}
		s.Close()
		if err := <-served; err != nil {
			t.Error(err)
		}
		if _, err := c.Read(make([]byte, 1)); err == nil {
			t.Error("the connection outlives the server")
		}
	})
}

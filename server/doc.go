// Package server is the only door to the data server: Open makes one from a Config, Serve runs it, Close drains it.
//
// A Go program or test embeds a server like this:
//
//	cfg := server.NewConfig()
//	cfg.FreePort = true
//	s, err := server.Open(cfg)
//	...
//	go s.Serve(ctx)
//	addr := s.Addr()
//
// All parts of the server live in internal packages; docs/ARCHITECTURE.md leads through them.
package server

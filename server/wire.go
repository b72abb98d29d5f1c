package server

import (
	"redline/server/internal/command"
	"redline/server/internal/command/conncmd"
	"redline/server/internal/command/keycmd"
	"redline/server/internal/command/listcmd"
	"redline/server/internal/command/strcmd"
	"redline/server/internal/command/txncmd"
	"redline/server/internal/command/zsetcmd"
)

// families lists all commands.
func families() [][]command.Spec {
	return [][]command.Spec{
		conncmd.Commands,
		strcmd.Commands,
		keycmd.Commands,
		listcmd.Commands,
		txncmd.Commands,
		zsetcmd.Commands,
	}
}

// wire connects the parts that act on settings and on each other.
func (s *Server) wire() error {
	return nil
}

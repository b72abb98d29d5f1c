package zsetcmd_test

import (
	"fmt"
	"testing"

	"redline/resp"
	"redline/server/internal/command"
	"redline/server/internal/command/listcmd"
	"redline/server/internal/command/zsetcmd"
	"redline/server/internal/config"
	"redline/server/internal/keyspace"
)

// BenchmarkCommands runs commands as a session does, with a Call and a buffer that are reused.
func BenchmarkCommands(b *testing.B) {
	table, err := command.NewTable(zsetcmd.Commands, listcmd.Commands)
	if err != nil {
		b.Fatal(err)
	}
	for _, c := range []struct {
		name string
		args func(i int) []string
	}{
		{"zadd small", func(i int) []string {
			return []string{"ZADD", "s", fmt.Sprint(i % 97), fmt.Sprintf("member:%d", i%100)}
		}},
		{"zadd large", func(i int) []string {
			return []string{"ZADD", "l", fmt.Sprint(i * 7919 % 100003), fmt.Sprintf("member:%d", i)}
		}},
		{"zscore large", func(i int) []string { return []string{"ZSCORE", "l", fmt.Sprintf("member:%d", i)} }},
		{"zrange large", func(i int) []string { return []string{"ZRANGE", "l", fmt.Sprint(i), fmt.Sprint(i + 10)} }},
		{"lpush", func(i int) []string { return []string{"LPUSH", "q", fmt.Sprintf("job:%d", i)} }},
		{"rpop", func(int) []string { return []string{"RPOP", "q"} }},
		{"rpush small", func(i int) []string { return []string{"RPUSH", fmt.Sprintf("r%d", i), "job"} }},
		{"lrange", func(int) []string { return []string{"LRANGE", "r1", "0", "9"} }},
	} {
		b.Run(c.name, func(b *testing.B) {
			space := keyspace.New(keyspace.Options{Shards: 1, Databases: 1, Seed: 1})
			defer space.Close()
			e := &command.Engine{Space: space}
			call := command.Call{Reply: &resp.Writer{}, Now: 1, Conf: config.New().Values()}
			run := func(words []string) {
				args := make([][]byte, len(words))
				for i, w := range words {
					args[i] = []byte(w)
				}
				call.Args, call.Spec, call.Reply.Buf = args, table.Lookup(args[0]), call.Reply.Buf[:0]
				e.Run(&call)
			}
			for i := range 20000 {
				run([]string{"ZADD", "l", fmt.Sprint(i * 7919 % 100003), fmt.Sprintf("member:%d", i)})
				run([]string{"LPUSH", "q", fmt.Sprintf("job:%d", i)})
				run([]string{"RPUSH", "r1", "x"})
			}
			var prepared [4096][][]byte
			for i := range prepared {
				for _, w := range c.args(i) {
					prepared[i] = append(prepared[i], []byte(w))
				}
			}
			spec := table.Lookup(prepared[0][0])
			b.ReportAllocs()
			b.ResetTimer()
			for i := range b.N {
				call.Args, call.Spec, call.Reply.Buf = prepared[i%len(prepared)], spec, call.Reply.Buf[:0]
				e.Run(&call)
			}
		})
	}
}

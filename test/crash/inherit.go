package crash

import (
	"fmt"
	"path/filepath"
	"strconv"
	"time"

	"redline/resp"
	"redline/vfs"
)

// inherit has the first server find append-only files that redis-server left, with a history that must come over whole
// whatever happens meanwhile.
func (r *run) inherit() error {
	var file []byte
	count := 0
	for _, cl := range r.clients {
		file = resp.AppendCommandStrings(file, "SELECT", strconv.Itoa(cl.db))
		for range 1 + r.rng.IntN(20) {
			s := cl.next()
			if s.shared != "" {
				count++
				s.count = count
			}
			s.sent, s.acked, s.ackedAt = int(r.clock.Add(1)), int(r.clock.Add(1)), time.Now()
			cl.history = append(cl.history, s)
			for _, l := range s.requests(cl.db) {
				file = resp.AppendCommandStrings(file, l...)
			}
		}
	}
	dir := filepath.Join(dataDir, "appendonlydir")
	if err := r.mem.MkdirAll(dir); err != nil {
		return err
	}
	for name, b := range map[string][]byte{
		"appendonly.aof.1.incr.aof": file,
		"appendonly.aof.manifest":   fmt.Append(nil, "file appendonly.aof.1.incr.aof seq 1 type i\n"),
	} {
		if err := vfs.WriteFile(r.mem, filepath.Join(dir, name), b); err != nil {
			return err
		}
	}
	r.mem.WriteBack()
	r.promise = everything
	return nil
}

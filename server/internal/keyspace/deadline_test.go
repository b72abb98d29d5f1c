package keyspace

import (
	"fmt"
	"testing"
)

// TestTimesToLive looks at keys without a deadline, with one that has passed, with one to come, and at a hash of whose fields
// one has a deadline and the key none. n is as many as there are, so that all are looked at.
func TestTimesToLive(t *testing.T) {
	const n, now = 1000, 1_000_000
	s := newSpace(t, 1, 1)
	sh := s.Shard(0)
	sh.Lock()
	defer sh.Unlock()
	sh.Enter(now, nil) // nobody is told, so nothing expires
	db := sh.DB(0)
	var k Key
	want, keys := int64(0), 0
	for i := range n {
		s.Locate(fmt.Appendf(nil, "key:%d", i), &k)
		if i%4 == 3 {
			db.Schedule(db.WriteFields(&k, Item{}, ListpackEx, 8), now+5000)
			continue
		}
		it := db.Write(&k, Item{}, String, Raw, 8, false)
		switch i % 4 {
		case 1:
			db.SetExpire(it, now-int64(i))
		case 2:
			db.SetExpire(it, now+int64(i))
			want, keys = want+int64(i), keys+1
		}
	}
	if sum, got := db.TimesToLive(7, n); sum != want || got != keys {
		t.Errorf("%d ms of %d keys, want %d of %d", sum, got, want, keys)
	}
	if sum, got := db.TimesToLive(7, 16); got > 16 || sum > int64(got)*n {
		t.Errorf("of 16 keys: %d ms, %d keys", sum, got)
	}
}

package listpack

import (
	"bytes"
	"encoding/binary"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"redline/test/compat"
)

// dumped returns the listpack in a DUMP payload of type hash-listpack: type byte, length, bytes, version, checksum.
func dumped(t *testing.T, b []byte) []byte {
	if len(b) < 12 || b[0] != 16 {
		t.Fatalf("payload begins with %v, want a hash in a listpack", b[:min(len(b), 4)])
	}
	b = b[1 : len(b)-10]
	switch b[0] >> 6 {
	case 0:
		return b[1 : 1+int(b[0])]
	case 1:
		n := int(b[0]&63)<<8 | int(b[1])
		return b[2 : 2+n]
	}
	n := int(binary.BigEndian.Uint32(b[1:]))
	return b[5 : 5+n]
}

// TestBytesAsRedis builds hashes here and in a redis-server and compares the listpacks byte for byte.
func TestBytesAsRedis(t *testing.T) {
	redis := compat.Oracle(t, "--rdbcompression", "no",
		"--hash-max-listpack-entries", "100000", "--hash-max-listpack-value", "10000000")
	compare := func(fatalf func(string, ...any), pairs []string) {
		lp := AppendEmpty(nil)
		redis.Must(t, "DEL", "h")
		for i := 0; i+1 < len(pairs); i += 2 {
			redis.Must(t, "HSET", "h", pairs[i], pairs[i+1])
			if p := Find(lp, First(lp), []byte(pairs[i]), 1); p != 0 {
				lp = Replace(lp, Next(lp, p), []byte(pairs[i+1]))
			} else {
				lp = Append(Append(lp, []byte(pairs[i])), []byte(pairs[i+1]))
			}
		}
		if got := dumped(t, redis.Must(t, "DUMP", "h").Text); !bytes.Equal(got, lp) {
			fatalf("redis: %x\nours:  %x", got[:min(len(got), 200)], lp[:min(len(lp), 200)])
		}
	}
	compare(t.Fatalf, []string{"long", strings.Repeat("y", 2097140), "longer", strings.Repeat("z", 2097146), "n", "-1"})
	rapid.Check(t, func(rt *rapid.T) {
		compare(rt.Fatalf, rapid.SliceOfN(anyElement(), 2, 40).Draw(rt, "pairs"))
	})
}

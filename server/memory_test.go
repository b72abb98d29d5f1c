package server_test

import (
	"context"
	"fmt"
	"strings"
	"testing"

	"github.com/redis/go-redis/v9"
)

// fill writes n keys of 1 KiB and returns the first error.
func fill(c *redis.Client, prefix string, n int) error {
	ctx := context.Background()
	val := strings.Repeat("v", 1000)
	for i := 0; i < n; i += 100 {
		cmds, _ := c.Pipelined(ctx, func(p redis.Pipeliner) error {
			for j := i; j < i+100; j++ {
				p.Set(ctx, fmt.Sprint(prefix, j), val, 0)
			}
			return nil
		})
		for _, cmd := range cmds {
			if cmd.Err() != nil {
				return cmd.Err()
			}
		}
	}
	return nil
}

func count(t *testing.T, c *redis.Client, pattern string) (n int) {
	t.Helper()
	ctx := context.Background()
	it := c.Scan(ctx, 0, pattern, 1000).Iterator()
	for it.Next(ctx) {
		n++
	}
	if it.Err() != nil {
		t.Fatal(it.Err())
	}
	return n
}

func TestMaxMemoryEvicts(t *testing.T) {
	const limitMB = 16
	for _, policy := range []string{"allkeys-lru", "allkeys-lfu", "allkeys-random"} {
		_, c := run(t, "--maxmemory", fmt.Sprint(limitMB, "mb"), "--maxmemory-policy", policy)
		if err := fill(c, "k", 3*limitMB*1000); err != nil {
			t.Fatalf("%s: %v", policy, err)
		}
		// A key takes about 1,040 bytes; Go's own live memory counts as well.
		if n := count(t, c, "*"); n > limitMB<<20/1010 || n < limitMB<<20/1010/3 {
			t.Errorf("%s: %d keys are left", policy, n)
		}
	}
}

func TestMaxMemoryRefuses(t *testing.T) {
	for _, policy := range []string{"noeviction", "volatile-lru", "volatile-ttl"} {
		_, c := run(t, "--maxmemory", "16mb", "--maxmemory-policy", policy)
		err := fill(c, "k", 40_000)
		if err == nil || !strings.HasPrefix(err.Error(), "OOM command not allowed") {
			t.Fatalf("%s: %v", policy, err)
		}
		ctx := context.Background()
		if err := c.Get(ctx, "k0").Err(); err != nil {
			t.Errorf("%s: a reader is refused: %v", policy, err)
		}
		if err := c.Del(ctx, "k0").Err(); err != nil {
			t.Errorf("%s: a deletion is refused: %v", policy, err)
		}
	}
}

// TestVolatileSpares expects a volatile policy to spare keys without a deadline, and volatile-ttl to take those first
// that would go first.
func TestVolatileSpares(t *testing.T) {
	_, c := run(t, "--maxmemory", "32mb", "--maxmemory-policy", "volatile-ttl")
	ctx := context.Background()
	if err := fill(c, "stay", 5000); err != nil {
		t.Fatal(err)
	}
	val := strings.Repeat("v", 1000)
	for i := 0; i < 40_000; i += 100 {
		if _, err := c.Pipelined(ctx, func(p redis.Pipeliner) error {
			for j := i; j < i+100; j++ {
				p.Do(ctx, "SET", fmt.Sprint("go", j), val, "EX", 100_000-j) // later ones go first
			}
			return nil
		}); err != nil {
			t.Fatal(err)
		}
	}
	if n := count(t, c, "stay*"); n != 5000 {
		t.Errorf("%d of 5000 keys without a deadline are left", n)
	}
	if early, late := count(t, c, "go1???"), count(t, c, "go3????"); early < 900 || late > 8000 {
		t.Errorf("%d of 1000 keys with a late deadline and %d of 10000 with an early one are left", early, late)
	}
}

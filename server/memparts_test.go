package server_test

import (
	"context"
	"fmt"
	"strconv"
	"strings"
	"testing"

	"github.com/redis/go-redis/v9"
)

// parts returns the resident memory and the sum of the parts into which INFO memory divides it, and how much of it they do
// not explain, all in bytes.
func parts(t *testing.T, c *redis.Client) (resident, sum, unexplained int64) {
	t.Helper()
	text, err := c.Info(context.Background(), "memory").Result()
	if err != nil {
		t.Fatal(err)
	}
	for _, line := range strings.Split(text, "\r\n") {
		name, value, _ := strings.Cut(line, ":")
		n, _ := strconv.ParseInt(value, 10, 64)
		switch {
		case name == "used_memory_rss":
			resident = n
		case name == "mem_part_unexplained":
			unexplained = n
			sum += n
		case strings.HasPrefix(name, "mem_part_"):
			sum += n
		}
	}
	return resident, sum, unexplained
}

// TestMemoryParts: for data of several kinds, and after it is gone, the parts of the memory add up to what the system
// says is resident, within 5 %.
func TestMemoryParts(t *testing.T) {
	if underRace {
		t.Skip("the race detector's memory is in no part")
	}
	_, c := run(t)
	ctx := context.Background()
	in := func(n int, fn func(p redis.Pipeliner, i int)) {
		t.Helper()
		for i := 0; i < n; i += 1000 {
			if _, err := c.Pipelined(ctx, func(p redis.Pipeliner) error {
				for j := i; j < i+1000; j++ {
					fn(p, j)
				}
				return nil
			}); err != nil {
				t.Fatal(err)
			}
		}
	}
	check := func(what string) {
		t.Helper()
		resident, sum, unexplained := parts(t, c)
		if resident == 0 {
			t.Skip("the system does not tell resident memory")
		}
		if sum != resident {
			t.Errorf("%s: the parts add up to %d bytes, %d are resident", what, sum, resident)
		}
		if unexplained > resident/20 || -unexplained > resident/20 {
			t.Errorf("%s: %d bytes of %d are unexplained", what, unexplained, resident)
		}
	}
	val := strings.Repeat("v", 500)
	in(100_000, func(p redis.Pipeliner, i int) { p.Set(ctx, fmt.Sprint("key:", i), val, 0) })
	check("strings")
	in(100_000, func(p redis.Pipeliner, i int) { p.HSet(ctx, "hash", fmt.Sprint("field", i), val[:100]) })
	check("a large hash")
	in(200_000, func(p redis.Pipeliner, i int) { p.RPush(ctx, fmt.Sprint("list", i%10), val[:50]) })
	check("lists")
	in(90_000, func(p redis.Pipeliner, i int) { p.Del(ctx, fmt.Sprint("key:", i)) })
	c.Del(ctx, "hash")
	check("after deletions")
}

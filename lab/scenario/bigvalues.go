package scenario

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"time"

	"redline/lab/probe"
)

var bigValues = Scenario{
	Name: "big-values",
	What: "values of 100 KB, 1 MB and 16 MB are written and read back while small requests go on",
	Pass: "every byte comes back, no errors, and the small requests of others keep p99 <= 20 ms and a worst of 250 ms",
	Params: []Param{
		{"sizes", Sizes, "100KB,1MB,16MB", "sizes of the values"},
		{"budget", Sizes, "512MB", "how much is written at each size"},
		{"rate", Count, "1k", "small requests per second meanwhile"},
	},
	run: runBigValues,
}

const (
	bigValuesP99   = 20 * time.Millisecond
	bigValuesWorst = 250 * time.Millisecond
	// bigValuesKeys is how many values of a size are kept at most: with 16 MB it
	// is 128 MB.
	bigValuesKeys = 8
	// bigValuesMax is the longest string that Redis takes by default (proto-max-bulk-len).
	bigValuesMax = 512 << 20
)

func runBigValues(ctx context.Context, b *bench) error {
	budget := b.sizes("budget")[0]
	for _, size := range b.sizes("sizes") {
		if size > bigValuesMax {
			return fmt.Errorf("big-values: a value of %s is longer than servers take (512MB): lower --set sizes", bytesText(float64(size)))
		}
		rounds := max(1, budget/size)
		b.tell("values of %s", bytesText(float64(size)))
		var took [2]time.Duration
		m, err := b.during(ctx, open(float64(b.count("rate")), 10, 1000, 0, get(0.9), set(0.1)), func(ctx context.Context) (err error) {
			took, err = b.writeAndRead(ctx, size, rounds)
			return err
		})
		if err != nil {
			return err
		}
		name := bytesText(float64(size))
		b.figure(name+": written per second", float64(rounds*size)/took[0].Seconds(), "bytes")
		b.figure(name+": read per second", float64(rounds*size)/took[1].Seconds(), "bytes")
		b.most(name+", small requests: response time p99", float64(m.Response.Quantile(0.99)), "ns", float64(bigValuesP99))
		b.worst(name+", small requests: worst response", m, bigValuesWorst)
		b.trust(name+", small requests", m, bigValuesP99)
		b.errorsOf(name+", small requests", m)
	}
	return nil
}

// writeAndRead writes values of a size one after the other and compares what
// comes back.
func (b *bench) writeAndRead(ctx context.Context, size, rounds int64) (took [2]time.Duration, err error) {
	c, err := b.dial(ctx)
	if err != nil {
		return took, err
	}
	defer c.Close()
	value := make([]byte, size)
	rng := rand.New(rand.NewPCG(1, uint64(size)))
	for i := range value {
		value[i] = byte(rng.Uint32()) // every byte value occurs
	}
	keys := min(rounds, bigValuesKeys)
	b.Undo(func(c *probe.Client) error { return b.removeBig(c, size, keys) })
	for i := range rounds {
		if ctx.Err() != nil {
			return took, ctx.Err()
		}
		key := b.bigKey(size, i%keys)
		value[0] = byte(i % keys) // each key has a value of its own
		text := string(value)
		start := time.Now()
		if _, err := c.Do("SET", key, text); err != nil {
			return took, fmt.Errorf("writing %s: %w", bytesText(float64(size)), err)
		}
		took[0] += time.Since(start)
	}
	for i := range rounds {
		if ctx.Err() != nil {
			return took, ctx.Err()
		}
		start := time.Now()
		v, err := c.Do("GET", b.bigKey(size, i%keys))
		if err != nil {
			return took, fmt.Errorf("reading %s: %w", bytesText(float64(size)), err)
		}
		took[1] += time.Since(start)
		if value[0] = byte(i % keys); !bytes.Equal(v.Str, value) {
			return took, fmt.Errorf("a value of %s came back changed (%d bytes)", bytesText(float64(size)), len(v.Str))
		}
	}
	return took, b.removeBig(c, size, keys)
}

func (b *bench) bigKey(size, i int64) string { return fmt.Sprintf("%sbig:%d:%d", b.Prefix(), size, i) }

func (b *bench) removeBig(c *probe.Client, size, keys int64) error {
	var errs []error
	for i := range keys {
		_, err := c.Do("DEL", b.bigKey(size, i))
		errs = append(errs, err)
	}
	return errors.Join(errs...)
}

// Package clients has client libraries use the server as their documentation shows.
package clients

import (
	"context"
	"errors"
	"io"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"

	"redline/server"
)

// run starts a server and returns a go-redis client of it, in the given protocol.
func run(t *testing.T, protocol int) (*redis.Client, context.Context) {
	t.Helper()
	cfg := server.NewConfig()
	cfg.FreePort = true
	cfg.Log = io.Discard
	s, err := server.Open(cfg)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	done := make(chan error, 1)
	go func() { done <- s.Serve(ctx) }()
	c := redis.NewClient(&redis.Options{Addr: s.Addr().String(), Protocol: protocol})
	t.Cleanup(func() {
		c.Close()
		cancel()
		if err := <-done; err != nil {
			t.Error(err)
		}
	})
	return c, ctx
}

func each(t *testing.T, fn func(t *testing.T, c *redis.Client, ctx context.Context)) {
	for name, protocol := range map[string]int{"RESP2": 2, "RESP3": 3} {
		t.Run(name, func(t *testing.T) {
			c, ctx := run(t, protocol)
			fn(t, c, ctx)
		})
	}
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func TestPubSub(t *testing.T) {
	each(t, func(t *testing.T, c *redis.Client, ctx context.Context) {
		sub := c.Subscribe(ctx, "news", "other")
		defer sub.Close()
		for range 2 { // confirmations
			_, err := sub.Receive(ctx)
			must(t, err)
		}
		patterns := c.PSubscribe(ctx, "n*s")
		defer patterns.Close()
		_, err := patterns.Receive(ctx)
		must(t, err)
		n, err := c.Publish(ctx, "news", "hello").Result()
		if n != 2 || err != nil {
			t.Fatalf("%d receivers, %v", n, err)
		}
		m, err := sub.ReceiveMessage(ctx)
		if err != nil || m.Channel != "news" || m.Payload != "hello" {
			t.Fatalf("%v %v", m, err)
		}
		m, err = patterns.ReceiveMessage(ctx)
		if err != nil || m.Pattern != "n*s" || m.Payload != "hello" {
			t.Fatalf("%v %v", m, err)
		}
		must(t, sub.Unsubscribe(ctx, "news"))
		must(t, sub.Ping(ctx))
	})
}

func TestStreams(t *testing.T) {
	each(t, func(t *testing.T, c *redis.Client, ctx context.Context) {
		must(t, c.XGroupCreateMkStream(ctx, "orders", "workers", "0").Err())
		var ids []string
		for i := range 3 {
			id, err := c.XAdd(ctx, &redis.XAddArgs{Stream: "orders", Values: map[string]any{"n": i}}).Result()
			must(t, err)
			ids = append(ids, id)
		}
		got, err := c.XReadGroup(ctx, &redis.XReadGroupArgs{Group: "workers", Consumer: "w1", Streams: []string{"orders", ">"}, Count: 2}).Result()
		must(t, err)
		if len(got) != 1 || len(got[0].Messages) != 2 || got[0].Messages[0].ID != ids[0] || got[0].Messages[1].Values["n"] != "1" {
			t.Fatalf("%v", got)
		}
		must(t, c.XAck(ctx, "orders", "workers", ids[0]).Err())
		p, err := c.XPending(ctx, "orders", "workers").Result()
		if err != nil || p.Count != 1 || p.Lower != ids[1] {
			t.Fatalf("%v %v", p, err)
		}
		claimed, _, err := c.XAutoClaim(ctx, &redis.XAutoClaimArgs{Stream: "orders", Group: "workers", Consumer: "w2", Start: "0"}).Result()
		if err != nil || len(claimed) != 1 || claimed[0].ID != ids[1] {
			t.Fatalf("%v %v", claimed, err)
		}
		done := make(chan error, 1)
		go func() {
			r, err := c.XRead(ctx, &redis.XReadArgs{Streams: []string{"orders", ids[2]}, Block: 30 * time.Second}).Result()
			if err == nil && r[0].Messages[0].Values["n"] != "late" {
				err = errors.New("wrong message")
			}
			done <- err
		}()
		must(t, c.XAdd(ctx, &redis.XAddArgs{Stream: "orders", Values: []any{"n", "late"}}).Err())
		must(t, <-done)
		n, err := c.XLen(ctx, "orders").Result()
		if n != 4 || err != nil {
			t.Fatalf("%d %v", n, err)
		}
	})
}

// TestTransaction is go-redis' example of an optimistic increment: no increment may be lost.
func TestTransaction(t *testing.T) {
	each(t, func(t *testing.T, c *redis.Client, ctx context.Context) {
		increment := func() error {
			for {
				err := c.Watch(ctx, func(tx *redis.Tx) error {
					n, err := tx.Get(ctx, "counter").Int()
					if err != nil && err != redis.Nil {
						return err
					}
					_, err = tx.TxPipelined(ctx, func(p redis.Pipeliner) error {
						p.Set(ctx, "counter", n+1, 0)
						return nil
					})
					return err
				}, "counter")
				if err != redis.TxFailedErr {
					return err
				}
			}
		}
		var wg sync.WaitGroup
		for range 8 {
			wg.Go(func() {
				for range 10 {
					if err := increment(); err != nil {
						t.Error(err)
					}
				}
			})
		}
		wg.Wait()
		if n, err := c.Get(ctx, "counter").Int(); n != 80 || err != nil {
			t.Fatalf("%d %v", n, err)
		}
	})
}

// TestBlocking has workers wait on a queue: each job is done once, and a worker that waited gets it.
func TestBlocking(t *testing.T) {
	each(t, func(t *testing.T, c *redis.Client, ctx context.Context) {
		const jobs, workers = 50, 5
		results := make(chan string, jobs)
		var wg sync.WaitGroup
		for range workers {
			wg.Go(func() {
				for {
					r, err := c.BLPop(ctx, 30*time.Second, "empty", "queue").Result()
					if err != nil {
						t.Error(err)
						return
					}
					if r[1] == "stop" {
						return
					}
					results <- r[1]
				}
			})
		}
		var want []string
		for i := range jobs {
			job := string(rune('A' + i))
			want = append(want, job)
			must(t, c.RPush(ctx, "queue", job).Err())
		}
		var got []string
		for range jobs {
			got = append(got, <-results)
		}
		slices.Sort(got)
		slices.Sort(want)
		if !slices.Equal(got, want) {
			t.Errorf("done: %v", got)
		}
		for range workers {
			must(t, c.RPush(ctx, "queue", "stop").Err())
		}
		wg.Wait()
		if err := c.BZPopMin(ctx, 10*time.Millisecond, "empty").Err(); err != redis.Nil {
			t.Errorf("time-out: %v", err)
		}
	})
}

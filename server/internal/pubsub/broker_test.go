package pubsub

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"sync"
	"testing"
)

// inbox is a Receiver that keeps what it gets.
type inbox struct {
	mu   sync.Mutex
	got  []string
	over bool // it has left: nothing may come any more
	late int
}

func (b *inbox) PushMessage(data []byte) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.over {
		b.late++
	}
	b.got = append(b.got, string(data))
}

// TestModel compares the broker with sets of names in a random history.
func TestModel(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	b := NewBroker()
	var boxes [5]*inbox
	var have [len(boxes)][kinds]map[string]bool
	for i := range boxes {
		boxes[i] = &inbox{}
		for k := range kinds {
			have[i][k] = map[string]bool{}
		}
	}
	for step := range 20_000 {
		i, k := rng.IntN(len(boxes)), Kind(rng.IntN(int(kinds)))
		name := string(rune('a' + rng.IntN(4)))
		switch op := rng.IntN(20); {
		case op < 9:
			have[i][k][name] = true
			if n := b.Subscribe(k, boxes[i], name); n[k] != len(have[i][k]) {
				t.Fatalf("step %d: %v subscriptions, want %d", step, n, len(have[i][k]))
			}
		case op < 17:
			delete(have[i][k], name)
			if n := b.Unsubscribe(k, boxes[i], name); n[k] != len(have[i][k]) {
				t.Fatalf("step %d: %v subscriptions remain, want %d", step, n, len(have[i][k]))
			}
		case op < 18:
			b.Leave(boxes[i])
			for k := range kinds {
				clear(have[i][k])
			}
		default:
			want := 0
			for i := range boxes {
				for _, on := range []bool{have[i][Channels][name], have[i][Patterns][name]} {
					if on {
						want++
					}
				}
			}
			if n := b.Publish(Channels, []byte(name), []byte("x")); n != want {
				t.Fatalf("step %d: %d received %q, want %d", step, n, name, want)
			}
		}
		if got := strings.Join(b.Names(k, boxes[i]), ""); len(got) != len(have[i][k]) {
			t.Fatalf("step %d: names %q, want %v", step, got, have[i][k])
		}
		if n, want := b.Subscribers(k, name), 0; n != want {
			for i := range boxes {
				if have[i][k][name] {
					want++
				}
			}
			if n != want {
				t.Fatalf("step %d: %d subscribers of %q, want %d", step, n, name, want)
			}
		}
	}
}

// TestNothingAfterTheEnd publishes while subscribers come and go: none gets a message after Leave has returned.
func TestNothingAfterTheEnd(t *testing.T) {
	b := NewBroker()
	stop := make(chan struct{})
	var publishers, subscribers sync.WaitGroup
	for range 2 {
		publishers.Go(func() {
			for {
				select {
				case <-stop:
					return
				default:
					b.Publish(Channels, []byte("news"), []byte("x"))
				}
			}
		})
	}
	for i := range 4 {
		subscribers.Go(func() {
			for range 200 {
				r := &inbox{}
				b.Subscribe(Channels, r, "news")
				b.Subscribe(Patterns, r, fmt.Sprintf("n*%d", i))
				b.Subscribe(Patterns, r, "n*")
				b.Leave(r)
				r.mu.Lock()
				r.over = true
				r.mu.Unlock()
				if r.late > 0 {
					t.Error("a message came after the end")
				}
			}
		})
	}
	subscribers.Wait()
	close(stop)
	publishers.Wait()
	if b.Size(Channels)+b.Size(Patterns) != 0 {
		t.Error("channels remain without subscribers")
	}
}

func TestNotifierClasses(t *testing.T) {
	for letters, want := range map[string]string{
		"":    "",
		"K":   "",
		"g":   "",
		"KE$": "__keyspace@3__:k=set __keyevent@3__:set=k",
		"E$":  "__keyevent@3__:set=k",
		"KA":  "__keyspace@3__:k=set __keyspace@3__:k=expired",
		"Kxn": "__keyspace@3__:k=expired __keyspace@3__:k=new",
		"EA":  "__keyevent@3__:set=k __keyevent@3__:expired=k",
		"Am":  "",
		"Em":  "__keyevent@3__:keymiss=k",
	} {
		b := NewBroker()
		box := &inbox{}
		b.Subscribe(Patterns, box, "*")
		n := NewNotifier(b)
		announced, created := n.Set(letters)
		n.Notify('$', "set", 3, []byte("k"))
		n.Notify('x', "expired", 3, []byte("k"))
		n.Notify('n', "new", 3, []byte("k"))
		n.Notify('m', "keymiss", 3, []byte("k"))
		var got []string
		for _, m := range box.got {
			f := strings.Split(m, "\r\n")
			got = append(got, f[6]+"="+f[8])
		}
		if strings.Join(got, " ") != want || announced != (want != "") || created != strings.Contains(want, "new") {
			t.Errorf("%q announces %q (%v, %v), want %q", letters, got, announced, created, want)
		}
	}
}

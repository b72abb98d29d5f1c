package crash

import (
	"errors"
	"flag"
	"fmt"
	"math/rand/v2"
	"os/exec"
	"path/filepath"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

var (
	flagKills = flag.Int("crash.kills", 20, "how often a real server is killed under load")
	flagRedis = flag.Bool("crash.redis", false, "kill redis-server instead: the harness itself")
	flagSeed  = flag.Uint64("crash.seed", 0, "first seed; 0: 1")
)

func firstSeed() uint64 { return max(*flagSeed, 1) }

var buildOnce = sync.OnceValues(func() (string, error) {
	dir, err := filepath.Abs(filepath.Join("..", ".."))
	if err != nil {
		return "", err
	}
	bin := filepath.Join(buildDir, "redline")
	cmd := exec.Command("go", "build", "-o", bin, "./cmd/redline")
	cmd.Dir = dir
	out, err := cmd.CombinedOutput()
	if err != nil {
		return "", fmt.Errorf("go build: %w\n%s", err, out)
	}
	return bin, nil
})

func serverCommand(t *testing.T) []string {
	t.Helper()
	if *flagRedis {
		bin, err := exec.LookPath("redis-server")
		if err != nil {
			t.Skip("redis-server is not installed")
		}
		return []string{bin}
	}
	bin, err := buildOnce()
	if err != nil {
		t.Fatal(err)
	}
	return []string{bin, "serve"}
}

// killsPerDir is after how many kills a server begins anew, so that a run stays short.
const killsPerDir = 10

// A process that is killed at any moment has lost nothing that it acknowledged, whatever appendfsync says: what was written
// outlives the process.
func TestKilledProcess(t *testing.T) {
	command := serverCommand(t)
	rng := rand.New(rand.NewPCG(firstSeed(), 9))
	acked := 0
	for done := 0; done < *flagKills; done += killsPerDir {
		policy := []string{"always", "everysec", "always", "no"}[done/killsPerDir%4]
		n := killAgain(t, rng, command, policy, min(killsPerDir, *flagKills-done))
		if t.Failed() {
			return
		}
		acked += n
	}
	t.Logf("%d kills, %d acknowledged steps", *flagKills, acked)
	if acked == 0 {
		t.Error("no server was killed under load")
	}
}

// killAgain kills servers on one directory and returns how many steps were acknowledged.
func killAgain(t *testing.T, rng *rand.Rand, command []string, policy string, kills int) (acked int) {
	t.Helper()
	dir := t.TempDir()
	clock := new(atomic.Int64)
	var clients []*client
	for i := range 4 {
		clients = append(clients, &client{db: i + 1, clock: clock, base: state{}, maker: maker{
			rng: rand.New(rand.NewPCG(rng.Uint64(), 1)), m: newModel(), client: i,
			far: time.Now().Add(1000 * time.Hour).UnixMilli(), large: 1000}})
	}
	for n := range kills + 1 {
		p, err := Start(command, dir, "--appendonly", "yes", "--appendfsync", policy)
		if err != nil {
			t.Fatalf("%s, start %d: %v", policy, n, err)
		}
		c, err := p.dial()
		if err == nil {
			err = verify(c, clients, everything)
			c.close()
		}
		if err != nil {
			p.Kill()
			t.Fatalf("%s, after %d kills: %v\n%s", policy, n, err, p.output.String())
		}
		if n < kills {
			err = killUnderLoad(rng, p, clients)
		}
		p.Kill()
		if err != nil {
			t.Fatalf("%s, under load: %v\n%s", policy, err, p.output.String())
		}
		for _, cl := range clients {
			for _, s := range cl.history {
				if s.acked > 0 {
					acked++
				}
			}
		}
	}
	return acked
}

// killUnderLoad has clients at work and kills the server when a number of steps was acknowledged: a moment that does not
// depend on the machine's speed.
func killUnderLoad(rng *rand.Rand, p *Process, clients []*client) error {
	target := clients[0].clock.Load() + 1 + int64(rng.IntN(1<<rng.IntN(12)))
	rewriteAt := clients[0].clock.Load() + int64(rng.IntN(1000))
	reached, once := make(chan struct{}), new(sync.Once)
	errs := make(chan error, len(clients))
	for i, cl := range clients {
		go func() {
			c, err := p.dial()
			if err != nil {
				errs <- err
				return
			}
			defer c.close()
			_, err = c.do("SELECT", fmt.Sprint(cl.db))
			for err == nil {
				err = cl.batch(c, 1+cl.rng.IntN(8))
				if cl.clock.Load() >= target {
					once.Do(func() { close(reached) })
				}
				if i == 0 && err == nil && cl.clock.Load() >= rewriteAt {
					_, err = c.do("BGREWRITEAOF")
					rewriteAt = 1 << 60
				}
			}
			errs <- err
		}()
	}
	<-reached
	time.Sleep(time.Duration(rng.IntN(3000)) * time.Microsecond) // anywhere within a step, not at its end
	p.Kill()
	var out error
	for range clients {
		if err := <-errs; errors.Is(err, errUnexpected) || errors.Is(err, errRefused) {
			out = errors.Join(out, err)
		}
	}
	return out
}

package crash

import (
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"sync/atomic"
	"syscall"
	"time"

	"redline/vfs"
)

// A fault is a way in which a disk fails.
type fault struct {
	name string
	hook func(rng *rand.Rand, op vfs.Op) error // nil: the disk is full
}

var faults = []fault{
	{"full disk", nil},
	{"writes fail", func(rng *rand.Rand, op vfs.Op) error {
		if op.Kind == vfs.OpWrite || op.Kind == vfs.OpCreate {
			return syscall.EIO
		}
		return nil
	}},
	{"syncs fail", func(rng *rand.Rand, op vfs.Op) error {
		if op.Kind == vfs.OpSync || op.Kind == vfs.OpSyncDir {
			return syscall.EIO
		}
		return nil
	}},
	{"short writes", func(rng *rand.Rand, op vfs.Op) error {
		if op.Kind == vfs.OpWrite {
			return vfs.Short{N: rng.IntN(op.Len + 1), Err: syscall.ENOSPC}
		}
		return nil
	}},
	{"anything may fail", func(rng *rand.Rand, op vfs.Op) error {
		if op.Kind.Changes() && rng.IntN(3) == 0 {
			return syscall.EIO
		}
		return nil
	}},
}

// faultyDisk is a file system whose fault can be switched on and off. Operations come one at a time while it is on.
type faultyDisk struct {
	mem     *vfs.Mem
	current atomic.Pointer[fault]
	rng     *rand.Rand
	turn    chan struct{} // held while rng is in use
}

func newFaultyDisk(mem *vfs.Mem, rng *rand.Rand) *faultyDisk {
	return &faultyDisk{mem: mem, rng: rng, turn: make(chan struct{}, 1)}
}

func (d *faultyDisk) fs() vfs.FS {
	return vfs.Inject(d.mem, func(op vfs.Op) error {
		f := d.current.Load()
		if f == nil || f.hook == nil {
			return nil
		}
		d.turn <- struct{}{}
		defer func() { <-d.turn }()
		return f.hook(d.rng, op)
	})
}

// begin switches a fault on. A full disk has room for what is allocated, and a little more now and then.
func (d *faultyDisk) begin(f *fault) {
	if f.hook == nil {
		d.mem.SetLimit(d.mem.Used() + int64(d.rng.IntN(3)*4096))
	}
	d.current.Store(f)
}

func (d *faultyDisk) end() {
	d.current.Store(nil)
	d.mem.SetLimit(0)
}

// SimulateFaults does the run of a seed in which the disk of one server fails for a while, again and again. What is
// acknowledged is there, then, after the disk has recovered and after the power went off. It has to be called in a
// bubble of testing/synctest.
func SimulateFaults(seed uint64) (Stats, string, error) {
	r := newRun(seed)
	r.mode = modes[r.rng.IntN(2)] // always, everysec
	disk := newFaultyDisk(r.mem, rand.New(rand.NewPCG(seed, 3)))
	r.over = disk.fs()
	l, err := r.start()
	if err == nil {
		err = l.ready()
	}
	if err != nil {
		return r.stats, r.log.String(), fmt.Errorf("mode %s: it does not start: %w", r.mode.name, err)
	}
	crashed := false
	for range 1 + r.rng.IntN(3) {
		if crashed, err = r.endure(l, disk); err != nil || crashed {
			break
		}
	}
	if err != nil {
		return r.stats, r.log.String(), fmt.Errorf("mode %s: %w", r.mode.name, errors.Join(err, l.end()))
	}
	time.Sleep(2 * time.Second) // what everysec promises
	r.mem.PowerOff()
	if err := l.end(); errors.Is(err, errHangs) {
		return r.stats, r.log.String(), err
	}
	r.stats.Crashes++
	r.mem = r.mem.Crash(r.rng)
	r.mem.SetLimit(0)
	r.over, r.promise = nil, everything
	if err := r.life(true); err != nil {
		return r.stats, r.log.String(), fmt.Errorf("mode %s, after the loss of power: %w", r.mode.name, err)
	}
	return r.stats, r.log.String(), nil
}

// endure has clients at work before and while the disk fails, and waits until the server has recovered.
func (r *run) endure(l *live, disk *faultyDisk) (crashed bool, err error) {
	f := &faults[r.rng.IntN(len(faults))]
	for _, cl := range r.clients {
		if err := r.write(l, cl, 1+r.rng.IntN(10)); err != nil {
			return false, fmt.Errorf("while the disk is well: %w", err)
		}
	}
	disk.begin(f)
	for _, cl := range r.clients {
		err := r.write(l, cl, 1+r.rng.IntN(20))
		if errors.Is(err, errRefused) {
			r.stats.Refused++
		} else if err != nil {
			return false, fmt.Errorf("%s: %w", f.name, err)
		}
		time.Sleep(time.Duration(r.rng.IntN(1500)) * time.Millisecond)
	}
	if err := reads(l); err != nil {
		return false, fmt.Errorf("%s: reads fail: %w", f.name, err)
	}
	if r.mode.name == "always" && r.rng.IntN(4) == 0 {
		return true, nil // the power goes off while the disk fails
	}
	disk.end()
	if err := recovers(l); err != nil {
		return false, fmt.Errorf("after %q: %w", f.name, err)
	}
	c := newConn(l.s.Conn())
	defer c.close()
	if err := verify(c, r.clients, everything); err != nil {
		return false, fmt.Errorf("after %q, the server lives: %w", f.name, err)
	}
	return false, nil
}

// write sends steps one by one until one is refused.
func (r *run) write(l *live, cl *client, steps int) error {
	c := newConn(l.s.Conn())
	defer c.close()
	if _, err := c.do("SELECT", fmt.Sprint(cl.db)); err != nil {
		return err
	}
	for range steps {
		r.stats.Steps++
		err := cl.batch(c, 1)
		if errors.Is(err, io.EOF) || errors.Is(err, io.ErrClosedPipe) {
			err = errRefused // the answer to what may be lost is to say nothing
		}
		if err != nil {
			return err
		}
		r.stats.Acked++
	}
	return nil
}

// reads checks that reads are answered, whatever became of writes.
func reads(l *live) error {
	c := newConn(l.s.Conn())
	defer c.close()
	_, err := c.do("LRANGE", "all", "0", "-1")
	return err
}

// recoverMax is more than a server may take until it accepts writes again once the disk is well, in simulated time.
const recoverMax = time.Minute

// recovers waits until a server accepts writes again.
func recovers(l *live) error {
	var err error
	for give := time.Now().Add(recoverMax); time.Now().Before(give); time.Sleep(100 * time.Millisecond) {
		c := newConn(l.s.Conn())
		_, err = c.do("SELECT", "15")
		if err == nil {
			_, err = c.do("SET", "probe", "1")
		}
		c.close()
		if err == nil {
			return nil
		}
	}
	return fmt.Errorf("writes are refused for more than %s: %w", recoverMax, err)
}

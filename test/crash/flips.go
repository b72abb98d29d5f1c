package crash

import (
	"bytes"
	"errors"
	"fmt"
	"math/rand/v2"
	"path/filepath"
	"strings"
	"time"

	"redline/vfs"
)

// Damage is a data directory, to be damaged, and the history that it holds.
type Damage struct {
	run    *run
	files  []string
	whole  map[string][]byte
	sealed bool // the server ended in order: nothing of the history may be missing
}

// Prepare has a server make a data directory. With sealed it ends in order, else it is killed. With log it keeps a log, and
// has made it anew once; else an RDB file. It has to be called in a bubble of testing/synctest, as Flip.
func Prepare(seed uint64, log, sealed bool) (*Damage, error) {
	r := newRun(seed)
	r.mode, r.clients, r.segmentBytes = modes[0], r.clients[:1], 16<<10
	if !log {
		r.mode = modes[len(modes)-1]
	}
	r.clients[0].large = 300
	l, err := r.begin()
	if err != nil {
		return nil, err
	}
	commands := []string{"BGREWRITEAOF", "BGREWRITEAOF", "PING", "BGREWRITEAOF", "PING"}
	if !log {
		commands = []string{"PING", "SAVE"}
	}
	for _, command := range commands {
		for range 40 {
			if err == nil {
				err = r.write(l, r.clients[0], 3)
			}
		}
		c := newConn(l.s.Conn())
		if err == nil {
			_, err = c.do(command)
		}
		c.close()
		time.Sleep(time.Second) // what runs in the background ends
	}
	if sealed {
		err = errors.Join(err, l.end())
	}
	d := &Damage{run: r, sealed: sealed, whole: map[string][]byte{}}
	r.mem = r.mem.Kill()
	if !sealed {
		err = errors.Join(err, l.end())
	}
	r.mem.WriteBack()
	return d, errors.Join(err, d.read(dataDir))
}

// read takes down all files.
func (d *Damage) read(dir string) error {
	names, err := d.run.mem.ReadDir(dir)
	for _, name := range names {
		path := filepath.Join(dir, name)
		b, rerr := vfs.ReadFile(d.run.mem, path)
		if errors.Is(rerr, vfs.ErrIsDir) {
			rerr = d.read(path)
		} else if len(b) > 0 {
			d.files, d.whole[path] = append(d.files, path), b
		}
		err = errors.Join(err, rerr)
	}
	return err
}

// An Outcome is what came of a flipped bit.
type Outcome string

// The outcomes of a flipped bit that are in order.
const (
	Refused  Outcome = "the server refuses to start and names the file"
	Harmless Outcome = "all data is there"
	CutOff   Outcome = "the end of the log was cut off, and reported"
)

// Flip flips a bit somewhere and starts a server on that.
func (d *Damage) Flip(rng *rand.Rand) (Outcome, error) {
	file := d.files[rng.IntN(len(d.files))]
	b := bytes.Clone(d.whole[file])
	used := len(bytes.TrimRight(b, "\x00"))
	at := rng.IntN(min(used+256, len(b))) // what lies behind is zeros and more of them
	b[at] ^= 1 << rng.IntN(8)
	where := fmt.Sprintf("%s, byte %d of %d in use", file, at, used)
	r := *d.run.fork()
	r.mem = d.run.mem.Kill()
	if err := vfs.WriteFile(r.mem, file, b); err != nil {
		return "", err
	}
	l, err := r.start()
	if err == nil {
		err = l.ready()
	}
	if err != nil {
		if !strings.Contains(err.Error(), filepath.Base(file)) {
			return "", fmt.Errorf("%s: the error does not name the file: %w", where, err)
		}
		if l != nil {
			_ = l.end() // it has told its error
		}
		return Refused, nil
	}
	c := newConn(l.s.Conn())
	had, want, err := r.clients[0].reached(c)
	c.close()
	err = errors.Join(err, l.end())
	switch {
	case err != nil:
		return "", fmt.Errorf("%s: %w\n%s", where, err, r.log.String())
	case had == want:
		return Harmless, nil
	case d.sealed || !strings.Contains(r.log.String(), "cut off") || !strings.Contains(r.log.String(), filepath.Base(file)):
		return "", fmt.Errorf("%s: %d of %d steps are there, and nobody was told\n%s", where, had, want, r.log.String())
	}
	return CutOff, nil
}

// fork returns a run with the same history and things of its own to write to.
func (r *run) fork() *run {
	f := &run{rng: r.rng, mode: r.mode, segmentBytes: r.segmentBytes, clients: r.clients}
	return f
}

// reached says after which step a database is as it is, and how many there are. It is an error if it is as after none.
func (cl *client) reached(c *conn) (had, all int, err error) {
	list, err := sharedList(c)
	if err != nil {
		return 0, 0, err
	}
	m, err := observe(c, cl.db)
	if err != nil {
		return 0, 0, err
	}
	f := &survivor{cl: cl, m: m}
	if err := splitShared(list, []*survivor{f}); err != nil {
		return 0, 0, err
	}
	if err := f.fit(nothing); err != nil {
		return 0, 0, err
	}
	return f.fits[len(f.fits)-1], len(cl.history), nil
}

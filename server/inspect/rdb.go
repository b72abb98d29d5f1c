package inspect

import (
	"errors"
	"fmt"
	"io"

	"redline/server/internal/collection"
	"redline/server/internal/keyspace"
	"redline/server/internal/rdb"
)

// values decodes values one at a time, to see whether they are any.
type values struct {
	space  *keyspace.Space
	limits rdb.Limits
}

// The forms that values take are Redis' defaults; which one it is does not matter for a value that is thrown away.
const (
	listpackBytes   = -2
	listpackEntries = 128
	intsetEntries   = 512
	listpackValue   = 64
)

func newValues() *values {
	return &values{
		space: keyspace.New(keyspace.Options{Shards: keyspace.ShardsMin, Databases: 1}),
		limits: rdb.Limits{List: listpackBytes, SetIntset: intsetEntries,
			Hash: collection.HashLimits{Entries: listpackEntries, Value: listpackValue},
			ZSet: collection.ZSetLimits{Entries: listpackEntries, Value: listpackValue}},
	}
}

func (v *values) close() { v.space.Close() }

// check decodes a value. Keys differ in nothing but their name here.
func (v *values) check(rec *rdb.Record) error {
	var k keyspace.Key
	v.space.Locate(rec.Key, &k)
	sh := v.space.Shard(int(k.Shard))
	sh.Lock()
	defer sh.Unlock()
	sh.Enter(0, nil)
	db := sh.DB(0)
	it, err := rdb.Restore(rec.Value, rec.Type, db, &k, keyspace.Item{}, v.limits)
	if err != nil {
		return err
	}
	db.Remove(&k, it)
	for sh.TrashStep(trashSlice) {
	}
	return nil
}

// trashSlice is how much of a large value is freed at once; nobody waits for the lock.
const trashSlice = 1 << 20

// snapshot checks an RDB file.
func (c *checker) snapshot(path string, kind Kind) error {
	f, err := c.fs.Open(path)
	if err != nil {
		return err
	}
	defer f.Close()
	size, err := f.Size()
	if err != nil {
		return err
	}
	out := File{Path: path, Kind: kind, Bytes: size}
	end, err := c.rdb(f, size, &out)
	if err == nil && out.Problem == nil && end < size {
		out.Problem = &Problem{Offset: end, Reason: fmt.Sprintf("%d bytes behind the end mark", size-end)}
	}
	if err != nil {
		return err
	}
	c.add(out)
	return nil
}

// rdb goes through an RDB file and returns where it ends. What is wrong goes into out.
func (c *checker) rdb(src io.Reader, size int64, out *File) (end int64, err error) {
	r := rdb.NewFileReader(src, size)
	for {
		rec, err := r.Next()
		out.Version = r.Version
		if err == nil {
			out.Keys++
			if err = c.values.check(rec); err != nil {
				err = &rdb.FileError{Offset: rec.Offset, Key: rec.Key, Err: err}
			}
		}
		var wrong *rdb.FileError
		switch {
		case err == nil:
		case err == io.EOF:
			return r.Offset(), nil
		case errors.As(err, &wrong):
			out.Problem = &Problem{Offset: wrong.Offset, Reason: wrong.Err.Error()}
			if wrong.Key != nil {
				out.Problem.Reason = fmt.Sprintf("key %.64q: %v", wrong.Key, wrong.Err)
			}
			return r.Offset(), nil
		default:
			return r.Offset(), err
		}
	}
}

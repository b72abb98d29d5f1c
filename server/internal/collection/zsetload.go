package collection

import (
	"errors"
	"math"

	"redline/resp"
	"redline/server/internal/object/listpack"
	"redline/server/internal/object/zset"
)

// ErrBadZSet says that a listpack is no sorted set: an odd number of entries, a score that is no number, or a member
// that occurs twice.
var ErrBadZSet = errors.New("the listpack is no sorted set")

// ParseZSet reads the small form of a sorted set as RDB files and DUMP payloads hold it: a listpack, which is valid as
// such, of members, each followed by its score. The order does not matter. See StoreZSet for what to do with the result.
func ParseZSet(lp []byte, seed uint64) (*zset.ZSet, error) {
	built := zset.New(seed)
	var scratch [20]byte
	for p := listpack.First(lp); p != 0; {
		member := listpack.Get(lp, p).Bytes(scratch[:0])
		if p = listpack.Next(lp, p); p == 0 {
			return nil, ErrBadZSet
		}
		score, ok := parseScore(listpack.Get(lp, p))
		if !ok {
			return nil, ErrBadZSet
		}
		if _, had := built.Set(member, score); had {
			return nil, ErrBadZSet
		}
		p = listpack.Next(lp, p)
	}
	return built, nil
}

func parseScore(v listpack.Value) (score float64, ok bool) {
	if v.IsInt() {
		return float64(v.Int), true
	}
	score, ok = resp.ParseFloat(v.Str)
	return score, ok && !math.IsNaN(score)
}

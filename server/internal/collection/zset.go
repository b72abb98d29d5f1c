package collection

import (
	"bytes"
	"iter"
	"math"

	"redline/resp"
	"redline/server/internal/keyspace"
	"redline/server/internal/object/listpack"
	"redline/server/internal/object/zset"
)

// ZSetLimits are the limits of the small form: the settings zset-max-listpack-entries and zset-max-listpack-value.
type ZSetLimits struct {
	Entries int
	Value   int // bytes of a member
}

// ZSet is the sorted set of one key, which may not exist yet. Small ones are a listpack of members, each followed by its
// score, in order.
type ZSet struct {
	db     *keyspace.DB
	key    *keyspace.Key
	it     keyspace.Item
	large  *zset.ZSet // nil while it is inline or absent
	limits ZSetLimits
}

// zsetObject is a large sorted set in the shard's table.
type zsetObject struct{ *zset.ZSet }

// Clone implements keyspace.Object.
func (o zsetObject) Clone() keyspace.Object { return zsetObject{o.ZSet.Clone()} }

// OpenZSet returns the sorted set of a key. it is what was found under k: a sorted set, or the zero Item.
func OpenZSet(db *keyspace.DB, k *keyspace.Key, it keyspace.Item, limits ZSetLimits) ZSet {
	z := ZSet{db: db, key: k, it: it, limits: limits}
	if it.OK() && !it.Encoding().Inline() {
		z.large = it.Object().(zsetObject).ZSet
	}
	return z
}

// OK says whether the key exists.
func (z *ZSet) OK() bool { return z.it.OK() }

// Item returns the key, or the zero Item.
func (z *ZSet) Item() keyspace.Item { return z.it }

// Large returns the large form, or nil.
func (z *ZSet) Large() *zset.ZSet { return z.large }

// Len returns the number of members.
func (z *ZSet) Len() int {
	switch {
	case z.large != nil:
		return z.large.Len()
	case z.it.OK():
		return listpack.Len(z.it.Value()) / 2
	default:
		return 0
	}
}

// scoreOf returns the score that an entry of a listpack stands for.
func scoreOf(v listpack.Value) float64 {
	if v.IsInt() {
		return float64(v.Int)
	}
	score, _ := resp.ParseFloat(v.Str)
	return score
}

// intScoreMax bounds the scores that are stored as integers where they are whole, as in Redis.
const intScoreMax = math.MaxInt64 / 2

// scoreText returns the entry for a score: an integer, or the text of one that is not whole.
func scoreText(score float64, scratch []byte) (text []byte, n int64, isInt bool) {
	if math.Abs(score) <= intScoreMax && score == math.Trunc(score) {
		return nil, int64(score), true
	}
	return resp.AppendDouble(scratch[:0], score), 0, false
}

// find returns the position of a member in an inline set, 0 if it is not there.
func find(lp, member []byte) int { return listpack.Find(lp, listpack.First(lp), member, 1) }

// Score returns a member's score.
func (z *ZSet) Score(member []byte) (score float64, ok bool) {
	if z.large != nil {
		return z.large.Score(member)
	}
	if !z.it.OK() {
		return 0, false
	}
	lp := z.it.Value()
	p := find(lp, member)
	if p == 0 {
		return 0, false
	}
	return scoreOf(listpack.Get(lp, listpack.Next(lp, p))), true
}

// Rank returns how many members stand before a member.
func (z *ZSet) Rank(member []byte) (rank int, ok bool) {
	if z.large != nil {
		rank, _, ok = z.large.Rank(member)
		return rank, ok
	}
	for it := z.At(0); it.OK(); it.Next() {
		if listpack.Get(it.lp, it.p).Equal(member) {
			return rank, true
		}
		rank++
	}
	return 0, false
}

// RankOfScore returns how many members have a score below the given one; with after those that have it count as well.
func (z *ZSet) RankOfScore(score float64, after bool) (rank int) {
	if z.large != nil {
		return z.large.RankOfScore(score, after)
	}
	for it := z.At(0); it.OK(); it.Next() {
		if s := it.Score(); s > score || s == score && !after {
			break
		}
		rank++
	}
	return rank
}

// RankOfLex returns how many members stand before the given one by their bytes alone; with after it counts as well. It
// means something only if all scores are the same.
func (z *ZSet) RankOfLex(member []byte, after bool) (rank int) {
	if z.large != nil {
		return z.large.RankOfLex(member, after)
	}
	for it := z.At(0); it.OK(); it.Next() {
		if c := bytes.Compare(it.Member(), member); c > 0 || c == 0 && !after {
			break
		}
		rank++
	}
	return rank
}

// Set gives a member a score and returns the one that it had, if it was in the set. The key is created with the first
// member. member must not be a view of the shard; score must not be NaN.
func (z *ZSet) Set(member []byte, score float64) (old float64, had bool) {
	if z.large == nil {
		if p := z.place(member); p > 0 {
			return z.updateInline(p, member, score), true
		}
		if z.fits(member) {
			z.insertInline(member, score)
			return 0, false
		}
		z.enlarge()
	}
	if old, had = z.large.Set(member, score); !had || old != score {
		z.db.Touch(z.it)
	}
	return old, had
}

func (z *ZSet) place(member []byte) int {
	if !z.it.OK() {
		return 0
	}
	return find(z.it.Value(), member)
}

// fits says whether an inline or absent set stays inline with one more member.
func (z *ZSet) fits(member []byte) bool {
	return z.Len() < z.limits.Entries && len(member) <= z.limits.Value &&
		(!z.it.OK() || z.it.ValueLen()+len(member) < listpack.SafeLen)
}

// pairSize returns the length of a member and its score as entries.
func pairSize(member []byte, score float64) int {
	var scratch [32]byte
	text, n, isInt := scoreText(score, scratch[:])
	if isInt {
		return listpack.Size(member) + listpack.SizeInt(n)
	}
	return listpack.Size(member) + listpack.Size(text)
}

// insertPair inserts a member and its score in order. lp has the capacity.
func insertPair(lp, member []byte, score float64) []byte {
	it := ZIter{lp: lp, p: listpack.First(lp)}
	for it.OK() {
		s := it.Score()
		if s > score || s == score && bytes.Compare(it.Member(), member) > 0 {
			break
		}
		it.Next()
	}
	at := it.p
	if at == 0 {
		at = listpack.End(lp)
	}
	lp = listpack.Insert(lp, at, member)
	at += listpack.EntryLen(lp, at)
	var scratch [32]byte
	text, n, isInt := scoreText(score, scratch[:])
	if isInt {
		return listpack.InsertInt(lp, at, n)
	}
	return listpack.Insert(lp, at, text)
}

func (z *ZSet) insertInline(member []byte, score float64) {
	size := pairSize(member, score)
	if !z.it.OK() {
		z.it = z.db.Write(z.key, keyspace.Item{}, keyspace.ZSet, keyspace.Listpack, listpack.EmptyLen+size, false)
		insertPair(listpack.AppendEmpty(z.it.Value()[:0]), member, score)
		return
	}
	n := z.it.ValueLen()
	z.it = z.db.Resize(z.it, n+size, (n+size)/4) // some in reserve, so that not every member moves the block
	insertPair(z.it.Value()[:n], member, score)
}

// updateInline changes the score of the member at p and returns the old one.
func (z *ZSet) updateInline(p int, member []byte, score float64) (old float64) {
	lp := z.it.Value()
	if old = scoreOf(listpack.Get(lp, listpack.Next(lp, p))); old == score {
		return old
	}
	n := len(lp)
	lp = listpack.DeleteN(lp, p, 2)
	rest := len(lp)
	if want := rest + pairSize(member, score); want > n {
		z.it = z.db.Resize(z.it, want, 0)
		insertPair(z.it.Value()[:rest], member, score)
	} else {
		insertPair(lp, member, score)
		z.keep(want)
	}
	return old
}

// keep makes the first n bytes of the block, which were edited in place, the value.
func (z *ZSet) keep(n int) {
	if n == z.it.ValueLen() {
		z.db.Touch(z.it)
		return
	}
	z.it = z.db.Resize(z.it, n, 0)
}

// enlarge turns the inline or absent set into a large one.
func (z *ZSet) enlarge() {
	large := zset.New(zsetSeed(z.key))
	for it := z.At(0); it.OK(); it.Next() {
		large.Set(it.Member(), it.Score())
	}
	z.large = large
	z.it = z.db.WriteObject(z.key, z.it, keyspace.ZSet, keyspace.Skiplist, zsetObject{large}, true)
}

// zsetSeed makes a seed from the key's hash, which has a secret of its own.
func zsetSeed(k *keyspace.Key) uint64 { return uint64(k.Hash) * 0x9E3779B97F4A7C15 }

// Remove takes a member out and says whether it was there. It deletes the key with the last member.
func (z *ZSet) Remove(member []byte) bool {
	if z.large == nil {
		p := z.place(member)
		if p == 0 {
			return false
		}
		if z.Len() == 1 {
			z.delete()
		} else {
			z.keep(len(listpack.DeleteN(z.it.Value(), p, 2)))
		}
		return true
	}
	if !z.large.Remove(member) {
		return false
	}
	z.removed()
	return true
}

// RemoveRange takes out the members of the ranks from up to, not including, to. It deletes the key with the last member.
func (z *ZSet) RemoveRange(from, to int) {
	switch {
	case from >= to:
	case to-from == z.Len():
		z.delete()
	case z.large != nil:
		z.large.RemoveRange(from, to, nil)
		z.removed()
	default:
		z.keep(len(listpack.DeleteRange(z.it.Value(), 2*from, 2*(to-from))))
	}
}

func (z *ZSet) removed() {
	if z.large.Len() == 0 {
		z.delete()
	} else {
		z.db.Touch(z.it)
	}
}

func (z *ZSet) delete() {
	z.db.Delete(z.key)
	z.it, z.large = keyspace.Item{}, nil
}

// ZIter is a place in a sorted set. It is valid until the set changes.
type ZIter struct {
	large   zset.Iter
	lp      []byte // nil: large
	p       int    // of the member; 0: nowhere
	scratch [20]byte
}

// At returns the place of the member with the given rank; it stands nowhere if there is none.
func (z *ZSet) At(rank int) ZIter {
	switch {
	case z.large != nil:
		return ZIter{large: z.large.At(rank)}
	case z.it.OK() && rank >= 0:
		lp := z.it.Value()
		return ZIter{lp: lp, p: listpack.Seek(lp, 2*rank)}
	default:
		return ZIter{}
	}
}

// OK says whether there is a member at the place.
func (it *ZIter) OK() bool {
	if it.lp != nil {
		return it.p != 0
	}
	return it.large.OK()
}

// Member returns the member at the place: a view that is valid until the place or the set changes.
func (it *ZIter) Member() []byte {
	if it.lp != nil {
		return listpack.Get(it.lp, it.p).Bytes(it.scratch[:0])
	}
	return it.large.Member()
}

// Score returns the score of the member at the place.
func (it *ZIter) Score() float64 {
	if it.lp != nil {
		return scoreOf(listpack.Get(it.lp, listpack.Next(it.lp, it.p)))
	}
	return it.large.Score()
}

// AppendScore appends the text of the score as ZSCAN shows it: in a small set as it is stored, with all digits of a
// whole number.
func (it *ZIter) AppendScore(dst []byte) []byte {
	if it.lp != nil {
		return listpack.Get(it.lp, listpack.Next(it.lp, it.p)).Append(dst)
	}
	return resp.AppendDouble(dst, it.large.Score())
}

// Next goes to the next member in order, or nowhere.
func (it *ZIter) Next() {
	if it.lp == nil {
		it.large.Next()
		return
	}
	it.p = listpack.Next(it.lp, listpack.Next(it.lp, it.p))
}

// Prev goes to the member before, or nowhere.
func (it *ZIter) Prev() {
	if it.lp == nil {
		it.large.Prev()
		return
	}
	if it.p = listpack.Prev(it.lp, it.p); it.p != 0 {
		it.p = listpack.Prev(it.lp, it.p)
	}
}

// All passes all members in order.
func (z *ZSet) All() iter.Seq2[[]byte, float64] {
	return func(yield func([]byte, float64) bool) {
		for it := z.At(0); it.OK(); it.Next() {
			if !yield(it.Member(), it.Score()) {
				return
			}
		}
	}
}

// StoreZSet makes the members of built, which has some, the value of a key in place of whatever it held, in the form
// that they fit. built belongs to the key from then on. The deadline is dropped unless keepTTL.
func StoreZSet(db *keyspace.DB, k *keyspace.Key, it keyspace.Item, limits ZSetLimits, built *zset.ZSet, keepTTL bool) keyspace.Item {
	if built.Len() <= limits.Entries {
		size, longest := listpack.EmptyLen, 0
		for member, score := range built.All() {
			size += pairSize(member, score)
			longest = max(longest, len(member))
		}
		if longest <= limits.Value && size < listpack.SafeLen {
			it = db.Write(k, it, keyspace.ZSet, keyspace.Listpack, size, keepTTL)
			lp := listpack.AppendEmpty(it.Value()[:0])
			var scratch [32]byte
			for member, score := range built.All() {
				lp = listpack.Append(lp, member)
				if text, n, isInt := scoreText(score, scratch[:]); isInt {
					lp = listpack.AppendInt(lp, n)
				} else {
					lp = listpack.Append(lp, text)
				}
			}
			return it
		}
	}
	return db.WriteObject(k, it, keyspace.ZSet, keyspace.Skiplist, zsetObject{built}, keepTTL)
}

package geocmd

import (
	"bytes"
	"math"

	"redline/server/internal/collection"
	"redline/server/internal/command"
	"redline/server/internal/object/geohash"
	"redline/server/internal/object/zset"
)

// point is a member that a search found.
type point struct {
	member   []byte
	score    float64
	lon, lat float64
	distance float64 // metres, rough unless exact
	exact    bool
}

func geosearch(c *command.Call)      { search(c, form{src: 1, options: 2}) }
func geosearchstore(c *command.Call) { search(c, form{src: 2, options: 3, storing: true}) }
func georadius(c *command.Call)      { search(c, form{src: 1, options: 6, radius: true, storeOption: true}) }
func georadiusRO(c *command.Call)    { search(c, form{src: 1, options: 6, radius: true}) }
func georadiusbymember(c *command.Call) {
	search(c, form{src: 1, options: 5, radius: true, byMember: true, storeOption: true})
}
func georadiusbymemberRO(c *command.Call) {
	search(c, form{src: 1, options: 5, radius: true, byMember: true})
}

func search(c *command.Call, f form) {
	z, ok := open(c, f.src)
	if !ok {
		return
	}
	q := query{form: f, unit: 1}
	if !q.parse(c, &z) {
		return
	}
	if !z.OK() {
		if q.dest > 0 {
			storeResult(c, &q, nil)
		} else {
			c.Reply.Array(0)
		}
		return
	}
	points := q.find(&z)
	if q.dest > 0 {
		storeResult(c, &q, points)
		return
	}
	q.reply(c, points)
}

// find returns the members in the area, sorted and cut as the query wants. They are views of the set.
func (q *query) find(z *collection.ZSet) []point {
	if q.count > 0 && q.order == unsorted && !q.any {
		q.order = ascending // the nearest, if there is to be a limit
	}
	enough := math.MaxInt // with ANY the first that are found will do
	if q.any {
		enough = q.count
	}
	best := nearest{n: q.count}
	var few [9]geohash.Box
	var points []point
	small := z.Large() == nil
	q.probe = q.area.Probe()
	for _, box := range q.area.Boxes(few[:0]) {
		for it := z.At(z.RankOfScore(box.Min, false)); it.OK(); it.Next() {
			score := it.Score()
			if score >= box.Max || len(points) >= enough {
				break
			}
			lon, lat := geohash.Decode(score)
			d, ok := q.probe.Contains(lon, lat)
			if !ok || q.order != unsorted && !q.any && !best.may(q.key(d)) {
				continue
			}
			member := it.Member()
			if small {
				member = bytes.Clone(member) // it may be in the iterator's own buffer
			}
			points = append(points, point{member: member, score: score, lon: lon, lat: lat, distance: d})
		}
	}
	if q.order != unsorted {
		return q.sorted(points)
	}
	return points
}

func (q *query) reply(c *command.Call, points []point) {
	extras := 0
	for _, with := range []bool{q.withDist, q.withHash, q.withCoord} {
		if with {
			extras++
		}
	}
	c.Reply.Array(len(points))
	for i := range points {
		p := &points[i]
		if extras > 0 {
			c.Reply.Array(1 + extras)
		}
		c.Reply.Bulk(p.member)
		if q.withDist {
			replyDistance(c, q.shown(p)/q.unit)
		}
		if q.withHash {
			c.Reply.Int(int64(p.score))
		}
		if q.withCoord {
			replyPosition(c, p.lon, p.lat)
		}
	}
}

// storeResult makes the points the value of the destination, or deletes it if there are none, and replies.
func storeResult(c *command.Call, q *query, points []point) {
	k := c.Key(q.dest)
	db := c.DBOf(k)
	if len(points) == 0 {
		if db.Delete(k) {
			c.Notify(command.EventGeneric, "del", k.Name)
			c.Dirty++
		}
		c.Reply.Int(0)
		return
	}
	built := zset.New(c.Random())
	for i := range points {
		score := points[i].score
		if q.storeDist {
			score = q.exact(&points[i]) / q.unit
		}
		built.Set(points[i].member, score)
	}
	collection.StoreZSet(db, k, db.Peek(k), limits(c), built, false)
	event := "geosearchstore"
	if q.radius {
		event = "georadiusstore"
	}
	c.Notify(command.EventZSet, event, k.Name)
	c.Dirty += int64(len(points))
	c.Reply.Int(int64(len(points)))
}

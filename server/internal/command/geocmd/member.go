package geocmd

import (
	"fmt"
	"math"
	"strconv"
	"strings"

	"redline/resp"
	"redline/server/internal/collection"
	"redline/server/internal/command"
	"redline/server/internal/keyspace"
	"redline/server/internal/object/geohash"
)

func limits(c *command.Call) collection.ZSetLimits {
	return collection.ZSetLimits{Entries: c.Conf.ZSetMaxListpackEntries, Value: c.Conf.ZSetMaxListpackValue}
}

// open returns the sorted set at argument i. If another type is there, ok is false and the error is written.
func open(c *command.Call, i int) (z collection.ZSet, ok bool) {
	it, ok := c.FindType(i, keyspace.ZSet)
	if !ok {
		return z, false
	}
	k := c.Key(i)
	return collection.OpenZSet(c.DBOf(k), k, it, limits(c)), true
}

// position reads a longitude and a latitude from argument i on. If they are none, it writes the error.
func position(c *command.Call, i int) (lon, lat float64, ok bool) {
	if lon, ok = resp.ParseFloat(c.Args[i]); ok {
		lat, ok = resp.ParseFloat(c.Args[i+1])
	}
	if !ok {
		c.Reply.Error(command.ErrNotFloat)
		return 0, 0, false
	}
	if !geohash.Valid(lon, lat) {
		text := fmt.Sprintf("ERR invalid longitude,latitude pair %f,%f", lon, lat)
		text = strings.ReplaceAll(strings.ReplaceAll(text, "+Inf", "inf"), "-Inf", "-inf") // as C writes them
		c.Reply.Error(text)
		return 0, 0, false
	}
	return lon, lat, true
}

// unit reads argument i as a unit and returns it in metres. If it is none, it writes the error.
func unit(c *command.Call, i int) (metres float64, ok bool) {
	switch arg := c.Args[i]; {
	case command.Is(arg, "m"):
		return 1, true
	case command.Is(arg, "km"):
		return 1000, true
	case command.Is(arg, "ft"):
		return 0.3048, true
	case command.Is(arg, "mi"):
		return 1609.34, true
	default:
		c.Reply.Error("ERR unsupported unit provided. please use M, KM, FT, MI")
		return 0, false
	}
}

// replyDistance writes a distance with four digits behind the point, as a bulk string in either protocol.
func replyDistance(c *command.Call, d float64) {
	n := int64(math.RoundToEven(d * 10000))
	var room [24]byte
	text := append(strconv.AppendInt(room[:0], n/10000, 10), '.')
	for unit := int64(1000); unit > 0; unit /= 10 {
		text = append(text, '0'+byte(n/unit%10))
	}
	c.Reply.Bulk(text)
}

func replyPosition(c *command.Call, lon, lat float64) {
	c.Reply.Array(2)
	c.Reply.HumanDouble(lon)
	c.Reply.HumanDouble(lat)
}

// geoadd is ZADD with the positions turned into scores, and is logged as that.
func geoadd(c *command.Call) {
	var flags collection.UpdateFlags
	changed, first := false, 2
options:
	for ; first < len(c.Args); first++ {
		switch arg := c.Args[first]; {
		case command.Is(arg, "nx"):
			flags |= collection.NX
		case command.Is(arg, "xx"):
			flags |= collection.XX
		case command.Is(arg, "ch"):
			changed = true
		default:
			break options
		}
	}
	triples := c.Args[first:]
	if len(triples)%3 != 0 || len(triples) == 0 || flags == collection.NX|collection.XX {
		c.Reply.Error(command.ErrSyntax)
		return
	}
	scores := make([]float64, len(triples)/3)
	for i := range scores {
		lon, lat, ok := position(c, first+3*i)
		if !ok {
			return
		}
		scores[i] = float64(geohash.Encode(lon, lat))
	}
	z, ok := open(c, 1)
	if !ok {
		return
	}
	added, updated := 0, 0
	for i, score := range scores {
		switch _, what := z.Update(triples[3*i+2], score, flags); what {
		case collection.Added:
			added++
		case collection.Updated:
			updated++
		}
	}
	if added+updated > 0 {
		c.Dirty += int64(added + updated)
		c.Notify(command.EventZSet, "zadd", c.Args[1])
		logAsZadd(c, first, triples, scores)
	}
	if changed {
		added += updated
	}
	c.Reply.Int(int64(added))
}

func logAsZadd(c *command.Call, first int, triples [][]byte, scores []float64) {
	args := append([][]byte{[]byte("ZADD")}, c.Args[1:first]...)
	for i, score := range scores {
		args = append(args, command.Decimal(int64(score)), triples[3*i+2])
	}
	c.Rewrite(args...)
}

func geopos(c *command.Call) {
	z, ok := open(c, 1)
	if !ok {
		return
	}
	c.Reply.Array(len(c.Args) - 2)
	for _, member := range c.Args[2:] {
		if score, ok := z.Score(member); ok {
			lon, lat := geohash.Decode(score)
			replyPosition(c, lon, lat)
		} else {
			c.Reply.NullArray()
		}
	}
}

func geohashes(c *command.Call) {
	z, ok := open(c, 1)
	if !ok {
		return
	}
	c.Reply.Array(len(c.Args) - 2)
	var text []byte
	for _, member := range c.Args[2:] {
		if score, ok := z.Score(member); ok {
			lon, lat := geohash.Decode(score)
			text = geohash.AppendText(text[:0], lon, lat)
			c.Reply.Bulk(text)
		} else {
			c.Reply.Null()
		}
	}
}

func geodist(c *command.Call) {
	metres := 1.0
	switch len(c.Args) {
	case 4:
	case 5:
		var ok bool
		if metres, ok = unit(c, 4); !ok {
			return
		}
	default:
		c.Reply.Error(command.ErrSyntax)
		return
	}
	z, ok := open(c, 1)
	if !ok {
		return
	}
	a, ok := z.Score(c.Args[2])
	b, ok2 := z.Score(c.Args[3])
	if !ok || !ok2 {
		c.Reply.Null()
		return
	}
	lon1, lat1 := geohash.Decode(a)
	lon2, lat2 := geohash.Decode(b)
	replyDistance(c, geohash.Distance(lon1, lat1, lon2, lat2)/metres)
}

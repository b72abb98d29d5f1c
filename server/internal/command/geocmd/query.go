package geocmd

import (
	"redline/resp"
	"redline/server/internal/collection"
	"redline/server/internal/command"
	"redline/server/internal/object/geohash"
)

// form is the shape of a search command.
type form struct {
	src         int  // argument of the set to search
	options     int  // first argument of the options
	radius      bool // GEORADIUS: the circle stands before the options
	byMember    bool // ... around a member
	storeOption bool // ... with STORE and STOREDIST
	storing     bool // GEOSEARCHSTORE
}

// Orders of results.
type order int

const (
	unsorted order = iota
	ascending
	descending
)

// query is what a search wants.
type query struct {
	form
	area                          geohash.Area
	probe                         geohash.Probe // of area, once the search begins
	unit                          float64       // of the distances in the reply, in metres
	order                         order
	count                         int // 0: all
	any                           bool
	withDist, withHash, withCoord bool
	dest                          int // argument of the destination; 0: none
	storeDist                     bool
	hasCentre, hasMember          bool
	hasRadius, hasBox             bool
}

const errNoMember = "ERR could not decode requested zset member"

// parse reads all arguments. If they make no sense, it writes the error. Of a set that does not exist no member is asked
// for, as the reply is empty anyway.
func (q *query) parse(c *command.Call, z *collection.ZSet) bool {
	if q.storing {
		q.dest = 1
	}
	if q.radius && !q.parseCircle(c, z) {
		return false
	}
	for i := q.options; i < len(c.Args); {
		n, ok := q.parseOption(c, i)
		if ok && n == 0 && !q.radius {
			n, ok = q.parseShape(c, i, z)
		}
		if !ok {
			return false
		}
		if n == 0 {
			c.Reply.Error(command.ErrSyntax)
			return false
		}
		i += n
	}
	return q.check(c)
}

// parseCircle reads the middle and radius of GEORADIUS and GEORADIUSBYMEMBER.
func (q *query) parseCircle(c *command.Call, z *collection.ZSet) (ok bool) {
	switch {
	case !q.byMember:
		if q.area.Lon, q.area.Lat, ok = position(c, 2); !ok {
			return false
		}
	case !z.OK():
		return true // nothing will be found; only the options decide what the reply is
	default:
		if !q.centreOn(c, z, c.Args[2]) {
			return false
		}
	}
	return q.parseRadius(c, q.options-2)
}

// centreOn puts the middle where a member is.
func (q *query) centreOn(c *command.Call, z *collection.ZSet, member []byte) bool {
	score, ok := z.Score(member)
	if !ok {
		c.Reply.Error(errNoMember)
		return false
	}
	q.area.Lon, q.area.Lat = geohash.Decode(score)
	return true
}

func (q *query) parseRadius(c *command.Call, i int) bool {
	r, ok := resp.ParseFloat(c.Args[i])
	if !ok {
		c.Reply.Error("ERR need numeric radius")
		return false
	}
	if r < 0 {
		c.Reply.Error("ERR radius cannot be negative")
		return false
	}
	if q.unit, ok = unit(c, i+1); !ok {
		return false
	}
	q.area.Radius = r * q.unit
	return true
}

func (q *query) parseBox(c *command.Call, i int) bool {
	w, ok := resp.ParseFloat(c.Args[i])
	if !ok {
		c.Reply.Error("ERR need numeric width")
		return false
	}
	h, ok := resp.ParseFloat(c.Args[i+1])
	if !ok {
		c.Reply.Error("ERR need numeric height")
		return false
	}
	if h < 0 || w < 0 {
		c.Reply.Error("ERR height or width cannot be negative")
		return false
	}
	if q.unit, ok = unit(c, i+2); !ok {
		return false
	}
	q.area.Width, q.area.Height = w*q.unit, h*q.unit
	return true
}

// parseOption reads an option that most of the family share and returns how many arguments it takes; 0: it is none.
func (q *query) parseOption(c *command.Call, i int) (n int, ok bool) {
	more := i+1 < len(c.Args)
	switch arg := c.Args[i]; {
	case command.Is(arg, "withdist"):
		q.withDist = true
	case command.Is(arg, "withhash"):
		q.withHash = true
	case command.Is(arg, "withcoord"):
		q.withCoord = true
	case command.Is(arg, "any"):
		q.any = true
	case command.Is(arg, "asc"):
		q.order = ascending
	case command.Is(arg, "desc"):
		q.order = descending
	case more && command.Is(arg, "count"):
		count, ok := c.IntArg(i + 1)
		if !ok {
			return 0, false
		}
		if count <= 0 {
			c.Reply.Error("ERR COUNT must be > 0")
			return 0, false
		}
		q.count = int(count)
		return 2, true
	case q.storing && command.Is(arg, "storedist"):
		q.storeDist = true
	case more && q.storeOption && (command.Is(arg, "store") || command.Is(arg, "storedist")):
		q.dest, q.storeDist = i+1, command.Is(arg, "storedist")
		return 2, true
	default:
		return 0, true
	}
	return 1, true
}

// parseShape reads a part of the area of GEOSEARCH and returns how many arguments it takes; 0: it is none.
func (q *query) parseShape(c *command.Call, i int, z *collection.ZSet) (n int, ok bool) {
	left := len(c.Args) - i - 1
	switch arg := c.Args[i]; {
	case left >= 1 && !q.hasCentre && command.Is(arg, "frommember"):
		if z.OK() && !q.centreOn(c, z, c.Args[i+1]) {
			return 0, false
		}
		q.hasMember = true
		return 2, true
	case left >= 2 && !q.hasMember && command.Is(arg, "fromlonlat"):
		if q.area.Lon, q.area.Lat, ok = position(c, i+1); !ok {
			return 0, false
		}
		q.hasCentre = true
		return 3, true
	case left >= 2 && !q.hasBox && command.Is(arg, "byradius"):
		q.hasRadius = true
		return 3, q.parseRadius(c, i+1)
	case left >= 3 && !q.hasRadius && command.Is(arg, "bybox"):
		q.hasBox, q.area.Box = true, true
		return 4, q.parseBox(c, i+1)
	default:
		return 0, true
	}
}

// check refuses options that exclude each other and areas that are not complete.
func (q *query) check(c *command.Call) bool {
	name := string(c.Args[0]) // as the client wrote it
	switch {
	case q.dest > 0 && (q.withDist || q.withHash || q.withCoord):
		what := "STORE option in GEORADIUS"
		if q.storing {
			what = "GEOSEARCHSTORE"
		}
		c.Reply.Error("ERR " + what + " is not compatible with WITHDIST, WITHHASH and WITHCOORD options")
	case !q.radius && !q.hasMember && !q.hasCentre:
		c.Reply.Error("ERR exactly one of FROMMEMBER or FROMLONLAT can be specified for " + name)
	case !q.radius && !q.hasRadius && !q.hasBox:
		c.Reply.Error("ERR exactly one of BYRADIUS and BYBOX can be specified for " + name)
	case q.any && q.count == 0:
		c.Reply.Error("ERR the ANY argument requires COUNT argument")
	default:
		return true
	}
	return false
}

package geocmd_test

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"redline/server/internal/command"
	"redline/server/internal/command/commandtest"
	"redline/server/internal/command/geocmd"
	"redline/server/internal/command/keycmd"
	"redline/server/internal/command/strcmd"
	"redline/server/internal/command/zsetcmd"
	"redline/test/compat"
)

var families = [][]command.Spec{geocmd.Commands, zsetcmd.Commands, strcmd.Commands, keycmd.Commands}

// TestAsRedis compares replies, errors included, with a redis-server.
func TestAsRedis(t *testing.T) {
	commandtest.Compare(t, commandtest.New(t, families), compat.Oracle(t), []string{
		"SET s v", "GEOADD s 1 1 a", "GEOPOS s a", "GEOHASH s a", "GEODIST s a b", "GEOSEARCH s FROMLONLAT 1 1 BYRADIUS 1 m", "GEORADIUS s 1 1 1 m", "GEOSEARCHSTORE d s FROMLONLAT 1 1 BYRADIUS 1 m",
		"GEOADD g 1 1", "GEOADD g NX XX 1 1 a", "GEOADD g 1 1 a 2 2", "GEOADD g x 1 a", "GEOADD g 1 x a", "GEOADD g 181 1 a", "GEOADD g 1 86 a", "GEOADD g inf 1 a", "GEOADD g -inf 1 a", "GEOADD g nan 1 a", "GEOADD g 1 1 a 200 1 b", "EXISTS g", "GEOADD g CH NX XX", "GEOADD g INCR 1 1 a", "GEOADD g XX 1 1 a",
		"GEOADD g 13.361389 38.115556 Palermo 15.087269 37.502669 Catania", "GEOADD g CH 13.361389 38.115556 Palermo 12.758489 38.788135 edge1 17.241510 38.788135 edge2", "GEOADD g NX CH 1 1 Palermo", "GEOADD g XX CH 13.5 38 Palermo 1 1 new", "GEOADD g 13.361389 38.115556 Palermo",
		"GEOADD g 180 85.05112878 max -180 -85.05112878 min 0 0 zero 180 0 east -180 0 west", "ZRANGE g 0 -1 WITHSCORES", "GEOPOS g", "GEOPOS g Palermo nope Catania max min zero east west", "GEOHASH g", "GEOHASH g Palermo nope Catania max min zero", "GEOPOS none a", "GEOHASH none a",
		"GEODIST g Palermo Catania", "GEODIST g Palermo Catania m", "GEODIST g Palermo Catania KM", "GEODIST g Palermo Catania mi", "GEODIST g Palermo Catania ft", "GEODIST g Palermo Catania x", "GEODIST g Palermo nope", "GEODIST g Palermo Palermo", "GEODIST g max min", "GEODIST g east west", "GEODIST g zero east", "GEODIST none a b", "GEODIST none a b x", "GEODIST g a b m x",
		"GEORADIUS g 15 37 200 km", "GEORADIUS g 15 37 200 km WITHDIST", "GEORADIUS g 15 37 200 km WITHCOORD", "GEORADIUS g 15 37 200 km WITHHASH", "GEORADIUS g 15 37 200 km WITHDIST WITHCOORD WITHHASH ASC", "GEORADIUS g 15 37 200 km DESC WITHDIST", "GEORADIUS g 15 37 200 km COUNT 1", "GEORADIUS g 15 37 200 km COUNT 1 DESC", "GEORADIUS g 15 37 200 km COUNT 1 ANY",
		"GEORADIUS g 15 37 200 km ANY", "GEORADIUS g 15 37 200 km COUNT 0", "GEORADIUS g 15 37 200 km COUNT -1", "GEORADIUS g 15 37 200 km COUNT x", "GEORADIUS g 15 37 200 km COUNT", "GEORADIUS g 15 37 -1 km", "GEORADIUS g 15 37 x km", "GEORADIUS g 15 37 200 parsec", "GEORADIUS g x 37 200 km", "GEORADIUS g 200 37 200 km", "GEORADIUS g 15 37 200 km FOO",
		"GEORADIUS g 15 37 200 km STORE d", "ZRANGE d 0 -1 WITHSCORES", "GEORADIUS g 15 37 200 km STOREDIST d COUNT 2", "ZRANGE d 0 -1", "GEORADIUS g 15 37 200 km STORE d WITHDIST", "GEORADIUS g 15 37 200 km STORE", "GEORADIUS g 15 37 200 km STORE a STORE d", "EXISTS a d", "GEORADIUS g 0 20 1 m STORE d", "EXISTS d", "GEORADIUS none 15 37 200 km STORE s", "EXISTS s", "GEORADIUS none 15 37 200 km", "GEORADIUS none 15 37 200 km FOO", "GEORADIUS none x 37 200 km",
		"GEORADIUS_RO g 15 37 200 km", "GEORADIUS_RO g 15 37 200 km STORE d", "GEORADIUSBYMEMBER g Palermo 200 km WITHDIST ASC", "GEORADIUSBYMEMBER g nope 200 km", "GEORADIUSBYMEMBER none x 200 km", "GEORADIUSBYMEMBER none x y z", "GEORADIUSBYMEMBER g Palermo 200 km STOREDIST d ASC", "ZCARD d", "GEORADIUSBYMEMBER_RO g Palermo 200 km STORE d", "GEORADIUSBYMEMBER_RO g Palermo 0 m WITHDIST", "GEORADIUSBYMEMBER g Palermo 200", "GEORADIUSBYMEMBER none x 200 km STORE d", "EXISTS d",
		"GEOSEARCH g FROMLONLAT 15 37 BYRADIUS 200 km ASC WITHDIST", "GEOSEARCH g FROMMEMBER Palermo BYBOX 400 400 km ASC WITHCOORD WITHDIST WITHHASH", "GEOSEARCH g FROMLONLAT 15 37 BYBOX 400 400 km DESC COUNT 2", "GEOSEARCH g BYRADIUS 200 km FROMLONLAT 15 37 COUNT 1 ANY", "GEOSEARCH g FROMMEMBER nope BYRADIUS 1 m", "GEOSEARCH none FROMMEMBER nope BYRADIUS 1 m", "GEOSEARCH g FROMLONLAT 15 37 FROMMEMBER Palermo BYRADIUS 1 m", "geoSearch g FROMLONLAT 15 37 ASC ASC", "GEOSEARCH g BYRADIUS 200 km ASC ASC ASC", "GEOSEARCH none BYRADIUS 200 km ASC ASC ASC",
		"GEOSEARCH g FROMLONLAT 15 37 BYRADIUS 200 km BYBOX 1 1 m", "GEOSEARCH g FROMLONLAT 15 37 BYBOX -1 1 m", "GEOSEARCH g FROMLONLAT 15 37 BYBOX x 1 m", "GEOSEARCH g FROMLONLAT 15 37 BYBOX 1 x m", "GEOSEARCH g FROMLONLAT 15 37 BYBOX 1 1 x", "GEOSEARCH g FROMLONLAT 15 37 BYBOX 1 1", "GEOSEARCH g FROMLONLAT 15 37 BYRADIUS 1 m STOREDIST", "GEOSEARCH g FROMLONLAT 15 37 BYRADIUS 1 m STORE d", "GEOSEARCH g FROMLONLAT 15 37 BYRADIUS 1 m ANY", "GEOSEARCH g FROMLONLAT 0 0 BYRADIUS 20100 km ASC", "GEOSEARCH g FROMLONLAT 0 0 BYRADIUS 1e300 km ASC", "GEOSEARCH g FROMLONLAT 180 85.05112878 BYRADIUS 5000 km ASC WITHDIST", "GEOSEARCH g FROMLONLAT 0 0 BYBOX 50000 50000 km ASC", "GEOSEARCH g FROMMEMBER west BYRADIUS 1000 km", "GEOSEARCH g FROMMEMBER zero BYBOX 0 0 m",
		"GEOSEARCHSTORE d g FROMLONLAT 15 37 BYRADIUS 200 km", "ZRANGE d 0 -1 WITHSCORES", "GEOSEARCHSTORE d g FROMLONLAT 15 37 BYBOX 400 400 km STOREDIST COUNT 1", "ZCARD d", "GEOSEARCHSTORE d g FROMLONLAT 15 37 BYRADIUS 1 m WITHDIST", "GEOSEARCHSTORE d g FROMLONLAT 0 20 BYRADIUS 1 m", "EXISTS d", "GEOSEARCHSTORE d none FROMLONLAT 0 20 BYRADIUS 1 m", "GEOSEARCHSTORE g g FROMLONLAT 15 37 BYRADIUS 200 km", "ZCARD g", "OBJECT ENCODING g",
		"ZADD odd -1 neg 1e300 huge inf inf 0.5 half", "GEOPOS odd neg huge inf half", "GEOHASH odd neg huge inf half", "GEODIST odd neg huge",
	})
}

func TestHistories(t *testing.T) {
	commandtest.Histories(t, commandtest.New(t, families), compat.Oracle(t), 1, 10, "geo")
}

// TestSearches compares searches of every size and place in sets of both forms, distances stored bit for bit included.
func TestSearches(t *testing.T) {
	redis := compat.Oracle(t)
	s := commandtest.New(t, families)
	c := s.Client()
	r := rand.New(rand.NewPCG(1, 2))
	both := func(words ...string) (got, want string) {
		reply, err := redis.Do(words...)
		if err != nil {
			t.Fatal(err)
		}
		return c.Do(words...), string(reply.Raw)
	}
	for key, n := range map[string]int{"small": 100, "large": 2000} {
		for i := range n {
			lon, lat := r.Float64()*360-180, r.Float64()*170-85
			if i%2 == 0 {
				lon, lat = 10+r.NormFloat64(), 45+r.NormFloat64()
			}
			both("GEOADD", key, fmt.Sprint(lon), fmt.Sprint(lat), fmt.Sprintf("m%d", i))
		}
	}
	distances, off := 0, 0
	for i := range 300 {
		key := []string{"small", "large"}[i%2]
		size := fmt.Sprint(0.01 * float64(int64(1)<<r.IntN(31)) * (1 + r.Float64()))
		words := []string{"GEOSEARCH", key, "FROMLONLAT", fmt.Sprint(r.Float64()*360 - 180), fmt.Sprint(r.Float64()*170 - 85), "BYRADIUS", size, "m", "WITHDIST"}
		if i%3 == 0 {
			words = []string{"GEOSEARCH", key, "FROMMEMBER", fmt.Sprintf("m%d", r.IntN(100)), "BYBOX", size, fmt.Sprint(r.Float64() * 1e5), "km", "WITHDIST"}
		}
		words = append(words, [][]string{nil, {"ASC"}, {"DESC", "COUNT", "5"}, {"COUNT", "3", "ANY"}}[r.IntN(4)]...)
		if got, want := both(words...); got != want {
			t.Errorf("%s\n got %.300q\nwant %.300q", strings.Join(words, " "), got, want)
		}
		if i%10 == 0 {
			both("GEORADIUSBYMEMBER", key, fmt.Sprintf("m%d", r.IntN(100)), "300", "km", "STOREDIST", "d")
			got, want := both("ZRANGE", "d", "0", "-1", "WITHSCORES")
			a, b := strings.Split(got, "\r\n"), strings.Split(want, "\r\n")
			if len(a) != len(b) {
				t.Fatalf("%d and %d stored", len(a), len(b))
			}
			for j := range a {
				distances++
				if a[j] != b[j] {
					off++
				}
			}
		}
	}
	// The libraries differ in the last bit now and then; a wrong formula would be off everywhere.
	if off > distances/100 {
		t.Errorf("%d of %d lines of stored distances differ", off, distances)
	}
	t.Logf("%d of %d lines of stored distances differ", off, distances)
}

// TestEffects: a position is logged as the score that it becomes.
func TestEffects(t *testing.T) {
	s := commandtest.New(t, families)
	c := s.Client()
	c.Do("GEOADD", "g", "NX", "CH", "13.361389", "38.115556", "Palermo")
	c.Do("GEOADD", "g", "NX", "1", "1", "Palermo")
	c.Do("GEORADIUS", "g", "13", "38", "200", "km", "STORE", "d")
	c.Do("GEOSEARCHSTORE", "d", "g", "FROMLONLAT", "0", "0", "BYRADIUS", "1", "m")
	effects := []string{"ZADD g NX CH 3479099956230698 Palermo", "GEORADIUS g 13 38 200 km STORE d", "GEOSEARCHSTORE d g FROMLONLAT 0 0 BYRADIUS 1 m"}
	events := []string{"z zadd g", "z georadiusstore d", "g del d"}
	if !slices.Equal(s.Effects, effects) || !slices.Equal(s.Events, events) {
		t.Errorf("logged %q, announced %q; want %q, %q", s.Effects, s.Events, effects, events)
	}
}

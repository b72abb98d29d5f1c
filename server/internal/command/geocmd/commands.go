package geocmd

import "redline/server/internal/command"

var (
	readKey   = []command.KeySpec{{Flags: read, Begin: 1, Step: 1}}
	addKey    = []command.KeySpec{{Flags: command.KeyRW | command.KeyUpdate, Begin: 1, Step: 1}}
	storeKeys = []command.KeySpec{{Flags: store, Begin: 1, Step: 1}, {Flags: read, Begin: 2, Step: 1}}
)

// radiusKeys are the keys of GEORADIUS: the source, and the destination after a word in the options.
func radiusKeys(from int) []command.KeySpec {
	return []command.KeySpec{
		{Flags: read, Begin: 1, Step: 1},
		{Flags: store, Keyword: "STORE", StartFrom: from, Step: 1},
		{Flags: store, Keyword: "STOREDIST", StartFrom: from, Step: 1},
	}
}

const (
	read  = command.KeyRO | command.KeyAccess
	store = command.KeyOW | command.KeyUpdate

	writes = command.Write | command.DenyOOM

	group = "geo"
	cats  = command.CatGeo

	searchCost = "O(N+log(M)) with N the number of members in the boxes around the area, M in the set"
	upperUnits = "Added support for uppercase unit names."
)

// Commands lists the family.
var Commands = []command.Spec{
	{Group: group, Cats: cats, Name: "geoadd", Since: "3.2.0", Complexity: "O(M*log(N)) with M the number of members given", Arity: -5,
		Flags: writes, Keys: addKey, Handler: geoadd, History: [][2]string{{"6.2.0", "Added the `CH`, `NX` and `XX` options."}},
		Summary: "Adds members with their positions, or moves them.",
		Syntax:  "key condition@6.2.0:[NX | XX] change@6.2.0:[CH] longitude:double latitude:double member [longitude latitude member ...]"},
	{Group: group, Cats: cats, Name: "geopos", Since: "3.2.0", Complexity: "O(N) with N the number of members given", Arity: -2,
		Flags: command.Readonly, Keys: readKey, Handler: geopos,
		Summary: "Returns the longitudes and latitudes of members.", Syntax: "key member [member ...]"},
	{Group: group, Cats: cats, Name: "geohash", Since: "3.2.0", Complexity: "O(N) with N the number of members given", Arity: -2,
		Flags: command.Readonly, Keys: readKey, Handler: geohashes,
		Summary: "Returns the positions of members as geohash strings.", Syntax: "key member [member ...]"},
	{Group: group, Cats: cats, Name: "geodist", Since: "3.2.0", Complexity: "O(1)", Arity: -4,
		Flags: command.Readonly, Keys: readKey, Handler: geodist,
		Summary: "Returns the distance between two members.", Syntax: "key member1 member2 unit:[M | KM | FT | MI]"},
	{Group: group, Cats: cats, Name: "geosearch", Since: "6.2.0", Complexity: searchCost, Arity: -7,
		Flags: command.Readonly, Keys: readKey, Handler: geosearch, History: [][2]string{{"7.0.0", upperUnits}},
		Summary: "Returns the members in a circle or a rectangle.",
		Syntax: "key from:<FROMMEMBER member | FROMLONLAT longitude:double latitude:double> " +
			"by:<circle:<BYRADIUS radius:double unit:<M | KM | FT | MI>> | box:<<BYBOX width:double> height:double unit:<M | KM | FT | MI>>> " +
			"[ASC | DESC] count:[COUNT count [ANY]] [WITHCOORD] [WITHDIST] [WITHHASH]"},
	{Group: group, Cats: cats, Name: "geosearchstore", Since: "6.2.0", Complexity: searchCost, Arity: -8,
		Flags: writes, Keys: storeKeys, Handler: geosearchstore, History: [][2]string{{"7.0.0", upperUnits}},
		Summary: "Stores the members in a circle or a rectangle in another key.",
		Syntax: "destination source from:<FROMMEMBER member | FROMLONLAT longitude:double latitude:double> " +
			"by:<circle:<BYRADIUS radius:double unit:<M | KM | FT | MI>> | box:<<BYBOX width:double> height:double unit:<M | KM | FT | MI>>> " +
			"[ASC | DESC] count:[COUNT count [ANY]] [STOREDIST]"},
	{Group: group, Cats: cats, Name: "georadius", Deprecated: "6.2.0",
		ReplacedBy: "`GEOSEARCH` and `GEOSEARCHSTORE` with the `BYRADIUS` argument", Since: "3.2.0", Complexity: searchCost, Arity: -6,
		Flags: writes | command.MovableKeys, Keys: radiusKeys(6), Extract: extractRadius, Handler: georadius,
		History: [][2]string{{"6.2.0", "Added the `ANY` option for `COUNT`."}, {"7.0.0", upperUnits}},
		Summary: "Returns or stores the members in a circle around a position.",
		Syntax: "key longitude:double latitude:double radius:double unit:<M | KM | FT | MI> [WITHCOORD] [WITHDIST] [WITHHASH] " +
			"count:[COUNT count [ANY@6.2.0]] [ASC | DESC] [STORE key] [STOREDIST key]"},
	{Group: group, Cats: cats, Name: "georadius_ro", Deprecated: "6.2.0",
		ReplacedBy: "`GEOSEARCH` with the `BYRADIUS` argument", Since: "3.2.10", Complexity: searchCost, Arity: -6,
		Flags: command.Readonly, Keys: readKey, Handler: georadiusRO,
		History: [][2]string{{"6.2.0", "Added the `ANY` option for `COUNT`."}},
		Summary: "Returns the members in a circle around a position.",
		Syntax:  "key longitude:double latitude:double radius:double unit:<M | KM | FT | MI> [WITHCOORD] [WITHDIST] [WITHHASH] count:[COUNT count [ANY@6.2.0]] [ASC | DESC]"},
	{Group: group, Cats: cats, Name: "georadiusbymember", Deprecated: "6.2.0",
		ReplacedBy: "`GEOSEARCH` and `GEOSEARCHSTORE` with the `BYRADIUS` and `FROMMEMBER` arguments", Since: "3.2.0", Complexity: searchCost, Arity: -5,
		Flags: writes | command.MovableKeys, Keys: radiusKeys(5), Extract: extractRadius, Handler: georadiusbymember,
		History: [][2]string{{"7.0.0", upperUnits}},
		Summary: "Returns or stores the members in a circle around a member.",
		Syntax: "key member radius:double unit:<M | KM | FT | MI> [WITHCOORD] [WITHDIST] [WITHHASH] " +
			"count:[COUNT count [ANY]] [ASC | DESC] [STORE key] [STOREDIST key]"},
	{Group: group, Cats: cats, Name: "georadiusbymember_ro", Deprecated: "6.2.0",
		ReplacedBy: "`GEOSEARCH` with the `BYRADIUS` and `FROMMEMBER` arguments", Since: "3.2.10", Complexity: searchCost, Arity: -5,
		Flags: command.Readonly, Keys: readKey, Handler: georadiusbymemberRO,
		Summary: "Returns the members in a circle around a member.",
		Syntax:  "key member radius:double unit:<M | KM | FT | MI> [WITHCOORD] [WITHDIST] [WITHHASH] count:[COUNT count [ANY]] [ASC | DESC]"},
}

// extractRadius finds the keys of GEORADIUS and GEORADIUSBYMEMBER: of several destinations the last counts.
func extractRadius(dst []command.KeyPos, args [][]byte) ([]command.KeyPos, error) {
	dst = append(dst, command.KeyPos{Index: 1, Flags: read})
	stored := 0
	for i := 5; i+1 < len(args); i++ {
		if command.Is(args[i], "store") || command.Is(args[i], "storedist") {
			stored = i + 1
			i++
		}
	}
	if stored > 0 {
		dst = append(dst, command.KeyPos{Index: stored, Flags: store})
	}
	return dst, nil
}

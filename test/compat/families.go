package compat

// An Op is one kind of random command.
type Op struct {
	Pattern string // see Template
	Weight  int    // how often, relative to the family's other operations; 0 counts as 1
	Mode    Mode
}

// A Family is a table of operations on one kind of key.
type Family struct {
	Name   string
	Prefix string // of the keys it prefers; see keyKinds
	Needs  string // the family is left out while the server lacks this command
	Alone  bool   // never mixed with other families
	Ops    []Op
}

var (
	unordered = Mode{Unordered: true}
	pairs     = Mode{Pairs: true}
	shape     = Mode{Shape: true}
	seconds   = Mode{Approx: 2}    // time passes between the two answers
	millis    = Mode{Approx: 2000} // the same in milliseconds
)

// Families lists what the differential run draws from. Commands whose effect is random by contract (SPOP, RANDOMKEY) stand in
// forms that have one result only.
func Families() []Family {
	return []Family{
		stringOps, keyOps, bitmapOps, listOps, hashOps, setOps, zsetOps, lexOps, streamOps, hllOps, geoOps, sortOps,
	}
}

var stringOps = Family{Name: "string", Prefix: "s", Needs: "get", Ops: []Op{
	{Pattern: "SET {k} {v}", Weight: 6},
	{Pattern: "SET {k} {v} [NX|XX] [GET] [EX {sec}|PX {msec}|EXAT {at}|PXAT {msat}|KEEPTTL]", Weight: 5},
	{Pattern: "GET {k}", Weight: 6},
	{Pattern: "GETSET {k} {v}"},
	{Pattern: "GETDEL {k}"},
	{Pattern: "GETEX {k} [EX {sec}|PX {msec}|EXAT {at}|PXAT {msat}|PERSIST]", Weight: 2},
	{Pattern: "SETNX {k} {v}"},
	{Pattern: "SETEX {k} {sec} {v}"},
	{Pattern: "PSETEX {k} {msec} {v}"},
	{Pattern: "MGET {k} {k} {any}", Weight: 2},
	{Pattern: "MSET <{k} {v}>", Weight: 2},
	{Pattern: "MSETNX <{k} {v}>"},
	{Pattern: "APPEND {k} {v}", Weight: 3},
	{Pattern: "STRLEN {k}", Weight: 2},
	{Pattern: "SETRANGE {k} {off} {v}", Weight: 3},
	{Pattern: "(GETRANGE|SUBSTR) {k} {i} {i}", Weight: 3},
	{Pattern: "(INCR|DECR) {k}", Weight: 3},
	{Pattern: "(INCRBY|DECRBY) {k} {n}", Weight: 3},
	{Pattern: "INCRBYFLOAT {k} {float}", Weight: 3},
	{Pattern: "LCS {k} {k} [LEN|IDX [WITHMATCHLEN] [MINMATCHLEN {count}]]"},
	{Pattern: "OBJECT ENCODING {k}", Weight: 3},
}}

var keyOps = Family{Name: "key", Prefix: "s", Needs: "del", Ops: []Op{
	{Pattern: "SET {any} {v}", Weight: 2},
	{Pattern: "(DEL|UNLINK) {any...}", Weight: 2},
	{Pattern: "(EXISTS|TOUCH) {any...}", Weight: 3},
	{Pattern: "TYPE {any}", Weight: 3},
	{Pattern: "(RENAME|RENAMENX) {any} {any}", Weight: 3},
	{Pattern: "COPY {any} {any} [DB {db}] [REPLACE]", Weight: 3},
	{Pattern: "MOVE {any} {db}"},
	{Pattern: "SWAPDB {db} {db}"},
	{Pattern: "SELECT {db}"},
	{Pattern: "EXPIRE {any} {sec} [NX|XX|GT|LT]", Weight: 3},
	{Pattern: "PEXPIRE {any} {msec} [NX|XX|GT|LT]", Weight: 2},
	{Pattern: "EXPIREAT {any} {at} [NX|XX|GT|LT]", Weight: 2},
	{Pattern: "PEXPIREAT {any} {msat} [NX|XX|GT|LT]", Weight: 2},
	{Pattern: "PERSIST {any}", Weight: 2},
	{Pattern: "TTL {any}", Weight: 2, Mode: seconds},
	{Pattern: "PTTL {any}", Weight: 2, Mode: millis},
	{Pattern: "EXPIRETIME {any}", Weight: 2, Mode: seconds},
	{Pattern: "PEXPIRETIME {any}", Weight: 2, Mode: millis},
	{Pattern: "KEYS {glob}", Weight: 2, Mode: unordered},
	{Pattern: "SCAN 0 COUNT 1000 [MATCH {glob}] [TYPE (string|list|hash|set|zset|stream)]", Weight: 2, Mode: unordered},
	{Pattern: "OBJECT (ENCODING|REFCOUNT|FREQ|NOSUCH) {any}", Mode: Mode{Masks: []Mask{integerRefcount}}},
}}

var bitmapOps = Family{Name: "bitmap", Prefix: "b", Needs: "setbit", Ops: []Op{
	{Pattern: "SETBIT {k} {boff} {bit}", Weight: 6},
	{Pattern: "GETBIT {k} {boff}", Weight: 4},
	{Pattern: "BITCOUNT {k} [{i} {i} [BYTE|BIT|x]]", Weight: 3},
	{Pattern: "BITCOUNT {k} {i}"},
	{Pattern: "BITPOS {k} {bit} [{i} [{i} [BYTE|BIT]]]", Weight: 3},
	{Pattern: "BITOP (AND|OR|XOR) {k} {k...}", Weight: 3},
	{Pattern: "BITOP (NOT|FOO) {k} {k} [{k}]"},
	{Pattern: "BITFIELD {k} <(GET {type} {bfoff}|SET {type} {bfoff} {n}|INCRBY {type} {bfoff} {n}|OVERFLOW (WRAP|SAT|FAIL|x))>", Weight: 5},
	{Pattern: "BITFIELD_RO {k} <GET {type} {bfoff}>", Weight: 2},
	{Pattern: "SET {k} {v}"},
	{Pattern: "GET {k}", Weight: 2},
}}

var listOps = Family{Name: "list", Prefix: "l", Needs: "lpush", Ops: []Op{
	{Pattern: "(LPUSH|RPUSH) {k} {v...}", Weight: 8},
	{Pattern: "(LPUSHX|RPUSHX) {k} {v...}"},
	{Pattern: "(LPOP|RPOP) {k} [{count}]", Weight: 3},
	{Pattern: "LLEN {k}", Weight: 2},
	{Pattern: "LRANGE {k} {i} {i}", Weight: 4},
	{Pattern: "LINDEX {k} {i}", Weight: 3},
	{Pattern: "LSET {k} {i} {v}", Weight: 2},
	{Pattern: "LINSERT {k} (BEFORE|AFTER|x) {v} {v}", Weight: 2},
	{Pattern: "LREM {k} {i} {v}", Weight: 2},
	{Pattern: "LTRIM {k} {i} {i}"},
	{Pattern: "LPOS {k} {v} [RANK {i}] [COUNT {count}] [MAXLEN {count}]", Weight: 2},
	{Pattern: "LMOVE {k} {k} (LEFT|RIGHT) (LEFT|RIGHT|x)", Weight: 2},
	{Pattern: "RPOPLPUSH {k} {k}", Weight: 2},
	{Pattern: "LMPOP {num} {k} {k} (LEFT|RIGHT) [COUNT {count}]", Weight: 2},
	{Pattern: "OBJECT ENCODING {k}", Weight: 2},
	{Pattern: "DEL {k}"},
}}

var hashOps = Family{Name: "hash", Prefix: "h", Needs: "hset", Ops: []Op{
	{Pattern: "(HSET|HMSET) {k} <{f} {v}>", Weight: 8},
	{Pattern: "HSETNX {k} {f} {v}"},
	{Pattern: "HGET {k} {f}", Weight: 3},
	{Pattern: "HMGET {k} {f...}", Weight: 2},
	{Pattern: "HDEL {k} {f...}", Weight: 2},
	{Pattern: "HLEN {k}", Weight: 2},
	{Pattern: "(HEXISTS|HSTRLEN) {k} {f}", Weight: 2},
	{Pattern: "HGETALL {k}", Weight: 3, Mode: pairs},
	{Pattern: "(HKEYS|HVALS) {k}", Weight: 2, Mode: unordered},
	{Pattern: "HINCRBY {k} {f} {n}", Weight: 2},
	{Pattern: "HINCRBYFLOAT {k} {f} {float}", Weight: 2},
	{Pattern: "HRANDFIELD {k} 1000 [WITHVALUES]", Mode: unordered},
	{Pattern: "HRANDFIELD {k} [{count} [WITHVALUES]]", Mode: shape},
	{Pattern: "HSCAN {k} 0 COUNT 1000 [MATCH {mglob}]", Mode: unordered},
	{Pattern: "OBJECT ENCODING {k}", Weight: 2},
	{Pattern: "DEL {k}"},
}}

var setOps = Family{Name: "set", Prefix: "t", Needs: "sadd", Ops: []Op{
	{Pattern: "SADD {k} {m...}", Weight: 8},
	{Pattern: "SADD {k} {n...}", Weight: 3},
	{Pattern: "SREM {k} {m...}", Weight: 3},
	{Pattern: "SISMEMBER {k} {m}", Weight: 2},
	{Pattern: "SMISMEMBER {k} {m...}", Weight: 2},
	{Pattern: "SCARD {k}", Weight: 2},
	{Pattern: "SMEMBERS {k}", Weight: 3, Mode: unordered},
	{Pattern: "SMOVE {k} {k} {m}", Weight: 2},
	{Pattern: "(SINTER|SUNION|SDIFF) {k...}", Weight: 4, Mode: unordered},
	{Pattern: "(SINTERSTORE|SUNIONSTORE|SDIFFSTORE) {k} {k...}", Weight: 3},
	{Pattern: "SINTERCARD {num} {k} {k} [LIMIT {count}]", Weight: 2},
	{Pattern: "SPOP {k} 1000", Mode: unordered},
	{Pattern: "SRANDMEMBER {k} 1000", Mode: unordered},
	{Pattern: "SRANDMEMBER {k} -3", Mode: shape},
	{Pattern: "SSCAN {k} 0 COUNT 1000 [MATCH {mglob}]", Mode: unordered},
	{Pattern: "OBJECT ENCODING {k}", Weight: 2},
	{Pattern: "DEL {k}"},
}}

var zsetOps = Family{Name: "zset", Prefix: "z", Needs: "zadd", Ops: []Op{
	{Pattern: "ZADD {k} <{score} {m}>", Weight: 8},
	{Pattern: "ZADD {k} [NX|XX] [GT|LT] [CH] <{score} {m}>", Weight: 4},
	{Pattern: "ZADD {k} [NX|XX] [CH] INCR {score} {m}", Weight: 2},
	{Pattern: "ZINCRBY {k} {score} {m}", Weight: 2},
	{Pattern: "ZREM {k} {m...}", Weight: 2},
	{Pattern: "ZCARD {k}", Weight: 2},
	{Pattern: "ZSCORE {k} {m}", Weight: 2},
	{Pattern: "ZMSCORE {k} {m...}"},
	{Pattern: "(ZRANK|ZREVRANK) {k} {m}", Weight: 2},
	{Pattern: "ZCOUNT {k} {min} {max}", Weight: 2},
	{Pattern: "(ZRANGE|ZREVRANGE) {k} {i} {i} [WITHSCORES]", Weight: 3},
	{Pattern: "ZRANGE {k} {min} {max} BYSCORE [LIMIT {count} {i}] [WITHSCORES]", Weight: 2},
	{Pattern: "ZRANGE {k} {max} {min} BYSCORE REV [LIMIT {count} {i}] [WITHSCORES]"},
	{Pattern: "ZRANGESTORE {k} {k} {i} {i} [REV]"},
	{Pattern: "ZRANGESTORE {k} {k} {min} {max} BYSCORE [LIMIT {count} {i}]"},
	{Pattern: "ZRANGEBYSCORE {k} {min} {max} [WITHSCORES] [LIMIT {count} {i}]", Weight: 2},
	{Pattern: "ZREVRANGEBYSCORE {k} {max} {min} [WITHSCORES] [LIMIT {count} {i}]", Weight: 2},
	{Pattern: "ZREMRANGEBYRANK {k} {i} {i}"},
	{Pattern: "ZREMRANGEBYSCORE {k} {min} {max}"},
	{Pattern: "(ZPOPMIN|ZPOPMAX) {k} [{count}]", Weight: 2},
	{Pattern: "ZMPOP {num} {k} {k} (MIN|MAX) [COUNT {count}]"},
	{Pattern: "(ZUNION|ZINTER) 2 {k} {k} [WEIGHTS {float} {float}] [AGGREGATE (SUM|MIN|MAX|x)] [WITHSCORES]", Weight: 2},
	{Pattern: "(ZUNIONSTORE|ZINTERSTORE) {k} 2 {k} {set} [WEIGHTS {float} {float}] [AGGREGATE (SUM|MIN|MAX)]", Weight: 2},
	{Pattern: "ZDIFF {num} {k} {k} [WITHSCORES]"},
	{Pattern: "ZDIFFSTORE {k} {num} {k} {k}"},
	{Pattern: "ZINTERCARD {num} {k} {k} [LIMIT {count}]"},
	{Pattern: "ZRANDMEMBER {k} 1000 [WITHSCORES]", Mode: unordered},
	{Pattern: "ZSCAN {k} 0 COUNT 1000 [MATCH {mglob}]", Mode: unordered},
	{Pattern: "OBJECT ENCODING {k}", Weight: 2},
	{Pattern: "DEL {k}"},
}}

// lexOps keep to keys whose members all have score 0: by contract the order is unspecified otherwise.
var lexOps = Family{Name: "lexset", Prefix: "y", Needs: "zadd", Ops: []Op{
	{Pattern: "ZADD {lexk} <0 {m}>", Weight: 8},
	{Pattern: "ZREM {lexk} {m...}"},
	{Pattern: "ZLEXCOUNT {lexk} {lex} {lex}"},
	{Pattern: "ZRANGE {lexk} {lex} {lex} BYLEX [REV] [LIMIT {count} {i}]"},
	{Pattern: "(ZRANGEBYLEX|ZREVRANGEBYLEX) {lexk} {lex} {lex} [LIMIT {count} {i}]"},
	{Pattern: "ZREMRANGEBYLEX {lexk} {lex} {lex}"},
	{Pattern: "ZPOPMIN {lexk} {count}"},
	{Pattern: "ZRANGE {lexk} 0 -1"},
	{Pattern: "DEL {lexk}"},
}}

var streamOps = Family{Name: "stream", Prefix: "x", Needs: "xadd", Ops: []Op{
	{Pattern: "XADD {k} [NOMKSTREAM] [MAXLEN {count}|MINID {id}] {id} <{f} {v}>", Weight: 10},
	{Pattern: "XLEN {k}", Weight: 2},
	{Pattern: "XRANGE {k} {idmin} {idmax} [COUNT {count}]", Weight: 3},
	{Pattern: "XREVRANGE {k} {idmax} {idmin} [COUNT {count}]", Weight: 3},
	{Pattern: "XREAD [COUNT {count}] STREAMS {k} {k} {id} {id}", Weight: 2},
	{Pattern: "XDEL {k} {id...}", Weight: 2},
	{Pattern: "XTRIM {k} (MAXLEN|MINID) {count}"},
	{Pattern: "XSETID {k} {id} [ENTRIESADDED {count}] [MAXDELETEDID {id}]"},
	{Pattern: "XGROUP CREATE {k} {group} (0|{id}) [MKSTREAM] [ENTRIESREAD {count}]", Weight: 3},
	{Pattern: "XGROUP SETID {k} {group} {id} [ENTRIESREAD {count}]"},
	{Pattern: "XGROUP DESTROY {k} {group}"},
	{Pattern: "XGROUP (CREATECONSUMER|DELCONSUMER) {k} {group} {cons}"},
	{Pattern: "XREADGROUP GROUP {group} {cons} [COUNT {count}] [NOACK] STREAMS {k} {new}", Weight: 4},
	{Pattern: "XACK {k} {group} {id...}", Weight: 3},
	{Pattern: "XPENDING {k} {group}", Weight: 2},
	{Pattern: "XPENDING {k} {group} [IDLE 0] {idmin} {idmax} {count} [{cons}]", Mode: Mode{Approx: 60_000}},
	{Pattern: "XCLAIM {k} {group} {cons} 0 {id...} [RETRYCOUNT {count}] [FORCE] [JUSTID]", Weight: 2},
	{Pattern: "XAUTOCLAIM {k} {group} {cons} 0 {id} [COUNT {count}] [JUSTID]"},
	{Pattern: "XINFO STREAM {k}", Mode: Mode{Masks: []Mask{radixTree}}},
	{Pattern: "XINFO GROUPS {k}"},
	{Pattern: "XINFO CONSUMERS {k} {group}", Mode: Mode{Approx: 60_000}},
	{Pattern: "DEL {k}"},
}}

var hllOps = Family{Name: "hyperloglog", Prefix: "p", Needs: "pfadd", Ops: []Op{
	{Pattern: "PFADD {k} {v...}", Weight: 6},
	{Pattern: "PFADD {k}"},
	{Pattern: "PFCOUNT {k...}", Weight: 3},
	{Pattern: "PFMERGE {k} {k...}", Weight: 2},
	{Pattern: "GET {k}", Weight: 2},
	{Pattern: "STRLEN {k}"},
	{Pattern: "DEL {k}"},
}}

// geoOps store no distances: those are sums of sines, of which the last bit is a matter of the C library and the processor.
// Members at one place come in the order of qsort, which is any, so order and COUNT are left to the transcripts.
var geoOps = Family{Name: "geo", Prefix: "g", Needs: "geoadd", Ops: []Op{
	{Pattern: "GEOADD {k} [NX|XX] [CH] <{lon} {lat} {m}>", Weight: 6},
	{Pattern: "GEOPOS {k} {m...}", Weight: 2},
	{Pattern: "GEODIST {k} {m} {m} [{unit}]", Weight: 3},
	{Pattern: "GEOHASH {k} {m...}", Weight: 2},
	{Pattern: "GEOSEARCH {k} (FROMMEMBER {m}|FROMLONLAT {lon} {lat}) (BYRADIUS {dist} {unit}|BYBOX {dist} {dist} {unit}) (ASC|DESC) [WITHCOORD] [WITHDIST] [WITHHASH]", Weight: 4, Mode: unordered},
	{Pattern: "GEOSEARCHSTORE {k} {k} FROMLONLAT {lon} {lat} BYRADIUS {dist} {unit} ASC", Weight: 2},
	{Pattern: "(GEORADIUS|GEORADIUS_RO) {k} {lon} {lat} {dist} {unit} (ASC|DESC) [WITHDIST]", Weight: 2, Mode: unordered},
	{Pattern: "(GEORADIUSBYMEMBER|GEORADIUSBYMEMBER_RO) {k} {m} {dist} {unit} (ASC|DESC) [WITHCOORD]", Weight: 2, Mode: unordered},
	{Pattern: "GEORADIUS {k} {lon} {lat} {dist} {unit} STORE {k}"},
	{Pattern: "ZRANGE {k} 0 -1 WITHSCORES"},
	{Pattern: "ZREM {k} {m}"},
	{Pattern: "DEL {k}"},
}}

// sortOps stay alone and away from sorted sets and huge numbers: in redis-server SORT turns a small sorted set into a large
// one, and fails on a sound list when errno is left over from an overflow of the command before it.
var sortOps = Family{Name: "sort", Prefix: "l", Needs: "sort", Alone: true, Ops: []Op{
	{Pattern: "RPUSH {list} {small...}", Weight: 3},
	{Pattern: "SADD {set} {small...}", Weight: 2},
	{Pattern: "SORT ({list}|{set}) [LIMIT {count} {i}] [ASC|DESC]", Weight: 3},
	{Pattern: "SORT ({list}|{set}) [LIMIT {count} {i}] [ASC|DESC] ALPHA", Weight: 3},
	{Pattern: "SORT {list} BY (nosort|w*) [GET #] [GET s*]", Weight: 2, Mode: unordered},
	{Pattern: "SORT {list} BY w* [LIMIT {count} {i}] [DESC] [GET #] [GET {hfield}]", Weight: 2},
	{Pattern: "SORT {list} [ALPHA] STORE {list}", Weight: 2},
	{Pattern: "SORT_RO {list} ALPHA [DESC]"},
	{Pattern: "SET {weight} {small}"},
	{Pattern: "SET {str} {v}"},
	{Pattern: "DEL {any}"},
}}

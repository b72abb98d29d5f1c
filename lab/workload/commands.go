package workload

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"sync"
)

// commandTable says of each Redis command whether it writes (w) or not (r), and
// where its keys are: first and last argument and the step between them, as
// COMMAND INFO reports; nN, the number of keys stands in argument N and the keys
// follow; dN, the same after a destination in argument 1; s, the first half of
// what follows STREAMS; -, none. x commands are refused for the reason in
// refusals: they would touch what is not the run's own, or answer more or less
// than one reply.
const commandTable = `
w 1,1,1 append bitfield decr decrby expire expireat getdel getex getset hdel hincrby hincrbyfloat hmset hset hsetnx incr incrby incrbyfloat
w 1,1,1 linsert lpop lpush lpushx lrem lset ltrim persist pexpire pexpireat pfadd psetex restore rpop rpush rpushx sadd set setbit setex
w 1,1,1 setnx setrange spop srem xack xadd xautoclaim xclaim xdel xsetid xtrim zadd zincrby zpopmax zpopmin zrem zremrangebylex
w 1,1,1 zremrangebyrank zremrangebyscore geoadd sort georadius georadiusbymember hexpire hpexpire hpersist hgetdel hgetex hsetex
r 1,1,1 bitcount bitfield_ro bitpos dump get getbit getrange hexists hget hgetall hkeys hlen hmget hrandfield hscan hstrlen httl hvals
r 1,1,1 expiretime hpttl lindex llen lpos lrange pexpiretime pttl scard sismember smembers smismember sort_ro srandmember sscan strlen substr ttl
r 1,1,1 type xlen xpending xrange xrevrange zcard zcount zlexcount zmscore zrandmember zrange zrangebylex zrangebyscore zrank zrevrange
r 1,1,1 zrevrangebylex zrevrangebyscore zrevrank zscan zscore geodist geohash geopos georadius_ro georadiusbymember_ro geosearch
w 1,-1,1 del unlink pfmerge sunionstore sinterstore sdiffstore
r 1,-1,1 exists mget sdiff sinter sunion touch pfcount watch
w 1,-1,2 mset msetnx
w 2,-1,1 bitop
w 1,-2,1 blpop brpop bzpopmin bzpopmax
w 1,2,1 copy rename renamenx lmove blmove rpoplpush brpoplpush smove zrangestore geosearchstore
r 1,2,1 lcs
r 2,2,1 object memory xinfo
w 2,2,1 xgroup
w n1 lmpop zmpop
w n2 blmpop bzmpop eval evalsha fcall
r n1 sintercard zunion zinter zdiff zintercard
r n2 eval_ro evalsha_ro fcall_ro
w d2 zunionstore zinterstore zdiffstore
r s xread
w s xreadgroup
r - ping echo time dbsize info command lolwut role lastsave randomkey scan keys wait waitaf publish spublish pubsub unwatch discard
r - client config latency slowlog acl script function module cluster
x - flushall flushdb swapdb move migrate shutdown debug replicaof slaveof failover save bgsave bgrewriteaof
x - select auth quit reset hello subscribe psubscribe ssubscribe unsubscribe punsubscribe sunsubscribe monitor sync psync multi exec
`

// refusals says why a command, or a subcommand of one, cannot be part of a load.
var refusals = map[string]string{
	"flushall": "it deletes keys that are not the run's own", "flushdb": "it deletes keys that are not the run's own",
	"swapdb": "it moves keys that are not the run's own", "move": "the key would be left in another database", "migrate": "the key would be left on another server",
	"shutdown": "it ends the server", "debug": "it can stop or crash the server", "replicaof": "it changes what the server is", "slaveof": "it changes what the server is",
	"failover": "it changes what the server is", "save": "it writes the server's files", "bgsave": "it writes the server's files", "bgrewriteaof": "it writes the server's files",
	"select": "each connection stays in the database of the target URL", "auth": "name and password belong into the target URL",
	"quit": "it ends the connection", "reset": "it ends what the connection has agreed on", "hello": "it changes the protocol of the connection",
	"monitor": "it turns the connection into a stream", "sync": "it turns the connection into a stream", "psync": "it turns the connection into a stream",
	"multi": "write the commands as a transaction, which adds MULTI and EXEC", "exec": "write the commands as a transaction, which adds MULTI and EXEC",

	"client reply": "replies would be missing", "client kill": "it ends connections that are not the run's own", "client pause": "it stops other clients",
	"client no-evict": "it changes the server's settings", "config set": "it changes the server's settings", "config rewrite": "it writes the server's files",
	"config resetstat": "it resets what the lab measures", "script flush": "it deletes scripts that are not the run's own", "script kill": "it ends scripts that are not the run's own",
	"function flush": "it deletes functions that are not the run's own", "function delete": "it deletes functions that are not the run's own",
	"function load": "it leaves a function behind", "function restore": "it leaves functions behind", "acl setuser": "it changes the server's settings",
	"acl deluser": "it changes the server's settings", "acl load": "it changes the server's settings", "acl save": "it writes the server's files",
	"module load": "it changes the server's settings", "module unload": "it changes the server's settings",
}

// commandInfo is one entry of commandTable.
type commandInfo struct {
	writes, refused bool
	keys            string
}

// commandInfos reads commandTable once.
var commandInfos = sync.OnceValue(func() map[string]commandInfo {
	infos := map[string]commandInfo{}
	for _, line := range strings.Split(strings.TrimSpace(commandTable), "\n") {
		fields := strings.Fields(line)
		for _, name := range fields[2:] {
			infos[name] = commandInfo{writes: fields[0] == "w", refused: fields[0] == "x", keys: fields[1]}
		}
	}
	return infos
})

// CommandWrites tells whether a command may change the data. One that is not
// known is taken for one that does.
func CommandWrites(command []string) bool {
	info, known := commandInfos()[strings.ToLower(command[0])]
	return !known || info.writes
}

// Refusal says why a command cannot be part of a load, or "".
func Refusal(command []string) string {
	name := strings.ToLower(command[0])
	if info := commandInfos()[name]; info.refused {
		if why, ok := refusals[name]; ok {
			return why
		}
		return "it is answered with more or less than one reply"
	}
	if len(command) > 1 {
		return refusals[name+" "+strings.ToLower(command[1])]
	}
	return ""
}

// keyArgs returns the indices of the arguments of a command that are keys.
// Of a command that is not known, these are all with a key placeholder.
func keyArgs(command []string) ([]int, error) {
	info, known := commandInfos()[strings.ToLower(command[0])]
	if !known {
		var out []int
		for i, arg := range command[1:] {
			if holdsKey(arg) {
				out = append(out, i+1)
			}
		}
		return out, nil
	}
	switch info.keys[0] {
	case '-':
		return nil, nil
	case 's':
		at := slices.IndexFunc(command, func(a string) bool { return strings.EqualFold(a, "streams") })
		if at < 0 {
			return nil, fmt.Errorf("%s needs STREAMS before its keys", command[0])
		}
		return upTo(at+1, at+(len(command)-at-1)/2, 1), nil
	case 'n', 'd':
		return countedKeys(command, info.keys)
	}
	var first, last, step int
	if _, err := fmt.Sscanf(info.keys, "%d,%d,%d", &first, &last, &step); err != nil {
		panic("the table of commands is damaged: " + info.keys)
	}
	if last < 0 {
		last += len(command)
	}
	out := upTo(first, min(last, len(command)-1), step)
	return append(out, storeKeys(command)...), nil
}

func countedKeys(command []string, keys string) ([]int, error) {
	at := int(keys[1] - '0')
	if at >= len(command) {
		return nil, nil // too few arguments: the server will say so
	}
	n, err := strconv.Atoi(command[at])
	if err != nil || n < 0 || at+n >= len(command) {
		return nil, fmt.Errorf("%s: argument %d is the number of keys that follow, but it is %.20q", command[0], at, command[at])
	}
	out := upTo(at+1, at+n, 1)
	if keys[0] == 'd' {
		out = append(out, 1)
	}
	return out, nil
}

// storeKeys are the destinations of commands that have them as an option.
func storeKeys(command []string) (out []int) {
	switch strings.ToLower(command[0]) {
	case "sort", "georadius", "georadiusbymember":
		for i, arg := range command[:len(command)-1] {
			if i > 1 && (strings.EqualFold(arg, "store") || strings.EqualFold(arg, "storedist")) {
				out = append(out, i+1)
			}
		}
	}
	return out
}

func upTo(first, last, step int) (out []int) {
	for i := first; i <= last; i += step {
		out = append(out, i)
	}
	return out
}

func holdsKey(arg string) bool {
	pieces, _ := splitArg(arg)
	return slices.ContainsFunc(pieces, func(p piece) bool { return p.holder.isKey() })
}

// checkReach makes sure that what a command writes stays under the run's own
// prefix and can be found again to be removed.
func checkReach(op *Op, command []string) error {
	if why := Refusal(command); why != "" && !(op.Transaction && (command[0] == "MULTI" || command[0] == "EXEC")) {
		return fmt.Errorf("%s cannot be part of a load: %s", strings.ToUpper(command[0]), why)
	}
	if strings.Contains(command[0], "{") {
		return fmt.Errorf("the command %.40q is a placeholder: name the command", command[0])
	}
	args, err := keyArgs(command)
	if err != nil {
		return err
	}
	if !op.changes(command) {
		return nil
	}
	if _, known := commandInfos()[strings.ToLower(command[0])]; !known && len(args) == 0 {
		return fmt.Errorf("%s is not a command the lab knows, and it names no key of the run: put {key} into it, or say that the operation does not write", command[0])
	}
	for _, i := range args {
		if _, err := formOf(command[i]); err != nil {
			return fmt.Errorf("%s writes to the key %.60q: %w", strings.ToUpper(command[0]), command[i], err)
		}
	}
	return nil
}

// changes tells whether a command of the operation may change data. Of one that
// is not known the operation says it.
func (o *Op) changes(command []string) bool {
	info, known := commandInfos()[strings.ToLower(command[0])]
	return info.writes || !known && o.Writes
}

// formOf returns the text after the key in an argument that is one.
func formOf(arg string) (after string, err error) {
	pieces, err := splitArg(arg)
	if err != nil {
		return "", err
	}
	if len(pieces) == 0 || !pieces[0].holder.isKey() {
		return "", fmt.Errorf("it is not the run's own; begin it with {key} or {key:GROUP}")
	}
	for _, p := range pieces[1:] {
		if p.holder != literal {
			return "", fmt.Errorf("a key may hold one {key} and fixed text after it, so that it can be found and removed afterwards; give it a group of its own instead")
		}
		after += p.text
	}
	return after, nil
}

// keyForms are the forms of keys that s may write: for each group, what stands
// after its key.
func (s *Spec) keyForms() [][]string {
	groups := s.AllGroups()
	forms := make([][]string, len(groups))
	add := func(group int, after string) {
		if group >= 0 && !slices.Contains(forms[group], after) {
			forms[group] = append(forms[group], after)
		}
	}
	for i, g := range groups {
		if !g.Data.NoPreload {
			add(i, "")
		}
	}
	for i := range s.Ops {
		near := 0 // the group of the last key, which {samekey} means
		for _, command := range s.Ops[i].All() {
			keys, _ := keyArgs(command)
			if !s.Ops[i].changes(command) {
				keys = nil
			}
			for j, arg := range command {
				pieces, _ := splitArg(arg)
				for _, p := range pieces {
					if p.holder.isKey() && (p.holder != holderSameKey || p.text != "") {
						near = s.groupIndex(p.text)
					}
				}
				if after, err := formOf(arg); err == nil && slices.Contains(keys, j) {
					add(near, after)
				}
			}
		}
	}
	return forms
}

package command

// FlagNames are the flags that COMMAND INFO shows, in Redis' order. Others, and ours, stay hidden.
var FlagNames = []struct {
	Flag Flag
	Name string
}{
	{Write, "write"}, {Readonly, "readonly"}, {DenyOOM, "denyoom"}, {Admin, "admin"}, {PubSub, "pubsub"}, {NoScript, "noscript"},
	{Blocking, "blocking"}, {Loading, "loading"}, {Stale, "stale"}, {SkipMonitor, "skip_monitor"}, {SkipSlowlog, "skip_slowlog"},
	{Asking, "asking"}, {Fast, "fast"}, {NoAuth, "no_auth"}, {NoMandatoryKeys, "no_mandatory_keys"}, {NoAsyncLoading, "no_async_loading"},
	{NoMulti, "no_multi"}, {MovableKeys, "movablekeys"}, {AllowBusy, "allow_busy"},
}

// KeyFlagNames are the flags of key specifications, in Redis' order.
var KeyFlagNames = []struct {
	Flag KeyFlag
	Name string
}{
	{KeyRO, "RO"}, {KeyRW, "RW"}, {KeyOW, "OW"}, {KeyRM, "RM"}, {KeyAccess, "access"}, {KeyUpdate, "update"}, {KeyInsert, "insert"},
	{KeyDelete, "delete"}, {KeyNotKey, "not_key"}, {KeyIncomplete, "incomplete"}, {KeyVariableFlags, "variable_flags"},
}

// CategoryNames are the ACL categories, in Redis' order.
var CategoryNames = []struct {
	Category Category
	Name     string
}{
	{CatKeyspace, "keyspace"}, {CatRead, "read"}, {CatWrite, "write"}, {CatSet, "set"}, {CatSortedSet, "sortedset"}, {CatList, "list"},
	{CatHash, "hash"}, {CatString, "string"}, {CatBitmap, "bitmap"}, {CatHyperLogLog, "hyperloglog"}, {CatGeo, "geo"},
	{CatStream, "stream"}, {CatPubSub, "pubsub"}, {CatAdmin, "admin"}, {CatFast, "fast"}, {CatSlow, "slow"}, {CatBlocking, "blocking"},
	{CatDangerous, "dangerous"}, {CatConnection, "connection"}, {CatTransaction, "transaction"}, {CatScripting, "scripting"},
}

// Categories returns all ACL categories: those that are given and those that follow from the flags.
func (s *Spec) Categories() Category {
	c := s.Cats
	if s.Is(Write) {
		c |= CatWrite
	}
	if s.Is(Readonly) && c&CatScripting == 0 {
		c |= CatRead
	}
	if s.Is(Admin) {
		c |= CatAdmin | CatDangerous
	}
	if s.Is(PubSub) {
		c |= CatPubSub
	}
	if s.Is(Fast) {
		c |= CatFast
	}
	if s.Is(Blocking) {
		c |= CatBlocking
	}
	if c&CatFast == 0 {
		c |= CatSlow
	}
	return c
}

// KeyRange is where keys are in the way of COMMAND before key specifications: the first and last index (negative: from
// the end) and the step; all 0 without.
type KeyRange struct{ First, Last, Step int }

// LegacyKeys joins the key specifications into one range as far as that is possible, as Redis does (server.c,
// populateCommandLegacyRangeSpec). movable says that the range does not tell all.
func (s *Spec) LegacyKeys() (r KeyRange, movable bool) {
	first, last, previous := 0, 0, 0
	for i := range s.Keys {
		k := &s.Keys[i]
		plain := k.Keyword == "" && !k.FindNum && !k.Unknown
		if plain && len(s.Keys) > 1 && (k.Step != 1 || previous != 0 && previous != k.Begin-1) {
			plain = false
		}
		if !plain {
			movable = true
			continue
		}
		if k.Flags&KeyIncomplete != 0 {
			movable = true
		}
		if len(s.Keys) == 1 {
			return KeyRange{k.Begin, lastIndex(k), k.Step}, movable
		}
		if first == 0 || k.Begin < first {
			first = k.Begin
		}
		if l := lastIndex(k); uint32(l) > uint32(last) { // unsigned: an index from the end is beyond all others
			last = l
		}
		previous = last
	}
	if first == 0 {
		return KeyRange{}, movable
	}
	return KeyRange{first, last, 1}, movable
}

// lastIndex is the last key's index: absolute, or negative from the end.
func lastIndex(k *KeySpec) int {
	if k.LastKey < 0 {
		return k.LastKey
	}
	return k.Begin + k.LastKey
}

// HasKeys says whether a call of the command may name keys.
func (s *Spec) HasKeys() bool {
	if s.Extract != nil {
		return true
	}
	for i := range s.Keys {
		if s.Keys[i].Flags&KeyNotKey == 0 {
			return true
		}
	}
	return false
}

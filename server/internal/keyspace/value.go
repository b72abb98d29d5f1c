package keyspace

// Value is a whole value outside of the keyspace: on its way to another key, shard or database.
type Value struct {
	Type     Type
	Encoding Encoding
	Bytes    []byte // of an inline value; owned
	Object   Object // of any other
	ExpireAt int64  // unix milliseconds or NoExpiry
	access   uint32
	event    int64 // of a timed hash: when it is to be looked at
}

// Copy returns a copy of a key's value that shares nothing with it.
func (db *DB) Copy(it Item) Value {
	v := db.describe(it)
	if v.Object != nil {
		v.Object = v.Object.Clone()
	}
	return v
}

// Detach removes a key and returns its value.
func (db *DB) Detach(k *Key, it Item) Value {
	v := db.describe(it)
	db.touch(k.Name)
	if db.sh.keeper != nil {
		db.preserve(k.Hash, it, true)
	}
	if v.Object != nil { // the object lives on: only its place in the table goes
		db.sh.objects.take(it.objectIndex())
		e := Raw
		if v.Encoding.Timed() {
			e = ListpackEx // so that the key's own deadline is still found
		}
		it.b[offKind] = it.b[offKind]&kindLow | byte(e)<<4
	}
	db.remove(k.Hash, it.h, it.b)
	return v
}

func (db *DB) describe(it Item) Value {
	v := Value{Type: it.Type(), Encoding: it.Encoding(), ExpireAt: it.ExpireAt(), access: access(it.b), event: it.event()}
	if v.Encoding.Inline() {
		v.Bytes = append([]byte(nil), it.Value()...)
	} else {
		v.Object = it.Object()
	}
	return v
}

// Attach stores a value under k with its deadline. it is what Find or Peek gave for k.
func (db *DB) Attach(k *Key, it Item, v Value) Item {
	if v.Object != nil {
		it = db.WriteObject(k, it, v.Type, v.Encoding, v.Object, false)
	} else {
		it = db.Write(k, it, v.Type, v.Encoding, len(v.Bytes), false)
		copy(it.Value(), v.Bytes)
	}
	putAccess(it.b, v.access)
	if v.Encoding.Timed() {
		putKeyDeadline(it.b, NoExpiry) // which came with the bytes; the count must see it set
		if it = db.SetExpire(it, v.ExpireAt); v.event != NoExpiry {
			it = db.Schedule(it, v.event)
		}
		return it
	}
	return db.SetExpire(it, v.ExpireAt)
}

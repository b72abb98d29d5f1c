package rdb

import (
	"encoding/binary"
	"fmt"

	"redline/server/internal/object/stream"
)

// stream appends a stream: nodes, what it holds beside them, groups with their pending entries and consumers.
func (w *Writer) stream(s *stream.Stream) {
	w.kind(typeStream2)
	w.Length(uint64(s.Nodes()))
	s.Each(func(master stream.ID, lp []byte) bool {
		w.Length(16)
		w.rawID(master)
		w.String(lp)
		return w.goOn()
	})
	in := s.Info()
	w.Length(uint64(in.Length))
	for _, id := range []stream.ID{in.LastID, in.FirstID, in.MaxDeleted} {
		w.id(id)
	}
	w.Length(uint64(in.Added))
	w.Length(uint64(len(s.Groups())))
	for _, g := range s.Groups() {
		w.group(g)
	}
}

func (w *Writer) group(g *stream.Group) {
	w.String([]byte(g.Name()))
	w.id(g.LastID)
	w.Length(uint64(g.EntriesRead))
	w.Length(uint64(g.Len()))
	g.EachPending(stream.ID{}, func(id stream.ID, p *stream.Pending) bool {
		w.rawID(id)
		w.Buf = binary.LittleEndian.AppendUint64(w.Buf, uint64(p.DeliveredAt))
		w.Length(p.Deliveries)
		return w.goOn()
	})
	w.Length(uint64(len(g.Consumers())))
	for _, c := range g.Consumers() {
		w.String([]byte(c.Name()))
		w.Buf = binary.LittleEndian.AppendUint64(w.Buf, uint64(c.SeenAt))
		w.Length(uint64(c.Len()))
		g.EachOwned(c, stream.ID{}, func(id stream.ID, _ *stream.Pending) bool {
			w.rawID(id)
			return w.goOn()
		})
	}
}

// rawID appends an ID as 16 bytes, big-endian: in that order they sort.
func (w *Writer) rawID(id stream.ID) {
	w.Buf = binary.BigEndian.AppendUint64(binary.BigEndian.AppendUint64(w.Buf, id.Ms), id.Seq)
}

func (w *Writer) id(id stream.ID) {
	w.Length(id.Ms)
	w.Length(id.Seq)
}

func (l *loader) loadStream(typ byte) error {
	s := stream.New()
	l.Value.stream = s
	n, err := l.Count(17)
	if err != nil {
		return err
	}
	for range n {
		name, err := l.String()
		if err != nil {
			return err
		}
		lp, err := l.String()
		if err != nil {
			return err
		}
		if len(name) != 16 {
			return fmt.Errorf("%w: stream node with a name of %d bytes", ErrCorrupt, len(name))
		}
		if err := s.RestoreNode(idOf(name), lp); err != nil {
			return fmt.Errorf("%w: %w", ErrCorrupt, err)
		}
	}
	in, err := l.streamInfo(typ)
	if err != nil {
		return err
	}
	if err := s.RestoreInfo(in); err != nil {
		return fmt.Errorf("%w: %w", ErrCorrupt, err)
	}
	groups, err := l.Count(4)
	for ; groups > 0 && err == nil; groups-- {
		err = l.group(s, typ)
	}
	return err
}

func (l *loader) streamInfo(typ byte) (in stream.Info, err error) {
	length, err := l.Length()
	if err != nil {
		return in, err
	}
	last, err := l.id()
	if err != nil || typ == typeStream {
		return stream.OldInfo(int64(length), last), err
	}
	in.Length, in.LastID = int64(length), last
	if in.FirstID, err = l.id(); err != nil {
		return in, err
	}
	if in.MaxDeleted, err = l.id(); err != nil {
		return in, err
	}
	added, err := l.Length()
	in.Added = int64(added)
	return in, err
}

func (l *loader) group(s *stream.Stream, typ byte) error {
	name, err := l.String()
	if err != nil {
		return err
	}
	last, err := l.id()
	if err != nil {
		return err
	}
	read := int64(unknownRead)
	if typ != typeStream {
		n, err := l.Length()
		if err != nil {
			return err
		}
		read = int64(n)
	} else {
		read = s.Position(last)
	}
	g, err := s.RestoreGroup(name, last, read)
	if err != nil {
		return fmt.Errorf("%w: %w", ErrCorrupt, err)
	}
	if err := l.pending(g); err != nil {
		return err
	}
	consumers, err := l.Count(10)
	for ; consumers > 0 && err == nil; consumers-- {
		err = l.consumer(g, typ)
	}
	if err != nil {
		return err
	}
	if err := g.RestoreEnd(); err != nil {
		return fmt.Errorf("%w: %w", ErrCorrupt, err)
	}
	return nil
}

// unknownRead is the number of entries that a group has read if it is not known.
const unknownRead = -1

func (l *loader) pending(g *stream.Group) error {
	n, err := l.Count(25)
	for ; n > 0 && err == nil; n-- {
		var raw []byte
		if raw, err = l.Bytes(16); err != nil {
			return err
		}
		at, err := l.Uint64()
		if err != nil {
			return err
		}
		deliveries, err := l.Length()
		if err != nil {
			return err
		}
		if err := g.RestorePending(idOf(raw), int64(at), deliveries); err != nil {
			return fmt.Errorf("%w: %w", ErrCorrupt, err)
		}
	}
	return err
}

func (l *loader) consumer(g *stream.Group, typ byte) error {
	name, err := l.String()
	if err != nil {
		return err
	}
	seen, err := l.Uint64()
	if err != nil {
		return err
	}
	if typ == typeStream3 {
		if _, err := l.Uint64(); err != nil { // when it was last active: Redis 7.0 does not know
			return err
		}
	}
	c, err := g.RestoreConsumer(name, int64(seen))
	if err != nil {
		return fmt.Errorf("%w: %w", ErrCorrupt, err)
	}
	n, err := l.Count(16)
	for ; n > 0 && err == nil; n-- {
		var raw []byte
		if raw, err = l.Bytes(16); err != nil {
			return err
		}
		if err := g.RestoreOwned(c, idOf(raw)); err != nil {
			return fmt.Errorf("%w: %w", ErrCorrupt, err)
		}
	}
	return err
}

func idOf(raw []byte) stream.ID {
	return stream.ID{Ms: binary.BigEndian.Uint64(raw), Seq: binary.BigEndian.Uint64(raw[8:])}
}

func (l *loader) id() (id stream.ID, err error) {
	if id.Ms, err = l.Length(); err != nil {
		return id, err
	}
	id.Seq, err = l.Length()
	return id, err
}

package hist

import (
	"bytes"
	"compress/zlib"
	"encoding/base64"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"math"

	hdr "github.com/HdrHistogram/hdrhistogram-go"
)

// maxPlainBytes bounds a decompressed payload: a header and the longest counts.
const maxPlainBytes = headerLen + countsLen*binary.MaxVarintLen64

// decoder reads V2 compressed payloads. It exists beside the library's decoder
// because that one allocates and clears a whole histogram (190 KB) for each of
// the few thousand lines of a short run, and the hundred thousands of a long one;
// here everything is reused.
type decoder struct {
	zipped []byte
	from   bytes.Reader
	zr     io.Reader // a zlib.Resetter; nil before the first payload
	plain  []byte
}

// decode adds the histogram in text, base64 of a payload as encoder describes it,
// to h, which is empty. Payloads of other geometries are left to the library.
func (d *decoder) decode(h *Hist, text []byte) error {
	if err := d.inflate(text); err != nil {
		return fmt.Errorf("histogram payload: %w", err)
	}
	p := d.plain
	if len(p) < headerLen || binary.BigEndian.Uint32(p) != cookieV2 || !bytes.Equal(p[8:headerLen], ownGeometry) {
		return decodeOther(h, text)
	}
	if n := int(binary.BigEndian.Uint32(p[4:])); n != len(p)-headerLen {
		return fmt.Errorf("histogram payload: %d bytes of counts, want %d", len(p)-headerLen, n)
	}
	if err := decodeCounts(h, p[headerLen:]); err != nil {
		return fmt.Errorf("histogram payload: %w", err)
	}
	return nil
}

// ownGeometry is what follows the payload's length in a header of the lab's own.
var ownGeometry = appendHeader(nil)[8:headerLen]

// inflate sets d.plain.
func (d *decoder) inflate(text []byte) (err error) {
	if d.zipped, err = base64.StdEncoding.AppendDecode(d.zipped[:0], text); err != nil {
		return err
	}
	if len(d.zipped) < 8 || binary.BigEndian.Uint32(d.zipped) != cookieV2Compressed {
		return errors.New("not in V2 compressed encoding")
	}
	d.from.Reset(d.zipped[8:])
	if d.zr == nil {
		d.zr, err = zlib.NewReader(&d.from)
	} else {
		err = d.zr.(zlib.Resetter).Reset(&d.from, nil)
	}
	if err != nil {
		d.zr = nil
		return err
	}
	out := bytes.NewBuffer(d.plain[:0])
	n, err := out.ReadFrom(io.LimitReader(d.zr, maxPlainBytes+1))
	d.plain = out.Bytes()
	if err == nil && n > maxPlainBytes {
		err = fmt.Errorf("longer than %d bytes", maxPlainBytes)
	}
	return err
}

func decodeCounts(h *Hist, p []byte) error {
	for i := int64(0); len(p) > 0; {
		v, n := binary.Varint(p)
		if n <= 0 {
			return errors.New("a count is cut off")
		}
		p = p[n:]
		switch {
		case v < 0 && v < -countsLen, v > 0 && v > math.MaxInt64-h.total, v >= 0 && i >= countsLen:
			return errors.New("more counts than the geometry has")
		case v < 0:
			i -= v
			continue
		case v > 0:
			h.add(int(i), v)
		}
		i++
	}
	return nil
}

// decodeOther reads a payload of any geometry. Values beyond HighestNs are
// counted there.
func decodeOther(h *Hist, text []byte) error {
	other, err := hdr.Decode(text)
	if err != nil {
		return fmt.Errorf("histogram payload: %w", err)
	}
	for _, b := range other.Distribution() {
		if b.Count > 0 {
			h.RecordN(b.From, b.Count)
		}
	}
	return nil
}

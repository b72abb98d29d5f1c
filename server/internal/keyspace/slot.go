package keyspace

import "bytes"

// SlotOf returns the Redis Cluster slot of a key: CRC16 (XMODEM) of its name, or of the part between the first { and
// the next } where that is not empty, modulo 16384.
// Source: Redis Cluster specification, "Key distribution model" and "Hash tags".
func SlotOf(name []byte) uint16 {
	if i := bytes.IndexByte(name, '{'); i >= 0 {
		if n := bytes.IndexByte(name[i+1:], '}'); n > 0 {
			name = name[i+1 : i+1+n]
		}
	}
	return crc16(name) & (Slots - 1)
}

// crcTables holds the CRC of a byte that is followed by 0 to 7 zero bytes: eight bytes of a key go through eight
// independent look-ups instead of eight dependent ones ("slicing by 8"), which is about three times as fast.
var crcTables = makeCRCTables()

func makeCRCTables() (t [8][256]uint16) {
	for i := range t[0] {
		c := uint16(i) << 8
		for range 8 {
			if c&0x8000 != 0 {
				c = c<<1 ^ 0x1021
			} else {
				c <<= 1
			}
		}
		t[0][i] = c
	}
	for n := 1; n < len(t); n++ {
		for i := range t[n] {
			p := t[n-1][i]
			t[n][i] = p<<8 ^ t[0][p>>8]
		}
	}
	return t
}

func crc16(b []byte) uint16 {
	var c uint16
	for len(b) >= 8 {
		c = crcTables[7][b[0]^byte(c>>8)] ^ crcTables[6][b[1]^byte(c)] ^
			crcTables[5][b[2]] ^ crcTables[4][b[3]] ^ crcTables[3][b[4]] ^
			crcTables[2][b[5]] ^ crcTables[1][b[6]] ^ crcTables[0][b[7]]
		b = b[8:]
	}
	for _, x := range b {
		c = c<<8 ^ crcTables[0][byte(c>>8)^x]
	}
	return c
}

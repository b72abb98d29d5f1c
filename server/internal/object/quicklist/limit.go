package quicklist

import "redline/server/internal/object/listpack"

// Limit bounds a node: the setting list-max-listpack-size. Positive: that many elements, and 8 KiB; -1 to -5: 4, 8, 16,
// 32, 64 KiB.
type Limit int

const (
	// safetyBytes bounds nodes that are limited by their number of elements, as in Redis.
	safetyBytes = 8192
	// overhead is what Redis reckons an element takes beside its bytes.
	overhead = 8
	// plainMin is where an element is a node of its own without a listpack's header.
	plainMin = listpack.SafeLen
)

// bytes returns the most bytes that a node of several elements may have.
func (m Limit) bytes() int {
	if m >= 0 {
		return safetyBytes
	}
	return 4096 << (min(-int(m), 5) - 1)
}

// Allows says whether a listpack of n elements that is size bytes long may take one more of more bytes.
func (m Limit) Allows(n, size, more int) bool {
	if size+more+overhead > m.bytes() {
		return false
	}
	return m < 0 || n < max(int(m), 1)
}

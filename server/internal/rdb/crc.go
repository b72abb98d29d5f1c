package rdb

import "hash/crc64"

// crcTable is that of CRC-64/Jones, reflected: polynomial 0xad93d23594c935a9.
var crcTable = crc64.MakeTable(0x95ac9329ac4bc9b5)

// CRC returns the checksum of b as RDB files and DUMP payloads have it; crc is that of what came before, 0 at first.
func CRC(crc uint64, b []byte) uint64 {
	return ^crc64.Update(^crc, crcTable, b) // package crc64 inverts at both ends, Redis at none
}

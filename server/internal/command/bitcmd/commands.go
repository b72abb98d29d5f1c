// Package bitcmd holds the commands on bits of string values: bit.go sets and reads one, count.go counts and searches,
// op.go combines strings, field.go works on integers of any width. Bit 0 is the highest of the first byte.
package bitcmd

import "redline/server/internal/command"

const (
	group  = "bitmap"
	cats   = command.CatBitmap
	writes = command.Write | command.DenyOOM
)

var (
	readKey  = []command.KeySpec{{Flags: command.KeyRO | command.KeyAccess, Begin: 1, Step: 1}}
	writeKey = []command.KeySpec{{Flags: command.KeyRW | command.KeyAccess | command.KeyUpdate, Begin: 1, Step: 1}}
)

// Commands lists the family.
var Commands = []command.Spec{
	{Group: group, Cats: cats, Name: "setbit", Since: "2.2.0", Complexity: "O(1)", Arity: 4, Flags: writes, Keys: writeKey, Handler: setbit,
		Summary: "Sets or clears one bit of a string value, which grows as needed.", Syntax: "key offset value"},
	{Group: group, Cats: cats, Name: "getbit", Since: "2.2.0", Complexity: "O(1)", Arity: 3, Flags: command.Readonly | command.Fast, Keys: readKey, Handler: getbit,
		Summary: "Returns one bit of a string value.", Syntax: "key offset"},
	{Group: group, Cats: cats, Name: "bitcount", Since: "2.6.0", Complexity: "O(N) with N the length of the part", Arity: -2, Flags: command.Readonly, Keys: readKey, Handler: bitcount,
		History: [][2]string{{"7.0.0", "Added the `BYTE|BIT` option."}},
		Summary: "Counts the set bits of a string value or of a part of it.", Syntax: "key [start end [BYTE | BIT]]"},
	{Group: group, Cats: cats, Name: "bitpos", Since: "2.8.7", Complexity: "O(N) with N the length of the part", Arity: -3, Flags: command.Readonly, Keys: readKey, Handler: bitpos,
		History: [][2]string{{"7.0.0", "Added the `BYTE|BIT` option."}},
		Summary: "Finds the first set or clear bit of a string value.", Syntax: "key bit [start [end [BYTE | BIT]]]"},
	{Group: group, Cats: cats, Name: "bitop", Since: "2.6.0", Complexity: "O(N) with N the length of the longest string", Arity: -4, Flags: writes, Handler: bitop,
		Keys: []command.KeySpec{{Flags: command.KeyOW | command.KeyUpdate, Begin: 2, Step: 1},
			{Flags: command.KeyRO | command.KeyAccess, Begin: 3, LastKey: -1, Step: 1}},
		Summary: "Combines strings bit by bit and stores the result.", Syntax: "operation destkey key [key ...]"},
	{Group: group, Cats: cats, Name: "bitfield", Since: "3.2.0", Complexity: "O(1) for each subcommand", Arity: -2, Flags: writes, Handler: bitfield,
		Keys: []command.KeySpec{{Flags: command.KeyRW | command.KeyUpdate | command.KeyAccess | command.KeyVariableFlags,
			Notes: "This command allows both access and modification of the key", Begin: 1, Step: 1}}, Vary: bitfieldKeyFlags,
		Summary: "Reads, sets and increments integers of any width in a string value.",
		Syntax:  "key [GET encoding offset | [OVERFLOW WRAP | SAT | FAIL] SET encoding offset value | INCRBY encoding offset increment [...]]"},
	{Group: group, Cats: cats, Name: "bitfield_ro", Since: "6.0.0", Complexity: "O(1) for each subcommand", Arity: -2, Flags: command.Readonly | command.Fast, Keys: readKey,
		Handler: bitfieldRO, Summary: "Reads integers of any width in a string value.", Syntax: "key [GET encoding offset [GET encoding offset ...]]"},
}

// Package sortcmd holds SORT and SORT_RO: options.go reads what is asked for, sort.go orders the elements of a list, set
// or sorted set, pattern.go looks up the keys that BY and GET name.
package sortcmd

import "redline/server/internal/command"

const (
	group = "generic"
	cats  = command.CatSet | command.CatSortedSet | command.CatList | command.CatDangerous

	patternNote = "For the optional BY/GET keyword. It is marked 'unknown' because the key names derive from the content of the key we sort"
	storeNote   = "For the optional STORE keyword. It is marked 'unknown' because the keyword can appear anywhere in the argument array"
)

var (
	sortedKey  = command.KeySpec{Flags: command.KeyRO | command.KeyAccess, Begin: 1, Step: 1}
	patternKey = command.KeySpec{Flags: command.KeyRO | command.KeyAccess, Notes: patternNote, Unknown: true}
	storeKey   = command.KeySpec{Flags: command.KeyOW | command.KeyUpdate, Notes: storeNote, Unknown: true}
)

const complexity = "O(N+M*log(M)) with N the number of elements and M the number of returned ones"

// Commands lists the family.
var Commands = []command.Spec{
	{Group: group, Cats: cats, Name: "sort", Since: "1.0.0", Complexity: complexity, Arity: -2, Flags: command.Write | command.DenyOOM | command.MovableKeys,
		Keys: []command.KeySpec{sortedKey, patternKey, storeKey}, Extract: storeKeys, Wide: patterns, Handler: sort,
		Summary: "Sorts the elements of a list, a set or a sorted set, and returns or stores them.",
		Syntax:  "key [BY pattern] [LIMIT offset count] [GET pattern [GET pattern ...]] [ASC | DESC] [ALPHA] [STORE destination]"},
	{Group: group, Cats: cats, Name: "sort_ro", Since: "7.0.0", Complexity: complexity, Arity: -2, Flags: command.Readonly | command.MovableKeys,
		Keys: []command.KeySpec{sortedKey, patternKey}, Wide: patterns, Handler: sortRO,
		Summary: "Sorts the elements of a list, a set or a sorted set.",
		Syntax:  "key [BY pattern] [LIMIT offset count] [GET pattern [GET pattern ...]] [ASC | DESC] [ALPHA]"},
}

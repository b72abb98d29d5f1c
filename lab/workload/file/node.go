package file

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/goccy/go-yaml"
	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/parser"
	"github.com/goccy/go-yaml/token"

	"redline/lab/workload"
)

// Error is what is wrong in a workload file, in one line.
type Error struct {
	File         string
	Line, Column int    // from 1; 0 when the whole file is meant
	Field        string // such as operations[0].command; may be empty
	Err          error
}

func (e *Error) Error() string {
	where := e.File
	if e.Line > 0 {
		where = fmt.Sprintf("%s:%d:%d", e.File, e.Line, e.Column)
	}
	if e.Field != "" {
		where += ": " + e.Field
	}
	return where + ": " + strings.ReplaceAll(e.Err.Error(), "\n", " ")
}

func (e *Error) Unwrap() error { return e.Err }

// maxFileBytes is above any use, and low enough that reading a file takes no time.
const maxFileBytes = 4 << 20

// parse returns the one document of the text.
func parse(name string, text []byte) (root ast.Node, err error) {
	// The library panics on some texts that are not YAML.
	defer func() {
		if p := recover(); p != nil {
			root, err = nil, &Error{File: name, Err: fmt.Errorf("not YAML: %v", p)}
		}
	}()
	if len(text) > maxFileBytes {
		return nil, &Error{File: name, Err: fmt.Errorf("the file has %d bytes: want at most %d", len(text), maxFileBytes)}
	}
	tree, err := parser.ParseBytes(text, 0)
	if err != nil {
		return nil, syntaxError(name, err)
	}
	docs := slices.DeleteFunc(tree.Docs, func(d *ast.DocumentNode) bool { return d.Body == nil })
	switch len(docs) {
	case 0:
		return nil, &Error{File: name, Err: errors.New("the file is empty; `redline load init` writes one to begin with")}
	case 1:
		return docs[0].Body, nil
	}
	return nil, &Error{File: name, Err: errors.New("the file holds more than one document: remove the lines ---")}
}

func syntaxError(name string, err error) error {
	e := &Error{File: name, Err: errors.New("not YAML: " + err.Error())}
	var syntax yaml.Error
	if errors.As(err, &syntax) {
		e.Err = errors.New("not YAML: " + syntax.GetMessage())
		if t := syntax.GetToken(); t != nil && t.Position != nil {
			e.Line, e.Column = t.Position.Line, t.Position.Column
		}
	}
	return e
}

// value is a node of the file and where it is.
type value struct {
	d     *decoder
	node  ast.Node
	field string
	key   *token.Token // that names it; nil in a list
}

// fail makes an error of err at the place of v.
func (v value) fail(err error) error {
	var known *Error
	if err == nil || errors.As(err, &known) {
		return err
	}
	e := &Error{File: v.d.name, Field: v.field, Err: err}
	if t := v.token(); t != nil && t.Position != nil {
		e.Line, e.Column = t.Position.Line, t.Position.Column
	}
	return e
}

func (v value) failf(format string, args ...any) error { return v.fail(fmt.Errorf(format, args...)) }

// token is the first one of v.
func (v value) token() *token.Token {
	if v.key != nil {
		return v.key
	}
	switch n := v.node.(type) {
	case nil:
		return nil
	case *ast.MappingNode:
		if len(n.Values) > 0 {
			return n.Values[0].Key.GetToken()
		}
	case *ast.MappingValueNode:
		return n.Key.GetToken()
	}
	return v.node.GetToken()
}

// child is the value n under the name key.
func (v value) child(key *ast.MappingValueNode) value {
	name := key.Key.GetToken().Value
	field := name
	if v.field != "" {
		field = v.field + "." + name
	}
	return value{v.d, key.Value, field, key.Key.GetToken()}
}

// fields is a row of fields a mapping may have, and who reads each.
type fields map[string]func(value) error

// mapping reads v by the given fields, each at most once.
func (v value) mapping(known fields) error {
	var entries []*ast.MappingValueNode
	switch n := v.node.(type) {
	case *ast.MappingNode:
		entries = n.Values
	case *ast.MappingValueNode:
		entries = []*ast.MappingValueNode{n}
	default:
		return v.failf("want fields here: %s", strings.Join(slices.Sorted(maps.Keys(known)), ", "))
	}
	seen := map[string]bool{}
	for _, entry := range entries {
		c := v.child(entry)
		name := entry.Key.GetToken().Value
		read, ok := known[name]
		if !ok {
			return c.fail(unknownField(name, known))
		}
		if seen[name] {
			return c.failf("the field is given twice")
		}
		seen[name] = true
		c.node = plain(c.node)
		if c.node == nil {
			return c.failf("the field has no value")
		}
		if err := read(c); err != nil {
			return c.fail(err)
		}
	}
	return nil
}

func unknownField(name string, known fields) error {
	names := slices.Sorted(maps.Keys(known))
	if near := workload.Nearest(strings.ToLower(name), names); near != "" {
		return fmt.Errorf("there is no field %q here; did you mean %s?", name, near)
	}
	return fmt.Errorf("there is no field %q here; known are %s", name, strings.Join(names, ", "))
}

// plain takes a comment or tag off a node; nil stands for no value.
func plain(n ast.Node) ast.Node {
	switch t := n.(type) {
	case nil, *ast.NullNode:
		return nil
	case *ast.TagNode:
		return plain(t.Value)
	}
	return n
}

// list reads v as a sequence.
func (v value) list(read func(int, value) error) error {
	seq, ok := v.node.(*ast.SequenceNode)
	if !ok {
		return v.failf("want a list: each entry on a line of its own that begins with -")
	}
	for i, n := range seq.Values {
		item := value{d: v.d, node: plain(n), field: fmt.Sprintf("%s[%d]", v.field, i)}
		if item.node == nil {
			item.node = seq
			return item.failf("the entry is empty")
		}
		if err := read(i, item); err != nil {
			return item.fail(err)
		}
	}
	return nil
}

func (v value) isList() bool {
	_, ok := v.node.(*ast.SequenceNode)
	return ok
}

func (v value) isMapping() bool {
	switch v.node.(type) {
	case *ast.MappingNode, *ast.MappingValueNode:
		return true
	}
	return false
}

// text reads v as a scalar, in the form in which it stands in the file.
func (v value) text() (string, error) {
	switch n := v.node.(type) {
	case *ast.StringNode:
		return n.Value, nil
	case *ast.LiteralNode:
		return n.Value.Value, nil
	case *ast.IntegerNode, *ast.FloatNode, *ast.BoolNode, *ast.InfinityNode, *ast.NanNode:
		return n.GetToken().Value, nil
	case *ast.AnchorNode, *ast.AliasNode, *ast.MergeKeyNode:
		return "", v.failf("anchors and aliases (& and *) are not known here; quote a text that begins with them")
	}
	return "", v.failf("want a single value here")
}

// scalar returns a reader that gives the text of a value to parse.
func scalar[T any](into *T, parse func(string) (T, error)) func(value) error {
	return func(v value) error {
		text, err := v.text()
		if err != nil {
			return err
		}
		*into, err = parse(text)
		return err
	}
}

package command

import (
	"fmt"
	"strings"
	"testing"
)

// show writes arguments in one line: name/type, =TOKEN, ? optional, + multiple, ++ with its token, #key spec, (parts).
func show(args []Arg) string {
	var parts []string
	for _, a := range args {
		s := a.Name + "/" + a.Type
		if a.Token != "" {
			s += "=" + a.Token
		}
		if a.Since != "" {
			s += "@" + a.Since
		}
		if a.Optional {
			s += "?"
		}
		if a.Multiple {
			s += "+"
		}
		if a.MultipleToken {
			s += "+"
		}
		if a.Spec >= 0 {
			s += fmt.Sprintf("#%d", a.Spec)
		}
		if a.Args != nil {
			s += "(" + show(a.Args) + ")"
		}
		parts = append(parts, s)
	}
	return strings.Join(parts, " ")
}

func TestSyntax(t *testing.T) {
	for text, want := range map[string]string{
		"":                          "",
		"key":                       "key/key#0",
		"key [key ...]":             "key/key+#0",
		"[message]":                 "message/string?",
		"[section [section ...]]":   "section/string?+",
		"[username@6.0.0] password": "username/string@6.0.0? password/string",
		"key value [key value ...]": "key_value/block+(key/key#0 value/string)",
		"key value [NX | XX] [GET@6.2.0] [EX seconds | PX milliseconds | EXAT unix-time-seconds | PXAT unix-time-milliseconds | KEEPTTL]": "key/key#0 value/string " +
			"condition/oneof?(nx/pure-token=NX xx/pure-token=XX) get/pure-token=GET@6.2.0? " +
			"expiration/oneof?(seconds/integer=EX milliseconds/integer=PX unix-time-seconds/unix-time=EXAT unix-time-milliseconds/unix-time=PXAT keepttl/pure-token=KEEPTTL)",
		"key [BY pattern] [LIMIT offset count] [GET pattern [GET pattern ...]] [ASC | DESC] [ALPHA] [STORE destination]": "key/key#0 pattern/pattern=BY? " +
			"offset_count/block=LIMIT?(offset/integer count/integer) pattern/pattern=GET?++ order/oneof?(asc/pure-token=ASC desc/pure-token=DESC) " +
			"alpha/pure-token=ALPHA? destination/key=STORE?#1",
		"[COUNT count] STREAMS key [key ...] id [id ...]": "count/integer=COUNT? key_id/block=STREAMS(key/key+#0 id/string+)",
		"key <FROMMEMBER member | FROMLONLAT longitude:double latitude:double>": "key/key#0 " +
			"member_longitude_latitude/oneof(member/string=FROMMEMBER longitude_latitude/block=FROMLONLAT(longitude/double latitude/double))",
		"where:<LEFT | RIGHT> by:[A | B]": "where/oneof(left/pure-token=LEFT right/pure-token=RIGHT) by/oneof?(a/pure-token=A b/pure-token=B)",
		"key [= | ~] threshold":           "key/key#0 =_~/oneof?(=/pure-token== ~/pure-token=~) threshold/string",
		"ip:port:string x:[ID n:integer]": "ip:port/string x/integer=ID?",
		"key:string numkeys key2:key ...": "key/string numkeys/integer key2/key+#0",
		"a:<b | [C d]> [...]":             "a/oneof+(b/string d/string=C?)",
		"[protover:integer [AUTH username password] [SETNAME clientname]]": "protover_username_password_clientname/block?(protover/integer " +
			"username_password/block=AUTH?(username/string password/string) clientname/string=SETNAME?)",
		"YES | NO":                               "yes_no/oneof(yes/pure-token=YES no/pure-token=NO)",
		"score:double member [score member ...]": "score_member/block+(score/double member/string)",
	} {
		args, err := ParseSyntax(text)
		if got := show(args); err != nil || got != want {
			t.Errorf("%q:\n got %s, %v\nwant %s", text, got, err, want)
		}
	}
	for _, bad := range []string{"[", "a ]", "<a", "[a>", "[]", "...", "[a |]", "x: y", "[...]", "a b [c ...] [b c"} {
		if args, err := ParseSyntax(bad); err == nil {
			t.Errorf("%q is accepted: %s", bad, show(args))
		}
	}
}

func FuzzSyntax(f *testing.F) {
	f.Add("key [A | b [b ...]] <C d>")
	f.Fuzz(func(t *testing.T, s string) { _, _ = ParseSyntax(s) })
}

// TestNamedGroups: a group with a name is the value of the token before it, and may tell since when there is it.
func TestNamedGroups(t *testing.T) {
	args, err := ParseSyntax("order@6.2.0:[ASC | DESC] [AGGREGATE how:<SUM | MIN>]")
	if err != nil || len(args) != 2 {
		t.Fatal(args, err)
	}
	if a := args[0]; a.Name != "order" || a.Since != "6.2.0" || a.Type != "oneof" || !a.Optional {
		t.Errorf("%+v", a)
	}
	if a := args[1]; a.Name != "how" || a.Token != "AGGREGATE" || a.Type != "oneof" || !a.Optional || len(a.Args) != 2 {
		t.Errorf("%+v", a)
	}
}

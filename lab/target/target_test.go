package target

import (
	"reflect"
	"strings"
	"testing"
)

func TestParse(t *testing.T) {
	for text, want := range map[string]struct {
		target   Target
		url      string
		greeting [][]string
		loopback bool
	}{
		"redis://127.0.0.1:7000":       {Target{"tcp", "127.0.0.1:7000", "", "", 0}, "redis://127.0.0.1:7000", nil, true},
		"redis://[::1]/2":              {Target{"tcp", "[::1]:6379", "", "", 2}, "redis://[::1]:6379/2", [][]string{{"SELECT", "2"}}, true},
		"redis://:pw@127.0.0.1:1":      {Target{"tcp", "127.0.0.1:1", "", "pw", 0}, "redis://127.0.0.1:1", [][]string{{"AUTH", "pw"}}, true},
		"redis://me:pw@192.0.2.1:1/":   {Target{"tcp", "192.0.2.1:1", "me", "pw", 0}, "redis://192.0.2.1:1", [][]string{{"AUTH", "me", "pw"}}, false},
		"unix:///run/redis.sock?db=3":  {Target{"unix", "/run/redis.sock", "", "", 3}, "unix:///run/redis.sock?db=3", [][]string{{"SELECT", "3"}}, true},
		"unix://:pw@/run/redis.sock":   {Target{"unix", "/run/redis.sock", "", "pw", 0}, "unix:///run/redis.sock", [][]string{{"AUTH", "pw"}}, true},
		"redis://secret@127.0.0.1:700": {Target{"tcp", "127.0.0.1:700", "", "secret", 0}, "redis://127.0.0.1:700", [][]string{{"AUTH", "secret"}}, true},
	} {
		got, err := Parse(text)
		if err != nil {
			t.Errorf("%s: %v", text, err)
			continue
		}
		if got != want.target || got.URL() != want.url || !reflect.DeepEqual(got.Greeting(), want.greeting) || got.Loopback() != want.loopback {
			t.Errorf("%s: %+v, URL %s, greeting %v, loopback %v", text, got, got.URL(), got.Greeting(), got.Loopback())
		}
	}
}

func TestParseRefuses(t *testing.T) {
	for text, want := range map[string]string{
		"":                        "scheme",
		"127.0.0.1:6379":          "not a URL",
		"http://x":                "scheme",
		"rediss://x":              "TLS",
		"redis://":                "host",
		"redis://:6379":           "host",
		"redis://x:99999":         "port",
		"redis://x/y":             "database",
		"redis://x/-1":            "database",
		"unix://relative":         "absolute",
		"redis://u:topsecret@:1/": "host",
	} {
		_, err := Parse(text)
		if err == nil || !strings.Contains(err.Error(), want) || strings.Contains(err.Error(), "topsecret") {
			t.Errorf("%q: %v, want %q", text, err, want)
		}
	}
}

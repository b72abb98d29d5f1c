// Package target says where a server under load is and how to get in: it parses
// the URL a user gives. It opens no connection.
package target

import (
	"fmt"
	"net"
	"net/url"
	"strconv"
	"strings"
)

// defaultPort is that of Redis.
const defaultPort = "6379"

// Target is a Redis-protocol server.
type Target struct {
	Network  string // tcp or unix
	Addr     string // HOST:PORT or a path
	User     string
	Password string
	DB       int
}

// Parse reads redis://[USER:PASSWORD@]HOST[:PORT][/DB] or unix://[USER:PASSWORD@]/PATH[?db=N].
func Parse(text string) (Target, error) {
	bad := func(why string) (Target, error) {
		return Target{}, fmt.Errorf("target %q: %s; write it as redis://[USER:PASSWORD@]HOST:PORT[/DB] or unix:///PATH", mask(text), why)
	}
	u, err := url.Parse(text)
	if err != nil {
		return bad("it is not a URL")
	}
	t := Target{User: u.User.Username()}
	t.Password, _ = u.User.Password()
	if t.Password == "" && t.User != "" { // redis-cli takes redis://PASSWORD@HOST this way
		t.User, t.Password = "", t.User
	}
	db := u.Query().Get("db")
	switch u.Scheme {
	case "redis":
		if u.Hostname() == "" {
			return bad("the host is missing")
		}
		port := u.Port()
		if port == "" {
			port = defaultPort
		}
		if n, err := strconv.Atoi(port); err != nil || n < 1 || n > 65535 {
			return bad("the port is not 1 to 65535")
		}
		t.Network, t.Addr = "tcp", net.JoinHostPort(u.Hostname(), port)
		if path := strings.Trim(u.Path, "/"); path != "" {
			db = path
		}
	case "unix":
		if u.Host != "" || u.Path == "" {
			return bad("a unix socket needs an absolute path")
		}
		t.Network, t.Addr = "unix", u.Path
	case "rediss":
		return bad("TLS is not supported")
	default:
		return bad("the scheme is unknown")
	}
	if db != "" {
		if t.DB, err = strconv.Atoi(db); err != nil || t.DB < 0 {
			return bad("the database is not a number")
		}
	}
	return t, nil
}

// mask hides what may be a password in a URL that does not parse.
func mask(text string) string {
	scheme, rest, found := strings.Cut(text, "://")
	at := strings.LastIndexByte(rest, '@')
	if !found || at < 0 {
		return text
	}
	return scheme + "://***" + rest[at:]
}

// URL is the target without its password.
func (t Target) URL() string {
	u := url.URL{Scheme: "redis", Host: t.Addr}
	if t.Network == "unix" {
		u = url.URL{Scheme: "unix", Path: t.Addr}
	}
	if t.DB > 0 && t.Network == "unix" {
		u.RawQuery = "db=" + strconv.Itoa(t.DB)
	} else if t.DB > 0 {
		u.Path = "/" + strconv.Itoa(t.DB)
	}
	return u.String()
}

// Greeting are the commands a new connection needs.
func (t Target) Greeting() [][]string {
	var out [][]string
	switch {
	case t.User != "":
		out = append(out, []string{"AUTH", t.User, t.Password})
	case t.Password != "":
		out = append(out, []string{"AUTH", t.Password})
	}
	if t.DB > 0 {
		out = append(out, []string{"SELECT", strconv.Itoa(t.DB)})
	}
	return out
}

// Loopback tells whether the server can only be on this machine: a unix socket,
// or a host all of whose addresses are loopback addresses.
func (t Target) Loopback() bool {
	if t.Network == "unix" {
		return true
	}
	host, _, err := net.SplitHostPort(t.Addr)
	if err != nil {
		return false
	}
	ips, err := net.LookupIP(host)
	if err != nil || len(ips) == 0 {
		return false
	}
	for _, ip := range ips {
		if !ip.IsLoopback() {
			return false
		}
	}
	return true
}

// Port is the TCP port, 0 for a unix socket.
func (t Target) Port() int {
	if t.Network != "tcp" {
		return 0
	}
	_, port, _ := net.SplitHostPort(t.Addr)
	n, _ := strconv.Atoi(port)
	return n
}

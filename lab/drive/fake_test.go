package drive

import (
	"bufio"
	"bytes"
	"io"
	"net"
	"strconv"
	"strings"
	"sync"
	"testing"
)

// fakeServer answers commands with whatever answer returns; nil closes the
// connection, and so does a reply that ends in closeMark once it is sent. It
// answers PING itself.
type fakeServer struct {
	ln     net.Listener
	answer func(conn int, args []string) []byte
	wg     sync.WaitGroup
	mu     sync.Mutex
	conns  []net.Conn
}

var closeMark = []byte("\x00close")

func startFake(t *testing.T, answer func(conn int, args []string) []byte) *fakeServer {
	t.Helper()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	return serveFake(t, ln, answer)
}

func serveFake(t *testing.T, ln net.Listener, answer func(conn int, args []string) []byte) *fakeServer {
	s := &fakeServer{ln: ln, answer: answer}
	s.wg.Go(s.accept)
	t.Cleanup(s.close)
	return s
}

func (s *fakeServer) addr() Address {
	return Address{s.ln.Addr().Network(), s.ln.Addr().String()}
}

func (s *fakeServer) accept() {
	for n := 0; ; n++ {
		c, err := s.ln.Accept()
		if err != nil {
			return
		}
		s.mu.Lock()
		s.conns = append(s.conns, c)
		s.mu.Unlock()
		s.wg.Go(func() { s.serve(n, c) })
	}
}

func (s *fakeServer) serve(n int, c net.Conn) {
	defer c.Close()
	r := bufio.NewReader(c)
	w := bufio.NewWriter(c)
	for {
		args, err := readCommand(r)
		if err != nil {
			return
		}
		reply := []byte("+PONG\r\n")
		if args[0] != "PING" {
			reply = s.answer(n, args)
		}
		if reply == nil {
			_ = w.Flush()
			return
		}
		reply, last := bytes.CutSuffix(reply, closeMark)
		_, _ = w.Write(reply)
		if last {
			_ = w.Flush()
			return
		}
		if r.Buffered() == 0 {
			if w.Flush() != nil {
				return
			}
		}
	}
}

func (s *fakeServer) close() {
	_ = s.ln.Close()
	s.mu.Lock()
	for _, c := range s.conns {
		_ = c.Close()
	}
	s.mu.Unlock()
	s.wg.Wait()
}

func readCommand(r *bufio.Reader) ([]string, error) {
	line := func() (int, error) {
		s, err := r.ReadString('\n')
		if err != nil {
			return 0, err
		}
		return strconv.Atoi(strings.TrimSpace(s[1:]))
	}
	n, err := line()
	if err != nil {
		return nil, err
	}
	args := make([]string, n)
	for i := range args {
		size, err := line()
		if err != nil {
			return nil, err
		}
		b := make([]byte, size+2)
		if _, err := io.ReadFull(r, b); err != nil {
			return nil, err
		}
		args[i] = string(b[:size])
	}
	return args, nil
}

// memory is a store that answers GET and SET correctly.
type memory struct {
	mu   sync.Mutex
	data map[string]string
}

func (m *memory) answer(_ int, args []string) []byte {
	m.mu.Lock()
	defer m.mu.Unlock()
	switch args[0] {
	case "SET":
		m.data[args[1]] = args[2]
		return []byte("+OK\r\n")
	case "GET":
		v, ok := m.data[args[1]]
		if !ok {
			return []byte("$-1\r\n")
		}
		return []byte("$" + strconv.Itoa(len(v)) + "\r\n" + v + "\r\n")
	case "AUTH", "SELECT":
		return []byte("+OK\r\n")
	}
	return []byte("-ERR unknown command\r\n")
}

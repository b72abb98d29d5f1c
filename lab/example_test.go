package lab_test

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"net"
	"strconv"
	"strings"
	"time"

	"redline/lab"
)

// A test asks a server 500 times a second for half a second and looks at what
// came back. Instead of a real server, this example talks to a few lines of Go.
func ExampleRun() {
	address, stop := cache()
	defer stop()

	spec := lab.OpenLoop("get=0.9,set=0.1", 500, 500*time.Millisecond)
	out, err := lab.Run(context.Background(), spec, "redis://"+address)
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println("answered some:", out.Operations > 0)
	fmt.Println("errors:", out.Errors)
	fmt.Println("throughput, mean and p99 are known:", out.ThroughputPerS > 0 && out.Mean > 0 && out.P99 > 0)
	// Output:
	// answered some: true
	// errors: 0
	// throughput, mean and p99 are known: true
}

// How fast a server answers eight clients that wait for their replies, over more
// keys than usual.
func ExampleClosedLoop() {
	address, stop := cache()
	defer stop()

	spec := lab.ClosedLoop("get", 8, 300*time.Millisecond)
	spec.Workload.Keys.Count = 20_000
	out, err := lab.Run(context.Background(), spec, "redis://"+address)
	fmt.Println(err, out.Operations > 0, out.Summary.Loop)
	// Output: <nil> true closed
}

// cache is an in-process server that knows the commands of this example.
func cache() (address string, stop func()) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		panic(err)
	}
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			go answer(c)
		}
	}()
	return l.Addr().String(), func() { _ = l.Close() }
}

func answer(c net.Conn) {
	defer c.Close()
	r, w := bufio.NewReader(c), bufio.NewWriter(c)
	for {
		args, err := request(r)
		if err != nil {
			return
		}
		switch strings.ToUpper(args[0]) {
		case "PING":
			_, _ = w.WriteString("+PONG\r\n")
		case "GET":
			_, _ = w.WriteString("$5\r\nvalue\r\n")
		case "SET":
			_, _ = w.WriteString("+OK\r\n")
		case "DBSIZE", "DEL", "UNLINK":
			_, _ = fmt.Fprintf(w, ":%d\r\n", len(args)-1)
		case "INFO":
			_, _ = w.WriteString("$19\r\nredis_version:7.0\r\n\r\n")
		default:
			_, _ = w.WriteString("-ERR unknown command\r\n")
		}
		if r.Buffered() == 0 && w.Flush() != nil {
			return
		}
	}
}

// request reads one command.
func request(r *bufio.Reader) ([]string, error) {
	count, err := number(r)
	if err != nil {
		return nil, err
	}
	args := make([]string, count)
	for i := range args {
		size, err := number(r)
		if err != nil {
			return nil, err
		}
		text := make([]byte, size+2)
		if _, err := io.ReadFull(r, text); err != nil {
			return nil, err
		}
		args[i] = string(text[:size])
	}
	return args, nil
}

// number reads the count of a line such as *3 or $5.
func number(r *bufio.Reader) (int, error) {
	line, err := r.ReadString('\n')
	if err != nil || len(line) < 3 {
		return 0, io.ErrUnexpectedEOF
	}
	return strconv.Atoi(strings.TrimSpace(line[1:]))
}

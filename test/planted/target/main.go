// Command target is a small server of the Redis protocol with a bottleneck that can be planted in it, for tests of what
// the lab finds. Without one it is a plain sharded map.
//
//	target [FAULT]
//
// It listens on two free ports of loopback, prints the address of the first (RESP), and serves pprof and metrics on the
// second, which INFO names.
package main

import (
	"fmt"
	"log"
	"net"
	"net/http"
	"net/http/pprof"
	"os"
	"runtime"
	"runtime/debug"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"
)

func main() {
	fault := ""
	if len(os.Args) > 1 {
		fault = os.Args[1]
	}
	log.Fatal(run(fault)) // it returns only to say why it could not go on
}

func run(fault string) error {
	clients, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	admin, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	s, err := newServer(fault, admin.Addr().String())
	if err != nil {
		return err
	}
	runtime.SetMutexProfileFraction(1)
	runtime.SetBlockProfileRate(10_000) // waits of more than 10 us, and a sample of those below
	if fault == "small-gc" {
		debug.SetGCPercent(1)
	}
	go serveAdmin(admin)
	fmt.Println(clients.Addr())
	return s.serve(clients)
}

func serveAdmin(l net.Listener) {
	reg := prometheus.NewRegistry()
	reg.MustRegister(collectors.NewGoCollector())
	mux := http.NewServeMux()
	mux.Handle("/metrics", promhttp.HandlerFor(reg, promhttp.HandlerOpts{}))
	mux.HandleFunc("/debug/pprof/", pprof.Index)
	mux.HandleFunc("/debug/pprof/profile", pprof.Profile)
	mux.HandleFunc("/debug/pprof/trace", pprof.Trace)
	log.Print(http.Serve(l, mux))
}

// Package planted proves the lab's findings: a server with a bottleneck planted in it must have that bottleneck as the
// top finding, with the function or resource at fault, and the same server without it must have none of them.
//
// The server is the program in folder target; it shares nothing with Redline's but the codec. The measurements are real
// and short. `go test ./test/planted -planted.clean=20` counts false findings over 20 runs of the clean server.
package planted

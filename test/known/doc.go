// Package known measures the lab against a server whose capacity is known: what `redline plan` says of it can be wrong or
// right.
//
// The server is a queue with one place of service that takes the same time for each request, over real sockets: with the
// lab's Poisson arrivals it is M/D/1, whose response times have a formula. A whole measurement takes some minutes of an
// otherwise idle machine, so it is asked for:
//
//	go test ./test/known -v -timeout 1h -known.runs=20                  # 5,000 and 20,000 per second
//	go test ./test/known -v -timeout 1h -known.runs=20 -known.rates=5000
//
// And `redline gate` is measured with programs known to be the same, or to do more work in each request (built with an
// overlay over the sources):
//
//	go test ./test/known -v -timeout 3h -run Gate -gate.same=100 -gate.slower=20
package known

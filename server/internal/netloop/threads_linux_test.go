package netloop

import (
	"sync"
	"testing"
)

func TestThreadsAreBounded(t *testing.T) {
	var th threads
	var all, tried sync.WaitGroup
	release := make(chan struct{})
	got := make(chan bool, threadsMax+20)
	for range cap(got) {
		tried.Add(1)
		all.Go(func() {
			own := th.take()
			got <- own
			tried.Done()
			<-release
			if own {
				th.end()
			}
		})
	}
	tried.Wait()
	close(release)
	all.Wait()
	close(got)
	n := 0
	for own := range got {
		if own {
			n++
		}
	}
	if n != threadsMax {
		t.Errorf("%d threads instead of %d", n, threadsMax)
	}
	if left := th.taken.Load(); left != 0 {
		t.Errorf("%d are still counted", left)
	}
}

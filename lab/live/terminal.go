package live

import (
	"errors"
	"io"
	"sync"
	"time"

	tea "charm.land/bubbletea/v2"
)

// viewSpan is the span of the view's frames: 80 columns are 40 seconds.
const viewSpan = 500 * time.Millisecond

// Terminal is the view on a terminal. It takes the screen from Open to Close.
type Terminal struct {
	program *tea.Program
	msgs    chan tea.Msg
	quit    chan struct{}
	all     sync.WaitGroup
	err     error // of the program; valid when all have ended
}

// queued is how many frames may wait for a slow terminal; more are dropped.
const queued = 16

// Open takes the screen of out and reads keys from in. The title says what is
// running, where against what. stop is called once when the user asks for the
// end of the run.
func Open(in io.Reader, out io.Writer, title, where string, stop func()) *Terminal {
	t := &Terminal{msgs: make(chan tea.Msg, queued), quit: make(chan struct{})}
	t.program = tea.NewProgram(model{title: title, where: where, stop: stop},
		tea.WithInput(in), tea.WithOutput(out), tea.WithoutSignalHandler())
	ended := make(chan struct{})
	t.all.Go(func() {
		defer close(ended)
		_, t.err = t.program.Run()
	})
	t.all.Go(func() {
		for {
			select {
			case msg := <-t.msgs:
				t.program.Send(msg)
			case <-ended:
				return
			case <-t.quit:
				t.program.Quit()
				return
			}
		}
	})
	return t
}

// Span is half a second.
func (t *Terminal) Span() time.Duration { return viewSpan }

// Show draws f.
func (t *Terminal) Show(f *Frame) { t.send(frameMsg(f)) }

// Note draws a line of text.
func (t *Terminal) Note(text string) { t.send(noteMsg(text)) }

func (t *Terminal) send(msg tea.Msg) {
	select {
	case t.msgs <- msg:
	default: // the terminal does not keep up
	}
}

// Close gives the screen back.
func (t *Terminal) Close() error {
	close(t.quit)
	t.all.Wait()
	if errors.Is(t.err, tea.ErrProgramKilled) {
		return nil
	}
	return t.err
}

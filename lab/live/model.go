package live

import (
	tea "charm.land/bubbletea/v2"

	"redline/lab/record"
)

// historyMost is how many spans the strips remember: more than a wide screen
// has columns.
const historyMost = 512

// cell is what the strips show of one span.
type cell struct {
	asked, got float64
	failed     bool
	latency    Quantiles
}

// model is the state of the view. It is changed by Update alone.
type model struct {
	title, where  string
	width, height int
	frame         Frame
	shown         bool // frame holds something
	history       []cell
	note          string
	ending        bool   // the user has asked for the end
	stop          func() // ends the run; called once
}

type (
	frameMsg *Frame
	noteMsg  string
)

// Init has nothing to do.
func (m model) Init() tea.Cmd { return nil }

// Update takes a key, a new size, a frame or a note. The first q or Ctrl-C ends
// the run, which then quits the view; the second leaves the view at once.
func (m model) Update(msg tea.Msg) (tea.Model, tea.Cmd) {
	switch msg := msg.(type) {
	case tea.WindowSizeMsg:
		m.width, m.height = msg.Width, msg.Height
	case tea.KeyPressMsg:
		switch msg.String() {
		case "q", "ctrl+c":
			if m.ending {
				return m, tea.Quit
			}
			m.ending = true
			m.stop()
		}
	case frameMsg:
		m = m.take(msg)
	case noteMsg:
		m.note = string(msg)
	}
	return m, nil
}

// take keeps a frame. The strips begin anew with each load.
func (m model) take(f *Frame) model {
	if m.shown && (f.TNs < m.frame.TNs || m.frame.Phase == record.PhasePreload && f.Phase != record.PhasePreload) {
		m.history = nil // preloading goes at a rate of its own
	}
	m.frame, m.shown = *f, true
	c := cell{asked: f.AskedPerS, got: f.GotPerS, failed: f.Errors > 0, latency: f.ResponseNs}
	// The view may still be drawn from the old slice: never change it in place.
	from := max(0, len(m.history)+1-historyMost)
	m.history = append(append(make([]cell, 0, len(m.history)+1), m.history[from:]...), c)
	return m
}

// View draws the screen.
func (m model) View() tea.View {
	v := tea.NewView(m.screen())
	v.AltScreen = true
	v.WindowTitle = "redline " + m.title
	return v
}

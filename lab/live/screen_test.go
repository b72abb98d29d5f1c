package live

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	tea "charm.land/bubbletea/v2"
	"charm.land/lipgloss/v2"
	"github.com/charmbracelet/x/ansi"
)

var rewrite = flag.Bool("rewrite", false, "rewrite the expected screens in testdata")

// update sends messages through Update.
func update(t *testing.T, m model, msgs ...tea.Msg) model {
	t.Helper()
	for _, msg := range msgs {
		next, _ := m.Update(msg)
		m = next.(model)
	}
	return m
}

func ptr(v float64) *float64 { return &v }

// frames are those of a run with a stall and some errors.
func frames(n int) []tea.Msg {
	out := []tea.Msg{frameMsg(&Frame{Phase: "preload", PhaseElapsedS: 0.4, GotPerS: 500_000, ResponseNs: Quantiles{P50: 2e5, P99: 9e5}})}
	for i := range n {
		f := &Frame{Type: "span", TNs: int64(i+1) * 5e8, DurNs: 5e8, Phase: "measure", PhaseElapsedS: float64(i+1) / 2, PhaseOfS: 25,
			AskedPerS: 20_000, GotPerS: 20_000, ResponseNs: Quantiles{60e3, 95e3, 400e3, 2e6, 5e6}, ServiceNs: Quantiles{50e3, 80e3, 150e3, 300e3, 900e3},
			Ops:      []Op{{"get", 18_000, 18_000, 0, Quantiles{60e3, 90e3, 380e3, 2e6, 4e6}}, {"set", 2_000, 2_000, 0, Quantiles{70e3, 99e3, 500e3, 3e6, 5e6}}},
			InFlight: 2, Connections: 50, Total: Total{Completed: int64(i+1) * 10_000, Late: 31}, Generator: Generator{0.34, 8e3, 70e3, 1e6},
			Server: Server{ptr(0.96), ptr(45 << 20), ptr(15 << 20), ptr(100_000), ptr(52)}}
		switch i % 20 {
		case 10: // the server stalls
			f.GotPerS, f.Backlog = 4_000, 8_000
			f.ResponseNs = Quantiles{150e6, 300e6, 390e6, 400e6, 405e6}
		case 11:
			f.GotPerS, f.Errors, f.ErrorClasses, f.Total.Errors = 36_000, 12, map[string]int64{"timeout": 9, "reset": 3}, 12
			f.Ops[1].Errors = 12
			f.Generator.CPURatio, f.Generator.PacingP99Ns = 0.95, 60e6
		}
		out = append(out, frameMsg(f))
	}
	return out
}

// TestScreens compares screens of several sizes with testdata, without colours.
func TestScreens(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name          string
		width, height int
		msgs          []tea.Msg
	}{
		{"80x24", 80, 24, frames(32)},
		{"80x24-errors", 80, 24, frames(12)},
		{"120x40", 120, 40, append(frames(300), noteMsg("filling up to maxclients 10,016"))},
		{"40x12", 40, 12, frames(12)},
		{"20x5", 20, 5, frames(12)},
		{"200x60-start", 200, 60, nil},
		{"80x24-preload", 80, 24, frames(0)},
		{"60x16-ending", 60, 16, append(frames(9), tea.KeyPressMsg{Code: 'q', Text: "q"})},
	} {
		m := update(t, model{title: "lab", where: "redis://127.0.0.1:7000", stop: func() {}}, append([]tea.Msg{tea.WindowSizeMsg{Width: c.width, Height: c.height}}, c.msgs...)...)
		got := ansi.Strip(m.View().Content)
		for i, line := range strings.Split(got, "\n") {
			if w := lipgloss.Width(line); w > c.width || i >= c.height {
				t.Errorf("%s: line %d is %d wide: %q", c.name, i, w, line)
			}
		}
		path := filepath.Join("testdata", c.name+".txt")
		if *rewrite {
			if err := os.WriteFile(path, []byte(trimmed(got)), 0o644); err != nil {
				t.Fatal(err)
			}
		}
		want, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		if trimmed(got) != string(want) {
			t.Errorf("%s: the screen is\n%s\nwant (go test -rewrite)\n%s", c.name, got, want)
		}
	}
}

// trimmed drops spaces at the ends of lines.
func trimmed(screen string) string {
	var b strings.Builder
	for line := range strings.Lines(screen) {
		b.WriteString(strings.TrimRight(line, " \n") + "\n")
	}
	return b.String()
}

// TestSizes draws in every size without a panic and without a line too long.
func TestSizes(t *testing.T) {
	t.Parallel()
	m := update(t, model{title: "scenario connections", where: strings.Repeat("w", 50), stop: func() {}}, frames(20)...)
	for w := 0; w < 130; w += 11 {
		for h := 0; h < 45; h += 4 {
			m = update(t, m, tea.WindowSizeMsg{Width: w, Height: h})
			lines := strings.Split(m.View().Content, "\n")
			if len(lines) > max(h, 1) {
				t.Fatalf("%dx%d: %d lines", w, h, len(lines))
			}
			for _, l := range lines {
				if lipgloss.Width(l) > w {
					t.Fatalf("%dx%d: %q", w, h, l)
				}
			}
		}
	}
}

// TestKeys ends the run once and leaves the view at the second time.
func TestKeys(t *testing.T) {
	t.Parallel()
	for _, key := range []tea.KeyPressMsg{{Code: 'q', Text: "q"}, {Code: 'c', Mod: tea.ModCtrl}} {
		stopped := 0
		m := model{width: 80, height: 24, stop: func() { stopped++ }}
		next, cmd := m.Update(tea.KeyPressMsg{Code: 'x', Text: "x"})
		if cmd != nil || stopped != 0 {
			t.Error("x did something")
		}
		next, cmd = next.Update(key)
		if cmd != nil || stopped != 1 || !next.(model).ending {
			t.Errorf("%v: %d", key, stopped)
		}
		if _, cmd = next.Update(key); cmd == nil || stopped != 1 {
			t.Errorf("%v again: %d", key, stopped)
		}
	}
}

// TestHistory is bounded.
func TestHistory(t *testing.T) {
	t.Parallel()
	m := update(t, model{stop: func() {}}, frames(historyMost+100)...)
	if len(m.history) != historyMost {
		t.Errorf("%d cells", len(m.history))
	}
	m = update(t, m, frameMsg(&Frame{TNs: 0, Phase: "measure"}))
	if len(m.history) != 1 {
		t.Errorf("%d cells of a new load", len(m.history))
	}
}

func TestTexts(t *testing.T) {
	t.Parallel()
	for ns, want := range map[int64]string{0: "0us", 999: "0us", 1500: "1us", 999_999: "999us", 1_234_000: "1.23ms", 45_678_000: "45.7ms", 999_000_000: "999.0ms",
		1_234_000_000: "1.23s", 12_340_000_000: "12.3s", 3_600_000_000_000: "1h0m0s"} {
		if got := took(ns); got != want {
			t.Errorf("%d: %s, want %s", ns, got, want)
		}
	}
	for v, want := range map[float64]string{0: "0", 999: "999", 1000: "1,000", 1234567: "1,234,567", -5: "0"} {
		if got := count(v); got != want {
			t.Errorf("%g: %s, want %s", v, got, want)
		}
	}
	for ns, want := range map[int64]int{0: -1, 1: 0, 99_999: 0, 100_000: 1, 999_999: 1, 1_000_000: 2, 10_000_000: 3, 100_000_000: 4, 1e12: 4} {
		if got := heatLevel(ns); got != want {
			t.Errorf("%d: %d, want %d", ns, got, want)
		}
	}
	got := ""
	for row := 2; row >= 0; row-- {
		for _, v := range []float64{0, 0.1, 1, 1.5, 2, 3} {
			got += string(spark(v, 1, row))
		}
		got += "\n"
	}
	if want := "     █\n   ▄██\n▁▁████\n"; got != want {
		t.Errorf("got\n%swant\n%s", got, want)
	}
	done, rest := bar(0.5, 10)
	if fmt.Sprint(len([]rune(done)), len([]rune(rest))) != "5 5" {
		t.Errorf("%q %q", done, rest)
	}
}

package report

import (
	"bytes"
	"context"
	"image/png"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"
)

// browser finds an installed Chromium, and skips the test without one.
func browser(t *testing.T) string {
	t.Helper()
	if testing.Short() {
		t.Skip("a browser takes seconds")
	}
	for _, name := range []string{"chromium", "chromium-browser", "google-chrome", "google-chrome-stable"} {
		if path, err := exec.LookPath(name); err == nil {
			return path
		}
	}
	t.Skip("no chromium or google-chrome is installed; the report is not looked at in a real browser")
	return ""
}

// look opens a report in a headless browser and returns the page as the script
// left it, what was logged, and a picture.
func look(t *testing.T, path, hash string, size string) (dom, log string, picture []byte) {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	dir := t.TempDir()
	shot := filepath.Join(dir, "shot.png")
	cmd := exec.CommandContext(ctx, browser(t), "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
		"--disable-background-networking", "--disable-component-update", "--disable-sync", "--hide-scrollbars",
		"--user-data-dir="+filepath.Join(dir, "profile"), "--enable-logging=stderr", "--window-size="+size,
		"--virtual-time-budget=2000", "--screenshot="+shot, "--dump-dom", "file://"+filepath.ToSlash(path)+hash)
	var out, errs bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &errs
	cmd.WaitDelay = 5 * time.Second
	if err := cmd.Run(); err != nil {
		t.Fatalf("%v: %v\n%s", cmd.Args, err, errs.String())
	}
	picture, err := os.ReadFile(shot)
	check(t, err)
	return out.String(), errs.String(), picture
}

var consoleLine = regexp.MustCompile(`(?m)^.*CONSOLE.*$`)

func TestReportInBrowser(t *testing.T) {
	t.Parallel()
	path, err := Write(fixture(t))
	check(t, err)
	dom, log, picture := look(t, path, "#theme=dark", "1280,2400")
	if lines := consoleLine.FindAllString(log, -1); len(lines) > 0 {
		t.Errorf("the page complains:\n%s", strings.Join(lines, "\n"))
	}
	if !strings.Contains(dom, `data-ready="true"`) || !strings.Contains(dom, `data-theme="dark"`) {
		t.Error("the script did not run to its end, or did not take the theme from the address")
	}
	doc, err := Build(filepath.Dir(path))
	check(t, err)
	for _, s := range doc.Sections {
		if !strings.Contains(dom, `<section id="`+s.ID+`"`) {
			t.Errorf("section %s is not on the page", s.ID)
		}
	}
	for what, least := range map[string]int{`class="u-over"`: 12, "<canvas": 14, "<polyline": 2, `role="application"`: 1, "<table": 4} {
		if n := strings.Count(dom, what); n < least {
			t.Errorf("%d of %s on the page, want at least %d", n, what, least)
		}
	}
	if strings.Contains(dom, "it's <b>") || !strings.Contains(dom, "&lt;b&gt;") {
		t.Error("text of the run was taken for markup")
	}
	if colours(t, picture) < 100 {
		t.Error("the picture of the page is all but empty")
	}
}

// colours counts the distinct colours of a picture.
func colours(t *testing.T, picture []byte) int {
	t.Helper()
	m, err := png.Decode(bytes.NewReader(picture))
	check(t, err)
	seen := map[[3]uint32]bool{}
	for y := m.Bounds().Min.Y; y < m.Bounds().Max.Y; y += 2 {
		for x := m.Bounds().Min.X; x < m.Bounds().Max.X; x += 2 {
			r, g, b, _ := m.At(x, y).RGBA()
			seen[[3]uint32{r, g, b}] = true
		}
	}
	return len(seen)
}

// A phone is 390 pixels wide: nothing may stick out of it. A headless window has
// at least 500, so the report stands in a frame and tells its width to the page
// around it.
func TestReportOnAPhone(t *testing.T) {
	t.Parallel()
	path, err := Write(fixture(t))
	check(t, err)
	html, err := os.ReadFile(path)
	check(t, err)
	tell := `<script>addEventListener("load", () => parent.postMessage(document.documentElement.scrollWidth, "*"));</script></body>`
	check(t, os.WriteFile(path, bytes.Replace(html, []byte("</body>"), []byte(tell), 1), 0o644))
	frame := filepath.Join(filepath.Dir(path), "frame.html")
	check(t, os.WriteFile(frame, []byte(`<body><script>addEventListener("message", (e) => { document.body.dataset.width = e.data; });</script>`+
		`<iframe width="390" height="844" style="border:0" src="report.html"></iframe></body>`), 0o644))
	dom, _, _ := look(t, frame, "", "800,900")
	if width := regexp.MustCompile(`data-width="(\d+)"`).FindStringSubmatch(dom); width == nil || width[1] != "390" {
		t.Errorf("the page is %v wide on a screen of 390", width)
	}
}

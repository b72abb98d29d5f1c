package report

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"
)

// browsers are the programs that can print a page, in order of preference.
var browsers = []string{"chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome", "microsoft-edge"}

// ErrNoBrowser says that no browser was found to make a PDF with.
var ErrNoBrowser = errors.New("no Chromium or Chrome is installed, which --pdf prints the report with: install one, or open the HTML file and print it")

// printWithin bounds how long a browser may take: some seconds on an idle
// machine, and it must not hang a build.
const printWithin = 2 * time.Minute

// PDF prints the HTML report at html to the file at pdf with a browser that is
// found on this machine. It returns ErrNoBrowser where there is none.
func PDF(ctx context.Context, html, pdf string) error {
	browser := ""
	for _, name := range browsers {
		if path, err := exec.LookPath(name); err == nil {
			browser = path
			break
		}
	}
	if browser == "" {
		return ErrNoBrowser
	}
	return printWith(ctx, browser, html, pdf)
}

func printWith(ctx context.Context, browser, html, pdf string) error {
	page, err := filepath.Abs(html)
	if err != nil {
		return fmt.Errorf("cannot make a PDF: %w", err)
	}
	// A profile of its own: a browser that is open already must neither be asked nor changed.
	dir, err := os.MkdirTemp("", "redline-pdf-")
	if err != nil {
		return fmt.Errorf("cannot make a PDF: %w", err)
	}
	defer os.RemoveAll(dir)
	ctx, cancel := context.WithTimeout(ctx, printWithin)
	defer cancel()
	out := filepath.Join(dir, "report.pdf")
	cmd := exec.CommandContext(ctx, browser, "--headless", "--disable-gpu", "--no-sandbox", "--no-first-run", "--disable-background-networking", // only our own file is opened
		"--disable-component-update", "--disable-sync", "--disable-quic", "--user-data-dir="+filepath.Join(dir, "profile"), "--no-pdf-header-footer",
		"--virtual-time-budget=5000", "--print-to-pdf="+out, "file://"+filepath.ToSlash(page))
	cmd.WaitDelay = 5 * time.Second
	said, err := cmd.CombinedOutput()
	text, readErr := os.ReadFile(out)
	if readErr != nil {
		if err == nil {
			err = errors.New("it wrote no file")
		}
		return fmt.Errorf("cannot make a PDF: %s: %w: %s", filepath.Base(browser), err, lastLine(said))
	}
	if err := os.WriteFile(pdf, text, 0o644); err != nil {
		return fmt.Errorf("cannot make a PDF: %w", err)
	}
	return nil
}

func lastLine(text []byte) string {
	lines := strings.Split(strings.TrimSpace(string(text)), "\n")
	return lines[len(lines)-1]
}

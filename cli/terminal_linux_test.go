package cli

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"regexp"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// A terminal is a pseudo-terminal, and all that was written to it.
type terminal struct {
	*os.File // the end that the program has
	master   *os.File
	reading  sync.WaitGroup

	mu   sync.Mutex
	text []byte // guarded by mu
	more *sync.Cond
	gone bool // guarded by mu
}

func newTerminal(t *testing.T, columns uint16) *terminal {
	t.Helper()
	master, err := os.OpenFile("/dev/ptmx", os.O_RDWR|syscall.O_NOCTTY, 0)
	if err != nil {
		t.Skip(err)
	}
	fd := int(master.Fd())
	if err := unix.IoctlSetPointerInt(fd, unix.TIOCSPTLCK, 0); err != nil {
		t.Fatal(err)
	}
	number, err := unix.IoctlGetInt(fd, unix.TIOCGPTN)
	if err != nil {
		t.Fatal(err)
	}
	if err := unix.IoctlSetWinsize(fd, unix.TIOCSWINSZ, &unix.Winsize{Row: 50, Col: columns}); err != nil {
		t.Fatal(err)
	}
	slave, err := os.OpenFile(fmt.Sprintf("/dev/pts/%d", number), os.O_RDWR|syscall.O_NOCTTY, 0)
	if err != nil {
		t.Skip(err)
	}
	term := &terminal{File: slave, master: master}
	term.more = sync.NewCond(&term.mu)
	term.reading.Go(term.read)
	t.Cleanup(term.hangUp)
	return term
}

func (t *terminal) read() {
	buf := make([]byte, 4096)
	for {
		n, err := t.master.Read(buf)
		t.mu.Lock()
		t.text, t.gone = append(t.text, buf[:n]...), err != nil
		t.more.Broadcast()
		t.mu.Unlock()
		if err != nil {
			return // EIO: nobody has the other end any more
		}
	}
}

// waitFor returns when the text was written, and false when it takes too long.
func (t *terminal) waitFor(text string) bool {
	late := time.AfterFunc(2*time.Minute, func() {
		t.mu.Lock()
		defer t.mu.Unlock()
		t.gone = true
		t.more.Broadcast()
	})
	defer late.Stop()
	t.mu.Lock()
	defer t.mu.Unlock()
	for !bytes.Contains(t.text, []byte(text)) {
		if t.gone {
			return false
		}
		t.more.Wait()
	}
	return true
}

func (t *terminal) hangUp() {
	if err := t.Close(); err != nil {
		return // it was hung up before
	}
	t.reading.Wait()
	_ = t.master.Close() // all has been read
}

// written is all that was written; nothing can be written after that.
func (t *terminal) written() string {
	t.hangUp()
	return string(t.text)
}

var colours = regexp.MustCompile("\x1b\\[[0-9;]*m")

// shown is what a person sees in the end: a carriage return goes back to the
// beginning of the line, what follows is written over what was there.
func shown(t *testing.T, text string) string {
	t.Helper()
	var lines []string
	for line := range strings.SplitSeq(strings.ReplaceAll(colours.ReplaceAllString(text, ""), "\r\n", "\n"), "\n") {
		var cells []rune
		for part := range strings.SplitSeq(line, "\r") {
			for i, r := range []rune(part) {
				if r == '\x1b' {
					t.Fatalf("an escape sequence that is no colour in %q", line)
				}
				if i < len(cells) {
					cells[i] = r
				} else {
					cells = append(cells, r)
				}
			}
		}
		lines = append(lines, strings.TrimRight(string(cells), " "))
	}
	return strings.Join(lines, "\n")
}

const stopLogging = `{"eventVersion":"1.08","eventTime":"2023-07-10T12:00:05Z","eventID":"7","eventSource":"cloudtrail.amazonaws.com","eventName":"StopLogging"}` + "\n"

// scanSlowly scans an event that only comes when wait returns.
func scanSlowly(t *testing.T, out, errs io.Writer, env map[string]string, wait func()) (code int) {
	t.Helper()
	in, log, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer in.Close() // it was read to its end
	var writing sync.WaitGroup
	writing.Go(func() {
		wait()
		_, err := log.WriteString(stopLogging)
		if err := errors.Join(err, log.Close()); err != nil {
			t.Error(err)
		}
	})
	code = Main(t.Context(), []string{"scan", "-"}, Streams{
		In: in, Out: out, Err: errs, Now: time.Now, Getenv: func(name string) string { return env[name] },
	})
	writing.Wait()
	return code
}

func TestBarIsShownAndErased(t *testing.T) {
	term := newTerminal(t, 80)
	var out bytes.Buffer
	code := scanSlowly(t, &out, term.File, nil, func() {
		if !term.waitFor("0 events in 0 files") {
			t.Error("no bar appeared")
		}
	})
	text := term.written()
	if code != exitFindings || strings.TrimSpace(shown(t, text)) != "" {
		t.Errorf("exit code %d, left on the terminal: %q of %q", code, shown(t, text), text)
	}
	for part := range strings.SplitSeq(text, "\r") {
		if width(part) > 80 {
			t.Errorf("the bar is %d columns wide: %q", width(part), part)
		}
	}
	if !strings.HasPrefix(out.String(), "1 file · 1 event") || strings.ContainsRune(out.String(), '\x1b') {
		t.Errorf("standard output, which is no terminal: %q", out.String())
	}
}

func TestReportOnATerminal(t *testing.T) {
	term := newTerminal(t, 60)
	code := scanSlowly(t, term.File, term.File, nil, func() { term.waitFor("0 events in 0 files") })
	text := term.written()
	seen := strings.TrimSpace(shown(t, text))
	if code != exitFindings || !strings.HasPrefix(seen, "1 file · 1 event") || !strings.Contains(seen, "CRITICAL  CloudTrail") {
		t.Errorf("exit code %d, on the terminal:\n%s", code, seen)
	}
	if !strings.Contains(text, "\x1b[1;31mCRITICAL\x1b[0m") {
		t.Errorf("no colour in %q", text)
	}
	for line := range strings.Lines(seen) {
		if width(strings.TrimRight(line, "\n")) > 60 {
			t.Errorf("wider than the terminal: %s", line)
		}
	}
}

func TestColoursOnlyOnTheTerminal(t *testing.T) {
	term := newTerminal(t, 80)
	var errs bytes.Buffer
	if code := scanSlowly(t, term.File, &errs, nil, func() {}); code != exitFindings || errs.Len() > 0 {
		t.Errorf("exit code %d, standard error, which is no terminal: %q", code, errs.String())
	}
	if text := term.written(); !colours.MatchString(text) {
		t.Errorf("no colours in %q", text)
	}

	for _, env := range []map[string]string{{"NO_COLOR": "1"}, {"TERM": "dumb"}} {
		term := newTerminal(t, 80)
		scanSlowly(t, term.File, &errs, env, func() {})
		if text := term.written(); strings.ContainsRune(text, '\x1b') || !strings.Contains(text, "CRITICAL") {
			t.Errorf("with %v: %q", env, text)
		}
	}
}

// On a terminal that knows no UTF-8 the bar is erased as well.
func TestBarInASCII(t *testing.T) {
	term := newTerminal(t, 80)
	code := scanSlowly(t, term.File, term.File, map[string]string{"LC_ALL": "C"}, func() { term.waitFor("0 events in 0 files") })
	text := term.written()
	if seen := strings.TrimSpace(shown(t, text)); code != exitFindings || !strings.HasPrefix(seen, "1 file - 1 event") {
		t.Errorf("exit code %d, on the terminal:\n%s", code, seen)
	}
	if i := strings.IndexFunc(text, func(r rune) bool { return r >= 0x80 }); i >= 0 {
		t.Errorf("not ASCII: %q", text[max(0, i-20):min(len(text), i+20)])
	}
}

// A terminal that cannot move back in a line gets no bar.
func TestNoBarOnADumbTerminal(t *testing.T) {
	term := newTerminal(t, 80)
	var out bytes.Buffer
	began := make(chan struct{})
	scanSlowly(t, &out, term.File, map[string]string{"TERM": "dumb"}, func() {
		time.AfterFunc(3*meterEvery, func() { close(began) })
		<-began
	})
	if text := term.written(); text != "" {
		t.Errorf("written to the terminal: %q", text)
	}
}

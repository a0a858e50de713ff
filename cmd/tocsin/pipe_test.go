//go:build unix

package main

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"io"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
)

// process starts the program; it is killed when it hangs, which fails a test that
// looks at how it ended.
func process(t *testing.T, args ...string) *exec.Cmd {
	t.Helper()
	if testing.Short() {
		t.Skip("starts processes")
	}
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
	t.Cleanup(cancel)
	cmd := exec.CommandContext(ctx, os.Args[0], args...)
	cmd.Env = append(os.Environ(), "TOCSIN_TEST_RUN=1")
	return cmd
}

const stopLogging = `{"eventVersion":"1.08","eventTime":"2023-07-10T12:00:05Z","eventID":"7","eventSource":"cloudtrail.amazonaws.com","eventName":"StopLogging"}` + "\n"

// Found events are shown although the pipe stays open and gives no more.
func TestSearchShowsWhatASlowPipeGave(t *testing.T) {
	for _, form := range []string{"table", "json", "csv"} {
		t.Run(form, func(t *testing.T) {
			cmd := process(t, "search", "--output", form, `{ $.eventName = "StopLogging" }`, "-")
			in, err := cmd.StdinPipe()
			if err != nil {
				t.Fatal(err)
			}
			out, err := cmd.StdoutPipe()
			if err != nil {
				t.Fatal(err)
			}
			if err := cmd.Start(); err != nil {
				t.Fatal(err)
			}
			lines := bufio.NewScanner(out)
			next := func(want string) {
				t.Helper()
				for lines.Scan() {
					if strings.Contains(lines.Text(), want) {
						return
					}
				}
				t.Fatalf("%q was not shown", want)
			}
			for _, id := range []string{"2023-07-10", "2023-07-11"} {
				if _, err := io.WriteString(in, strings.NewReplacer("2023-07-10", id, `"7"`, `"`+id+`"`).Replace(stopLogging)); err != nil {
					t.Fatal(err)
				}
				next(id)
			}
			// The pipe is stalled; one Ctrl-C is enough.
			if err := cmd.Process.Signal(os.Interrupt); err != nil {
				t.Fatal(err)
			}
			err = cmd.Wait()
			var exit *exec.ExitError
			if !errors.As(err, &exit) || exit.ExitCode() != 1 {
				t.Errorf("it ended with %v, want exit code 1", err)
			}
		})
	}
}

// When the first Ctrl-C cannot help, because nobody takes what is written, the
// second ends the program.
func TestSecondInterruptEndsAtOnce(t *testing.T) {
	cmd := process(t, "search", "--output", "json", "", "-")
	in, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	// One event larger than a pipe holds: whoever sees its first byte knows the
	// program in the middle of writing it, and there it stays.
	large := strings.Replace(stopLogging, `"eventID"`, `"userAgent":"`+strings.Repeat("x", 800_000)+`","eventID"`, 1)
	if _, err := io.WriteString(in, large); err != nil {
		t.Fatal(err)
	}
	if err := in.Close(); err != nil {
		t.Fatal(err)
	}
	if _, err := io.ReadFull(out, make([]byte, 1)); err != nil {
		t.Fatal(err)
	}
	// Where the interrupt is ignored, as in the background of a shell script, it
	// is ignored again after the first.
	interrupt := syscall.SIGINT
	if signal.Ignored(interrupt) {
		interrupt = syscall.SIGTERM
	}
	ended := make(chan error, 1)
	go func() { ended <- cmd.Wait() }()
	every := time.NewTicker(50 * time.Millisecond)
	defer every.Stop()
	for {
		if err := cmd.Process.Signal(interrupt); err != nil && !errors.Is(err, os.ErrProcessDone) {
			t.Fatal(err)
		}
		select {
		case err := <-ended:
			var exit *exec.ExitError
			if !errors.As(err, &exit) || exit.Sys().(syscall.WaitStatus).Signal() != interrupt {
				t.Errorf("it ended with %v, want the signal", err)
			}
			return
		case <-every.C:
		}
	}
}

// A named pipe may wait for whoever writes, and for what they write.
func TestInterruptedWhileANamedPipeWaits(t *testing.T) {
	path := filepath.Join(t.TempDir(), "log")
	if err := syscall.Mkfifo(path, 0o600); err != nil {
		t.Skip(err)
	}
	cmd := process(t, "search", "", path)
	var errs bytes.Buffer
	cmd.Stderr = &errs
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	writer, err := os.OpenFile(path, os.O_WRONLY, 0) // waits for the program
	if err != nil {
		t.Fatal(err)
	}
	defer writer.Close() // it is only held open
	if _, err := writer.WriteString(stopLogging); err != nil {
		t.Fatal(err)
	}
	if _, err := io.ReadFull(out, make([]byte, 10)); err != nil { // the event was shown
		t.Fatal(err)
	}
	if err := cmd.Process.Signal(os.Interrupt); err != nil {
		t.Fatal(err)
	}
	if _, err := io.Copy(io.Discard, out); err != nil {
		t.Fatal(err)
	}
	err = cmd.Wait()
	var exit *exec.ExitError
	if !errors.As(err, &exit) || exit.ExitCode() != 1 || !strings.HasPrefix(errs.String(), "1 event found") || strings.Contains(errs.String(), "closed") {
		t.Errorf("it ended with %v: %s", err, errs.String())
	}
}

// What cannot be written is told, whatever was asked for.
func TestFullDisk(t *testing.T) {
	full, err := os.OpenFile("/dev/full", os.O_WRONLY, 0)
	if err != nil {
		t.Skip(err)
	}
	defer full.Close() // nothing can be written to it
	const trail = "../../examples/takeover"
	for _, args := range [][]string{
		{"scan", trail},
		{"scan", "--json", trail},
		{"search", "", trail},
		{"search", "--output", "csv", "", trail},
		{"search", "--output", "json", "", trail},
		{"pattern", "lint", "--pack", "cis"},
		{"version"},
		{"--help"},
		{"scan", "--help"},
		{"help", "scan"},
		{"completion", "bash"},
	} {
		cmd := process(t, args...)
		var errs bytes.Buffer
		cmd.Stdout, cmd.Stderr = full, &errs
		err := cmd.Run()
		var exit *exec.ExitError
		if !errors.As(err, &exit) || exit.ExitCode() != 1 || !strings.Contains(errs.String(), "no space left") {
			t.Errorf("%q ended with %v: %s", args, err, errs.String())
		}
	}
}

// When nobody reads on, as after head, the program ends as others do: by the
// signal, without a word.
func TestClosedPipe(t *testing.T) {
	for _, args := range [][]string{
		{"search", "--output", "json", "", "../../examples/takeover"}, {"scan", "../../examples/takeover"}, {"--help"},
	} {
		r, w, err := os.Pipe()
		if err != nil {
			t.Fatal(err)
		}
		if err := r.Close(); err != nil {
			t.Fatal(err)
		}
		cmd := process(t, args...)
		var errs bytes.Buffer
		cmd.Stdout, cmd.Stderr = w, &errs
		err = cmd.Run()
		if err := w.Close(); err != nil {
			t.Fatal(err)
		}
		var exit *exec.ExitError
		if !errors.As(err, &exit) || exit.Sys().(syscall.WaitStatus).Signal() != syscall.SIGPIPE || errs.Len() > 0 {
			t.Errorf("%q ended with %v: %s", args, err, errs.String())
		}
	}
}

package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"slices"
	"strings"
	"testing"
	"time"
)

// TestMain lets the test binary be the program itself, in a process of its own.
func TestMain(m *testing.M) {
	if os.Getenv("TOCSIN_TEST_RUN") != "" {
		main()
	}
	os.Exit(m.Run())
}

// interrupted runs the program on a log file on standard input that never ends,
// sends it one Ctrl-C after it has read a good part, and returns what it wrote.
func interrupted(t *testing.T, args ...string) (stdout, stderr string) {
	t.Helper()
	if testing.Short() {
		t.Skip("starts processes")
	}
	hung, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
	defer cancel()
	cmd := exec.CommandContext(hung, os.Args[0], args...)
	cmd.Env = append(os.Environ(), "TOCSIN_TEST_RUN=1")
	var out, errs bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &errs
	in, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	// A pipe holds far less than this, so most of it has been read when the
	// writing is done.
	var log strings.Builder
	log.WriteString(`{"Records":[`)
	for i := range 20_000 {
		fmt.Fprintf(&log, `{"eventTime":"2023-07-10T12:00:05Z","eventID":"%d","eventSource":"cloudtrail.amazonaws.com","eventName":"StopLogging"},`, i)
	}
	if _, err := io.WriteString(in, log.String()); err != nil {
		t.Fatal(err)
	}
	if err := cmd.Process.Signal(os.Interrupt); err != nil {
		t.Fatal(err)
	}
	err = cmd.Wait()
	var exit *exec.ExitError
	if !errors.As(err, &exit) || exit.ExitCode() != 1 {
		t.Errorf("it ended with %v, want exit code 1", err)
	}
	return out.String(), errs.String()
}

func TestInterruptedSearchShowsWhatItFound(t *testing.T) {
	out, errs := interrupted(t, "search", "--output", "csv", `{ $.eventName = "StopLogging" }`, "-")
	if n := strings.Count(out, "StopLogging"); n < 10_000 {
		t.Errorf("%d events found, want most of 20,000", n)
	}
	if !strings.Contains(errs, "interrupted") {
		t.Errorf("standard error does not say so: %s", errs)
	}
}

func TestInterruptedScanReportsWhatItCounted(t *testing.T) {
	out, _ := interrupted(t, "scan", "--json", "-")
	var report struct {
		Events      int
		Interrupted bool
	}
	if err := json.Unmarshal([]byte(out), &report); err != nil {
		t.Fatalf("%v in %s", err, out)
	}
	if !report.Interrupted || report.Events < 10_000 {
		t.Errorf("%+v, want an interrupted report of most of 20,000 events", report)
	}
}

func TestInterruptedPatternTest(t *testing.T) {
	out, errs := interrupted(t, "pattern", "test", `{ $.eventName = "StopLogging" }`, "-")
	if !strings.Contains(out, "matched ") || !strings.Contains(errs, "interrupted") {
		t.Errorf("output ends with %q, standard error is %q", out[max(0, len(out)-100):], errs)
	}
}

// The image has nothing but the program, and mute rules have time zones.
func TestTimeZonesAreInTheProgram(t *testing.T) {
	out, err := exec.Command("go", "list", "-deps", ".").Output()
	if err != nil {
		t.Fatal(err)
	}
	if !slices.Contains(strings.Fields(string(out)), "time/tzdata") {
		t.Error("time/tzdata is not linked in")
	}
}

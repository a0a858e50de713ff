//go:build linux

package crashtest

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"tocsin/internal/pgtest"
)

// killsEach is how often the daemon is killed on each database; TOCSIN_KILLS
// says otherwise.
func killsEach(t *testing.T) int {
	if text := os.Getenv("TOCSIN_KILLS"); text != "" {
		n, err := strconv.Atoi(text)
		must(t, err)
		return n
	}
	if testing.Short() {
		return 20
	}
	return 150
}

// points are the names of all points in the program's text, so that none is
// forgotten here.
func points(t *testing.T) []string {
	t.Helper()
	found := regexp.MustCompile(`crash\.Point\("([^"]+)"\)`)
	var names []string
	for _, dir := range []string{"flow", "store", "source"} {
		err := filepath.WalkDir(filepath.Join("..", "..", dir), func(path string, e os.DirEntry, err error) error {
			if err != nil || e.IsDir() || !strings.HasSuffix(path, ".go") {
				return err
			}
			text, err := os.ReadFile(path)
			for _, m := range found.FindAllSubmatch(text, -1) {
				// Those of feeds that do not run here are the feeds' own tests'.
				if name := string(m[1]); !strings.HasPrefix(name, "backfill:") && !strings.HasPrefix(name, "s3:") {
					names = append(names, name)
				}
			}
			return err
		})
		must(t, err)
	}
	if len(names) < 15 {
		t.Fatalf("only %d points found", len(names))
	}
	return names
}

// build makes the daemon with its points.
func build(t *testing.T) string {
	t.Helper()
	bin := filepath.Join(t.TempDir(), "tocsin")
	out, err := exec.Command("go", "build", "-tags", "crash", "-o", bin, "tocsin/cmd/tocsin").CombinedOutput()
	if err != nil {
		t.Fatalf("build: %v\n%s", err, out)
	}
	return bin
}

// A daemon is a running one.
type daemon struct {
	cmd  *exec.Cmd
	log  bytes.Buffer
	done chan struct{}
}

func (w *world) start(bin string, environment ...string) *daemon {
	w.t.Helper()
	d := &daemon{cmd: exec.Command(bin, "serve", "--config", w.config()), done: make(chan struct{})}
	d.cmd.Env = w.environment(environment...)
	d.cmd.Stdout, d.cmd.Stderr = &d.log, &d.log
	d.cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	must(w.t, d.cmd.Start())
	go func() {
		defer close(d.done)
		_ = d.cmd.Wait() // how it ended is in ProcessState
	}()
	return d
}

// killed waits until the daemon has killed itself, or kills it after a while. It
// fails the test when the daemon ended in another way.
func (d *daemon) killed(t *testing.T, after time.Duration) (itself bool) {
	t.Helper()
	timer := time.NewTimer(after)
	defer timer.Stop()
	select {
	case <-d.done:
		itself = true
	case <-timer.C:
		// It may have ended in this moment; what it ended with is looked at.
		_ = d.cmd.Process.Kill()
		<-d.done
	}
	if status, ok := d.cmd.ProcessState.Sys().(syscall.WaitStatus); !ok || !status.Signaled() || status.Signal() != syscall.SIGKILL {
		t.Fatalf("the daemon ended by itself: %v\n%s", d.cmd.ProcessState, d.log.Bytes())
	}
	return itself
}

// stop asks the daemon to end, and checks that it does in order and in time.
func (d *daemon) stop(t *testing.T) {
	t.Helper()
	must(t, d.cmd.Process.Signal(syscall.SIGTERM))
	select {
	case <-d.done:
	case <-time.After(15 * time.Second):
		_ = d.cmd.Process.Kill()
		t.Fatalf("the daemon did not end within 15 s of being asked to\n%s", d.log.Bytes())
	}
	if code := d.cmd.ProcessState.ExitCode(); code != 0 {
		t.Fatalf("exit code %d\n%s", code, d.log.Bytes())
	}
}

// ordeal kills the daemon again and again while files come in, and lets it then
// finish in peace.
func (w *world) ordeal(bin string, kills int, names []string, environment ...string) (atPoints map[string]int) {
	w.t.Helper()
	atPoints = map[string]int{}
	each := max(1, w.files0/kills)
	for i := range kills {
		for range each {
			w.deliver()
		}
		if i%3 == 0 {
			d := w.start(bin, environment...)
			d.killed(w.t, time.Duration(20+w.rand.IntN(700))*time.Millisecond)
			continue
		}
		name := names[w.rand.IntN(len(names))]
		d := w.start(bin, append([]string{fmt.Sprintf("TOCSIN_CRASH=%s@%d", name, 1+w.rand.IntN(2))}, environment...)...)
		if d.killed(w.t, 900*time.Millisecond) {
			atPoints[name]++
		}
	}
	for len(w.files) > 0 {
		w.deliver()
	}
	w.told.relent()
	began := time.Now()
	d := w.start(bin, environment...)
	w.settled(d)
	w.t.Logf("came to rest after %s", time.Since(began).Round(time.Second))
	d.stop(w.t)
	return atPoints
}

// settled waits until nothing is left to be done.
func (w *world) settled(d *daemon) {
	w.t.Helper()
	quiet, last := 0, ""
	for end := time.Now().Add(3 * time.Minute); quiet < 5; time.Sleep(300 * time.Millisecond) {
		select {
		case <-d.done:
			w.t.Fatalf("the daemon ended by itself\n%s", d.log.Bytes())
		default:
		}
		if time.Now().After(end) {
			w.t.Fatalf("it does not come to rest: %s\n%s", last, d.log.Bytes())
		}
		last = w.left()
		if last == "" {
			quiet++
		} else {
			quiet = 0
		}
	}
}

func TestCrash(t *testing.T) {
	bin, names := build(t), points(t)
	for name, dsn := range databases() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, 11, func(dir string) string { return dsn(t, dir) })
			kills := killsEach(t)
			reached := w.ordeal(bin, kills, names)
			t.Logf("%d kills; at points: %v", kills, reached)
			if err := w.check(); err != nil {
				t.Error(err)
			}
			if kills >= 100 && len(reached) < len(names)/2 {
				t.Errorf("only %d of %d points were reached", len(reached), len(names))
			}
		})
	}
}

func databases() map[string]func(t *testing.T, dir string) string {
	return map[string]func(*testing.T, string) string{
		"SQLite":     func(_ *testing.T, dir string) string { return "sqlite:" + filepath.Join(dir, "data", "tocsin.db") },
		"PostgreSQL": func(t *testing.T, _ string) string { return pgtest.Start(t).Database(t) },
	}
}

// TestSafeguards takes out one safeguard after the other: each time the check
// has to find something.
func TestSafeguards(t *testing.T) {
	if testing.Short() {
		t.Skip("left out with -short")
	}
	bin, names := build(t), points(t)
	for safeguard, at := range map[string]string{
		"ids":              "",
		"acknowledge last": "ingest: about to write",
		"one transaction":  "ring: written",
	} {
		t.Run(safeguard, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, 12, func(dir string) string { return "sqlite:" + filepath.Join(dir, "data", "tocsin.db") })
			use := names
			if at != "" {
				use = []string{at}
			}
			w.ordeal(bin, 40, use, "TOCSIN_WITHOUT="+safeguard)
			err := w.check()
			if err == nil {
				t.Fatal("nobody would notice that it is missing")
			}
			var found *finding
			if !errors.As(err, &found) {
				t.Fatal(err)
			}
			t.Log(firstLine(err))
		})
	}
}

func firstLine(err error) string {
	line, _, _ := strings.Cut(err.Error(), "\n")
	return line
}

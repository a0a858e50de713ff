//go:build linux

package crashtest

import (
	"bytes"
	"errors"
	"fmt"
	"log"
	"math"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
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

// build makes the daemon with its points, once for all tests.
func build(t *testing.T) string {
	t.Helper()
	bin, err := built()
	must(t, err)
	return bin
}

var built = sync.OnceValues(func() (string, error) {
	dir, err := os.MkdirTemp("", "tocsin-crashtest-")
	if err != nil {
		return "", err
	}
	bin := filepath.Join(dir, "tocsin")
	if out, err := exec.Command("go", "build", "-tags", "crash", "-o", bin, "tocsin/cmd/tocsin").CombinedOutput(); err != nil {
		return "", fmt.Errorf("build: %w\n%s", err, out)
	}
	return bin, nil
})

func TestMain(m *testing.M) {
	code := m.Run()
	if bin, err := built(); err == nil {
		if err := os.RemoveAll(filepath.Dir(bin)); err != nil {
			log.Print(err)
		}
	}
	os.Exit(code)
}

// A daemon is a running one.
type daemon struct {
	cmd  *exec.Cmd
	log  logbook
	done chan struct{}
}

// A logbook is a log that can be read while it is written.
type logbook struct {
	mu   sync.Mutex
	text bytes.Buffer // guarded by mu
}

func (l *logbook) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.Write(p)
}

func (l *logbook) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.String()
}

// start starts the first daemon, startAs either of two.
func (w *world) start(bin string, environment ...string) *daemon {
	w.t.Helper()
	return w.startAs(0, bin, environment...)
}

func (w *world) startAs(n int, bin string, environment ...string) *daemon {
	w.t.Helper()
	d := &daemon{cmd: exec.Command(bin, "serve", "--config", w.config(n)), done: make(chan struct{})}
	d.cmd.Env = w.environment(environment...)
	d.cmd.Stdout, d.cmd.Stderr = &d.log, &d.log
	d.cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	must(w.t, d.cmd.Start())
	go func() {
		defer close(d.done)
		_ = d.cmd.Wait() // how it ended is in ProcessState
	}()
	w.t.Cleanup(func() {
		_ = d.cmd.Process.Kill() // it may have ended
		<-d.done
	})
	return d
}

// begun waits until the daemon is at work, or has killed itself on the way there.
func (d *daemon) begun(t *testing.T) {
	t.Helper()
	for end := time.Now().Add(2 * time.Minute); !strings.Contains(d.log.String(), `"ready"`); {
		select {
		case <-d.done:
			return
		case <-time.After(5 * time.Millisecond):
		}
		if time.Now().After(end) {
			t.Fatalf("the daemon does not become ready\n%s", &d.log)
		}
	}
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
		t.Fatalf("the daemon ended by itself: %v\n%s", d.cmd.ProcessState, &d.log)
	}
	return itself
}

// stop asks the daemon to end, and checks that it does in order and in time.
func (d *daemon) stop(t *testing.T) {
	t.Helper()
	must(t, d.cmd.Process.Signal(syscall.SIGTERM))
	select {
	case <-d.done:
	case <-time.After(time.Minute): // it takes ten seconds at most, and tells when these were too few
		_ = d.cmd.Process.Kill()
		t.Fatalf("the daemon did not end when it was asked to\n%s", &d.log)
	}
	if code := d.cmd.ProcessState.ExitCode(); code != 0 {
		t.Fatalf("exit code %d\n%s", code, &d.log)
	}
}

// longest is how long leases and garbage of the killed last.
const longest = "TOCSIN_LONGEST=1s"

// A choice says where the daemon is to be killed next: rarely reached points
// come first.
type choice struct {
	rand    *rand.Rand
	names   []string
	tried   map[string]int
	reached map[string]int
}

func newChoice(r *rand.Rand, names []string) *choice {
	return &choice{rand: r, names: names, tried: map[string]int{}, reached: map[string]int{}}
}

// next is a point with the time when it is reached that counts, and how long to
// wait for that once the daemon is at work: longer when it was not reached yet.
func (c *choice) next() (name string, nth int, allowance time.Duration) {
	best := math.MaxFloat64
	for _, n := range c.names {
		// A point that was tried in vain waits for its turn like one that was reached.
		score := float64(c.reached[n]) + float64(c.tried[n])/2 + c.rand.Float64()
		if score < best {
			name, best = n, score
		}
	}
	nth, allowance = 1+c.rand.IntN(2), 700*time.Millisecond
	if c.reached[name] < 2 {
		nth = 1
		allowance = min(time.Duration(1+c.tried[name])*1500*time.Millisecond, 5*time.Second)
	}
	c.tried[name]++
	return name, nth, allowance
}

// ordeal kills the daemon again and again while files come in, and lets it then
// finish in peace.
func (w *world) ordeal(bin string, kills int, names []string, environment ...string) (reached map[string]int) {
	w.t.Helper()
	environment = append(environment, longest)
	points := newChoice(w.rand, names)
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
		name, nth, allowance := points.next()
		d := w.start(bin, append([]string{fmt.Sprintf("TOCSIN_CRASH=%s@%d", name, nth)}, environment...)...)
		d.begun(w.t)
		if d.killed(w.t, allowance) {
			points.reached[name]++
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
	return points.reached
}

// settled waits until nothing is left to be done.
func (w *world) settled(daemons ...*daemon) {
	w.t.Helper()
	quiet, last := 0, ""
	for end := time.Now().Add(6 * time.Minute); quiet < 5; time.Sleep(300 * time.Millisecond) {
		for _, d := range daemons {
			select {
			case <-d.done:
				w.t.Fatalf("the daemon ended by itself\n%s", &d.log)
			default:
			}
			if time.Now().After(end) {
				w.t.Fatalf("it does not come to rest: %s\n%s", last, &d.log)
			}
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
			missed := slices.DeleteFunc(slices.Clone(names), func(n string) bool { return reached[n] > 0 })
			t.Logf("%d kills, at %d of %d points: %v; not at %q", kills, len(reached), len(names), reached, missed)
			if err := w.check(); err != nil {
				t.Error(err)
			}
			// Quiet machines reach nine of ten; where much else runs, fewer lives last long enough.
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

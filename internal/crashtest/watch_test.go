//go:build linux

package crashtest

import (
	"bufio"
	"fmt"
	"io"
	"net/http"
	"os"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"
)

// What an operator sees of a daemon.

// page reads a page of a daemon's console; status 0 when it does not answer.
func (w *world) page(n int, path string) (status int, text string) {
	client := http.Client{Timeout: time.Minute}
	r, err := client.Get("http://" + w.console[n] + path)
	if err != nil {
		return 0, err.Error()
	}
	defer r.Body.Close()
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return 0, err.Error()
	}
	return r.StatusCode, string(body)
}

// ready tells whether the daemon becomes ready within a time.
func (w *world) ready(n int, within time.Duration) bool {
	for end := time.Now().Add(within); time.Now().Before(end); time.Sleep(20 * time.Millisecond) {
		if code, _ := w.page(n, "/readyz"); code == http.StatusOK {
			return true
		}
	}
	return false
}

// metrics are the values by name and labels.
func (w *world) metrics(n int) map[string]float64 {
	_, text := w.page(n, "/metrics")
	m := map[string]float64{}
	for line := range strings.Lines(text) {
		if i := strings.LastIndexByte(line, ' '); i > 0 && line[0] != '#' {
			if v, err := strconv.ParseFloat(strings.TrimSpace(line[i+1:]), 64); err == nil {
				m[line[:i]] = v
			}
		}
	}
	return m
}

// eventually waits for what others bring about.
func (w *world) eventually(d *daemon, what string, is func() bool) {
	w.t.Helper()
	for end := time.Now().Add(3 * time.Minute); !is(); time.Sleep(50 * time.Millisecond) {
		if time.Now().After(end) {
			w.t.Fatalf("waited in vain: %s\n%s", what, &d.log)
		}
	}
}

// once checks that each of the lines is in the log a given number of times.
func (d *daemon) once(t *testing.T, lines ...string) {
	t.Helper()
	for _, line := range lines {
		if n := strings.Count(d.log.String(), line); n != 1 {
			t.Errorf("the log has %q %d times, want once\n%s", line, n, &d.log)
		}
	}
}

// A gauge watches the memory of a process until it is stopped.
type gauge struct {
	stopped chan struct{}
	done    sync.WaitGroup
	most    int64 // bytes; read after stop
	err     error
}

func (d *daemon) watchMemory() *gauge {
	g := &gauge{stopped: make(chan struct{})}
	g.done.Go(func() {
		tick := time.NewTicker(100 * time.Millisecond)
		defer tick.Stop()
		for {
			rss, err := residentOf(d.cmd.Process.Pid)
			if err != nil {
				g.err = err
				return
			}
			g.most = max(g.most, rss)
			select {
			case <-tick.C:
			case <-g.stopped:
				return
			}
		}
	})
	return g
}

// below ends the watch and checks that the memory stayed below a bound.
func (g *gauge) below(t *testing.T, bound int64) {
	t.Helper()
	close(g.stopped)
	g.done.Wait()
	if g.err != nil || g.most == 0 {
		t.Errorf("the memory was not seen: %v", g.err)
	}
	t.Logf("at most %d MB of memory", g.most>>20)
	if g.most > bound {
		t.Errorf("%d MB of memory, more than %d", g.most>>20, bound>>20)
	}
}

// residentOf is the memory of a process, in bytes, as the system tells it.
func residentOf(pid int) (int64, error) {
	f, err := os.Open(fmt.Sprintf("/proc/%d/status", pid))
	if err != nil {
		return 0, err
	}
	defer f.Close()
	lines := bufio.NewScanner(f)
	for lines.Scan() {
		var kilobytes int64
		if _, err := fmt.Sscanf(lines.Text(), "VmRSS: %d kB", &kilobytes); err == nil {
			return kilobytes << 10, nil
		}
	}
	return 0, fmt.Errorf("process %d tells nothing of its memory: %w", pid, lines.Err())
}

package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// A daemon is tocsin serve in a process of its own.
type daemon struct {
	dir, trail string
	console    string // address
	cmd        *exec.Cmd
	started    time.Duration // until it was ready
}

// start starts a daemon on the folder dir, and waits until it is ready. The
// configuration is the lines that are not the same for all; the environment has
// more variables.
func start(ctx context.Context, o options, dir, config string, environment ...string) (*daemon, error) {
	d := &daemon{dir: dir, trail: filepath.Join(dir, "trail")}
	if err := os.MkdirAll(d.trail, 0o755); err != nil {
		return nil, err
	}
	listen, err := freeAddress(ctx)
	if err != nil {
		return nil, err
	}
	if d.console, err = freeAddress(ctx); err != nil {
		return nil, err
	}
	// The events are of a day that is long ago: what is kept of them is measured too.
	text := fmt.Sprintf("data: %s\naccount: \"111122223333\"\nregion: eu-west-1\nlisten: %s\nconsole: %s\nkeep: {evidence: 3650 days}\n%s", d.data(), listen, d.console, config)
	path := filepath.Join(dir, "tocsin.yaml")
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		return nil, err
	}
	log, err := os.OpenFile(filepath.Join(dir, "log.txt"), os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		return nil, err
	}
	defer log.Close() // the daemon has its own
	d.cmd = exec.Command(o.binary, "serve", "--config", path)
	d.cmd.Env = append(os.Environ(), environment...)
	d.cmd.Stdout, d.cmd.Stderr = log, log
	began := time.Now()
	if err := d.cmd.Start(); err != nil {
		return nil, err
	}
	err = eventually(ctx, 2*time.Millisecond, func() (bool, error) {
		answer, err := get(ctx, "http://"+d.console+"/readyz")
		if err != nil {
			return false, nil // it does not listen yet
		}
		defer answer.Body.Close()
		return answer.StatusCode == http.StatusOK, nil
	})
	d.started = time.Since(began)
	if err != nil {
		return nil, errors.Join(err, d.stop())
	}
	return d, nil
}

func (d *daemon) data() string { return filepath.Join(d.dir, "data") }

// stop ends the daemon in an orderly way.
func (d *daemon) stop() error {
	if err := d.cmd.Process.Signal(syscall.SIGTERM); err != nil {
		return err
	}
	if err := d.cmd.Wait(); err != nil {
		return fmt.Errorf("the daemon, whose log is in %s: %w", d.dir, err)
	}
	return nil
}

// spent is the processor time of a daemon that was stopped.
func (d *daemon) spent() time.Duration {
	return d.cmd.ProcessState.UserTime() + d.cmd.ProcessState.SystemTime()
}

// metrics are the daemon's own, by name and labels.
func (d *daemon) metrics(ctx context.Context) (map[string]float64, error) {
	answer, err := get(ctx, "http://"+d.console+"/metrics")
	if err != nil {
		return nil, err
	}
	defer answer.Body.Close()
	out := map[string]float64{}
	lines := bufio.NewScanner(answer.Body)
	for lines.Scan() {
		name, text, ok := cutLast(lines.Text(), " ")
		if !ok || strings.HasPrefix(name, "#") {
			continue
		}
		if out[name], err = strconv.ParseFloat(text, 64); err != nil {
			return nil, err
		}
	}
	return out, lines.Err()
}

func cutLast(s, sep string) (before, after string, ok bool) {
	i := strings.LastIndex(s, sep)
	if i < 0 {
		return s, "", false
	}
	return s[:i], s[i+len(sep):], true
}

const storedEvents = `tocsin_events_total{result="stored"}`

// stored waits until so many events are stored.
func (d *daemon) stored(ctx context.Context, events int) error {
	// Seldom, since the answer costs the daemon something, too.
	return eventually(ctx, 250*time.Millisecond, func() (bool, error) {
		m, err := d.metrics(ctx)
		return m[storedEvents] >= float64(events), err
	})
}

// resident is the memory of the daemon, in bytes.
func (d *daemon) resident() (int64, error) {
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/statm", d.cmd.Process.Pid))
	if err != nil {
		return 0, fmt.Errorf("memory is read as Linux tells it: %w", err)
	}
	fields := strings.Fields(string(text))
	if len(fields) < 2 {
		return 0, errors.New("the system does not tell how much memory the process has")
	}
	pages, err := strconv.ParseInt(fields[1], 10, 64)
	return pages * int64(os.Getpagesize()), err
}

// drop puts a file into the watched folder, whole at once.
func (d *daemon) drop(from, name string) error {
	to := filepath.Join(d.trail, filepath.FromSlash(name))
	if err := os.MkdirAll(filepath.Dir(to), 0o755); err != nil {
		return err
	}
	return os.Link(from, to)
}

// sizes are the bytes on disk of the database, with its log, and of the segments.
func (d *daemon) sizes() (database, segments int64, err error) {
	err = filepath.WalkDir(d.data(), func(path string, e fs.DirEntry, err error) error {
		if err != nil || e.IsDir() {
			return err
		}
		i, err := e.Info()
		if err != nil {
			return err
		}
		if strings.HasSuffix(path, ".parquet") {
			segments += i.Size()
		} else {
			database += i.Size()
		}
		return nil
	})
	return database, segments, err
}

// patience is how long anything may take.
const patience = 5 * time.Minute

func eventually(ctx context.Context, every time.Duration, is func() (bool, error)) error {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	for {
		if ok, err := is(); ok || err != nil {
			return err
		}
		if err := sleep(ctx, every); err != nil {
			return err
		}
	}
}

func sleep(ctx context.Context, d time.Duration) error {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

func get(ctx context.Context, url string) (*http.Response, error) {
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return nil, err
	}
	return http.DefaultClient.Do(r)
}

func freeAddress(ctx context.Context) (string, error) {
	l, err := new(net.ListenConfig).Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return "", err
	}
	return l.Addr().String(), l.Close()
}

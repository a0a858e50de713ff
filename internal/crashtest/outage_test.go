//go:build linux

package crashtest

import (
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"tocsin/internal/pgtest"
)

// outage is how long outages last; TOCSIN_OUTAGE says otherwise, such as 60s.
func outage(t *testing.T) time.Duration {
	if text := os.Getenv("TOCSIN_OUTAGE"); text != "" {
		d, err := time.ParseDuration(text)
		must(t, err)
		return d
	}
	if testing.Short() {
		return 4 * time.Second
	}
	return 15 * time.Second
}

// mostMemory is what the daemon may take of memory during an outage, however
// much waits.
const mostMemory = 400 << 20

// sqlite is the database in the folder of the first daemon.
func sqlite(dir string) string { return "sqlite:" + filepath.Join(dir, "data", "tocsin.db") }

// TestOutages takes away what the daemon depends on while files come in, and
// gives it back. Afterwards nothing is missing or there twice; until then the
// memory is bounded and the operator is told, once when it begins and once when
// it ends.
func TestOutages(t *testing.T) {
	bin := build(t)
	for name, suffer := range map[string]func(*testing.T, string){
		"database stopped":      databaseStopped,
		"SMTP refuses":          mailRefused,
		"an endpoint hangs":     endpointHangs,
		"disk full":             diskFull,
		"S3 throttles":          bucketThrottles,
		"source folder is gone": folderGone,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			suffer(t, bin)
		})
	}
}

// begun starts a daemon, and gives it some of the files in good times.
func (w *world) begun(bin string) *daemon {
	w.t.Helper()
	d := w.start(bin)
	if !w.ready(0, 2*time.Minute) {
		w.t.Fatalf("it does not become ready\n%s", &d.log)
	}
	for range 40 {
		w.deliver()
	}
	w.eventually(d, "the first files are taken in", func() bool {
		return w.metrics(0)[`tocsin_files_total{result="committed"}`] >= 20
	})
	return d
}

// load lets files come in for a while, in even steps, but for the last twenty.
func (w *world) load(during time.Duration) {
	n := max(len(w.files)-20, 1)
	for range n {
		w.deliver()
		time.Sleep(during / time.Duration(n))
	}
}

// recovered lets the rest come in, waits until all is done, and checks it.
func (w *world) recovered(d *daemon, memory *gauge) {
	w.t.Helper()
	for len(w.files) > 0 {
		w.deliver()
	}
	w.settled(d)
	memory.below(w.t, mostMemory)
	if code, text := w.page(0, "/readyz"); code != http.StatusOK {
		w.t.Errorf("not ready afterwards: %s", text)
	}
	d.stop(w.t)
	if err := w.check(); err != nil {
		w.t.Errorf("%v\n%s", err, &d.log)
	}
}

func databaseStopped(t *testing.T, bin string) {
	server := pgtest.Start(t)
	w := newWorld(t, 21, func(string) string { return server.Database(t) })
	d := w.begun(bin)
	memory := d.watchMemory()
	server.Stop(t)
	w.load(outage(t))
	if code, text := w.page(0, "/readyz"); code != http.StatusServiceUnavailable || !strings.Contains(text, "database") || strings.Contains(text, "unchecked") {
		t.Errorf("readyz without the database: %d %s", code, text)
	}
	if code, text := w.page(0, "/"); code != http.StatusServiceUnavailable || !strings.Contains(text, "The database cannot be read") {
		t.Errorf("status page without the database: %d %.300s", code, text)
	}
	w.eventually(d, "the metrics tell that commits fail", func() bool { return w.metrics(0)[`tocsin_commits_total{result="failed"}`] > 0 })
	if m := w.metrics(0); m["tocsin_database_up"] != 0 {
		t.Errorf("without the database it is up: %v", m["tocsin_database_up"])
	}
	server.Restart(t)
	if !w.ready(0, 2*time.Minute) {
		t.Errorf("it is not ready although the database is back")
	}
	w.told.relent()
	w.recovered(d, memory)
	d.once(t, "log files cannot be written to the database; they wait until they can", "log files are written to the database again",
		"alarms wait for the database", "alarms are evaluated again", "deliveries wait for the database", "deliveries go on")
}

func endpointHangs(t *testing.T, bin string) {
	w := newWorld(t, 22, sqlite)
	w.told.relent()
	hanging := newReceiver(t, 23)
	hanging.relent()
	w.subscribe = "  - to: " + hanging.server.URL + "/hangs\n    delivery_policy: " + impatient + "\n"
	w.others = map[string]accepter{hanging.server.URL + "/hangs": hanging}
	d := w.start(bin)
	w.eventually(d, "both have confirmed", func() bool { return w.metrics(0)[`tocsin_subscriptions{confirmed="true"}`] == 2 })
	hanging.hang()
	memory := d.watchMemory()
	w.load(outage(t))
	w.eventually(d, "something is told", func() bool { return w.told.messages() > 0 })
	if n := hanging.messages(); n != 0 {
		t.Fatalf("the endpoint that hangs took %d messages", n)
	}
	var m map[string]float64
	w.eventually(d, "the metrics tell of the endpoint that hangs", func() bool {
		m = w.metrics(0)
		return m[`tocsin_deliveries{status="pending"}`] > 0 && m["tocsin_oldest_pending_delivery_seconds"] > 0
	})
	// All the while the other is told at once: before an attempt that hangs is given
	// up, which takes 15 s.
	w.eventually(d, "the working endpoint is told of all", func() bool {
		m = w.metrics(0)
		return m[`tocsin_deliveries{status="delivered"}`] >= float64(w.told.messages()) && m["tocsin_messages_total"] > 0
	})
	if soon := m[`tocsin_chain_seconds_bucket{le="10"}`]; m["tocsin_chain_seconds_count"] != soon || soon == 0 {
		t.Errorf("%v of %v notices came within 10 s of their log file", soon, m["tocsin_chain_seconds_count"])
	}
	hanging.relentHanging()
	w.recovered(d, memory)
}

// A moody bucket does what its mood says before S3 answers.
type moody struct {
	mood    atomic.Int32
	bothers atomic.Int64 // requests that were refused
	next    http.Handler
}

const (
	fine int32 = iota
	slowDown
	reset
)

func (m *moody) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	switch m.mood.Load() {
	case slowDown:
		m.bothers.Add(1)
		w.Header().Set("Content-Type", "application/xml")
		w.WriteHeader(http.StatusServiceUnavailable)
		_, _ = w.Write([]byte(`<?xml version="1.0" encoding="UTF-8"?><Error><Code>SlowDown</Code><Message>Please reduce your request rate.</Message></Error>`))
	case reset:
		m.bothers.Add(1)
		panic(http.ErrAbortHandler)
	default:
		m.next.ServeHTTP(w, r)
	}
}

func bucketThrottles(t *testing.T, bin string) {
	w := newWorld(t, 24, sqlite)
	m := &moody{next: w.s3.Config.Handler}
	w.s3.Config.Handler = m
	must(t, w.backend.CreateBucket("segments"))
	w.segments = "s3://segments/here"
	w.sources = "  - {from: 's3://" + bucket + "/AWSLogs', poll: 1s}\n"
	w.told.relent()
	d := w.begun(bin)
	memory := d.watchMemory()
	m.mood.Store(slowDown)
	w.load(outage(t) / 2)
	m.mood.Store(reset)
	w.load(outage(t) / 2)
	if m.bothers.Load() == 0 {
		t.Error("nobody asked S3")
	}
	// One of the two sources at least is down then, whichever asked S3.
	sources := []string{`tocsin_source_up{source="s3://` + bucket + `/AWSLogs"}`, `tocsin_source_up{source="sqs:` + w.queue.URL + `"}`}
	up := func() (n float64) {
		now := w.metrics(0)
		for _, s := range sources {
			n += now[s]
		}
		return n
	}
	w.eventually(d, "the metrics tell that the bucket cannot be read", func() bool { return up() < 2 })
	w.eventually(d, "the status page tells it", func() bool { _, text := w.page(0, "/"); return strings.Contains(text, `class="problem"`) })
	m.mood.Store(fine)
	w.eventually(d, "both sources are up", func() bool { return up() == 2 })
	w.recovered(d, memory)
	// Each source says it once, and once that it is over.
	begins := strings.Count(d.log.String(), "cannot be opened") + strings.Count(d.log.String(), "source cannot be read")
	ends := strings.Count(d.log.String(), "can be opened again") + strings.Count(d.log.String(), "source can be read again")
	if begins == 0 || begins != ends || begins > 2*len(sources) {
		t.Errorf("the log tells %d times that the bucket cannot be read, and %d times that it can\n%s", begins, ends, &d.log)
	}
}

func folderGone(t *testing.T, bin string) {
	w := newWorld(t, 25, sqlite)
	w.told.relent()
	d := w.begun(bin)
	memory := d.watchMemory()
	away := w.trail + "-away"
	must(t, os.Rename(w.trail, away))
	source := `tocsin_source_up{source="dir:` + w.trail + `"}`
	w.eventually(d, "the metrics tell that the folder is gone", func() bool { up, ok := w.metrics(0)[source]; return ok && up == 0 })
	if _, text := w.page(0, "/"); !strings.Contains(text, `class="problem"`) {
		t.Errorf("the status page does not tell it: %.2000s", text)
	}
	if code, text := w.page(0, "/readyz"); code != http.StatusOK {
		t.Errorf("a source that is gone for a while makes it unready: %s", text)
	}
	// Meanwhile the queue goes on. What is dropped into the folder waits in it.
	w.trail = away
	w.load(outage(t) / 2)
	w.trail = strings.TrimSuffix(away, "-away")
	must(t, os.Rename(away, w.trail))
	w.eventually(d, "the folder can be read again", func() bool { return w.metrics(0)[source] == 1 })
	w.recovered(d, memory)
	d.once(t, "source cannot be read, trying again", "source can be read again")
}

func diskFull(t *testing.T, bin string) {
	w := newWorld(t, 26, sqlite)
	disk := w.data(0)
	w.segments = filepath.Join(disk, "segments")
	must(t, os.Mkdir(disk, 0o700))
	if err := syscall.Mount("tocsin-test", disk, "tmpfs", 0, "size=32m,mode=0700"); err != nil {
		t.Skipf("no small disk can be mounted here, which needs root: %v", err)
	}
	t.Cleanup(func() {
		if err := syscall.Unmount(disk, syscall.MNT_DETACH); err != nil {
			t.Error(err)
		}
	})
	w.told.relent()
	d := w.begun(bin)
	memory := d.watchMemory()
	full := filepath.Join(disk, "full")
	fill(t, full)
	w.load(outage(t))
	w.eventually(d, "commits fail", func() bool { return w.metrics(0)[`tocsin_commits_total{result="failed"}`] > 0 })
	if !strings.Contains(d.log.String(), "full") {
		t.Errorf("the log does not say that the disk is full\n%s", &d.log)
	}
	must(t, os.Remove(full))
	w.recovered(d, memory)
	d.once(t, "log files cannot be written to the database; they wait until they can", "log files are written to the database again")
}

// fill fills the disk that a file is on.
func fill(t *testing.T, path string) {
	t.Helper()
	f, err := os.OpenFile(path, os.O_CREATE|os.O_WRONLY|os.O_SYNC, 0o600)
	must(t, err)
	defer f.Close()
	for block := make([]byte, 64<<10); len(block) > 0; {
		if _, err := f.Write(block); err != nil {
			block = block[:len(block)/2]
		}
	}
}

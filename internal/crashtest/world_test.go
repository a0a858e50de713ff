//go:build linux

package crashtest

import (
	"bytes"
	"compress/gzip"
	"encoding/json"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/johannesboyne/gofakes3"
	"github.com/johannesboyne/gofakes3/backend/s3mem"

	"tocsin/internal/freeport"
	"tocsin/source/sqstest"
	"tocsin/synth"
)

// A world is all that is around the daemon: a bucket, a queue, a folder, and
// somebody who is told.
type world struct {
	t       *testing.T
	rand    *rand.Rand
	dir     string // everything on disk is below it
	trail   string // the folder that is watched
	copies  string // every file once, to be read by a scan
	s3      *httptest.Server
	backend gofakes3.Backend
	queue   *sqstest.Server
	told    *receiver
	files   []file // still to be delivered
	files0  int
	// listen and console are the addresses of each of the daemons.
	listen, console [2]string
	dsn             string
	// segments is where they are kept; subscribe and sources are lines of the
	// configuration beyond the usual.
	segments           string
	subscribe, sources string
	others             map[string]accepter // who is told besides, by endpoint
}

// An accepter tells how often it took a message.
type accepter interface{ took(messageID string) int }

type file struct {
	key  string
	body []byte
}

const bucket = "example-trail"

// The data: a story over a few hours that are over, so that nothing depends on
// when the test runs, with a tenth of the events in two files.
const (
	worldEvents = 4000
	worldFiles  = 160
)

func newWorld(t *testing.T, seed uint64, dsn func(dir string) string) *world {
	t.Helper()
	w := &world{t: t, rand: rand.New(rand.NewPCG(seed, 1)), dir: t.TempDir(), backend: s3mem.New()}
	w.trail, w.copies = filepath.Join(w.dir, "trail"), filepath.Join(w.dir, "copies")
	for _, d := range []string{w.trail, w.copies} {
		must(t, os.Mkdir(d, 0o700))
	}
	w.dsn = dsn(w.dir)
	w.s3 = httptest.NewServer(gofakes3.New(w.backend).Server())
	t.Cleanup(w.s3.Close)
	must(t, w.backend.CreateBucket(bucket))
	w.queue = sqstest.New(sqstest.Options{Longest: 2 * time.Second})
	t.Cleanup(w.queue.Close)
	w.told = newReceiver(t, seed)
	for i := range w.listen {
		w.listen[i], w.console[i] = freeport.Address(t), freeport.Address(t)
	}
	w.segments = filepath.Join(w.dir, "segments")
	must(t, synth.Generate(synth.Options{
		Events: worldEvents, Files: worldFiles, Seed: seed, Story: "takeover", Duplicates: 0.1, Start: time.Now().Add(-30 * time.Hour), Span: 3 * time.Hour,
	}, func(f synth.File) error {
		var b bytes.Buffer
		z := gzip.NewWriter(&b)
		if err := f.WriteJSON(z); err != nil {
			return err
		}
		if err := z.Close(); err != nil {
			return err
		}
		w.files = append(w.files, file{f.Key, b.Bytes()})
		return put(filepath.Join(w.copies, filepath.FromSlash(f.Key)), b.Bytes())
	}))
	w.files0 = len(w.files)
	return w
}

// deliver lets one more file appear: in the folder, in the bucket with a message
// in the queue, or in both; some messages come twice, or name what is not there.
func (w *world) deliver() {
	if len(w.files) == 0 {
		return
	}
	f := w.files[0]
	w.files = w.files[1:]
	way := w.rand.IntN(4)
	if way == 0 || way == 3 {
		must(w.t, put(filepath.Join(w.trail, filepath.FromSlash(f.key)), f.body))
	}
	if way != 0 {
		_, err := w.backend.PutObject(bucket, f.key, map[string]string{}, bytes.NewReader(f.body), int64(len(f.body)), nil)
		must(w.t, err)
		for range 1 + w.rand.IntN(2) {
			w.queue.Send(announcement(f.key, len(f.body)))
		}
	}
	if w.rand.IntN(10) == 0 {
		w.queue.Send(`{"Service":"Amazon S3","Event":"s3:TestEvent","Bucket":"` + bucket + `"}`)
	}
}

// announcement is what S3 sends to a queue.
func announcement(key string, size int) string {
	text, err := json.Marshal(map[string]any{"Records": []any{map[string]any{
		"eventVersion": "2.1", "eventSource": "aws:s3", "awsRegion": "eu-west-1", "eventName": "ObjectCreated:Put",
		"s3": map[string]any{"bucket": map[string]any{"name": bucket}, "object": map[string]any{"key": key, "size": size}},
	}}})
	if err != nil {
		panic(err) // maps of texts and numbers can be written
	}
	return string(text)
}

// put writes a file beside and puts it in place.
func put(path string, body []byte) error {
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return err
	}
	part := filepath.Join(filepath.Dir(path), "."+filepath.Base(path))
	if err := os.WriteFile(part, body, 0o600); err != nil {
		return err
	}
	return os.Rename(part, path)
}

// A receiver is an http endpoint that confirms, and often fails: with a refusal,
// slowly, or after it has taken the message.
type receiver struct {
	server *httptest.Server

	mu       sync.Mutex
	rand     *rand.Rand // guarded by mu, as is the rest
	failing  bool
	deaf     bool                 // every message is refused
	hangs    chan struct{}        // requests wait until it is closed; nil for none
	first    map[string]time.Time // when a message was first tried
	bodies   map[string]string    // by message id
	accepted map[string]int
	problems []string
}

func newReceiver(t *testing.T, seed uint64) *receiver {
	r := &receiver{rand: rand.New(rand.NewPCG(seed, 2)), failing: true, first: map[string]time.Time{}, bodies: map[string]string{}, accepted: map[string]int{}}
	r.server = httptest.NewServer(r)
	t.Cleanup(r.server.Close)
	return r
}

func (r *receiver) ServeHTTP(w http.ResponseWriter, q *http.Request) {
	body, err := io.ReadAll(q.Body)
	if err != nil {
		return // the daemon was killed while it sent
	}
	var d struct{ Type, MessageId, Message, SubscribeURL string } //nolint:revive // SNS's names
	if err := json.Unmarshal(body, &d); err != nil {
		r.problem("a body that is no document: %v", err)
		return
	}
	if d.Type == "SubscriptionConfirmation" {
		answer, err := http.Get(d.SubscribeURL)
		if err != nil {
			return // the daemon was killed; it asks again
		}
		answer.Body.Close()
		return
	}
	r.mu.Lock()
	hangs := r.hangs
	r.mu.Unlock()
	if hangs != nil {
		select {
		case <-hangs:
		case <-q.Context().Done():
			return
		}
	}
	r.mu.Lock()
	if _, known := r.first[d.MessageId]; !known {
		r.first[d.MessageId] = time.Now()
	}
	// The signature may be made anew, the message may not.
	if before, ok := r.bodies[d.MessageId]; ok && before != d.Message {
		r.problems = append(r.problems, "message "+d.MessageId+" changed")
	}
	r.bodies[d.MessageId] = d.Message
	fate := 9
	if r.failing {
		fate = r.rand.IntN(10)
	}
	if r.deaf {
		fate = 0
	}
	if fate > 2 {
		r.accepted[d.MessageId]++
	}
	r.mu.Unlock()
	switch fate {
	case 0:
		http.Error(w, "not now", http.StatusInternalServerError)
	case 1: // taken, and the answer is lost
		panic(http.ErrAbortHandler)
	case 2:
		time.Sleep(100 * time.Millisecond)
		http.Error(w, "too slow", http.StatusServiceUnavailable)
	}
}

func (r *receiver) problem(format string, args ...any) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.problems = append(r.problems, fmt.Sprintf(format, args...))
}

// took is that of accepter.
func (r *receiver) took(messageID string) int {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.accepted[messageID]
}

// messages is how many messages were tried.
func (r *receiver) messages() int {
	r.mu.Lock()
	defer r.mu.Unlock()
	return len(r.bodies)
}

// refuse refuses every message, or no longer.
func (r *receiver) refuse(is bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.deaf = is
}

// hang lets requests hang until relentHanging.
func (r *receiver) hang() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.hangs = make(chan struct{})
}

func (r *receiver) relentHanging() {
	r.mu.Lock()
	defer r.mu.Unlock()
	close(r.hangs)
	r.hangs = nil
}

// relent lets everything arrive from now on.
func (r *receiver) relent() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.failing = false
}

// impatient is the delivery policy of those who are told in time for a test.
const impatient = "{healthyRetryPolicy: {numRetries: 90, numNoDelayRetries: 2, minDelayTarget: 1, maxDelayTarget: 1}}"

// config writes the configuration of a daemon, of which there are one or two.
func (w *world) config(n int) string {
	path := filepath.Join(w.dir, fmt.Sprintf("tocsin%d.yaml", n))
	text := fmt.Sprintf(`data: %s
segments: %s
account: "111122223333"
region: eu-west-1
listen: %s
console: %s
public_url: http://%s
pack: cis
limits: {seal_after: 1s}
sources:
  - from: dir:%s
  - from: sqs:%s
%ssubscribe:
  - to: %s/hook
    delivery_policy: %s
%s`, w.data(n), w.segments, w.listen[n], w.console[n], w.listen[n], w.trail, w.queue.URL, w.sources, w.told.server.URL, impatient, w.subscribe)
	if !strings.HasPrefix(w.dsn, "sqlite:") {
		// Each daemon has its own: another may be reading while this is written.
		secret := filepath.Join(w.dir, fmt.Sprintf("dsn%d", n))
		must(w.t, os.WriteFile(secret, []byte(w.dsn), 0o600))
		text += "database: {file: " + secret + "}\n"
	}
	must(w.t, os.WriteFile(path, []byte(text), 0o600))
	return path
}

// data is the folder of a daemon.
func (w *world) data(n int) string {
	if n == 0 {
		return filepath.Join(w.dir, "data")
	}
	return filepath.Join(w.dir, fmt.Sprintf("data%d", n))
}

// environment lets the daemon's SDK find bucket and queue.
func (w *world) environment(more ...string) []string {
	return append(os.Environ(), append(w.clients(), more...)...)
}

func (w *world) clients() []string {
	return []string{
		"AWS_ENDPOINT_URL_S3=" + w.s3.URL, "AWS_ENDPOINT_URL_SQS=" + strings.TrimSuffix(w.queue.URL, "/123456789012/queue"),
		"AWS_REGION=eu-west-1", "AWS_ACCESS_KEY_ID=AKIDEXAMPLE", "AWS_SECRET_ACCESS_KEY=secret", "AWS_EC2_METADATA_DISABLED=true",
	}
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

package source_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/johannesboyne/gofakes3"
	"github.com/johannesboyne/gofakes3/backend/s3mem"

	"tocsin/internal/sdkhttp"
	"tocsin/source"
)

// A stage is a real S3 API over HTTP, in memory, with the bucket trail, whose
// clock and faults the test sets.
type stage struct {
	t      *testing.T
	client *s3.Client
	store  *s3mem.Backend

	mu       sync.Mutex
	now      time.Time
	requests []string                                      // of listings: prefix and what to start after
	before   func(http.ResponseWriter, *http.Request) bool // true: it has answered
}

// Now and Since are gofakes3's TimeSource.
func (s *stage) Now() time.Time {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.now
}

func (s *stage) Since(t time.Time) time.Duration { return s.Now().Sub(t) }

func newStage(t *testing.T) *stage {
	t.Helper()
	s := &stage{t: t, now: noon}
	s.store = s3mem.New(s3mem.WithTimeSource(s))
	if err := s.store.CreateBucket("trail"); err != nil {
		t.Fatal(err)
	}
	handler := gofakes3.New(s.store, gofakes3.WithTimeSource(s), gofakes3.WithTimeSkewLimit(0)).Server()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		s.mu.Lock()
		if q := r.URL.Query(); q.Has("list-type") {
			s.requests = append(s.requests, q.Get("prefix")+" "+q.Get("start-after"))
		}
		before := s.before
		s.mu.Unlock()
		if before == nil || !before(w, r) {
			handler.ServeHTTP(w, r)
		}
	}))
	t.Cleanup(server.Close)
	s.client = s3.New(s3.Options{
		Region: "eu-west-1", BaseEndpoint: &server.URL, UsePathStyle: true, Retryer: aws.NopRetryer{},
		Credentials: credentials.NewStaticCredentialsProvider("AKIDEXAMPLE", "secret", ""),
		HTTPClient:  sdkhttp.Client(nil), DisableLogOutputChecksumValidationSkipped: true,
	})
	return s
}

// options are those of a feed on the stage.
func (s *stage) options(m *memory) source.FeedOptions {
	o := source.FeedOptions{
		S3:  func(context.Context, string) (source.S3Client, error) { return s.client, nil },
		Now: s.Now,
	}
	if m != nil {
		o.Marks, o.Positions = m, m
	}
	return o
}

// pass lets time go by.
func (s *stage) pass(d time.Duration) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.now = s.now.Add(d)
}

// put stores objects, each with its key as its content.
func (s *stage) put(keys ...string) {
	s.t.Helper()
	for _, key := range keys {
		if _, err := s.store.PutObject("trail", key, nil, strings.NewReader(key), int64(len(key)), nil); err != nil {
			s.t.Fatal(err)
		}
	}
}

// listed are the listings since the last time.
func (s *stage) listed() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	requests := s.requests
	s.requests = nil
	return requests
}

// intercept answers requests in S3's place.
func (s *stage) intercept(before func(http.ResponseWriter, *http.Request) bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.before = before
}

// refuse answers with an error of S3.
func refuse(w http.ResponseWriter, status int, code string) {
	w.WriteHeader(status)
	fmt.Fprintf(w, "<Error><Code>%s</Code><Message>for the test</Message></Error>", code)
}

func TestBucketByDays(t *testing.T) {
	s, m, k := newStage(t), newMemory(), newTaker(t)
	day := 24 * time.Hour
	s.put(
		logKey("us-east-1", noon.Add(-3*day), "old"), logKey("us-east-1", noon.Add(-day), "y1"), logKey("eu-west-1", noon.Add(-day-time.Hour), "y0"),
		logKey("us-east-1", noon, "t1"), logKey("eu-west-1", noon.Add(-time.Hour), "t0"),
		strings.ReplaceAll(logKey("us-east-1", noon, "digest"), "CloudTrail", "CloudTrail-Digest"),
		strings.ReplaceAll(logKey("us-east-1", noon, "insight"), "CloudTrail", "CloudTrail-Insight"),
		"AWSLogs/111122223333/CloudTrail/", "AWSLogs/111122223333/Config/x.json.gz",
		strings.Replace(logKey("us-east-1", noon.Add(time.Minute), "org"), "AWSLogs/", "AWSLogs/o-abc/", 1),
	)
	f := source.NewS3Feed("trail", "", s.options(m))
	if pause := k.tick(f, s.Now()); pause != 15*time.Second {
		t.Errorf("pause %v", pause)
	}
	given := k.taken()
	var names []string
	for _, a := range given {
		names = append(names, short(a.Key))
		text, version := read(t, a)
		if text != a.Key || version != a.Version || len(version) != 32 || a.Source != "s3://trail" || a.Size != int64(len(text)) {
			t.Errorf("%+v: read %q, version %q", a, text, version)
		}
	}
	if got := strings.Join(names, " "); got != "y0 y1 t0 t1 org" {
		t.Errorf("given %s", got)
	}
	for _, a := range given {
		a.Done(t.Context(), nil)
	}

	// From now on only what is new is listed, and what comes late by less than two hours.
	s.listed()
	s.pass(15 * time.Second)
	s.put(logKey("us-east-1", noon.Add(5*time.Minute), "new"), logKey("us-east-1", noon.Add(-time.Hour), "late"), logKey("us-east-1", noon.Add(-5*time.Hour), "later"))
	k.tick(f, s.Now())
	if got := short(k.keys(nil)); got != "late new" {
		t.Errorf("then %s", got)
	}
	for _, request := range s.listed() {
		if !strings.Contains(request, "2024/03/07/ ") || strings.HasSuffix(request, " ") {
			t.Errorf("listed %q", request)
		}
	}
	if got := strings.Join(m.all(), ", "); got != "s3://trail listed=2024-03-06T00:00:00Z" {
		t.Errorf("positions: %s", got)
	}
	s.pass(11 * time.Minute)
	k.tick(f, s.Now())
	if got := short(k.keys(nil)); got != "later" {
		t.Errorf("after a while: %s", got)
	}
	if st := f.Status(); st.Given != 8 || st.Problem != "" || !st.Since.Equal(s.Now()) {
		t.Errorf("%+v", st)
	}
}

// After an outage of days another process goes on where the first was, and passes
// by what is marked.
func TestBucketGoesOn(t *testing.T) {
	s, m, k := newStage(t), newMemory(), newTaker(t)
	key := logKey("us-east-1", noon, "first")
	s.put(key)
	k.tick(source.NewS3Feed("trail", "", s.options(m)), s.Now())
	for _, a := range k.taken() {
		m.mark(a.Source, a.Key, a.Version)
		a.Done(t.Context(), nil)
	}
	f := source.NewS3Feed("trail", "", s.options(m))
	k.tick(f, s.Now()) // nothing is on its way: the position is kept
	if got := k.keys(nil); got != "" {
		t.Errorf("marked: %s", got)
	}
	for i := range 9 {
		s.put(logKey("us-east-1", noon.Add(time.Duration(i*24)*time.Hour+time.Minute), fmt.Sprint("d", i)))
	}
	s.pass(9 * 24 * time.Hour)
	f = source.NewS3Feed("trail", "", s.options(m))
	k.tick(f, s.Now())
	if got := short(k.keys(nil)); got != "d0 d1 d2 d3 d4 d5 d6 d7 d8" {
		t.Error(got)
	}
	k.tick(f, s.Now())
	if got := strings.Join(m.all(), ", "); got != "s3://trail listed=2024-03-15T00:00:00Z" {
		t.Error(got)
	}
	// A position that is kept, but not said to be, is only kept again.
	s.pass(48 * time.Hour)
	m.failOnce = errTest
	k.tick(f, s.Now())
	if st := f.Status(); !strings.Contains(st.Problem, errTest.Error()) {
		t.Errorf("%+v", st)
	}
	k.tick(f, s.Now())
	if got := strings.Join(m.all(), ", "); got != "s3://trail listed=2024-03-17T00:00:00Z" || f.Status().Problem != "" {
		t.Errorf("%s, %+v", got, f.Status())
	}
}

// A file that was not taken in is given again, and holds the position back.
func TestBucketGivesAgain(t *testing.T) {
	s, m, k := newStage(t), newMemory(), newTaker(t)
	s.put(logKey("us-east-1", noon, "a"))
	f := source.NewS3Feed("trail", "", s.options(m))
	k.tick(f, s.Now())
	k.keys(errTest)
	s.pass(72 * time.Hour)
	k.tick(f, s.Now())
	again := k.taken()
	if len(again) != 1 || again[0].Again != 1 || f.Status().Waiting != 1 {
		t.Fatalf("%+v, %+v", again, f.Status())
	}
	k.tick(f, s.Now())
	if got := strings.Join(m.all(), ", "); got != "s3://trail listed=2024-03-07T00:00:00Z" {
		t.Error(got)
	}
	again[0].Done(t.Context(), nil)
	k.tick(f, s.Now())
	if got := strings.Join(m.all(), ", "); got != "s3://trail listed=2024-03-09T00:00:00Z" {
		t.Error(got)
	}
	// The same key with other content is another file.
	if _, err := s.store.PutObject("trail", logKey("us-east-1", noon.Add(72*time.Hour), "b"), nil, bytes.NewReader([]byte("1")), 1, nil); err != nil {
		t.Fatal(err)
	}
	k.tick(f, s.Now())
	k.keys(nil)
	s.put(logKey("us-east-1", noon.Add(72*time.Hour), "b"))
	k.tick(f, s.Now())
	if got := short(k.keys(nil)); got != "b" {
		t.Errorf("changed: %q", got)
	}
}

func TestBucketOutages(t *testing.T) {
	s, k := newStage(t), newTaker(t)
	s.put(logKey("us-east-1", noon, "us"), logKey("eu-west-1", noon, "eu"))
	f := source.NewS3Feed("trail", "", s.options(nil))
	s.intercept(func(w http.ResponseWriter, _ *http.Request) bool {
		refuse(w, http.StatusServiceUnavailable, "SlowDown")
		return true
	})
	var last time.Duration
	for range 8 {
		pause := k.tick(f, s.Now())
		if pause < last || pause > time.Minute {
			t.Errorf("pause %v after %v", pause, last)
		}
		last = pause
	}
	if st := f.Status(); last != time.Minute || !strings.Contains(st.Problem, "SlowDown: for the test") || !st.Since.IsZero() {
		t.Errorf("pause %v, %+v", last, st)
	}
	// One Region that may not be read does not keep the others from being read.
	s.intercept(func(w http.ResponseWriter, r *http.Request) bool {
		denied := strings.Contains(r.URL.Query().Get("prefix"), "eu-west-1")
		if denied {
			refuse(w, http.StatusForbidden, "AccessDenied")
		}
		return denied
	})
	k.tick(f, s.Now())
	if got := short(k.keys(nil)); got != "us" || !strings.Contains(f.Status().Problem, "s3:ListBucket") {
		t.Errorf("%s, %+v", got, f.Status())
	}
	s.intercept(func(http.ResponseWriter, *http.Request) bool { panic(http.ErrAbortHandler) })
	k.tick(f, s.Now())
	if f.Status().Problem == "" {
		t.Error("a broken connection is no problem")
	}
	s.intercept(nil)
	if pause := k.tick(f, s.Now()); pause != 15*time.Second || f.Status().Problem != "" {
		t.Errorf("pause %v, %+v", pause, f.Status())
	}
	if got := short(k.keys(nil)); got != "eu" {
		t.Error(got)
	}
}

func TestBucketMarksFail(t *testing.T) {
	s, m, k := newStage(t), newMemory(), newTaker(t)
	f := source.NewS3Feed("trail", "", s.options(m))
	k.tick(f, s.Now()) // asks for the position
	s.put(logKey("us-east-1", noon, "a"))
	s.pass(3 * time.Minute)
	m.fail = errTest
	for range 2 {
		k.tick(f, s.Now())
	}
	if got := k.keys(nil); got != "" || !strings.Contains(f.Status().Problem, errTest.Error()) {
		t.Errorf("%s, %+v", got, f.Status())
	}
	m.fail = nil
	k.tick(f, s.Now())
	if got := short(k.keys(nil)); got != "a" {
		t.Error(got)
	}
	k.refuse = errTest
	s.put(logKey("us-east-1", noon, "b"))
	if _, err := f.Tick(t.Context(), s.Now(), k.take); !errors.Is(err, errTest) {
		t.Errorf("refused: %v", err)
	}
	if err := f.Run(t.Context(), k.take); !errors.Is(err, errTest) {
		t.Errorf("refused: %v", err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := f.Run(ctx, k.take); err != nil {
		t.Errorf("ended: %v", err)
	}
}

func TestBucketPlain(t *testing.T) {
	s, k := newStage(t), newTaker(t)
	s.pass(-72 * time.Hour)
	s.put("logs/before.json")
	s.pass(72 * time.Hour)
	s.put("logs/b.json", "logs/x/a.json.gz", "logs/readme.md", "other/c.json")
	f := source.NewS3Feed("trail", "logs/", s.options(nil))
	k.tick(f, s.Now())
	if got := k.keys(nil); got != "logs/b.json logs/x/a.json.gz" || f.Status().Skipped != 1 {
		t.Errorf("%s, %+v", got, f.Status())
	}
	s.pass(time.Minute)
	s.put("logs/0.json")
	k.tick(f, s.Now())
	if got := k.keys(nil); got != "logs/0.json" || f.Status().Skipped != 1 {
		t.Errorf("%s, %+v", got, f.Status())
	}
}

// Where AWSLogs lies is found from above and from below.
func TestBucketPrefixes(t *testing.T) {
	key := logKey("us-east-1", noon, "a")
	for prefix, where := range map[string]string{
		"":                      "team/trail/" + key,
		"team/":                 "team/trail/" + key,
		"team/trail/":           "team/trail/" + key,
		"AWSLogs/":              key,
		"AWSLogs/o-abc/":        strings.Replace(key, "AWSLogs/", "AWSLogs/o-abc/", 1),
		"AWSLogs/111122223333/": key,
		"AWSLogs/111122223333/CloudTrail/us-east-1/":         key,
		"AWSLogs/111122223333/CloudTrail/us-east-1/2024/03/": key,
		key[:strings.LastIndexByte(key, '/')+1]:              key,
	} {
		s, k := newStage(t), newTaker(t)
		s.put(where, strings.NewReplacer("/03/07", "/03/04", "0307", "0304").Replace(where)) // and an old one
		k.tick(source.NewS3Feed("trail", prefix, s.options(nil)), s.Now())
		if got := k.keys(nil); got != where {
			t.Errorf("%q: got %q, want %q", prefix, got, where)
		}
	}
	s, k := newStage(t), newTaker(t)
	s.put(key)
	k.tick(source.NewS3Feed("trail", "AWSLogs/111122223333/CloudTrail/us-east-1/2024/02/", s.options(nil)), s.Now())
	if got := k.keys(nil); got != "" {
		t.Errorf("of another month: %s", got)
	}
}

func TestBucketNewRegion(t *testing.T) {
	s, k := newStage(t), newTaker(t)
	s.put(logKey("us-east-1", noon, "a"))
	f := source.NewS3Feed("trail", "", s.options(nil))
	k.tick(f, s.Now())
	k.keys(nil)
	s.put(logKey("sa-east-1", noon, "b"))
	s.pass(3 * time.Minute)
	k.tick(f, s.Now())
	if got := short(k.keys(nil)); got != "b" {
		t.Error(got)
	}
}

func TestObjectThatCannotBeRead(t *testing.T) {
	s, k := newStage(t), newTaker(t)
	key := logKey("us-east-1", noon, "a")
	s.put(key)
	k.tick(source.NewS3Feed("trail", "", s.options(nil)), s.Now())
	a := k.taken()[0]
	s.intercept(func(w http.ResponseWriter, r *http.Request) bool {
		w.Header().Set("Content-Length", "1000")
		fmt.Fprint(w, "begun")
		if err := http.NewResponseController(w).Flush(); err != nil {
			t.Error(err)
		}
		<-r.Context().Done() // and then nothing comes
		return true
	})
	ctx, cancel := context.WithCancel(t.Context())
	content, _, err := a.Open(ctx)
	if err != nil {
		t.Fatal(err)
	}
	if n, err := content.Read(make([]byte, 5)); n != 5 || err != nil {
		t.Errorf("read %d, %v", n, err)
	}
	cancel()
	if _, err := content.Read(make([]byte, 5)); !errors.Is(err, context.Canceled) {
		t.Errorf("after the end: %v", err)
	}
	if err := content.Close(); err != nil {
		t.Error(err)
	}
	s.intercept(func(w http.ResponseWriter, _ *http.Request) bool {
		refuse(w, http.StatusForbidden, "AccessDenied")
		return true
	})
	if _, _, err := a.Open(t.Context()); err == nil || !strings.Contains(err.Error(), "s3:GetObject") || errors.Is(err, fs.ErrNotExist) {
		t.Errorf("denied: %v", err)
	}
	s.intercept(nil)
	if _, err := s.store.DeleteObject("trail", key); err != nil {
		t.Fatal(err)
	}
	if _, _, err := a.Open(t.Context()); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("gone: %v", err)
	}
}

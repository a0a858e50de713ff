package source_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"tocsin/source"
)

// A taker takes what feeds give, and keeps it until the test says what became of it.
type taker struct {
	t  *testing.T
	mu sync.Mutex
	// refuse is the error of take; guarded by mu
	refuse error
	got    []source.Arrival // guarded by mu
	came   chan struct{}    // a token for each arrival
}

func newTaker(t *testing.T) *taker { return &taker{t: t, came: make(chan struct{}, 1<<20)} }

func (k *taker) take(_ context.Context, a source.Arrival) error {
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.refuse != nil {
		return k.refuse
	}
	k.got = append(k.got, a)
	k.came <- struct{}{}
	return nil
}

// taken returns what was given since the last time.
func (k *taker) taken() []source.Arrival {
	k.mu.Lock()
	defer k.mu.Unlock()
	got := k.got
	k.got = nil
	return got
}

// keys returns the keys of what was given since the last time, and calls Done with
// the error for each.
func (k *taker) keys(err error) string {
	k.t.Helper()
	var keys []string
	for _, a := range k.taken() {
		keys = append(keys, a.Key)
		a.Done(k.t.Context(), err)
	}
	return strings.Join(keys, " ")
}

// read is the content of an arrival, and its version when it was read.
func read(t *testing.T, a source.Arrival) (text, version string) {
	t.Helper()
	content, version, err := a.Open(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	b, err := io.ReadAll(content)
	if err := errors.Join(err, content.Close()); err != nil {
		t.Fatal(err)
	}
	return string(b), version
}

// memory is both Marks and Positions.
type memory struct {
	mu        sync.Mutex
	marks     map[string]bool
	positions map[string]string
	asked     int
	fail      error // of everything
	failOnce  error // of the next SetPosition, which is done all the same
}

func newMemory() *memory {
	return &memory{marks: map[string]bool{}, positions: map[string]string{}}
}

func (m *memory) mark(source, key, version string) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.marks[source+" "+key+" "+version] = true
}

func (m *memory) Marked(_ context.Context, from string, files []source.FileVersion) ([]bool, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.fail != nil {
		return nil, m.fail
	}
	m.asked += len(files)
	marks := make([]bool, len(files))
	for i, f := range files {
		marks[i] = m.marks[from+" "+f.Key+" "+f.Version]
	}
	return marks, nil
}

func (m *memory) Position(_ context.Context, from, part string) (string, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.positions[from+" "+part], m.fail
}

func (m *memory) SetPosition(_ context.Context, from, part, position string) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.fail != nil {
		return m.fail
	}
	m.positions[from+" "+part] = position
	err := m.failOnce
	m.failOnce = nil
	return err
}

// all are the positions, "source part=position".
func (m *memory) all() (all []string) {
	m.mu.Lock()
	defer m.mu.Unlock()
	for name, position := range m.positions {
		all = append(all, name+"="+position)
	}
	slices.Sort(all)
	return all
}

// logKey is a key by CloudTrail's layout.
func logKey(region string, at time.Time, unique string) string {
	return fmt.Sprintf("AWSLogs/111122223333/CloudTrail/%s/%s/111122223333_CloudTrail_%s_%s_%s.json.gz",
		region, at.Format("2006/01/02"), region, at.Format("20060102T1504Z"), unique)
}

// short is the unique part of each key of a list, which tells the files of a test apart.
func short(keys string) string {
	var names []string
	for key := range strings.FieldsSeq(keys) {
		name := key[strings.LastIndexAny(key, "_/")+1:]
		names = append(names, strings.TrimSuffix(name, ".json.gz"))
	}
	return strings.Join(names, " ")
}

var errTest = errors.New("for the test")

// ticker is a feed's work without its loop.
type ticker interface {
	Tick(context.Context, time.Time, source.Take) (time.Duration, error)
}

// tick does one round.
func (k *taker) tick(f ticker, now time.Time) time.Duration {
	k.t.Helper()
	pause, err := f.Tick(k.t.Context(), now, k.take)
	if err != nil {
		k.t.Fatal(err)
	}
	return pause
}

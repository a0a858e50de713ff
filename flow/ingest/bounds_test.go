package ingest_test

import (
	"context"
	"fmt"
	"io"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"tocsin/flow/ingest"
	"tocsin/source"
	"tocsin/store/state"
)

// large is a file of more than n parts, made as it is read: a record a second
// from noon on, each of size bytes, every tenth a StopLogging.
func large(key string, n, size int) (a source.Arrival, records int) {
	records = n*ingest.PartBytes/size + 10
	a = file(key, "")
	a.Open = func(context.Context) (io.ReadCloser, string, error) {
		return io.NopCloser(&endless{n: records, size: size}), "1", nil
	}
	return a, records
}

// endless makes the text of a large file.
type endless struct {
	n, size, made int
	rest          string
}

func (r *endless) Read(p []byte) (int, error) {
	for r.rest == "" {
		switch {
		case r.made == 0:
			r.rest = `{"Records":[`
		case r.made == r.n:
			r.rest = "]}"
			r.n--
			r.made++
			continue
		case r.made > r.n:
			return 0, io.EOF
		default:
			r.rest = ","
		}
		name := "GetUser"
		if r.made%10 == 0 {
			name = "StopLogging"
		}
		record := call(fmt.Sprint("large", r.made), name, r.made/100)
		r.rest += `{"pad":"` + strings.Repeat("x", r.size-len(record)-len(`"pad":"",`)) + `",` + record[1:]
		r.made++
	}
	n := copy(p, r.rest)
	r.rest = r.rest[n:]
	return n, nil
}

func TestAHugeFileIsWrittenInParts(t *testing.T) {
	w := newWorld(t, sqlite(t), stops)
	o := w.options()
	o.MaxInFlight, o.Workers = 1, 1
	db := &faulty{DB: w.db}
	o.State = db
	r := start(t, w, o)
	a, records := large(keyAt("huge"), 3, 100_000)
	r.take(t, a)
	if db.wrote != 4 {
		t.Errorf("%d transactions", db.wrote)
	}
	s := r.Stats()
	if s.RecordsStored != int64(records) || s.FilesCommitted != 1 || s.InFlight != 0 {
		t.Errorf("%+v, want %d records", s, records)
	}
	checkHuge(t, w, records)
	r.take(t, a)
	if s := r.Stats(); s.FilesDuplicate != 1 || s.RecordsStored != int64(records) {
		t.Errorf("%+v", s)
	}
}

func checkHuge(t *testing.T, w *world, records int) {
	t.Helper()
	want := map[int]float64{}
	for i := 0; i < records; i += 10 {
		want[i/100/60]++
	}
	if d := cmp.Diff(want, w.sums(t, "stops")); d != "" {
		t.Error(d)
	}
	var last []state.LastFile
	w.view(t, func(ctx context.Context, tx *state.Tx) (err error) {
		last, err = tx.LastFiles(ctx)
		return err
	})
	if len(last) != 1 || last[0].Files != 1 {
		t.Errorf("last files: %+v", last)
	}
}

// The connection breaks after some of the parts, which wait to be written while
// the file, by now another version, is read again.
func TestAHugeFileThatBreaksOff(t *testing.T) {
	w := newWorld(t, sqlite(t), stops)
	o := w.options()
	o.Workers = 1
	again := make(chan bool)
	o.State = &between{DB: w.db, before: func() { <-again }}
	a, records := large(keyAt("huge"), 3, 100_000)
	whole := a.Open
	opened := 0
	a.Open = func(ctx context.Context) (io.ReadCloser, string, error) {
		content, _, err := whole(ctx)
		if opened++; opened == 1 {
			return io.NopCloser(io.MultiReader(io.LimitReader(content, 2*ingest.PartBytes+200_000), broken{})), "1", err
		}
		if opened == 2 {
			close(again)
		}
		return content, "2", err
	}
	r := start(t, w, o)
	r.take(t, a)
	if n := w.stored(t); n != int64(records) {
		t.Errorf("%d events are stored, want %d", n, records)
	}
	checkHuge(t, w, records)
	a.Version = "2"
	r.take(t, a)
	if s := r.Stats(); s.FilesDuplicate != 1 {
		t.Errorf("the version that was taken in is not marked: %+v", s)
	}
}

// broken is the end of a connection.
type broken struct{}

func (broken) Read([]byte) (int, error) { return 0, errBroken }

// The process ends after some of the parts.
func TestAHugeFileThatIsReadAgain(t *testing.T) {
	w := newWorld(t, sqlite(t), stops)
	o := w.options()
	o.Workers = 1
	written := make(chan bool)
	o.State = &halting{DB: w.db, after: 2, halted: written}
	o.MaxInFlight = 1
	a, records := large(keyAt("huge"), 4, 100_000)
	r := start(t, w, o)
	told := make(chan error, 1)
	b := a
	b.Done = func(_ context.Context, err error) { told <- err }
	if err := r.Take(t.Context(), b); err != nil {
		t.Fatal(err)
	}
	<-written
	r.SetStopWithin(100 * time.Millisecond)
	r.stop()
	if err := <-told; err == nil {
		t.Error("the file counts as taken in")
	}
	if n := w.stored(t); n == 0 || n >= int64(records) {
		t.Errorf("%d of %d events are stored before the end", n, records)
	}
	r = start(t, w, w.options())
	r.take(t, a)
	if n := w.stored(t); n != int64(records) {
		t.Errorf("%d events are stored, want %d", n, records)
	}
	checkHuge(t, w, records)
}

// halting is a database that answers no more after some transactions.
type halting struct {
	*state.DB
	after  int
	halted chan bool
	once   sync.Once
}

func (h *halting) Update(ctx context.Context, f func(*state.Tx) error) error {
	if h.after--; h.after < 0 {
		h.once.Do(func() { close(h.halted) })
		<-ctx.Done()
		return ctx.Err()
	}
	return h.DB.Update(ctx, f)
}

// When the database does not answer, Take blocks before memory fills, and all
// goes on when it answers again.
func TestBackPressure(t *testing.T) {
	w := newWorld(t, sqlite(t), stops)
	o := w.options()
	answer := make(chan bool)
	o.State = &between{DB: w.db, before: func() { <-answer }}
	o.Workers = 2
	o.MaxInFlight = 200_000
	r := start(t, w, o)
	told := make(chan error, 1000)
	taken := 0
	size := 0
	for {
		a := file(fmt.Sprint(taken)+".json", plainLog(call(fmt.Sprint(taken), "StopLogging", taken%60), call(fmt.Sprint(taken, "pad"), strings.Repeat("x", 10_000), 0)))
		size = int(a.Size)
		a.Done = func(_ context.Context, err error) { told <- err }
		ctx, cancel := context.WithTimeout(t.Context(), 300*time.Millisecond)
		err := r.Take(ctx, a)
		cancel()
		if err != nil {
			if s := r.Stats(); s.InFlight < o.MaxInFlight || s.FilesTaken < int64(taken) {
				continue // it is not full but slow
			}
			break
		}
		if taken++; taken > 900 {
			t.Fatal("there is no end of what is taken")
		}
	}
	if s := r.Stats(); s.InFlight > o.MaxInFlight+2*40_000 || s.FilesInFlight != int64(taken) || taken*size > 2*int(o.MaxInFlight) {
		t.Errorf("%d files of %d bytes are taken: %+v", taken, size, s)
	}
	close(answer)
	for range taken {
		if err := <-told; err != nil {
			t.Error(err)
		}
	}
	s := r.Stats()
	checkStats(t, s)
	if s.InFlight != 0 || s.FilesCommitted != int64(taken) || s.Commits > 5 {
		t.Errorf("%+v", s)
	}
}

func TestAnOrderlyStop(t *testing.T) {
	w := newWorld(t, sqlite(t), stops)
	o := w.options()
	begun, answer := make(chan bool, 10), make(chan bool)
	o.State = &between{DB: w.db, before: func() { begun <- true; <-answer }}
	r := start(t, w, o)
	told := make(chan error, 3)
	for _, key := range []string{"a", "b", "c"} {
		a := file(keyAt(key), plainLog(call(key, "StopLogging", 0)))
		a.Done = func(_ context.Context, err error) { told <- err }
		if err := r.Take(t.Context(), a); err != nil {
			t.Fatal(err)
		}
	}
	<-begun
	go r.stop()
	for r.Take(t.Context(), file("x", "")) != ingest.ErrStopped {
		t.Log("it still takes files")
	}
	close(answer)
	r.stop()
	for range 3 {
		if err := <-told; err != nil && !strings.Contains(err.Error(), "context canceled") {
			t.Error(err)
		}
	}
	s := r.Stats()
	checkStats(t, s)
	if s.FilesInFlight != 0 || s.FilesCommitted == 0 || s.InFlight != 0 || w.stored(t) != s.RecordsStored {
		t.Errorf("%+v", s)
	}
}

// The database does not come back while it stops.
func TestAStopWithoutTheDatabase(t *testing.T) {
	w := newWorld(t, sqlite(t), stops)
	o := w.options()
	halted := make(chan bool)
	o.State = &halting{DB: w.db, halted: halted}
	r := start(t, w, o)
	told := make(chan error, 1)
	a := file(keyAt("a"), plainLog(call("a", "StopLogging", 0)))
	a.Done = func(_ context.Context, err error) { told <- err }
	if err := r.Take(t.Context(), a); err != nil {
		t.Fatal(err)
	}
	<-halted
	r.SetStopWithin(100 * time.Millisecond)
	r.stop()
	if err := <-told; err == nil {
		t.Error("it counts as taken in")
	}
	if s := r.Stats(); s.FilesFailed != 1 || s.FilesInFlight != 0 || s.InFlight != 0 {
		t.Errorf("%+v", s)
	}
}

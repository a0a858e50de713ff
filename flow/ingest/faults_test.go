package ingest_test

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"tocsin/internal/pgtest"
	"tocsin/source"
	"tocsin/store/state"
)

// A fault is how a transaction goes wrong.
type fault int

const (
	none        fault = iota
	refused           // not begun
	rolledBack        // done, and taken back
	lostAnswer        // written, and an error all the same
	unknown           // written, which nobody can know
	unknownLost       // not written, which nobody can know
)

var errBroken = errors.New("disk full")

// A faulty database goes wrong as it is told, one fault for each transaction.
type faulty struct {
	*state.DB
	mu     sync.Mutex
	faults []fault // guarded by mu
	wrote  int     // guarded by mu
}

func (f *faulty) next() fault {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.wrote++
	if len(f.faults) == 0 {
		return none
	}
	next := f.faults[0]
	f.faults = f.faults[1:]
	return next
}

func (f *faulty) Update(ctx context.Context, do func(*state.Tx) error) error {
	failure := errBroken
	how := f.next()
	switch how {
	case none:
		return f.DB.Update(ctx, do)
	case refused:
		return failure
	case unknown, unknownLost:
		failure = fmt.Errorf("commit: %w", state.ErrUnknown)
	}
	if how == rolledBack || how == unknownLost {
		err := f.DB.Update(ctx, func(tx *state.Tx) error { return errors.Join(do(tx), errBroken) })
		if !errors.Is(err, errBroken) || how == rolledBack {
			return err
		}
		return failure
	}
	if err := f.DB.Update(ctx, do); err != nil {
		return err
	}
	return failure
}

// eachDatabase runs a test on the databases that there are.
func eachDatabase(t *testing.T, test func(t *testing.T, db *state.DB)) {
	t.Run("sqlite", func(t *testing.T) { test(t, sqlite(t)) })
	t.Run("postgres", func(t *testing.T) { test(t, open(t, pgtest.Start(t).Database(t))) })
}

func TestTransactionsThatGoWrong(t *testing.T) {
	for name, faults := range map[string][]fault{
		"refused":                   {refused},
		"taken back":                {rolledBack, rolledBack},
		"written, but an error":     {lostAnswer},
		"unknown, written":          {unknown},
		"unknown, not written":      {unknownLost},
		"the second unknown":        {none, unknown},
		"one after another":         {refused, unknownLost, rolledBack, unknown, refused, lostAnswer, unknown},
		"unknown, then refused":     {unknown, refused, refused},
		"unknown once more":         {unknownLost, unknown, none, unknownLost, unknown},
		"for long":                  {refused, refused, refused, refused, refused, refused, refused, refused},
		"taken back, then an error": {rolledBack, lostAnswer},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t, sqlite(t), stops)
			o := w.options()
			db := &faulty{DB: w.db, faults: faults}
			o.State = db
			r := start(t, w, o)
			for round := range 3 {
				var files []source.Arrival
				for i := range 3 {
					// Each file has an event of its own, one that another file of the
					// round has, and one that a file of each round has.
					files = append(files, file(keyAt(fmt.Sprint(round, i)), plainLog(
						call(fmt.Sprint("own", round, i), "StopLogging", 60*round), call(fmt.Sprint("round", round), "StopLogging", 60*round),
						call("all", "StopLogging", 240),
					)))
				}
				r.take(t, append(files, files[0])...)
			}
			if d := cmp.Diff(map[int]float64{0: 4, 1: 4, 2: 4, 4: 1}, w.sums(t, "stops")); d != "" {
				t.Error(d)
			}
			if all := w.all(t); len(all) != 13 || w.stored(t) != 13 {
				t.Errorf("%d events are stored, %d different ones", w.stored(t), len(all))
			}
			s := r.Stats()
			if s.FilesFailed != 0 || s.FilesTaken != 12 || s.FilesInFlight != 0 {
				t.Errorf("%+v", s)
			}
		})
	}
}

// What an attempt of unknown outcome wrote counts as what it was.
func TestTheCountsAfterAnUnknownOutcome(t *testing.T) {
	w := newWorld(t, sqlite(t), stops)
	o := w.options()
	o.State = &faulty{DB: w.db, faults: []fault{unknown}}
	woken := 0
	o.Committed = func() { woken++ }
	r := start(t, w, o)
	r.take(t, file(keyAt("a"), plainLog(call("1", "StopLogging", 0), call("1", "StopLogging", 0))))
	if s := r.Stats(); s.FilesCommitted != 1 || s.FilesDuplicate != 0 || s.RecordsStored != 1 || s.RecordsDuplicate != 1 {
		t.Errorf("%+v", s)
	}
	if woken != 1 {
		t.Errorf("woken %d times", woken)
	}
}

// The database is gone when it starts.
func TestTheStartWaitsForTheDatabase(t *testing.T) {
	w := newWorld(t, sqlite(t), stops)
	o := w.options()
	views := 0
	o.State = &late{DB: w.db, fails: func() bool { views++; return views <= 3 }}
	r := start(t, w, o)
	r.take(t, file(keyAt("a"), plainLog(call("1", "StopLogging", 0))))
}

// late is a database that cannot be read at first.
type late struct {
	*state.DB
	fails func() bool
}

func (l *late) View(ctx context.Context, f func(*state.Tx) error) error {
	if l.fails() {
		return errBroken
	}
	return l.DB.View(ctx, f)
}

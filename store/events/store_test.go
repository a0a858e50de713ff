package events

import (
	"context"
	"fmt"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"tocsin/store/blob"
	"tocsin/store/state"
)

// A fixture is a store on a database of its own, with one log group.
type fixture struct {
	*Store
	t     testing.TB
	db    *state.DB
	blobs blob.Store
	group state.LogGroup
	now   time.Time
	all   []Event // what is stored
}

func newFixture(t testing.TB, change func(*Options)) *fixture {
	t.Helper()
	db, err := state.Open(t.Context(), "sqlite:"+filepath.Join(t.TempDir(), "state.db"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = db.Close() })
	f := &fixture{t: t, db: db, blobs: blob.NewMemory(), now: time.UnixMilli(1_700_000_000_000)}
	o := Options{State: db, Blobs: f.blobs, Owner: "test", Now: func() time.Time { return f.now }}
	if change != nil {
		change(&o)
	}
	f.blobs = o.Blobs
	f.Store = New(o)
	t.Cleanup(func() {
		if err := f.Close(); err != nil {
			t.Error(err)
		}
	})
	f.update(func(tx *state.Tx) error {
		f.group, err = tx.EnsureLogGroup(t.Context(), state.LogGroup{Scope: state.Scope{Partition: "aws", Account: "000000000000", Region: "eu-west-1"}, Name: "cloudtrail/main"})
		return err
	})
	return f
}

func (f *fixture) update(do func(*state.Tx) error) {
	f.t.Helper()
	if err := f.db.Update(context.Background(), do); err != nil {
		f.t.Fatal(err)
	}
}

// add stores events as one block.
func (f *fixture) add(events ...Event) {
	f.t.Helper()
	b, err := encode(f.group.ID, slices.Values(events), f.sizes.pageBytes)
	if err != nil {
		f.t.Fatal(err)
	}
	f.update(func(tx *state.Tx) error {
		_, err := tx.AddBlock(context.Background(), b)
		return err
	})
	f.all = append(f.all, events...)
}

func (f *fixture) seal() {
	f.t.Helper()
	if err := f.Seal(context.Background()); err != nil {
		f.t.Fatal(err)
	}
}

// holds are the blocks and segments of the group.
func (f *fixture) holds() (blocks []state.Block, segments []state.Segment) {
	f.t.Helper()
	err := f.db.View(context.Background(), func(tx *state.Tx) error {
		var err error
		if blocks, err = tx.Blocks(context.Background(), f.group.ID, -1<<62, 1<<62, 0); err != nil {
			return err
		}
		segments, err = tx.Segments(context.Background(), f.group.ID, -1<<62, 1<<62)
		return err
	})
	if err != nil {
		f.t.Fatal(err)
	}
	return blocks, segments
}

// keys are the blobs.
func (f *fixture) keys() []string {
	f.t.Helper()
	var keys []string
	for e, err := range f.blobs.List(context.Background(), "", "") {
		if err != nil {
			f.t.Fatal(err)
		}
		keys = append(keys, e.Key)
	}
	return keys
}

// plain is the plain meaning of a query: a filter over all events, in order.
func (f *fixture) plain(q Query) []Event {
	var found []Event
	for _, e := range f.all {
		if e.Time >= q.From && e.Time <= q.To && selectsPlainly(q, e) {
			found = append(found, e)
		}
	}
	slices.SortFunc(found, func(a, b Event) int { return a.place().compare(b.place()) })
	if !q.OldestFirst {
		slices.Reverse(found)
	}
	return found
}

func selectsPlainly(q Query, e Event) bool {
	if q.Streams != nil && !slices.Contains(q.Streams, e.Stream) {
		return false
	}
	var r record
	newTaker().take(e.Message, &r)
	for _, m := range q.Attributes {
		if !attributes[m.Attribute].holds(&r, []byte(m.Value)) {
			return false
		}
	}
	return q.Pattern == nil || q.Pattern.Match(e.Message)
}

// pages are all events that a query finds, page by page; between is called
// after each.
func (f *fixture) pages(q Query, between func()) []Event {
	f.t.Helper()
	var found []Event
	for {
		page, err := f.Search(context.Background(), q)
		if err != nil {
			f.t.Fatal(err)
		}
		found = append(found, page.Events...)
		if page.Next == "" {
			return found
		}
		if len(page.Events) == 0 {
			f.t.Fatalf("an empty page that has a next one")
		}
		q.After = page.Next
		if between != nil {
			between()
		}
	}
}

// outline shows events by time and id.
func outline(events []Event) []string {
	var lines []string
	for _, e := range events {
		lines = append(lines, fmt.Sprintf("%d %x %s %d %s", e.Time, e.ID[:4], e.Stream, e.Ingested, e.Message))
	}
	return lines
}

package blobtest

import (
	"bytes"
	"context"
	"errors"
	"io"
	"testing"

	"tocsin/store/blob"
)

// filled is a store with three blobs, under the plan.
func filled(t *testing.T, plan Plan) blob.Store {
	t.Helper()
	s := blob.NewMemory()
	for _, key := range []string{"a", "b", "c"} {
		put(t, s, key, []byte("0123456789"))
	}
	return Faulty(s, plan)
}

// always is the plan in which every call of op meets the fault.
func always(op Op, fault Fault) Plan {
	return func(_ context.Context, called Op, _ string) Fault {
		if called == op {
			return fault
		}
		return None
	}
}

func TestReadsFail(t *testing.T) {
	for _, c := range []struct {
		op    Op
		fault Fault
		bytes int // that come nevertheless
	}{
		{Get, NotApplied, 0},
		{Get, Applied, 0},
		{Get, Cut, 5},
		{Open, NotApplied, 0},
		{Open, Applied, 0},
		{ReadAt, NotApplied, 0},
		{ReadAt, Applied, 10},
		{ReadAt, Cut, 5},
		{Stat, NotApplied, 0},
		{Stat, Applied, 0},
		{List, NotApplied, 0},
		{List, Cut, 1},
		{List, Applied, 3},
	} {
		s := filled(t, always(c.op, c.fault))
		n, err := 0, error(nil)
		switch c.op {
		case Get:
			var content []byte
			content, err = read(t.Context(), s, "a")
			n = len(content)
		case Open, ReadAt:
			var r blob.Reader
			if r, err = s.Open(t.Context(), "a"); err == nil {
				n, err = r.ReadAt(make([]byte, 10), 0)
			}
		case Stat:
			_, err = s.Stat(t.Context(), "a")
		case List:
			for _, e := range s.List(t.Context(), "", "") {
				if err = e; e == nil {
					n++
				}
			}
		}
		if n != c.bytes || !errors.Is(err, ErrFault) {
			t.Errorf("%s, fault %d: got %d and %v, want %d and the fault", c.op, c.fault, n, err, c.bytes)
		}
	}
}

func TestShort(t *testing.T) {
	r, err := filled(t, always(Get, Short)).Get(t.Context(), "a")
	if err != nil {
		t.Fatal(err)
	}
	p := make([]byte, 10)
	if n, err := r.Read(p); n != 1 || err != nil {
		t.Errorf("the first read gives %d, %v", n, err)
	}
	if n, err := io.ReadFull(r, p[1:]); n != 9 || err != nil || !bytes.Equal(p, []byte("0123456789")) {
		t.Errorf("the others give %d, %v: %q", n, err, p)
	}
}

func TestHold(t *testing.T) {
	waiting, release := make(chan struct{}), make(chan struct{})
	s := filled(t, Hold(Delete, waiting, release))
	remove := func(ctx context.Context, key string) <-chan error {
		done := make(chan error, 1)
		go func() { done <- s.Delete(ctx, key) }()
		<-waiting
		return done
	}
	ctx, cancel := context.WithCancel(t.Context())
	givenUp, patient := remove(ctx, "a"), remove(t.Context(), "b")
	get(t, s, "b") // still there, and other calls go on
	cancel()
	if err := <-givenUp; !errors.Is(err, context.Canceled) {
		t.Errorf("given up: %v", err)
	}
	close(release)
	if err := <-patient; err != nil {
		t.Errorf("released: %v", err)
	}
	absent(t, s, "b")
	get(t, s, "a")
}

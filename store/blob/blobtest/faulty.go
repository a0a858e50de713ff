package blobtest

import (
	"context"
	"errors"
	"fmt"
	"io"
	"iter"
	"sync/atomic"

	"tocsin/store/blob"
)

// An Op is a call that a fault can meet: a method of a store, or one of a reader.
type Op string

// The methods of blob.Store and, for what is read from an open blob, ReadAt.
const (
	Put    Op = "put"
	Get    Op = "get"
	Open   Op = "open"
	ReadAt Op = "read at"
	Stat   Op = "stat"
	List   Op = "list"
	Delete Op = "delete"
)

// A Fault is what goes wrong with a call.
type Fault int

const (
	// None lets the call through.
	None Fault = iota
	// NotApplied makes the call fail before the store hears of it.
	NotApplied
	// Applied makes the call fail after the store has done it: the answer is
	// lost. A listing fails at its end.
	Applied
	// Short makes a Get give a byte at a time, as a reader may.
	Short
	// Cut makes what is read break off halfway: Get's content with an error,
	// ReadAt's bytes likewise, a listing after its first entry.
	Cut
)

// ErrFault is what a call fails with that a fault has met.
var ErrFault = errors.New("fault of the test")

// A Plan says what goes wrong with a call. It may wait, to make the store slow,
// as long as ctx is not done.
type Plan func(ctx context.Context, op Op, key string) Fault

// Once is the plan in which the first call of op meets the fault.
func Once(op Op, fault Fault) Plan {
	var met atomic.Bool
	return func(_ context.Context, called Op, _ string) Fault {
		if called != op || met.Swap(true) {
			return None
		}
		return fault
	}
}

// Hold is the plan in which calls of op wait until release is closed or their
// context is done. Each tells on waiting that it has begun.
func Hold(op Op, waiting chan<- struct{}, release <-chan struct{}) Plan {
	return func(ctx context.Context, called Op, _ string) Fault {
		if called != op {
			return None
		}
		select {
		case waiting <- struct{}{}:
		case <-ctx.Done():
			return None
		}
		select {
		case <-release:
		case <-ctx.Done():
		}
		return None
	}
}

// Faulty is store with the faults of plan, which is asked at every call.
func Faulty(store blob.Store, plan Plan) blob.Store { return &faulty{store, plan} }

// faulty is a store whose calls go wrong by a plan.
type faulty struct {
	store blob.Store
	plan  Plan
}

// begin asks the plan. An error ends the call before the store hears of it.
func (f *faulty) begin(ctx context.Context, op Op, key string) (Fault, error) {
	fault := f.plan(ctx, op, key)
	if err := ctx.Err(); err != nil {
		return fault, err
	}
	if fault == NotApplied {
		return fault, broken(op, key)
	}
	return fault, nil
}

// end is the result of a call that the store has answered with err.
func end(fault Fault, op Op, key string, err error) error {
	if fault == Applied && err == nil {
		return broken(op, key)
	}
	return err
}

// broken is a fault's error.
func broken(op Op, key string) error { return fmt.Errorf("%s %q: %w", op, key, ErrFault) }

func (f *faulty) Put(ctx context.Context, key string, content io.ReadSeeker) error {
	fault, err := f.begin(ctx, Put, key)
	if err != nil {
		return err
	}
	return end(fault, Put, key, f.store.Put(ctx, key, content))
}

func (f *faulty) Get(ctx context.Context, key string) (io.ReadCloser, error) {
	fault, err := f.begin(ctx, Get, key)
	if err != nil {
		return nil, err
	}
	content, err := f.store.Get(ctx, key)
	if err != nil {
		return nil, err
	}
	switch fault {
	case Applied:
		return nil, errors.Join(broken(Get, key), content.Close())
	case Short:
		return shaped{oneByte{content}, content}, nil
	case Cut:
		about, err := f.store.Stat(ctx, key)
		if err != nil {
			return nil, errors.Join(err, content.Close())
		}
		half := io.LimitReader(content, about.Size/2)
		return shaped{io.MultiReader(half, failing{broken(Get, key)}), content}, nil
	}
	return content, nil
}

// shaped is a content read through something else.
type shaped struct {
	io.Reader
	io.Closer
}

// oneByte reads a byte at a time.
type oneByte struct{ r io.Reader }

func (o oneByte) Read(p []byte) (int, error) { return o.r.Read(p[:min(1, len(p))]) }

// failing fails at every read.
type failing struct{ err error }

func (f failing) Read([]byte) (int, error) { return 0, f.err }

func (f *faulty) Open(ctx context.Context, key string) (blob.Reader, error) {
	fault, err := f.begin(ctx, Open, key)
	if err != nil {
		return nil, err
	}
	r, err := f.store.Open(ctx, key)
	if err != nil {
		return nil, err
	}
	if fault == Applied {
		return nil, errors.Join(broken(Open, key), r.Close())
	}
	return &faultyReader{r, ctx, f, key}, nil
}

// faultyReader is an open blob of a faulty store.
type faultyReader struct {
	blob.Reader
	ctx   context.Context
	store *faulty
	key   string
}

func (r *faultyReader) ReadAt(p []byte, offset int64) (int, error) {
	fault, err := r.store.begin(r.ctx, ReadAt, r.key)
	if err != nil {
		return 0, err
	}
	if fault == Cut {
		n, err := r.Reader.ReadAt(p[:len(p)/2], offset)
		return n, errors.Join(broken(ReadAt, r.key), err)
	}
	n, err := r.Reader.ReadAt(p, offset)
	return n, end(fault, ReadAt, r.key, err)
}

func (f *faulty) Stat(ctx context.Context, key string) (blob.Entry, error) {
	fault, err := f.begin(ctx, Stat, key)
	if err != nil {
		return blob.Entry{}, err
	}
	about, err := f.store.Stat(ctx, key)
	if err = end(fault, Stat, key, err); err != nil {
		return blob.Entry{}, err
	}
	return about, nil
}

func (f *faulty) List(ctx context.Context, prefix, after string) iter.Seq2[blob.Entry, error] {
	return func(yield func(blob.Entry, error) bool) {
		fault, err := f.begin(ctx, List, prefix)
		if err != nil {
			yield(blob.Entry{}, err)
			return
		}
		for about, err := range f.store.List(ctx, prefix, after) {
			if !yield(about, err) || err != nil {
				return
			}
			if fault == Cut {
				break
			}
		}
		if fault == Cut || fault == Applied {
			yield(blob.Entry{}, broken(List, prefix))
		}
	}
}

func (f *faulty) Delete(ctx context.Context, key string) error {
	fault, err := f.begin(ctx, Delete, key)
	if err != nil {
		return err
	}
	return end(fault, Delete, key, f.store.Delete(ctx, key))
}

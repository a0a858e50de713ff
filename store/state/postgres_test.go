package state_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"tocsin/core/metric"
	"tocsin/internal/pgtest"
	"tocsin/store/state"
)

func TestPasswordIsNeverInErrors(t *testing.T) {
	for _, dsn := range []string{
		"postgres://user:s3cret@127.0.0.1:1/db",
		"postgres://user:s3cret@127.0.0.1:port/db",
		"postgres://user:s3cret@[::1/db",
		"postgres://user:s3cret%zz@host/db",
		"postgres://user:s3cret@127.0.0.1:1/db?sslmode=sometimes",
		"postgres://user@127.0.0.1:1/db?password=s3cret&sslmode=",
		"user:s3cret@host",
		"mysql://user:s3cret@host/db",
	} {
		_, err := state.Open(t.Context(), dsn)
		if err == nil || strings.Contains(err.Error(), "s3cret") {
			t.Errorf("%s: %v", dsn, err)
		}
	}
}

// TestOutage counts while the server goes and comes back: whoever repeats what
// failed, by keys that are the same each time, counts everything once.
func TestOutage(t *testing.T) {
	server := pgtest.Start(t)
	dsn := server.Database(t)
	if _, err := state.OpenReader(t.Context(), dsn); err == nil || !strings.Contains(err.Error(), "tocsin serve") {
		t.Errorf("a reader of an empty database got %v", err)
	}
	const workers, enough = 4, 48
	m := metric.NewIdentity("ns", "m")
	var done, failed atomic.Int64
	var over atomic.Bool
	var all sync.WaitGroup
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Minute)
	defer cancel()
	for w := range workers {
		db := open(t, dsn)
		all.Go(func() {
			for n := 0; !over.Load(); n++ {
				for {
					err := db.Update(ctx, func(tx *state.Tx) error {
						fresh, err := tx.AddMarks(ctx, []state.Mark{{Source: "s", Key: fmt.Sprint(w, " ", n)}})
						if err != nil || !fresh[0] {
							return err
						}
						return tx.AddPoints(ctx, []state.Points{{Metric: m, Points: []metric.Point{{Samples: metric.Of(1)}}}})
					})
					if err == nil {
						break
					}
					if ctx.Err() != nil {
						t.Error(err)
						return
					}
					failed.Add(1)
				}
				done.Add(1)
			}
		})
	}
	// grows waits until a count has grown.
	grows := func(count *atomic.Int64, by int64) {
		for least := count.Load() + by; count.Load() < least && ctx.Err() == nil; {
			select {
			case <-ctx.Done():
			case <-time.After(time.Millisecond):
			}
		}
	}
	for range 3 {
		grows(&done, enough)
		server.Stop(t)
		grows(&failed, 1)
		server.Restart(t)
	}
	grows(&done, enough)
	over.Store(true)
	all.Wait()
	var points []metric.Point
	reader, err := state.OpenReader(t.Context(), dsn)
	if err != nil {
		t.Fatal(err)
	}
	defer reader.Close()
	if err := reader.View(t.Context(), func(tx *state.Tx) (err error) {
		points, err = tx.Points(t.Context(), state.Scope{}, m, 0, 1)
		return err
	}); err != nil {
		t.Fatal(err)
	}
	if got := points[0].Samples.SampleCount; got != float64(done.Load()) {
		t.Errorf("counted %v of %d", got, done.Load())
	}
}

func TestCommitOfUnknownOutcome(t *testing.T) {
	server := pgtest.Start(t)
	dsn := server.Database(t)
	direct := open(t, dsn)
	p := newProxy(t, dsn)
	db := open(t, p.dsn)
	for fault, written := range map[fault]bool{dropCommit: false, dropReply: true} {
		name := fmt.Sprint("fault ", fault)
		p.fault.Store(int32(fault))
		err := db.Update(t.Context(), func(tx *state.Tx) error { return tx.SetSetting(t.Context(), name, "x") })
		if !errors.Is(err, state.ErrUnknown) {
			t.Errorf("%s: got %v", name, err)
		}
		p.fault.Store(int32(none))
		if got := read(t, direct, name) == "x"; got != written {
			t.Errorf("%s: written %v", name, got)
		}
		set(t, db, name, "again")
		if read(t, direct, name) != "again" {
			t.Errorf("%s: the next transaction did not write", name)
		}
	}
}

func TestServerThatHangs(t *testing.T) {
	server := pgtest.Start(t)
	p := newProxy(t, server.Database(t))
	db := open(t, p.dsn)
	set(t, db, "x", "1")
	db.SetPatience(200 * time.Millisecond)
	p.fault.Store(int32(hang))
	began := time.Now()
	err := db.Update(t.Context(), func(tx *state.Tx) error { return tx.SetSetting(t.Context(), "x", "2") })
	if err == nil || errors.Is(err, state.ErrUnknown) {
		t.Errorf("got %v", err)
	}
	if took := time.Since(began); took > time.Minute {
		t.Errorf("hung for %v", took)
	}
	p.fault.Store(int32(none))
	db.SetPatience(10 * time.Second)
	if got := read(t, db, "x"); got != "1" {
		t.Errorf("got %q", got)
	}
}

// TestDeadlockIsTriedAgain locks two topics in both orders, against the rules.
func TestDeadlockIsTriedAgain(t *testing.T) {
	server := pgtest.Start(t)
	dsn := server.Database(t)
	a, b := open(t, dsn), open(t, dsn)
	ctx := t.Context()
	if err := a.Update(ctx, func(tx *state.Tx) error {
		return errors.Join(tx.PutTopic(ctx, state.Topic{ARN: "1"}), tx.PutTopic(ctx, state.Topic{ARN: "2"}))
	}); err != nil {
		t.Fatal(err)
	}
	var tries atomic.Int64
	var both, all sync.WaitGroup
	both.Add(2)
	for db, order := range map[*state.DB][]string{a: {"1", "2"}, b: {"2", "1"}} {
		all.Go(func() {
			met := false
			if err := db.Update(ctx, func(tx *state.Tx) error {
				tries.Add(1)
				if err := tx.LockTopic(ctx, order[0]); err != nil {
					return err
				}
				if !met {
					met = true
					both.Done()
					both.Wait()
				}
				return tx.LockTopic(ctx, order[1])
			}); err != nil {
				t.Error(err)
			}
		})
	}
	all.Wait()
	if tries.Load() < 3 {
		t.Errorf("%d tries: there was no deadlock", tries.Load())
	}
}

// A fault is what happens to a transaction on its way.
type fault int32

const (
	none       fault = iota
	dropCommit       // the connection breaks before the server sees the commit
	dropReply        // the connection breaks when the server has committed
	hang             // nothing arrives any more
)

// A proxy stands between a database and its server.
type proxy struct {
	dsn   string
	fault atomic.Int32
}

func newProxy(t *testing.T, dsn string) *proxy {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	before, rest, _ := strings.Cut(dsn, "@")
	server, after, _ := strings.Cut(rest, "/")
	p := &proxy{dsn: before + "@" + l.Addr().String() + "/" + after}
	var all sync.WaitGroup
	var clients []net.Conn // used by the goroutine below, and when it has ended
	accepting := make(chan struct{})
	all.Go(func() {
		defer close(accepting)
		for {
			client, err := l.Accept()
			if err != nil {
				return // closed
			}
			clients = append(clients, client)
			all.Go(func() { p.serve(t, client, server) })
		}
	})
	t.Cleanup(func() {
		if err := l.Close(); err != nil {
			t.Error(err)
		}
		<-accepting
		for _, c := range clients {
			c.Close() // most are closed already
		}
		all.Wait()
	})
	return p
}

func (p *proxy) serve(t *testing.T, client net.Conn, address string) {
	server, err := net.Dial("tcp", address)
	if err != nil {
		t.Error(err)
		client.Close()
		return
	}
	var replies sync.WaitGroup
	var mute atomic.Bool
	replies.Go(func() {
		// What breaks a connection is the test's business.
		_, _ = io.Copy(writer(func(b []byte) (int, error) {
			if mute.Load() {
				return len(b), nil
			}
			return client.Write(b)
		}), server)
		client.Close()
	})
	_, _ = io.Copy(writer(func(b []byte) (int, error) {
		commit := bytes.Contains(b, []byte("COMMIT\x00"))
		switch f := fault(p.fault.Load()); {
		case f == hang:
			return len(b), nil
		case f == dropCommit && commit:
			return 0, net.ErrClosed
		case f == dropReply && commit:
			mute.Store(true)
			if _, err := server.Write(b); err != nil {
				return 0, err
			}
			// The reply, which the client does not get.
			return len(b), server.(*net.TCPConn).CloseWrite()
		}
		return server.Write(b)
	}), client)
	server.Close()
	replies.Wait()
}

type writer func([]byte) (int, error)

func (w writer) Write(b []byte) (int, error) { return w(b) }

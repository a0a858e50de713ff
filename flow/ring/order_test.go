package ring_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"tocsin/core/alarm"
	"tocsin/core/metric"
	"tocsin/flow/ring"
	"tocsin/internal/pgtest"
	"tocsin/store/state"
)

// TestLocksInOrder: alarms that are noted together are locked in the order in
// which new data makes them due, whichever of them was due first.
func TestLocksInOrder(t *testing.T) {
	ctx := t.Context()
	dsn := pgtest.Start(t).Database(t)
	db := openDB(t, dsn)
	noting := &noting{DB: db, begin: make(chan bool), proceed: make(chan bool)}
	w := newWorld(t, db, func(o *ring.Options) { o.State = noting })
	w.alarm("first", nil)
	w.alarm("second", nil)
	now := start.Add(time.Hour)
	w.count("first", now, 1)
	w.tick(now)                                              // it rings, and is due again at the next tick
	w.update(func(ctx context.Context, tx *state.Tx) error { // due at once
		second := w.storedIn(ctx, tx, alarm.ARN(scope.Partition, scope.Region, scope.Account, "second"))
		return tx.SetAlarmRecord(ctx, second.Definition.ARN, second.Record)
	})
	// Not when somebody waits already: PostgreSQL lets nobody wait for long.
	watcher, err := pgx.Connect(ctx, dsn)
	if err != nil {
		t.Fatal(err)
	}
	noting.watch = true
	ended := make(chan error, 1)
	go func() {
		_, err := w.Tick(ctx, now.Add(time.Minute))
		ended <- err
	}()
	<-noting.begin
	tries := 0
	touch := func(name string) []state.Touch {
		return []state.Touch{{Scope: scope, Metric: metric.NewIdentity("CIS", name), Minute: now.UnixMilli()}}
	}
	w.update(func(ctx context.Context, tx *state.Tx) error {
		tries++
		if err := tx.MarkDue(ctx, touch("first")); err != nil {
			return err
		}
		if tries == 1 {
			close(noting.proceed)
			if err := blocked(ctx, watcher); err != nil {
				return err
			}
		}
		return tx.MarkDue(ctx, touch("second"))
	})
	if err := <-ended; err != nil {
		t.Error(err)
	}
	if tries+noting.tries > 2 {
		t.Errorf("they waited for each other: %d and %d tries", tries, noting.tries)
	}
}

// A noting database lets the second transaction, which notes, wait.
type noting struct {
	*state.DB
	watch          bool
	updates, tries int
	begin, proceed chan bool
}

func (n *noting) Update(ctx context.Context, do func(*state.Tx) error) error {
	if n.watch {
		n.updates++
	}
	if n.updates != 2 {
		return n.DB.Update(ctx, do)
	}
	n.begin <- true
	<-n.proceed
	return n.DB.Update(ctx, func(tx *state.Tx) error {
		n.tries++
		return do(tx)
	})
}

// blocked returns when a session waits for a lock.
func blocked(ctx context.Context, c *pgx.Conn) (err error) {
	for waiting := 0; waiting == 0 && err == nil; {
		err = c.QueryRow(ctx, `SELECT COUNT(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'`).Scan(&waiting)
	}
	return errors.Join(err, c.Close(ctx))
}

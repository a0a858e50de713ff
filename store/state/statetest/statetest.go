// Package statetest is what every database must do for package state: Run on
// each of them.
package statetest

import (
	"context"
	"errors"
	"reflect"
	"sync"
	"testing"
	"time"

	"tocsin/store/state"
)

// Run runs the suite. Open gives a new database, opened twice where the database
// allows several writers; otherwise both are the same.
func Run(t *testing.T, open func(t *testing.T) (a, b *state.DB)) {
	for _, test := range []struct {
		name string
		run  func(t *testing.T, s suite)
	}{
		{"a transaction is all or nothing", transactions},
		{"a view is one snapshot", views},
		{"a closed database says so", closed},
		{"log groups", logGroups},
		{"a log group takes all with it", deletedLogGroup},
		{"attributes of log groups", logGroupAttributes},
		{"log streams", logStreams},
		{"subscription filters", subscriptionFilters},
		{"what subscription filters send on", forwards},
		{"metric filters", metricFilters},
		{"marks", marks},
		{"marks by many at a time", marksTogether},
		{"names that databases do not like", hostileNames},
		{"last files", lastFiles},
		{"positions", positions},
		{"blocks", blocks},
		{"segments and garbage", segments},
		{"usage", usage},
		{"spans", spans},
		{"spans by many at a time", spansTogether},
		{"points", points},
		{"points keep their distribution", distributions},
		{"points of numbers that overflow", overflow},
		{"points by many at a time", pointsTogether},
		{"metrics", metrics},
		{"units are kept apart", units},
		{"units by many at a time", unitsTogether},
		{"metrics are found", findMetrics},
		{"evidence", evidence},
		{"evidence by many at a time", evidenceTogether},
		{"alarms", alarms},
		{"an alarm comes back as it was", alarmRoundTrip},
		{"alarms become due", due},
		{"alarms know the newest file", began},
		{"an alarm is leased once", alarmLeases},
		{"minutes touched during a lease stay due", touchedDuringLease},
		{"an evaluation of what changed is refused", staleEvaluation},
		{"metric math alarms become due", metricMath},
		{"alarms touched and evaluated together", alarmsTogether},
		{"alarms are found", findAlarms},
		{"an alarm is put while its metric is counted", putWhileCounting},
		{"transitions", transitions},
		{"timers", timers},
		{"history", history},
		{"history is pruned", pruneHistory},
		{"rings are pruned", pruneRings},
		{"rings, and minutes that are left", rings},
		{"rings go with their alarm", ringsGone},
		{"topics", topics},
		{"subscriptions", subscriptions},
		{"tokens", tokens},
		{"the outbox", outbox},
		{"a message is spread once", spreadOnce},
		{"deliveries", deliveries},
		{"deliveries under lease count", perSubscription},
		{"deliveries leased by many at a time", deliveriesTogether},
		{"a delivery is put off", postpone},
		{"what waits for a time that is far away again is made due", hasten},
		{"attempts without end are bounded", attemptsWithoutEnd},
		{"a dead delivery is sent again", resend},
		{"who is removed is told so", goodbye},
		{"what a subscription was to be told goes with it", deletedSubscription},
		{"delivered messages are pruned", pruneMessages},
		{"settings", settings},
		{"leases", leases},
		{"resources", resources},
		{"resources changed by many at a time", resourcesTogether},
		{"tags", tags},
		{"own records", ownRecords},
		{"objects", objects},
		{"blobs of objects that go are garbage", objectGarbage},
		{"objects are listed", listings},
		{"composite alarms", compositeAlarms},
	} {
		t.Run(test.name, func(t *testing.T) {
			a, b := open(t)
			test.run(t, suite{a, b})
		})
	}
}

// A suite is a database, open twice.
type suite struct{ a, b *state.DB }

// both gives one and the other, in turn.
func (s suite) both(i int) *state.DB {
	if i%2 == 0 {
		return s.a
	}
	return s.b
}

var (
	scope = state.Scope{Partition: "aws", Account: "000000000000", Region: "us-east-1"}
	start = time.Date(2026, 7, 1, 12, 0, 0, 0, time.UTC)
)

// update runs f in a transaction that has to succeed.
func update(t *testing.T, db *state.DB, f func(ctx context.Context, tx *state.Tx) error) {
	t.Helper()
	ctx := t.Context()
	if err := db.Update(ctx, func(tx *state.Tx) error { return f(ctx, tx) }); err != nil {
		t.Fatal(err)
	}
}

// refused runs f in a transaction that has to fail with an error.
func refused(t *testing.T, db *state.DB, want error, f func(ctx context.Context, tx *state.Tx) error) {
	t.Helper()
	ctx := t.Context()
	if err := db.Update(ctx, func(tx *state.Tx) error { return f(ctx, tx) }); !errors.Is(err, want) {
		t.Fatalf("got %v, want %v", err, want)
	}
}

// get is what f finds out.
func get[T any](t *testing.T, db *state.DB, f func(ctx context.Context, tx *state.Tx) (T, error)) (v T) {
	t.Helper()
	ctx := t.Context()
	if err := db.View(ctx, func(tx *state.Tx) (err error) {
		v, err = f(ctx, tx)
		return err
	}); err != nil {
		t.Fatal(err)
	}
	return v
}

// put is what f finds out in a transaction that writes.
func put[T any](t *testing.T, db *state.DB, f func(ctx context.Context, tx *state.Tx) (T, error)) (v T) {
	t.Helper()
	update(t, db, func(ctx context.Context, tx *state.Tx) (err error) {
		v, err = f(ctx, tx)
		return err
	})
	return v
}

// together runs f so many times at once.
func together(t *testing.T, n int, f func(i int) error) {
	t.Helper()
	var all sync.WaitGroup
	errs := make([]error, n)
	for i := range n {
		all.Go(func() { errs[i] = f(i) })
	}
	all.Wait()
	if err := errors.Join(errs...); err != nil {
		t.Fatal(err)
	}
}

// group is a log group, made if need be.
func group(t *testing.T, s suite, name string) state.LogGroup {
	t.Helper()
	return put(t, s.a, func(ctx context.Context, tx *state.Tx) (state.LogGroup, error) {
		return tx.EnsureLogGroup(ctx, state.LogGroup{Scope: scope, Name: name, Created: start})
	})
}

// filled fails for a value that is not filled in everywhere, so that a member
// that is added later is not forgotten by what stores it.
func filled(t *testing.T, v any) {
	t.Helper()
	unfilled(t, reflect.ValueOf(v), reflect.TypeOf(v).String())
}

func unfilled(t *testing.T, v reflect.Value, where string) {
	t.Helper()
	if v.IsZero() {
		t.Errorf("%s is not filled in", where)
		return
	}
	switch v.Kind() {
	case reflect.Pointer:
		if v.Elem().Kind() == reflect.Struct {
			unfilled(t, v.Elem(), where)
		}
	case reflect.Slice:
		for i := range v.Len() {
			unfilled(t, v.Index(i), where+"[]")
		}
	case reflect.Struct:
		if v.Type() == reflect.TypeFor[time.Time]() {
			return
		}
		for f, value := range v.Fields() {
			if f.IsExported() {
				unfilled(t, value, where+"."+f.Name)
			}
		}
	}
}

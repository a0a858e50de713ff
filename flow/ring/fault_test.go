package ring_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"tocsin/core/alarm"
	"tocsin/flow/ring"
	"tocsin/internal/pgtest"
	"tocsin/store/state"
)

// TestFaults: whichever access to the database fails, before it does anything or
// after it did, the alarm rings exactly once.
func TestFaults(t *testing.T) {
	for _, kind := range []string{"before", "after", "views"} {
		for n := 1; n <= 8; n++ {
			t.Run(fmt.Sprintf("%s %d", kind, n), func(t *testing.T) {
				db := sqlite(t)
				f := &fault{DB: db}
				w := newWorld(t, db, func(o *ring.Options) { o.State = f })
				a := w.alarm("a", nil)
				w.alarm("b", nil)
				w.tick(start)
				now := start.Add(time.Hour)
				w.count("a", now, 1)
				w.count("b", now, 1)
				f.arm(kind, n)
				failed := false
				for i := range 20 {
					// An alarm that was spared is tried again when its lease runs out.
					if _, err := w.Tick(t.Context(), now.Add(time.Duration(i)*5*time.Second)); err != nil {
						failed = true
						if !errors.Is(err, errBroken) && !errors.Is(err, state.ErrUnknown) {
							t.Fatal(err)
						}
					}
				}
				if !failed && n == 1 {
					t.Error("nothing failed")
				}
				got := w.subjects()
				slices.Sort(got)
				if !slices.Equal(got, []string{`ALARM: "a" in EU (Frankfurt)`, `ALARM: "b" in EU (Frankfurt)`}) {
					t.Errorf("told %q\n%s", got, w.log.String())
				}
				var items []string
				for _, h := range w.history(a.Definition.ARN) {
					items = append(items, h.Type)
				}
				if got := strings.Join(items, " "); got != "StateUpdate StateUpdate Action" {
					t.Errorf("history: %s", got)
				}
				if got := len(w.rings(a)); got != 1 {
					t.Errorf("%d rings", got)
				}
			})
		}
	}
}

// arm makes n accesses fail from now on.
func (f *fault) arm(kind string, n int) {
	f.mu.Lock()
	defer f.mu.Unlock()
	switch kind {
	case "before":
		f.before = n
	case "after":
		f.after = n
	case "views":
		f.views = n
	}
}

// TestTheSameMessage: the id of a message follows from what it tells of.
func TestTheSameMessage(t *testing.T) {
	ids := func(change func(*state.Alarm)) string {
		w := newWorld(t, sqlite(t), nil)
		w.alarm("a", change)
		w.tick(start)
		w.count("a", start.Add(time.Hour), 1)
		w.tick(start.Add(time.Hour + 10*time.Second))
		w.run(start.Add(time.Hour+time.Minute), start.Add(2*time.Hour))
		w.count("a", start.Add(3*time.Hour), 1)
		w.tick(start.Add(3*time.Hour + 20*time.Second))
		var ids []string
		for _, p := range w.outbox() {
			ids = append(ids, p.Message.ID)
		}
		if len(ids) != 2 || ids[0] == ids[1] {
			t.Fatalf("ids %q", ids)
		}
		return strings.Join(ids, " ")
	}
	one := ids(nil)
	if two := ids(nil); one != two {
		t.Errorf("the same story has the ids %s and %s", one, two)
	}
	if other := ids(func(a *state.Alarm) { a.Definition.ConfigurationUpdated = start.Add(time.Second) }); one == other {
		t.Error("an alarm that was made again has the same ids")
	}
}

// TestOneOfMany: an alarm whose outcome the database refuses keeps no other from
// ringing, and is tried again when its lease runs out.
func TestOneOfMany(t *testing.T) {
	db := sqlite(t)
	bad := &refusing{DB: db}
	w := newWorld(t, db, func(o *ring.Options) { o.State = bad })
	a := w.alarm("bad", nil)
	for i := range 10 {
		w.alarm(fmt.Sprint("good", i), nil)
	}
	w.tick(start)
	bad.id = a.ID
	now := start.Add(time.Hour)
	w.count("bad", now, 1)
	for i := range 10 {
		w.count(fmt.Sprint("good", i), now, 1)
	}
	if _, err := w.Tick(t.Context(), now); err != nil {
		t.Fatal(err)
	}
	if got := w.subjects(); len(got) != 10 {
		t.Errorf("told %q", got)
	}
	bad.id = 0
	w.run(now.Add(time.Second), now.Add(31*time.Second))
	if got := w.subjects(); !slices.Equal(got, []string{`ALARM: "bad" in EU (Frankfurt)`}) {
		t.Errorf("told later %q", got)
	}
}

// refusing is a database that refuses whatever changes one alarm.
type refusing struct {
	*state.DB
	id int64
}

func (r *refusing) Update(ctx context.Context, do func(*state.Tx) error) error {
	return r.DB.Update(ctx, func(tx *state.Tx) error {
		if err := do(tx); err != nil || r.id == 0 {
			return err
		}
		rings, err := tx.Rings(ctx, r.id, 0, state.MaxTime)
		if err == nil && len(rings) > 0 {
			err = errBroken
		}
		return err
	})
}

// TestSetByHand: what is written between the evaluation and its outcome wins.
func TestSetByHand(t *testing.T) {
	db := sqlite(t)
	meddler := &meddling{DB: db}
	w := newWorld(t, db, func(o *ring.Options) { o.State = meddler })
	a := w.alarm("a", nil)
	w.tick(start)
	now := start.Add(time.Hour + time.Second)
	w.count("a", now, 1)
	meddler.before = func() {
		w.update(func(ctx context.Context, tx *state.Tx) error {
			r, _, err := w.storedIn(ctx, tx, a.Definition.ARN).Record.Set(alarm.InAlarm, "by hand", "", now)
			if err != nil {
				return err
			}
			return tx.SetAlarmRecord(ctx, a.Definition.ARN, r)
		})
	}
	w.tick(now)
	if got := w.stored(a.Definition.ARN).Record; got.Reason != "by hand" {
		t.Errorf("%+v", got)
	}
	if got := w.Stats(); got.Overtaken != 1 {
		t.Errorf("%+v", got)
	}
	w.run(now.Add(time.Second), now.Add(time.Hour))
	if got := w.stored(a.Definition.ARN).Record; got.State != alarm.OK {
		t.Errorf("an hour later %+v", got)
	}
}

func (w *world) storedIn(ctx context.Context, tx *state.Tx, arn string) state.Alarm {
	a, err := tx.Alarm(ctx, arn)
	if err != nil {
		w.t.Fatal(err)
	}
	return a
}

// meddling does something before the first Update after a lease.
type meddling struct {
	*state.DB
	before func()
	calls  int
}

func (m *meddling) Update(ctx context.Context, do func(*state.Tx) error) error {
	if m.before != nil {
		if m.calls++; m.calls == 2 {
			before := m.before
			m.before = nil
			before()
		}
	}
	return m.DB.Update(ctx, do)
}

// TestClockGoesBack: an alarm that rings for silence is judged again when the
// clock went back, though it was due in what is the future now; so it is by
// another process.
func TestClockGoesBack(t *testing.T) {
	for _, restarted := range []bool{false, true} {
		w := newWorld(t, sqlite(t), nil)
		w.alarm("silence", func(a *state.Alarm) {
			a.Definition.TreatMissingData = alarm.Breaching
			a.Definition.ComparisonOperator = alarm.LessThanThreshold
		})
		w.tick(start)
		if got := w.subjects(); len(got) != 1 {
			t.Fatalf("silence told %q", got)
		}
		tomorrow := start.AddDate(0, 0, 1)
		w.count("silence", tomorrow, 1)
		w.tick(tomorrow.Add(time.Minute))
		w.run(tomorrow.Add(time.Minute), tomorrow.Add(2*time.Minute))
		if got := w.stored("arn:aws:cloudwatch:eu-central-1:123456789012:alarm:silence"); got.Record.State != alarm.OK || got.Due < tomorrow.UnixMilli() {
			t.Fatalf("%s, due %d", got.Record.State, got.Due)
		}
		if restarted {
			w.Ringer = ring.New(ring.Options{State: w.db, Owner: "another", Log: slog.New(slog.NewTextHandler(&w.log, nil))})
		}
		w.run(start.Add(time.Hour), start.Add(2*time.Hour))
		if got := w.subjects(); len(got) != 1 {
			t.Errorf("restarted %v: told %q", restarted, got)
		}
	}
}

// TestAfterAKill: alarms that a process had leased when it was killed are judged
// as soon as it is back.
func TestAfterAKill(t *testing.T) {
	db := sqlite(t)
	f := &fault{DB: db}
	w := newWorld(t, db, func(o *ring.Options) { o.State = f })
	w.alarm("a", nil)
	w.tick(start)
	now := start.Add(time.Hour)
	w.count("a", now, 1)
	f.arm("views", 1)
	w.update(func(ctx context.Context, tx *state.Tx) error {
		due, err := tx.LeaseAlarms(ctx, "killed", now, now.Add(time.Minute), 10)
		if err == nil && len(due) != 1 {
			err = fmt.Errorf("%d leased", len(due))
		}
		return err
	})
	back := ring.New(ring.Options{State: db, Owner: "back", Log: slog.New(slog.NewTextHandler(&w.log, nil))})
	if _, err := back.Tick(t.Context(), now.Add(time.Second)); err != nil {
		t.Fatal(err)
	}
	if got := w.subjects(); len(got) != 1 {
		t.Errorf("told %q", got)
	}
}

// TestTwoProcesses: two of them on one database judge a hundred alarms while data
// comes in; each rings once, each leaves ALARM once.
func TestTwoProcesses(t *testing.T) {
	t.Run("SQLite", func(t *testing.T) {
		db := sqlite(t)
		twoProcesses(t, db, db)
	})
	t.Run("PostgreSQL", func(t *testing.T) {
		dsn := pgtest.Start(t).Database(t)
		twoProcesses(t, openDB(t, dsn), openDB(t, dsn))
	})
}

func twoProcesses(t *testing.T, a, b *state.DB) {
	const alarms = 100
	met := make(chan bool)
	one, other := &meeting{DB: a, met: met}, &meeting{DB: b, met: met}
	w := newWorld(t, a, func(o *ring.Options) { o.State = one })
	for i := range alarms {
		w.alarm(fmt.Sprint("alarm", i), func(a *state.Alarm) { a.Definition.OKActions = []string{topicARN} })
	}
	first := w.Ringer
	second := ring.New(ring.Options{State: other, Owner: "two", Log: slog.New(slog.NewTextHandler(&w.log, nil))})
	both := func(at time.Time) {
		t.Helper()
		var wg sync.WaitGroup
		for _, r := range []*ring.Ringer{first, second} {
			wg.Go(func() {
				for range 5 {
					if _, err := r.Tick(t.Context(), at); err != nil {
						t.Error(err)
					}
				}
			})
		}
		wg.Wait()
	}
	both(start)
	if got := len(w.outbox()); got != alarms {
		t.Errorf("%d ways to OK", got)
	}
	now := start.Add(time.Hour)
	var wg sync.WaitGroup
	wg.Go(func() {
		for i := range alarms {
			w.count(fmt.Sprint("alarm", i), now, 1)
		}
	})
	both(now)
	wg.Wait()
	both(now.Add(time.Second))
	one.meet, other.meet = true, true
	both(now.Add(16 * time.Minute))
	both(now.Add(17 * time.Minute))
	told := map[string]int{}
	for _, s := range w.subjects() {
		told[strings.SplitN(s, ":", 2)[0]]++
	}
	if told["ALARM"] != alarms || told["OK"] != alarms {
		t.Errorf("told %v\n%s", told, w.log.String())
	}
	if n := first.Stats().Judged; n == 0 || second.Stats().Judged == 0 {
		t.Errorf("the first judged %d, the second %d", n, second.Stats().Judged)
	}
}

// A meeting database lets who leased alarms wait until the other has leased some too,
// so that each of them has its part in the work.
type meeting struct {
	*state.DB
	meet bool // at the next Update
	met  chan bool
}

func (m *meeting) Update(ctx context.Context, do func(*state.Tx) error) error {
	err := m.DB.Update(ctx, do)
	if m.meet {
		m.meet = false
		select {
		case m.met <- true:
		case <-m.met:
		case <-time.After(time.Minute): // the other has failed
		}
	}
	return err
}

// TestRun: the loop wakes, waits for what is due, and outlasts an outage that the
// log is told of once.
func TestRun(t *testing.T) {
	dsn := "sqlite:" + filepath.Join(t.TempDir(), "state.db")
	synctest.Test(t, func(t *testing.T) {
		db, err := state.Open(t.Context(), dsn)
		if err != nil {
			t.Fatal(err)
		}
		defer func() {
			if err := db.Close(); err != nil {
				t.Error(err)
			}
		}()
		f := &fault{DB: db}
		w := newWorld(t, db, func(o *ring.Options) { o.State = f })
		a := w.alarm("a", func(a *state.Alarm) { a.Record = alarm.NewRecord(time.Now()) })
		ctx, stop := context.WithCancel(t.Context())
		var running sync.WaitGroup
		running.Go(func() { w.Run(ctx) })
		synctest.Wait()
		if got := w.stored(a.Definition.ARN).Record.State; got != alarm.OK {
			t.Errorf("at the start: %s", got)
		}
		w.count("a", time.Now(), 1)
		w.Wake()
		synctest.Wait()
		if got := w.stored(a.Definition.ARN).Record.State; got != alarm.InAlarm {
			t.Errorf("woken: %s", got)
		}
		f.arm("views", 10)
		time.Sleep(time.Hour)
		synctest.Wait()
		if got := w.stored(a.Definition.ARN).Record.State; got != alarm.OK {
			t.Errorf("an hour later: %s", got)
		}
		stop()
		running.Wait()
		if begin, end := strings.Count(w.log.String(), "alarms wait for the database"), strings.Count(w.log.String(), "alarms are evaluated again"); begin != 1 || end != 1 {
			t.Errorf("the log tells of %d outages that began and %d that ended:\n%s", begin, end, w.log.String())
		}
	})
}

package statetest

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"tocsin/core/alarm"
	"tocsin/core/metric"
	"tocsin/store/state"
)

// statistics are compared by what they were written as.
var statistics = cmp.Comparer(func(a, b metric.Statistic) bool { return a == b })

func arn(name string) string { return alarm.ARN("aws", "us-east-1", "000000000000", name) }

// on is an alarm on the metric of the same name.
func on(name string) state.Alarm {
	return state.Alarm{
		Scope: scope,
		Definition: alarm.Alarm{
			Name: name, ARN: arn(name), Namespace: "ns", MetricName: name, Statistic: metric.MustStatistic("Sum"),
			Period: 300, EvaluationPeriods: 1, Threshold: 1, ComparisonOperator: alarm.GreaterThanOrEqualToThreshold,
		},
		Record: alarm.NewRecord(start),
	}
}

func putAlarm(t *testing.T, db *state.DB, a state.Alarm) state.Alarm {
	t.Helper()
	return put(t, db, func(ctx context.Context, tx *state.Tx) (state.Alarm, error) {
		stored, _, err := tx.PutAlarm(ctx, a)
		return stored, err
	})
}

func touch(name string, minutes ...int64) (touched []state.Touch) {
	for _, m := range minutes {
		touched = append(touched, state.Touch{Scope: scope, Metric: metric.NewIdentity("ns", name), Minute: m})
	}
	return touched
}

func markDue(t *testing.T, db *state.DB, touched ...state.Touch) {
	t.Helper()
	update(t, db, func(ctx context.Context, tx *state.Tx) error { return tx.MarkDue(ctx, touched) })
}

// leaseAlarms leases for ten seconds, at a number of seconds after start.
func leaseAlarms(t *testing.T, db *state.DB, owner string, second, limit int) []state.DueAlarm {
	t.Helper()
	now := start.Add(time.Duration(second) * time.Second)
	return put(t, db, func(ctx context.Context, tx *state.Tx) ([]state.DueAlarm, error) {
		return tx.LeaseAlarms(ctx, owner, now, now.Add(10*time.Second), limit)
	})
}

func save(t *testing.T, db *state.DB, owner string, e state.Evaluation) {
	t.Helper()
	update(t, db, func(ctx context.Context, tx *state.Tx) error { return tx.SaveEvaluation(ctx, owner, e) })
}

func nextDue(t *testing.T, db *state.DB) int64 {
	t.Helper()
	return get(t, db, func(ctx context.Context, tx *state.Tx) (int64, error) { return tx.NextDue(ctx) })
}

// leased tells which minutes of which alarms were leased.
func leased(due []state.DueAlarm) map[string][]int64 {
	out := map[string][]int64{}
	for _, d := range due {
		out[d.Definition.Name] = d.Touched
	}
	return out
}

func alarms(t *testing.T, s suite) {
	if got := nextDue(t, s.a); got != state.MaxTime {
		t.Errorf("without alarms the next is due at %d", got)
	}
	made := putAlarm(t, s.a, on("b"))
	putAlarm(t, s.a, on("B"))
	if made.Due != 0 || nextDue(t, s.b) != 0 || made.Revision == 0 {
		t.Errorf("a new alarm is not due at once: %+v", made)
	}
	again := on("b")
	again.Definition.Threshold, again.Control, again.Extra.Title = 7, "cis-1", "T"
	again.Record = alarm.Record{State: "ALARM"}
	update(t, s.b, func(ctx context.Context, tx *state.Tx) error {
		stored, created, err := tx.PutAlarm(ctx, again)
		if created || stored.ID != made.ID || stored.Revision <= made.Revision {
			t.Errorf("replaced %+v by %+v, %v", made, stored, created)
		}
		if diff := cmp.Diff(made.Record, stored.Record); diff != "" {
			t.Errorf("the record changed: %s", diff)
		}
		return err
	})
	var names []string
	for _, a := range get(t, s.a, func(ctx context.Context, tx *state.Tx) ([]state.Alarm, error) { return tx.Alarms(ctx) }) {
		names = append(names, fmt.Sprint(a.Definition.Name, a.Definition.Threshold, a.Control))
	}
	if diff := cmp.Diff([]string{"B1", "b7cis-1"}, names); diff != "" {
		t.Error(diff)
	}
	set := alarm.Record{State: "ALARM", Reason: "by hand", ReasonData: "{}", Updated: start.Add(time.Second), Transitioned: start.Add(time.Minute)}
	filled(t, set)
	update(t, s.b, func(ctx context.Context, tx *state.Tx) error { return tx.SetAlarmRecord(ctx, arn("b"), set) })
	got := get(t, s.a, func(ctx context.Context, tx *state.Tx) (state.Alarm, error) { return tx.Alarm(ctx, arn("b")) })
	if diff := cmp.Diff(set, got.Record); diff != "" {
		t.Error(diff)
	}
	markDue(t, s.a, touch("b", 1)...)
	update(t, s.b, func(ctx context.Context, tx *state.Tx) error {
		_, err := tx.AddRing(ctx, state.Ring{Alarm: made.ID})
		return errors.Join(err, tx.DeleteAlarm(ctx, arn("b")))
	})
	for name, f := range map[string]func(ctx context.Context, tx *state.Tx) error{
		"read": func(ctx context.Context, tx *state.Tx) error {
			_, err := tx.Alarm(ctx, arn("b"))
			return err
		},
		"set":    func(ctx context.Context, tx *state.Tx) error { return tx.SetAlarmRecord(ctx, arn("b"), set) },
		"delete": func(ctx context.Context, tx *state.Tx) error { return tx.DeleteAlarm(ctx, arn("b")) },
	} {
		t.Run(name+" of no alarm", func(t *testing.T) { refused(t, s.a, state.ErrNotFound, f) })
	}
	markDue(t, s.a, touch("b", 1)...)
}

func alarmRoundTrip(t *testing.T, s suite) {
	full := state.Alarm{
		ID: 1, Scope: scope, Control: "cis-1", Revision: 1, Due: 1, EvaluatedTo: 9,
		Record: alarm.Record{State: "ALARM", Reason: "r", ReasonData: "{}", Updated: start, Transitioned: start},
		Extra: state.AlarmExtra{
			Repeat: state.Repeat{Mode: state.RepeatInterval, Every: time.Hour}, Title: "t", Severity: "high", Log: true,
		},
		Definition: alarm.Alarm{
			Name: "n", Description: "d <&>", ARN: arn("n"), ActionsEnabled: true,
			OKActions: []string{"o"}, AlarmActions: []string{"a", "b"}, InsufficientDataActions: []string{"i"},
			Namespace: "ns", MetricName: "m", Dimensions: []metric.Dimension{{Name: "z", Value: "1"}, {Name: "a", Value: "2"}},
			Statistic: metric.MustStatistic("TM(10%:90%)"), Unit: "Count",
			Metrics: []alarm.MetricQuery{{
				ID: "q", Expression: "e", Label: "l", ReturnData: true, Period: 60, AccountID: "1",
				Metric: &alarm.MetricStat{
					Namespace: "ns", MetricName: "m", Dimensions: []metric.Dimension{{Name: "z", Value: "1"}},
					Period: 60, Stat: "p99.9", Unit: "Bytes",
				},
			}},
			Period: 60, EvaluationPeriods: 3, DatapointsToAlarm: 2, Threshold: 0.1, ThresholdMetricID: "band",
			ComparisonOperator: alarm.GreaterThanThreshold, TreatMissingData: "notBreaching",
			EvaluateLowSampleCountPercentile: alarm.IgnoreLowSamples, ConfigurationUpdated: start,
		},
	}
	filled(t, full)
	stored := putAlarm(t, s.a, full)
	full.ID, full.Revision, full.Due = stored.ID, stored.Revision, 0
	if diff := cmp.Diff(full, stored, statistics); diff != "" {
		t.Error(diff)
	}
	got := get(t, s.b, func(ctx context.Context, tx *state.Tx) (state.Alarm, error) { return tx.Alarm(ctx, arn("n")) })
	if diff := cmp.Diff(full, got, statistics); diff != "" {
		t.Error(diff)
	}
	bare := state.Alarm{Scope: scope, Definition: alarm.Alarm{ARN: arn("bare")}}
	stored = putAlarm(t, s.a, bare)
	bare.ID, bare.Revision = stored.ID, stored.Revision
	if diff := cmp.Diff(bare, stored, statistics); diff != "" {
		t.Error(diff)
	}
}

func due(t *testing.T, s suite) {
	for _, name := range []string{"a", "b"} {
		putAlarm(t, s.a, on(name))
	}
	later := start.Add(time.Minute).UnixMilli()
	for _, d := range leaseAlarms(t, s.a, "o", 0, 9) {
		if len(d.Touched) != 0 {
			t.Errorf("%+v", d)
		}
		save(t, s.a, "o", state.Evaluation{Alarm: d.ID, Revision: d.Revision, Due: later + d.ID, EvaluatedTo: 77})
	}
	if got := leaseAlarms(t, s.b, "o", 59, 9); len(got) != 0 {
		t.Errorf("leased before the time: %v", leased(got))
	}
	if got, want := nextDue(t, s.b), later+1; got != want {
		t.Errorf("next at %d, want %d", got, want)
	}
	elsewhere := touch("a", 1)
	elsewhere[0].Scope.Account = "1"
	markDue(t, s.b, append(elsewhere, touch("nobody looks at it", 1)...)...)
	if got := leaseAlarms(t, s.b, "o", 59, 9); len(got) != 0 {
		t.Errorf("leased for a metric of others: %v", leased(got))
	}
	markDue(t, s.b, touch("b", 3, 1, 2, 1)...)
	markDue(t, s.b, touch("b", 2, 4)...)
	if nextDue(t, s.a) != 0 {
		t.Error("not due at once")
	}
	got := leaseAlarms(t, s.a, "o", 59, 9)
	if diff := cmp.Diff(map[string][]int64{"b": {1, 2, 3, 4}}, leased(got)); diff != "" {
		t.Error(diff)
	}
	if got[0].EvaluatedTo != 77 {
		t.Errorf("evaluated to %d", got[0].EvaluatedTo)
	}
	if got := leased(leaseAlarms(t, s.b, "p", 62, 9)); !cmp.Equal(got, map[string][]int64{"a": nil}) {
		t.Errorf("got %v", got)
	}
}

// began is the reading of the newest file of the minutes that a lease has.
func began(t *testing.T, s suite) {
	made := putAlarm(t, s.a, on("a"))
	of := func(minute, began int64) state.Touch {
		d := touch("a", minute)[0]
		d.Began = began
		return d
	}
	for _, c := range []struct {
		name    string
		touched [][]state.Touch // one transaction after another
		want    int64
	}{
		{"by nothing", nil, 0},
		{"by no file", [][]state.Touch{{of(1, 0)}}, 0},
		{"twice in one transaction", [][]state.Touch{{of(1, 5), of(1, 7), of(1, 6)}}, 7},
		{"by a newer file", [][]state.Touch{{of(1, 5)}, {of(1, 7)}}, 7},
		{"by an older file", [][]state.Touch{{of(1, 7)}, {of(1, 5)}}, 7},
		{"in several minutes", [][]state.Touch{{of(1, 5), of(2, 9)}, {of(3, 7)}}, 9},
	} {
		for _, touched := range c.touched {
			markDue(t, s.a, touched...)
		}
		got := leaseAlarms(t, s.b, "o", 0, 9)
		if len(got) != 1 || got[0].Began != c.want {
			t.Errorf("touched %s: %+v, want began at %d", c.name, got, c.want)
			return
		}
		save(t, s.b, "o", state.Evaluation{Alarm: made.ID, Revision: got[0].Revision, Touched: got[0].Touched})
	}
}

func alarmLeases(t *testing.T, s suite) {
	const n = 30
	for i := range n {
		putAlarm(t, s.both(i), on(fmt.Sprint("a", i)))
	}
	const workers = 6
	got := make([][]string, workers)
	together(t, workers, func(i int) error {
		for range n {
			err := s.both(i).Update(t.Context(), func(tx *state.Tx) error {
				due, err := tx.LeaseAlarms(t.Context(), fmt.Sprint(i), start, start.Add(time.Second), 3)
				if err == nil {
					for _, d := range due {
						got[i] = append(got[i], d.Definition.Name)
					}
				}
				return err
			})
			if err != nil {
				return err
			}
		}
		return nil
	})
	all := slices.Sorted(slices.Values(slices.Concat(got...)))
	if once := slices.Compact(slices.Clone(all)); len(once) != n || len(all) != n {
		t.Errorf("%d leases of %d alarms, of %d", len(all), len(once), n)
	}
	if got, want := nextDue(t, s.a), start.Add(time.Second).UnixMilli(); got != want {
		t.Errorf("while all are leased the next is at %d, want the end of the lease", got)
	}
	if again := leaseAlarms(t, s.b, "next", 1, 100); len(again) != n {
		t.Errorf("%d after the leases ended", len(again))
	}
}

func touchedDuringLease(t *testing.T, s suite) {
	putAlarm(t, s.a, on("a"))
	markDue(t, s.a, touch("a", 1, 2)...)
	d := leaseAlarms(t, s.a, "o", 0, 9)[0]
	// New samples for a new minute, and for one that is being evaluated.
	markDue(t, s.b, touch("a", 2, 3)...)
	if got := leaseAlarms(t, s.b, "p", 1, 9); len(got) != 0 {
		t.Errorf("a leased alarm was leased: %v", leased(got))
	}
	save(t, s.a, "o", state.Evaluation{Alarm: d.ID, Revision: d.Revision, Due: state.MaxTime, Touched: d.Touched})
	if nextDue(t, s.b) != 0 {
		t.Error("not due for what came during the lease")
	}
	d = leaseAlarms(t, s.b, "p", 2, 9)[0]
	if diff := cmp.Diff([]int64{2, 3}, d.Touched); diff != "" {
		t.Error(diff)
	}
	// A lease that runs out gives all to the next.
	markDue(t, s.b, touch("a", 4)...)
	d = leaseAlarms(t, s.a, "q", 12, 9)[0]
	if diff := cmp.Diff([]int64{2, 3, 4}, d.Touched); diff != "" {
		t.Error(diff)
	}
	refused(t, s.b, state.ErrChanged, func(ctx context.Context, tx *state.Tx) error {
		return tx.SaveEvaluation(ctx, "p", state.Evaluation{Alarm: d.ID, Revision: d.Revision, Touched: d.Touched})
	})
	save(t, s.a, "q", state.Evaluation{Alarm: d.ID, Revision: d.Revision, Due: after(13).UnixMilli(), Touched: []int64{2, 3}})
	d = leaseAlarms(t, s.b, "p", 13, 9)[0]
	if diff := cmp.Diff([]int64{4}, d.Touched); diff != "" {
		t.Error(diff)
	}
	save(t, s.b, "p", state.Evaluation{Alarm: d.ID, Revision: d.Revision, Due: state.MaxTime, Touched: []int64{4}})
	if got := nextDue(t, s.b); got != state.MaxTime {
		t.Errorf("due at %d with nothing left", got)
	}
}

func staleEvaluation(t *testing.T, s suite) {
	for name, change := range map[string]func(ctx context.Context, tx *state.Tx) error{
		"put": func(ctx context.Context, tx *state.Tx) error {
			_, _, err := tx.PutAlarm(ctx, on("a"))
			return err
		},
		"set": func(ctx context.Context, tx *state.Tx) error {
			return tx.SetAlarmRecord(ctx, arn("a"), alarm.Record{State: "OK"})
		},
		"delete": func(ctx context.Context, tx *state.Tx) error { return tx.DeleteAlarm(ctx, arn("a")) },
	} {
		putAlarm(t, s.a, on("a"))
		d := leaseAlarms(t, s.a, "o", 0, 9)[0]
		update(t, s.b, change)
		refused(t, s.a, state.ErrChanged, func(ctx context.Context, tx *state.Tx) error {
			return tx.SaveEvaluation(ctx, "o", state.Evaluation{Alarm: d.ID, Revision: d.Revision, Changed: true})
		})
		if want := int64(0); name != "delete" && nextDue(t, s.a) != want {
			t.Errorf("%s: not due at once", name)
		}
		if name != "delete" {
			update(t, s.b, func(ctx context.Context, tx *state.Tx) error { return tx.DeleteAlarm(ctx, arn("a")) })
		}
	}
	refusedEvaluationWritesNothing(t, s)
	// Saved twice, as after a commit of unknown outcome.
	putAlarm(t, s.a, on("a"))
	d := leaseAlarms(t, s.a, "o", 0, 9)[0]
	r := alarm.Record{State: "ALARM", Reason: "x", ReasonData: "{}", Updated: start, Transitioned: start}
	e := state.Evaluation{Alarm: d.ID, Revision: d.Revision, Record: r, Changed: true, Due: state.MaxTime, EvaluatedTo: 5}
	save(t, s.a, "o", e)
	refused(t, s.a, state.ErrChanged, func(ctx context.Context, tx *state.Tx) error { return tx.SaveEvaluation(ctx, "o", e) })
	got := get(t, s.b, func(ctx context.Context, tx *state.Tx) (state.Alarm, error) { return tx.Alarm(ctx, arn("a")) })
	if diff := cmp.Diff(r, got.Record); diff != "" || got.Revision != d.Revision+1 || got.EvaluatedTo != 5 || got.Due != state.MaxTime {
		t.Errorf("got %+v %s", got, diff)
	}
}

// refusedEvaluationWritesNothing: who goes on with others after a refusal must
// not settle the minutes of an alarm that it may not write.
func refusedEvaluationWritesNothing(t *testing.T, s suite) {
	putAlarm(t, s.a, on("refused"))
	markDue(t, s.a, touch("refused", 1)...)
	d := leaseAlarms(t, s.a, "o", 0, 9)[0]
	putAlarm(t, s.b, on("refused"))
	update(t, s.a, func(ctx context.Context, tx *state.Tx) error {
		err := tx.SaveEvaluation(ctx, "o", state.Evaluation{Alarm: d.ID, Revision: d.Revision, Due: state.MaxTime, Touched: d.Touched})
		if !errors.Is(err, state.ErrChanged) {
			return fmt.Errorf("got %w", err)
		}
		return nil
	})
	if diff := cmp.Diff(map[string][]int64{"refused": {1}}, leased(leaseAlarms(t, s.b, "p", 1, 9))); diff != "" {
		t.Errorf("a refused evaluation settled minutes: %s", diff)
	}
	update(t, s.b, func(ctx context.Context, tx *state.Tx) error { return tx.DeleteAlarm(ctx, arn("refused")) })
}

func metricMath(t *testing.T, s suite) {
	a := on("math")
	a.Definition.Namespace, a.Definition.MetricName, a.Definition.Statistic = "", "", metric.Statistic{}
	a.Definition.Metrics = []alarm.MetricQuery{
		{ID: "e", Expression: "m1 / m2", ReturnData: true},
		{ID: "m1", Metric: &alarm.MetricStat{Namespace: "ns", MetricName: "one", Stat: "Sum", Period: 60}},
		{ID: "m2", Metric: &alarm.MetricStat{Namespace: "ns", MetricName: "two", Stat: "Sum", Period: 60}, AccountID: "7"},
	}
	d := putAlarm(t, s.a, a)
	settle := func() {
		for _, d := range leaseAlarms(t, s.a, "o", 0, 9) {
			save(t, s.a, "o", state.Evaluation{Alarm: d.ID, Revision: d.Revision, Due: state.MaxTime, Touched: d.Touched})
		}
	}
	settle()
	here, there := touch("one", 1), touch("two", 2)
	there[0].Scope.Account = "7"
	for _, c := range []struct {
		touched []state.Touch
		due     bool
	}{{touch("two", 2), false}, {here, true}, {there, true}} {
		markDue(t, s.b, c.touched...)
		if got := nextDue(t, s.b) == 0; got != c.due {
			t.Errorf("%+v: due %v", c.touched, got)
		}
		settle()
	}
	a.Definition.Metrics = a.Definition.Metrics[:2]
	if again := putAlarm(t, s.b, a); again.ID != d.ID {
		t.Errorf("another alarm: %d", again.ID)
	}
	settle()
	markDue(t, s.b, there...)
	if nextDue(t, s.b) != state.MaxTime {
		t.Error("due for a metric that it no longer looks at")
	}
}

// alarmsTogether touches minutes while others evaluate: each touch has to be
// seen by an evaluation that began after it.
func alarmsTogether(t *testing.T, s suite) {
	const names, writers, rounds = 4, 4, 15
	for n := range names {
		putAlarm(t, s.a, on(fmt.Sprint(n)))
	}
	seen := make([]map[string]bool, 3)
	evaluate := func(i int) (int, error) {
		db, owner := s.both(i), fmt.Sprint(i)
		var leased []state.DueAlarm
		err := db.Update(t.Context(), func(tx *state.Tx) (err error) {
			leased, err = tx.LeaseAlarms(t.Context(), owner, start, start.Add(time.Hour), 2)
			return err
		})
		for _, d := range leased {
			if err == nil {
				err = db.Update(t.Context(), func(tx *state.Tx) error {
					return tx.SaveEvaluation(t.Context(), owner, state.Evaluation{
						Alarm: d.ID, Revision: d.Revision, Due: state.MaxTime, Touched: d.Touched,
					})
				})
			}
			for _, m := range d.Touched {
				seen[i][fmt.Sprint(d.Definition.Name, " ", m)] = true
			}
		}
		return len(leased), err
	}
	together(t, writers+len(seen), func(i int) error {
		if i < len(seen) {
			seen[i] = map[string]bool{}
			for range 3 * rounds {
				if _, err := evaluate(i); err != nil {
					return err
				}
			}
			return nil
		}
		for r := range rounds {
			var touched []state.Touch
			for n := range names {
				touched = append(touched, touch(fmt.Sprint((n*i)%names), int64(r*writers+i))...)
				touched = append(touched, touch(fmt.Sprint(n), 1_000_000)...)
			}
			if err := s.both(i).Update(t.Context(), func(tx *state.Tx) error { return tx.MarkDue(t.Context(), touched) }); err != nil {
				return err
			}
		}
		return nil
	})
	for {
		n, err := evaluate(0)
		if err != nil {
			t.Fatal(err)
		}
		if n == 0 {
			break
		}
	}
	for i := len(seen); i < writers+len(seen); i++ {
		for r := range rounds {
			minute := fmt.Sprint((names-1)*i%names, " ", r*writers+i)
			if !slices.ContainsFunc(seen, func(m map[string]bool) bool { return m[minute] }) {
				t.Errorf("nobody evaluated %s", minute)
			}
		}
	}
	if got := nextDue(t, s.a); got != state.MaxTime {
		t.Errorf("due at %d with nothing left", got)
	}
}

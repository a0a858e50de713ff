package statetest

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"tocsin/core/alarm"
	"tocsin/core/metric"
	"tocsin/store/state"
)

func units(t *testing.T, s suite) {
	m := metric.NewIdentity("ns", "m")
	in := func(unit string, minute int64, values ...float64) state.Points {
		p := at("m", minute, metric.Of(values...))
		p.Unit = unit
		return p
	}
	addPoints(t, s.a, in("Bytes", 1, 3), in("Count", 1, 1))
	addPoints(t, s.b, in("Count", 1, 1), in("", 2, 7), in("None", 2, 7), in("Bytes", 0, 5))
	got := get(t, s.a, func(ctx context.Context, tx *state.Tx) (map[string][]metric.Point, error) {
		return tx.UnitPoints(ctx, scope, m, 0, 9*minuteLength)
	})
	want := map[string][]metric.Point{
		"Bytes": {{Time: 0, Samples: metric.Of(5)}, {Time: minuteLength, Samples: metric.Of(3)}},
		"Count": {{Time: minuteLength, Samples: metric.Of(1, 1)}},
		"None":  {{Time: 2 * minuteLength, Samples: metric.Of(7, 7)}},
	}
	if diff := cmp.Diff(want, got, samples); diff != "" {
		t.Error(diff)
	}
	together := []metric.Point{
		{Time: 0, Samples: metric.Of(5)},
		{Time: minuteLength, Samples: metric.Of(3, 1, 1)},
		{Time: 2 * minuteLength, Samples: metric.Of(7, 7)},
	}
	if diff := cmp.Diff(together, pointsOf(t, s.b, m, 0, 9), samples); diff != "" {
		t.Error(diff)
	}
	list := get(t, s.a, func(ctx context.Context, tx *state.Tx) ([]metric.Identity, error) {
		return tx.Metrics(ctx, scope, "", "")
	})
	if len(list) != 1 {
		t.Errorf("a metric in three units is listed as %v", list)
	}
}

func unitsTogether(t *testing.T, s suite) {
	const workers, rounds = 4, 5
	together(t, workers, func(i int) error {
		for r := range rounds {
			p := at(fmt.Sprint("m", r), 0, metric.Of(1))
			p.Unit = []string{"Bytes", "Count"}[i%2]
			if err := s.both(i/2).Update(t.Context(), func(tx *state.Tx) error {
				return tx.AddPoints(t.Context(), []state.Points{p})
			}); err != nil {
				return err
			}
		}
		return nil
	})
	for r := range rounds {
		got := get(t, s.a, func(ctx context.Context, tx *state.Tx) (map[string][]metric.Point, error) {
			return tx.UnitPoints(ctx, scope, metric.NewIdentity("ns", fmt.Sprint("m", r)), 0, minuteLength)
		})
		want := []metric.Point{{Samples: metric.Of(1, 1)}}
		if diff := cmp.Diff(map[string][]metric.Point{"Bytes": want, "Count": want}, got, samples); diff != "" {
			t.Error(diff)
		}
	}
}

func findMetrics(t *testing.T, s suite) {
	dimension := func(name, value string) metric.Dimension { return metric.Dimension{Name: name, Value: value} }
	add := func(minute int64, unit, name string, d ...metric.Dimension) {
		p := at("", minute, metric.Of(1))
		p.Unit, p.Metric = unit, metric.NewIdentity("ns", name, d...)
		addPoints(t, s.a, p)
	}
	add(1, "Count", "old")
	add(5, "Count", "new")
	add(1, "Count", "late")
	add(5, "Bytes", "late") // another unit of it
	add(5, "Count", "d", dimension("host", "a"))
	add(5, "Count", "d", dimension("host", "b"), dimension("disk", "c"))
	hidden := at("", 5, metric.Of(1))
	hidden.Metric = metric.NewIdentity(":own", "m")
	addPoints(t, s.a, hidden)
	find := func(q state.MetricQuery) (out []string) {
		q.Scope = scope
		for _, m := range get(t, s.b, func(ctx context.Context, tx *state.Tx) ([]state.StoredMetric, error) { return tx.FindMetrics(ctx, q) }) {
			out = append(out, m.String())
		}
		return out
	}
	second := get(t, s.b, func(ctx context.Context, tx *state.Tx) ([]state.StoredMetric, error) {
		return tx.FindMetrics(ctx, state.MetricQuery{Scope: scope, Limit: 2})
	})[1].ID
	for name, c := range map[string]struct {
		query state.MetricQuery
		want  []string
	}{
		"all":       {state.MetricQuery{}, []string{"ns/old", "ns/new", "ns/late", "ns/d{host=a}", "ns/d{disk=c,host=b}"}},
		"since":     {state.MetricQuery{Since: 3 * minuteLength, Limit: 2}, []string{"ns/new", "ns/late"}},
		"after":     {state.MetricQuery{After: second, Limit: 2}, []string{"ns/late", "ns/d{host=a}"}},
		"name":      {state.MetricQuery{Name: "d"}, []string{"ns/d{host=a}", "ns/d{disk=c,host=b}"}},
		"dimension": {state.MetricQuery{Dimensions: []metric.Dimension{{Name: "disk"}}, Limit: 1}, []string{"ns/d{disk=c,host=b}"}},
		"value":     {state.MetricQuery{Dimensions: []metric.Dimension{dimension("host", "a")}, Limit: 2}, []string{"ns/d{host=a}"}},
		"elsewhere": {state.MetricQuery{Namespace: "other"}, nil},
	} {
		if diff := cmp.Diff(c.want, find(c.query)); diff != "" {
			t.Errorf("%s: %s", name, diff)
		}
	}
}

func findAlarms(t *testing.T, s suite) {
	for i, name := range []string{"b", "B", "ä", "a", "ab"} {
		a := on(name)
		a.Definition.OKActions = []string{fmt.Sprint("arn:aws:sns:us-east-1:000000000000:t", i%2)}
		putAlarm(t, s.a, a)
	}
	log := on("log")
	log.Extra.Log, log.Definition.OKActions = true, []string{"arn:aws:sns:us-east-1:000000000000:t0"}
	putAlarm(t, s.a, log)
	elsewhere := on("b")
	elsewhere.Region, elsewhere.Definition.ARN = "eu-west-1", alarm.ARN("aws", "eu-west-1", "000000000000", "b")
	putAlarm(t, s.a, elsewhere)
	record := alarm.NewRecord(start)
	record.State = alarm.OK
	update(t, s.a, func(ctx context.Context, tx *state.Tx) error { return tx.SetAlarmRecord(ctx, arn("ab"), record) })
	names := func(found []state.Alarm) (out []string) {
		for _, a := range found {
			out = append(out, a.Definition.Name)
		}
		return out
	}
	for name, c := range map[string]struct {
		query state.AlarmQuery
		want  []string
	}{
		"all":    {state.AlarmQuery{}, []string{"B", "a", "ab", "b", "ä"}},
		"page":   {state.AlarmQuery{Limit: 2, After: "a"}, []string{"ab", "b"}},
		"prefix": {state.AlarmQuery{Prefix: "a"}, []string{"a", "ab"}},
		"state":  {state.AlarmQuery{State: alarm.OK}, []string{"ab"}},
		"beyond": {state.AlarmQuery{After: "b", Limit: 1}, []string{"ä"}}, // over the log alarm
		"action": {state.AlarmQuery{Action: "arn:aws:sns:us-east-1:000000000000:t1", Limit: 5}, []string{"B", "a"}},
		"log":    {state.AlarmQuery{Log: true, Limit: 1}, []string{"log"}},
		"first":  {state.AlarmQuery{Action: "arn:aws:sns:us-east-1:000000000000:t1", Limit: 1}, []string{"B"}},
	} {
		c.query.Scope = scope
		got := names(get(t, s.b, func(ctx context.Context, tx *state.Tx) ([]state.Alarm, error) { return tx.FindAlarms(ctx, c.query) }))
		if diff := cmp.Diff(c.want, got); diff != "" {
			t.Errorf("%s: %s", name, diff)
		}
	}
	named := names(get(t, s.b, func(ctx context.Context, tx *state.Tx) ([]state.Alarm, error) {
		return tx.AlarmsNamed(ctx, arn("b"), arn("none"), arn("a"), arn("b"))
	}))
	if diff := cmp.Diff([]string{"a", "b"}, named); diff != "" {
		t.Error(diff)
	}
	watching := names(get(t, s.b, func(ctx context.Context, tx *state.Tx) ([]state.Alarm, error) {
		return tx.AlarmsOn(ctx, scope, metric.NewIdentity("ns", "ab"))
	}))
	if diff := cmp.Diff([]string{"ab"}, watching); diff != "" {
		t.Error(diff)
	}
}

// An alarm that is put while samples of its metric are written becomes due by
// them, whichever is committed first.
func putWhileCounting(t *testing.T, s suite) {
	addPoints(t, s.a, of("m", 1))
	reading, counted, put := make(chan struct{}), make(chan struct{}), make(chan error, 1)
	go func() {
		once := sync.OnceFunc(func() { close(reading) })
		put <- s.a.Update(t.Context(), func(tx *state.Tx) error {
			_, _, err := tx.PutAlarm(t.Context(), on("m"))
			once()
			select {
			case <-counted:
			case <-time.After(time.Second): // time enough for the other to overtake, and less than PostgreSQL lets it wait
			}
			return err
		})
	}()
	<-reading
	update(t, s.b, func(ctx context.Context, tx *state.Tx) error {
		if err := tx.AddPoints(ctx, []state.Points{at("m", 7, metric.Of(1))}); err != nil {
			return err
		}
		return tx.MarkDue(ctx, touch("m", 7*minuteLength))
	})
	close(counted)
	if err := <-put; err != nil {
		t.Fatal(err)
	}
	got := leased(leaseAlarms(t, s.a, "x", 1, 9))
	if diff := cmp.Diff(map[string][]int64{"m": {7 * minuteLength}}, got); diff != "" {
		t.Error(diff)
	}
}

func transitions(t *testing.T, s suite) {
	change := state.Transition{
		Scope: scope, ARN: arn("a"), Composite: true,
		Before: alarm.Record{State: alarm.OK, Reason: "before", ReasonData: "[]", Updated: start, Transitioned: start},
		After:  alarm.Record{State: alarm.InAlarm, Reason: "by hand", ReasonData: "{}", Updated: start.Add(time.Second), Transitioned: start.Add(time.Second)},
	}
	next := change
	next.ARN, next.Before, next.After = arn("b"), change.After, change.Before
	update(t, s.a, func(ctx context.Context, tx *state.Tx) error {
		return errors.Join(tx.AddTransition(ctx, change), tx.AddTransition(ctx, next))
	})
	list := func() []state.Transition {
		return get(t, s.b, func(ctx context.Context, tx *state.Tx) ([]state.Transition, error) { return tx.Transitions(ctx, 9) })
	}
	found := list()
	if len(found) != 2 {
		t.Fatalf("found %+v", found)
	}
	change.ID, next.ID = found[0].ID, found[1].ID
	filled(t, change)
	if diff := cmp.Diff([]state.Transition{change, next}, found); diff != "" {
		t.Error(diff)
	}
	drop := func(ctx context.Context, tx *state.Tx) error { return tx.DropTransition(ctx, change.ID) }
	busy := func() int64 {
		return get(t, s.a, func(ctx context.Context, tx *state.Tx) (int64, error) { return tx.Busy(ctx, start) })
	}
	before := busy()
	update(t, s.b, drop)
	if n := before - busy(); n != 1 {
		t.Errorf("a transition that is dealt with keeps us busy: %d less", n)
	}
	refused(t, s.a, state.ErrNotFound, drop)
	if diff := cmp.Diff([]state.Transition{next}, list()); diff != "" {
		t.Error(diff)
	}
}

package statetest

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"tocsin/core/alarm"
	"tocsin/store/state"
)

type thing struct {
	Text string `json:"text"`
	N    int    `json:"n"`
}

var things = state.Kind[thing]("thing")

func resources(t *testing.T, s suite) {
	other := state.Scope{Partition: "aws", Account: "111111111111", Region: "eu-west-1"}
	for _, r := range []state.Resource[thing]{
		{Scope: scope, Name: "b", Parent: "p", Value: thing{"two", 2}, Created: start},
		{Scope: scope, Name: "a", Value: thing{"one", 1}, Created: start},
		{Scope: other, Name: "a", Parent: "p", Value: thing{"three", 3}, Created: start},
	} {
		stored := put(t, s.a, func(ctx context.Context, tx *state.Tx) (state.Resource[thing], error) { return things.Put(ctx, tx, r) })
		back := get(t, s.b, func(ctx context.Context, tx *state.Tx) (state.Resource[thing], error) {
			return things.Get(ctx, tx, r.Scope, r.Name)
		})
		if diff := cmp.Diff(stored, back); diff != "" || back.Revision != 1 {
			t.Error(diff, back.Revision)
		}
	}
	names := func(f func(ctx context.Context, tx *state.Tx) ([]state.Resource[thing], error)) (names []string) {
		for _, r := range get(t, s.b, f) {
			names = append(names, r.Region+"/"+r.Name)
		}
		return names
	}
	for _, c := range []struct {
		want []string
		list func(ctx context.Context, tx *state.Tx) ([]state.Resource[thing], error)
	}{
		{[]string{"us-east-1/a", "us-east-1/b"}, func(ctx context.Context, tx *state.Tx) ([]state.Resource[thing], error) {
			return things.All(ctx, tx, scope)
		}},
		{[]string{"us-east-1/a", "eu-west-1/a", "us-east-1/b"}, func(ctx context.Context, tx *state.Tx) ([]state.Resource[thing], error) {
			return things.All(ctx, tx, state.Scope{Account: "*", Region: "*"})
		}},
		{[]string{"eu-west-1/a"}, func(ctx context.Context, tx *state.Tx) ([]state.Resource[thing], error) {
			return things.All(ctx, tx, state.Scope{Account: "111111111111", Region: "*"})
		}},
		{[]string{"eu-west-1/a", "us-east-1/b"}, func(ctx context.Context, tx *state.Tx) ([]state.Resource[thing], error) {
			return things.Of(ctx, tx, "p")
		}},
		{[]string{"eu-west-1/a"}, func(ctx context.Context, tx *state.Tx) ([]state.Resource[thing], error) {
			return things.After(ctx, tx, "p", "", 1)
		}},
		{[]string{"us-east-1/b"}, func(ctx context.Context, tx *state.Tx) ([]state.Resource[thing], error) {
			return things.After(ctx, tx, "p", "a", 9)
		}},
		{nil, func(ctx context.Context, tx *state.Tx) ([]state.Resource[thing], error) {
			return state.Kind[thing]("other").All(ctx, tx, scope)
		}},
	} {
		if diff := cmp.Diff(c.want, names(c.list)); diff != "" {
			t.Error(diff)
		}
	}

	refused(t, s.a, state.ErrChanged, func(ctx context.Context, tx *state.Tx) error {
		_, err := things.Put(ctx, tx, state.Resource[thing]{Scope: scope, Name: "a"}) // it is there
		return err
	})
	refused(t, s.a, state.ErrChanged, func(ctx context.Context, tx *state.Tx) error {
		_, err := things.Put(ctx, tx, state.Resource[thing]{Scope: scope, Name: "a", Revision: 7})
		return err
	})
	refused(t, s.a, state.ErrNotFound, func(ctx context.Context, tx *state.Tx) error {
		_, err := things.Change(ctx, tx, scope, "none", func(*thing) error { return nil })
		return err
	})
	changed := put(t, s.a, func(ctx context.Context, tx *state.Tx) (state.Resource[thing], error) {
		return things.Change(ctx, tx, scope, "a", func(v *thing) error { v.N++; return nil })
	})
	if changed.Revision != 2 || changed.Value.N != 2 {
		t.Error(changed)
	}
	update(t, s.a, func(ctx context.Context, tx *state.Tx) error { return things.Delete(ctx, tx, scope, "a") })
	refused(t, s.a, state.ErrNotFound, func(ctx context.Context, tx *state.Tx) error { return things.Delete(ctx, tx, scope, "a") })
}

// resourcesTogether counts up by many at a time: none is lost where each that
// meets ErrChanged tries again.
func resourcesTogether(t *testing.T, s suite) {
	update(t, s.a, func(ctx context.Context, tx *state.Tx) error {
		_, err := things.Put(ctx, tx, state.Resource[thing]{Scope: scope, Name: "n"})
		return err
	})
	const n = 16
	together(t, n, func(i int) error {
		for {
			err := s.both(i).Update(t.Context(), func(tx *state.Tx) error {
				_, err := things.Change(t.Context(), tx, scope, "n", func(v *thing) error { v.N++; return nil })
				return err
			})
			if !errors.Is(err, state.ErrChanged) {
				return err
			}
		}
	})
	if v := get(t, s.a, func(ctx context.Context, tx *state.Tx) (state.Resource[thing], error) {
		return things.Get(ctx, tx, scope, "n")
	}); v.Value.N != n {
		t.Errorf("%d changes of %d are there", v.Value.N, n)
	}
}

func tags(t *testing.T, s suite) {
	tags := func(arn string) map[string]string {
		return get(t, s.b, func(ctx context.Context, tx *state.Tx) (map[string]string, error) { return tx.Tags(ctx, arn) })
	}
	update(t, s.a, func(ctx context.Context, tx *state.Tx) error {
		if err := tx.Tag(ctx, "x", map[string]string{"a": "1", "b": "2", "c": ""}); err != nil {
			return err
		}
		return tx.Tag(ctx, "y", map[string]string{"a": "other"})
	})
	update(t, s.a, func(ctx context.Context, tx *state.Tx) error {
		if err := tx.Tag(ctx, "x", map[string]string{"a": "3"}); err != nil {
			return err
		}
		return tx.Untag(ctx, "x", "b", "never")
	})
	if diff := cmp.Diff(map[string]string{"a": "3", "c": ""}, tags("x")); diff != "" {
		t.Error(diff)
	}
	update(t, s.a, func(ctx context.Context, tx *state.Tx) error { return tx.DropTags(ctx, "x") })
	if diff := cmp.Diff([]map[string]string{{}, {"a": "other"}}, []map[string]string{tags("x"), tags("y")}); diff != "" {
		t.Error(diff)
	}
}

func ownRecords(t *testing.T, s suite) {
	add := func(i int) {
		update(t, s.a, func(ctx context.Context, tx *state.Tx) error {
			return tx.AddOwnRecord(ctx, state.OwnRecord{
				Account: "1", Region: "r", At: start.Add(time.Duration(i) * time.Minute), EventID: fmt.Sprint("event ", i), Body: []byte{'{', '}', byte(i)},
			})
		})
	}
	for _, i := range []int{0, 1, 1, 2, 3} {
		add(i)
	}
	read := func(after int64, limit int) (ids []string, last int64) {
		for _, r := range get(t, s.b, func(ctx context.Context, tx *state.Tx) ([]state.OwnRecord, error) {
			return tx.OwnRecords(ctx, after, limit)
		}) {
			ids, last = append(ids, r.EventID), r.ID
		}
		return ids, last
	}
	first, last := read(0, 2)
	rest, _ := read(last, 100)
	if diff := cmp.Diff([][]string{{"event 0", "event 1"}, {"event 2", "event 3"}}, [][]string{first, rest}); diff != "" {
		t.Error(diff)
	}
	update(t, s.a, func(ctx context.Context, tx *state.Tx) error { return tx.DeleteOwnRecords(ctx, last) })
	err := s.a.Update(t.Context(), func(tx *state.Tx) error { return tx.DeleteOwnRecords(t.Context(), last+1, last) })
	if !errors.Is(err, state.ErrChanged) {
		t.Errorf("a record was taken twice: %v", err)
	}
	left, _ := read(0, 100)
	if diff := cmp.Diff([]string{"event 0", "event 2", "event 3"}, left); diff != "" {
		t.Error(diff)
	}
	if n := get(t, s.b, func(ctx context.Context, tx *state.Tx) (int64, error) { return tx.CountOwnRecords(ctx) }); n != 3 {
		t.Errorf("%d records are counted", n)
	}
}

// compositeAlarms come back as they were.
func compositeAlarms(t *testing.T, s suite) {
	rule, err := alarm.ParseRule(`ALARM("one") AND NOT OK(two)`)
	if err != nil {
		t.Fatal(err)
	}
	want := state.CompositeAlarm{
		Definition:  alarm.Composite{Name: "c", Rule: rule, AlarmActions: []string{"arn"}, ConfigurationUpdated: start},
		Record:      alarm.NewRecord(start),
		Suppression: alarm.NewSuppression(alarm.NewRecord(start).State),
	}
	update(t, s.a, func(ctx context.Context, tx *state.Tx) error {
		_, err := state.CompositeAlarms.Put(ctx, tx, state.Resource[state.CompositeAlarm]{Scope: scope, Name: "c", Value: want})
		return err
	})
	back := get(t, s.b, func(ctx context.Context, tx *state.Tx) (state.Resource[state.CompositeAlarm], error) {
		return state.CompositeAlarms.Get(ctx, tx, scope, "c")
	}).Value
	if back.Definition.Rule.String() != rule.String() {
		t.Errorf("the rule came back as %s", back.Definition.Rule)
	}
	want.Definition.Rule, back.Definition.Rule = nil, nil
	if diff := cmp.Diff(want, back); diff != "" {
		t.Error(diff)
	}
}

// Package statetest is what every database must do for package state: Run on
// each of them.
package statetest

import (
	"context"
	"testing"
	"time"

	"tocsin/core/metric"
	"tocsin/store/state"
)

// Run runs the suite. Open gives a new database, opened twice where the database
// allows several writers; otherwise both are the same.
func Run(t *testing.T, open func(t *testing.T) (a, b *state.DB)) {
	for name, test := range map[string]func(t *testing.T, s suite){
		"log groups": logGroups,
		"points":     points,
		"rings":      rings,
	} {
		t.Run(name, func(t *testing.T) {
			a, b := open(t)
			test(t, suite{a, b})
		})
	}
}

// A suite is a database, open twice.
type suite struct{ a, b *state.DB }

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

func logGroups(t *testing.T, s suite) {
	update(t, s.a, func(ctx context.Context, tx *state.Tx) error {
		g, err := tx.EnsureLogGroup(ctx, state.LogGroup{Scope: scope, Name: "CloudTrail/logs", Created: start})
		if err != nil {
			return err
		}
		if _, err := tx.AddBlock(ctx, state.Block{LogGroup: g.ID, First: 1, Last: 5, Events: 3, Body: []byte("body")}); err != nil {
			return err
		}
		v, err := tx.TouchSpans(ctx, g.ID, []int64{5, 1})
		t.Log(v)
		if err != nil {
			return err
		}
		fresh, err := tx.AddMarks(ctx, []state.Mark{{Source: "a", Key: "b"}, {Source: "a", Key: "b"}, {Source: "c", Key: "b\x00\xff", Events: 4, At: start}})
		t.Log(fresh)
		if err != nil {
			return err
		}
		l, err := tx.LastFiles(ctx)
		t.Log(l)
		if err != nil {
			return err
		}
		u, err := tx.Usage(ctx, g.ID)
		t.Logf("%+v", u)
		return err
	})
}

func points(t *testing.T, s suite) {
	m := metric.NewIdentity("ns", "name", metric.Dimension{Name: "a", Value: "b"})
	for range 2 {
		update(t, s.a, func(ctx context.Context, tx *state.Tx) error {
			if err := tx.AddPoints(ctx, []state.Points{{Scope: scope, Metric: m, Points: []metric.Point{{Time: 0, Samples: metric.Of(1, 2)}}}}); err != nil {
				return err
			}
			p, err := tx.Points(ctx, scope, m, 0, 1)
			t.Log(p)
			if err != nil {
				return err
			}
			if _, err := tx.EnsureLogGroup(ctx, state.LogGroup{Scope: scope, Name: "x"}); err != nil {
				return err
			}
			f, err := tx.PutMetricFilter(ctx, state.MetricFilter{LogGroup: 1, Definition: metric.Definition{FilterName: "x"}})
			if err != nil {
				return err
			}
			t.Log(f)
			if err := tx.MarkDue(ctx, []state.Touch{{Scope: scope, Metric: m}}); err != nil {
				return err
			}
			if err := tx.AddEvidence(ctx, []state.Evidence{{Filter: 1, Time: 5, Body: []byte{}}, {Filter: 1, Time: 6}}, 1); err != nil {
				return err
			}
			e, err := tx.EvidenceOf(ctx, []int64{1}, 0, 7, 5)
			t.Log(e)
			return err
		})
	}
}

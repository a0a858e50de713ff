package statetest

import (
	"context"
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"tocsin/core/metric"
	"tocsin/store/state"
)

func revision(t *testing.T, s suite) int64 {
	t.Helper()
	return get(t, s.b, func(ctx context.Context, tx *state.Tx) (int64, error) { return tx.FilterRevision(ctx) })
}

func logGroups(t *testing.T, s suite) {
	before := revision(t, s)
	first := group(t, s, "CloudTrail/Logs")
	if revision(t, s) == before {
		t.Error("a new group leaves the revision as it is")
	}
	before = revision(t, s)
	again := put(t, s.b, func(ctx context.Context, tx *state.Tx) (state.LogGroup, error) {
		return tx.EnsureLogGroup(ctx, state.LogGroup{Scope: scope, Name: "CloudTrail/Logs", RetentionDays: 9})
	})
	if diff := cmp.Diff(first, again); diff != "" {
		t.Error(diff)
	}
	if revision(t, s) != before {
		t.Error("a group that is there changes the revision")
	}
	group(t, s, strings.Repeat("x", 512))
	group(t, s, "a")
	if got, want := first.ARN(), "arn:aws:logs:us-east-1:000000000000:log-group:CloudTrail/Logs"; got != want {
		t.Errorf("got %s", got)
	}
	update(t, s.b, func(ctx context.Context, tx *state.Tx) error { return tx.SetRetention(ctx, first.ID, 30) })
	var names []string
	for _, g := range get(t, s.a, func(ctx context.Context, tx *state.Tx) ([]state.LogGroup, error) { return tx.LogGroups(ctx) }) {
		names = append(names, g.Name)
	}
	if diff := cmp.Diff([]string{"CloudTrail/Logs", "a", strings.Repeat("x", 512)}, names); diff != "" {
		t.Error(diff)
	}
	got := get(t, s.a, func(ctx context.Context, tx *state.Tx) (state.LogGroup, error) {
		return tx.LogGroup(ctx, scope, "CloudTrail/Logs")
	})
	if got.RetentionDays != 30 || !got.Created.Equal(start) {
		t.Errorf("got %+v", got)
	}
	for name, f := range map[string]func(ctx context.Context, tx *state.Tx) error{
		"read": func(ctx context.Context, tx *state.Tx) error {
			_, err := tx.LogGroup(ctx, state.Scope{}, "a")
			return err
		},
		"retention": func(ctx context.Context, tx *state.Tx) error { return tx.SetRetention(ctx, 99, 1) },
		"delete":    func(ctx context.Context, tx *state.Tx) error { return tx.DeleteLogGroup(ctx, 99) },
	} {
		t.Run(name+" of no group", func(t *testing.T) { refused(t, s.a, state.ErrNotFound, f) })
	}
	together(t, 8, func(i int) error {
		return s.both(i).Update(t.Context(), func(tx *state.Tx) error {
			_, err := tx.EnsureLogGroup(t.Context(), state.LogGroup{Scope: scope, Name: "together"})
			return err
		})
	})
	if n := len(get(t, s.a, func(ctx context.Context, tx *state.Tx) ([]state.LogGroup, error) { return tx.LogGroups(ctx) })); n != 4 {
		t.Errorf("%d groups", n)
	}
}

func deletedLogGroup(t *testing.T, s suite) {
	gone, stays := group(t, s, "gone"), group(t, s, "stays")
	for _, g := range []state.LogGroup{gone, stays} {
		update(t, s.a, func(ctx context.Context, tx *state.Tx) error {
			_, errBlock := tx.AddBlock(ctx, state.Block{LogGroup: g.ID, Body: []byte("x")})
			_, errSegment := tx.AddSegment(ctx, state.Segment{LogGroup: g.ID, Key: "of " + g.Name})
			_, errSpans := tx.TouchSpans(ctx, g.ID, []int64{0})
			_, errFilter := tx.PutMetricFilter(ctx, state.MetricFilter{LogGroup: g.ID, Definition: metric.Definition{FilterName: "f"}})
			return errors.Join(errBlock, errSegment, errSpans, errFilter)
		})
	}
	before := revision(t, s)
	update(t, s.a, func(ctx context.Context, tx *state.Tx) error { return tx.DeleteLogGroup(ctx, gone.ID) })
	if revision(t, s) == before {
		t.Error("the revision stays")
	}
	update(t, s.b, func(ctx context.Context, tx *state.Tx) error {
		for _, g := range []state.LogGroup{gone, stays} {
			u, err := tx.Usage(ctx, g.ID)
			if err != nil {
				return err
			}
			filters, err := tx.MetricFilters(ctx, g.ID)
			if err != nil {
				return err
			}
			if want := int64(g.ID - gone.ID); u.Blocks != want || u.Segments != want || len(filters) != int(want) {
				t.Errorf("%s has %+v and %d filters", g.Name, u, len(filters))
			}
		}
		garbage, err := tx.Garbage(ctx, start, 10)
		if diff := cmp.Diff([]string{"of gone"}, garbage); diff != "" {
			t.Error(diff)
		}
		return err
	})
	// Who still writes to it learns that it is gone.
	for name, f := range map[string]func(ctx context.Context, tx *state.Tx) error{
		"block": func(ctx context.Context, tx *state.Tx) error {
			_, err := tx.AddBlock(ctx, state.Block{LogGroup: gone.ID})
			return err
		},
		"segment": func(ctx context.Context, tx *state.Tx) error {
			_, err := tx.AddSegment(ctx, state.Segment{LogGroup: gone.ID})
			return err
		},
		"span": func(ctx context.Context, tx *state.Tx) error {
			_, err := tx.TouchSpans(ctx, gone.ID, []int64{1})
			return err
		},
		"filter": func(ctx context.Context, tx *state.Tx) error {
			_, err := tx.PutMetricFilter(ctx, state.MetricFilter{LogGroup: gone.ID})
			return err
		},
	} {
		t.Run(name, func(t *testing.T) { refused(t, s.a, state.ErrNotFound, f) })
	}
}

func metricFilters(t *testing.T, s suite) {
	g, other := group(t, s, "g"), group(t, s, "other")
	zero := 0.0
	full := metric.Definition{
		FilterName: "root", FilterPattern: `{ $.userIdentity.type = "Root" && $.x != "<\u0000>" }`,
		Transformations: []metric.Transformation{{
			MetricName: "RootUsage", MetricNamespace: "CIS", MetricValue: "$.value", DefaultValue: &zero,
			Dimensions: []metric.Dimension{{Name: "Region", Value: "$.awsRegion"}}, Unit: "Count",
		}},
		SystemFields: []string{"@aws.account"},
	}
	filled(t, full)
	before := revision(t, s)
	first := put(t, s.a, func(ctx context.Context, tx *state.Tx) (state.MetricFilter, error) {
		return tx.PutMetricFilter(ctx, state.MetricFilter{LogGroup: g.ID, Definition: full, Created: start})
	})
	if revision(t, s) == before {
		t.Error("a filter leaves the revision as it is")
	}
	if diff := cmp.Diff(full, first.Definition); diff != "" {
		t.Error(diff)
	}
	changed := full
	changed.FilterPattern = ""
	again := put(t, s.b, func(ctx context.Context, tx *state.Tx) (state.MetricFilter, error) {
		return tx.PutMetricFilter(ctx, state.MetricFilter{LogGroup: g.ID, Definition: changed, Created: start.AddDate(1, 0, 0)})
	})
	if again.ID != first.ID || !again.Created.Equal(start) || again.Definition.FilterPattern != "" {
		t.Errorf("got %+v", again)
	}
	for _, f := range []state.MetricFilter{
		{LogGroup: other.ID, Definition: metric.Definition{FilterName: "a"}},
		{LogGroup: g.ID, Definition: metric.Definition{FilterName: "Z"}},
	} {
		update(t, s.a, func(ctx context.Context, tx *state.Tx) error {
			_, err := tx.PutMetricFilter(ctx, f)
			return err
		})
	}
	list := func(id int64) (names []string) {
		for _, f := range get(t, s.a, func(ctx context.Context, tx *state.Tx) ([]state.MetricFilter, error) {
			return tx.MetricFilters(ctx, id)
		}) {
			names = append(names, f.Definition.FilterName)
		}
		return names
	}
	if diff := cmp.Diff([][]string{{"Z", "root"}, {"Z", "root", "a"}}, [][]string{list(g.ID), list(0)}); diff != "" {
		t.Error(diff)
	}
	before = revision(t, s)
	update(t, s.a, func(ctx context.Context, tx *state.Tx) error { return tx.DeleteMetricFilter(ctx, g.ID, "root") })
	if revision(t, s) == before {
		t.Error("a filter that goes leaves the revision as it is")
	}
	refused(t, s.b, state.ErrNotFound, func(ctx context.Context, tx *state.Tx) error {
		return tx.DeleteMetricFilter(ctx, g.ID, "root")
	})
}

package cloudtrail_test

import (
	"context"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	sdk "github.com/aws/aws-sdk-go-v2/service/cloudtrail"

	"tocsin/internal/pgtest"
	"tocsin/service"
	"tocsin/service/cloudtrail"
	"tocsin/store/state"
)

// A process whose lease runs out while it puts records into a log group leaves them to
// the one that takes over: no file has them twice.
func TestLeaseRunsOut(t *testing.T) {
	var w *world
	var another *cloudtrail.Service
	w = newWorld(t, func(o *cloudtrail.Options) {
		put := o.Put
		o.Put = func(ctx context.Context, group int64, stream string, all []cloudtrail.LogEvent) error {
			if other := another; other != nil {
				another = nil
				w.Advance(time.Minute)
				if err := other.Tick(ctx, w.Now()); err != nil {
					t.Error(err)
				}
			}
			return put(ctx, group, stream, all)
		}
	})
	w.start(t, "main")
	w.pass(t, time.Minute)
	o := w.options
	o.Owner = "another"
	another = cloudtrail.New(o)
	if err := w.Record(t.Context(), service.Record{Caller: w.Caller(), Source: "sns.amazonaws.com", Name: "Once"}); err != nil {
		t.Fatal(err)
	}
	if err := w.Tick(t.Context(), w.Now()); err != nil {
		t.Fatal(err)
	}
	w.pass(t, 10*time.Minute)
	got := slices.DeleteFunc(slices.Concat(w.files(t)...), func(name string) bool { return name != "Once" })
	equal(t, "files", []string{"Once"}, got)
}

// Two processes deliver from one database while calls are recorded: nothing is
// lost, and nothing is there twice.
func TestTwoProcesses(t *testing.T) {
	for name, dsn := range map[string]func(t *testing.T) string{
		"SQLite":     func(*testing.T) string { return "" },
		"PostgreSQL": func(t *testing.T) string { return pgtest.Start(t).Database(t) },
	} {
		t.Run(name, func(t *testing.T) {
			var db *state.DB
			if at := dsn(t); at != "" {
				var err error
				if db, err = state.Open(t.Context(), at); err != nil {
					t.Fatal(err)
				}
				t.Cleanup(func() {
					if err := db.Close(); err != nil {
						t.Error(err)
					}
				})
			}
			w := newWorldOn(t, db)
			group := w.group(t, "trails")
			w.start(t, "main", logsTo(groupARN), func(in *sdk.CreateTrailInput) {
				in.EnableLogFileValidation, in.IsMultiRegionTrail = aws.Bool(true), aws.Bool(true)
			})
			o := w.options
			o.Owner = "another"
			another := cloudtrail.New(o)
			var want []string
			for i := range 70 {
				var both sync.WaitGroup
				for _, s := range []*cloudtrail.Service{w.Service, another} {
					both.Go(func() {
						if err := s.Tick(t.Context(), w.Now()); err != nil {
							t.Error(err)
						}
					})
				}
				for j := range 4 {
					want = append(want, "E"+strings.Repeat("x", i*4+j))
					r := service.Record{Caller: w.Caller(), Source: []string{"sns.amazonaws.com", "iam.amazonaws.com"}[j%2], Name: want[len(want)-1]}
					if err := w.Record(t.Context(), r); err != nil {
						t.Fatal(err)
					}
				}
				both.Wait()
				w.Advance(time.Minute)
			}
			w.pass(t, 10*time.Minute)
			check := func(what string, got []string) {
				got = slices.Clone(got)
				slices.Sort(got)
				equal(t, what, want, got)
			}
			check("own", w.logs.of(w.own.ID))
			check("trail", w.logs.of(group.ID))
			check("files", slices.Concat(w.files(t)...))
			w.pass(t, time.Hour)
			w.chains(t)
		})
	}
}

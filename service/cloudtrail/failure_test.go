package cloudtrail_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	sdk "github.com/aws/aws-sdk-go-v2/service/cloudtrail"

	"tocsin/service/cloudtrail"
	"tocsin/store/state"
)

// What fails is tried again: when it was not done, and when it was done all the same.
func TestFailures(t *testing.T) {
	broken := errors.New("broken")
	for _, c := range []struct {
		name          string
		fail, mend    func(*world)
		files, logged int
		told          func(*sdk.GetTrailStatusOutput) *string
		want          string
	}{
		{"the bucket fails", func(w *world) { w.bucket.fail = broken }, func(w *world) { w.bucket.fail = nil }, 1, 1, func(s *sdk.GetTrailStatusOutput) *string { return s.LatestDeliveryError }, "InternalError"},
		{"the bucket fails after it wrote", func(w *world) { w.bucket.fail, w.bucket.applied = broken, true }, func(w *world) { w.bucket.fail = nil }, 1, 1, func(s *sdk.GetTrailStatusOutput) *string { return s.LatestDeliveryError }, "InternalError"},
		{"the bucket is gone", func(w *world) { delete(w.bucket.policies, "logs") }, func(w *world) { w.bucket.policies["logs"] = nil }, 1, 1, func(s *sdk.GetTrailStatusOutput) *string { return s.LatestDeliveryError }, "NoSuchBucket"},
		{"the bucket's policy says no", func(w *world) { w.deny["s3:PutObject"] = true }, func(w *world) { clear(w.deny) }, 1, 1, func(s *sdk.GetTrailStatusOutput) *string { return s.LatestDeliveryError }, "AccessDenied"},
		{"the role says no", func(w *world) { w.deny["logs:PutLogEvents"] = true }, func(w *world) { clear(w.deny) }, 1, 1, func(s *sdk.GetTrailStatusOutput) *string { return s.LatestCloudWatchLogsDeliveryError }, "AccessDenied"},
	} {
		t.Run(c.name, func(t *testing.T) {
			w := newWorld(t)
			group := w.group(t, "trails")
			w.start(t, "main", logsTo(groupARN), func(in *sdk.CreateTrailInput) { in.EnableLogFileValidation = aws.Bool(true) })
			w.tick(t)
			c.fail(w)
			w.called(t, "CreateTopic")
			w.pass(t, 7*time.Minute)
			if told := c.told(status(t, w, "main")); told == nil || *told != c.want {
				t.Errorf("the status says %v, want %s", told, c.want)
			}
			c.mend(w)
			w.pass(t, time.Hour)
			if told := c.told(status(t, w, "main")); told != nil {
				t.Errorf("the status still says %s", *told)
			}
			equal(t, "log group", []string{"CreateTopic"}, w.logs.of(group.ID))
			equal(t, "files", [][]string{{"CreateTopic"}}, w.files(t))
			if chains := w.chains(t); len(chains) != 1 || len(chains[0]) != 1 || len(chains[0][0].File.Logs) != 1 {
				t.Errorf("%+v", chains)
			}
			if puts := slices.Compact(slices.Clone(w.bucket.puts)); len(puts) != 2 {
				t.Errorf("written to other keys when it was tried again: %q", puts)
			}
		})
	}
}

// A trail that was deleted together with its bucket leaves nothing behind.
func TestDeletedWithItsBucket(t *testing.T) {
	w := newWorld(t)
	w.start(t, "main", func(in *sdk.CreateTrailInput) { in.EnableLogFileValidation = aws.Bool(true) })
	w.called(t, "CreateTopic")
	w.tick(t)
	must[*sdk.DeleteTrailOutput](t)(w.DeleteTrail(w.Context(t), &sdk.DeleteTrailInput{Name: aws.String("main")}))
	w.pass(t, 2*time.Minute)
	if n := len(w.bucket.puts); n != 0 {
		t.Errorf("%d objects keep the bucket from being deleted", n)
	}
	delete(w.bucket.policies, "logs")
	w.pass(t, 10*time.Minute)
	if left := w.leftovers(t); left != "" {
		t.Error("left over:", left)
	}
}

// A deleted trail that is not let into its bucket gives up after a day.
func TestDeletedAndRefused(t *testing.T) {
	w := newWorld(t)
	w.start(t, "main", func(in *sdk.CreateTrailInput) { in.EnableLogFileValidation = aws.Bool(true) })
	w.called(t, "CreateTopic")
	w.deny["s3:PutObject"] = true
	must[*sdk.DeleteTrailOutput](t)(w.DeleteTrail(w.Context(t), &sdk.DeleteTrailInput{Name: aws.String("main")}))
	for range 30 {
		w.Advance(time.Hour)
		w.tick(t)
	}
	if left := w.leftovers(t); left != "" {
		t.Error("left over:", left)
	}
}

// While the own log group fails nothing is forgotten, nor is it there twice afterwards.
func TestOwnGroupFails(t *testing.T) {
	for _, applied := range []bool{false, true} {
		w := newWorld(t)
		w.logs.fail, w.logs.applied = errors.New("broken"), applied
		w.called(t, "CreateTopic")
		if err := w.Tick(t.Context(), w.Now()); !errors.Is(err, w.logs.fail) {
			t.Error(err)
		}
		w.logs.fail = nil
		w.tick(t)
		equal(t, "own", []string{"CreateTopic"}, w.logs.of(w.own.ID))
		if left := w.leftovers(t); left != "" {
			t.Error("left over:", left)
		}
	}
}

// Large batches do not wait, and a second process on the same database does
// nothing while the first has the lease.
func TestLargeFilesDoNotWait(t *testing.T) {
	w := newWorld(t, func(o *cloudtrail.Options) { o.FileBytes = 3000 })
	w.start(t, "main")
	w.called(t, "A", "B", "C", "D", "E", "F", "G", "H")
	w.tick(t)
	if n := len(w.bucket.keys("/CloudTrail/")); n == 0 {
		t.Error("no file at once")
	}
	o := w.options
	o.Owner = "another"
	w.called(t, "I")
	if err := cloudtrail.New(o).Tick(t.Context(), w.Now()); err != nil {
		t.Fatal(err)
	}
	if slices.Contains(w.logs.of(w.own.ID), "I") {
		t.Error("another process dispatched under the lease of the first")
	}
}

// The process ends after any effect on the world outside, and another goes on:
// nothing is lost, nothing is there twice, and every file keeps its name.
func TestKilledAfterEachEffect(t *testing.T) {
	run := func(t *testing.T, cut int) (effects int, seen []string) {
		w := newWorld(t)
		group, _ := w.group(t, "trails"), w.topic(t, "files")
		w.start(t, "main", logsTo(groupARN), func(in *sdk.CreateTrailInput) {
			in.EnableLogFileValidation, in.IsMultiRegionTrail, in.SnsTopicName = aws.Bool(true), aws.Bool(true), aws.String("files")
		})
		w.cut = cut
		const far = 1000
		if cut == 0 {
			w.cut = far
		}
		ctx, kill := context.WithCancel(t.Context())
		w.kill = kill
		tick := func() {
			if err := w.Tick(ctx, w.Now()); err != nil && ctx.Err() == nil {
				t.Fatal(err)
			} else if ctx.Err() != nil {
				ctx = t.Context()
				w.Service = cloudtrail.New(w.options)
				w.tick(t)
			}
		}
		w.called(t, "CreateTopic", "iam:CreateUser")
		tick()
		w.called(t, "DeleteTopic")
		for range 70 {
			w.Advance(time.Minute)
			tick()
		}
		must[*sdk.DeleteTrailOutput](t)(w.DeleteTrail(w.Context(t), &sdk.DeleteTrailInput{Name: aws.String("main")}))
		for range 8 {
			w.Advance(time.Minute)
			tick()
		}
		if left := w.leftovers(t); left != "" {
			t.Errorf("left over: %s", left)
		}
		seen = append(seen, "own: "+strings.Join(w.logs.of(w.own.ID), " "), "trail: "+strings.Join(w.logs.of(group.ID), " "))
		for _, f := range w.files(t) {
			seen = append(seen, "file: "+strings.Join(f, " "))
		}
		for _, c := range w.chains(t) {
			for _, d := range c {
				seen = append(seen, fmt.Sprintf("digest: %s with %d files", d.File.End.Format("15:04:05"), len(d.File.Logs)))
			}
		}
		var told int
		err := w.State.Update(t.Context(), func(tx *state.Tx) error {
			all, err := tx.LeasePublications(t.Context(), "test", w.Now(), w.Now().Add(time.Minute), 100)
			told = len(all)
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
		seen = append(seen, fmt.Sprint(told, " messages"))
		if cut == 0 {
			effects = far - w.cut
		}
		return effects, seen
	}
	effects, want := run(t, 0)
	t.Logf("%d effects: %q", effects, want)
	if effects < 8 {
		t.Fatalf("only %d effects: %q", effects, want)
	}
	for cut := 1; cut <= effects; cut++ {
		t.Run(fmt.Sprint("after effect ", cut), func(t *testing.T) {
			_, got := run(t, cut)
			equal(t, "what is there", want, got)
		})
	}
}

// What a log group could not take for long goes there in pieces.
func TestLogsCatchUpInPieces(t *testing.T) {
	most := 0
	var group int64
	w := newWorld(t, func(o *cloudtrail.Options) {
		o.FileBytes = 1
		put := o.Put
		o.Put = func(ctx context.Context, to int64, stream string, all []cloudtrail.LogEvent) error {
			if to == group {
				most = max(most, len(all))
			}
			return put(ctx, to, stream, all)
		}
	})
	group = w.group(t, "trails").ID
	w.start(t, "main", logsTo(groupARN))
	w.pass(t, time.Minute)
	before := len(w.logs.of(group))
	w.distrust = true
	for range 5 {
		w.called(t, "CreateTopic")
		w.pass(t, time.Second)
	}
	w.distrust, most = false, 0
	w.pass(t, 2*time.Hour)
	if n := len(w.logs.of(group)) - before; n != 5 {
		t.Errorf("%d events came", n)
	}
	if most != 1 {
		t.Errorf("%d events came at once", most)
	}
}

// Many batches that waited together are one log file, and none of them is lost.
func TestManyBatchesAreOneFile(t *testing.T) {
	w := newWorld(t)
	group := w.group(t, "trails")
	w.start(t, "main", logsTo(groupARN))
	w.pass(t, 10*time.Minute)
	before, had := len(w.bucket.keys("/CloudTrail/")), len(w.logs.of(group.ID))
	w.distrust = true // of the log group's role
	const n = 150
	for range n {
		w.called(t, "CreateTopic")
		w.pass(t, 100*time.Millisecond)
	}
	w.distrust = false
	w.pass(t, 2*time.Hour)
	files := w.files(t)[before:]
	held := 0
	for _, f := range files {
		held += len(f)
	}
	if len(files) != 1 || held != n {
		t.Errorf("%d files with %d records", len(files), held)
	}
	if got := len(w.logs.of(group.ID)) - had; got != n {
		t.Errorf("%d events in the log group", got)
	}
}

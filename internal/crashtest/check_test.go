//go:build linux

package crashtest

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"math"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/s3"

	"tocsin/core/alarm"
	"tocsin/core/control"
	"tocsin/core/metric"
	"tocsin/core/topic"
	"tocsin/flow"
	"tocsin/source"
	"tocsin/store/blob"
	"tocsin/store/events"
	"tocsin/store/state"
)

// A finding is something that must not be.
type finding struct{ text string }

func (f *finding) Error() string { return f.text }

func found(format string, args ...any) error { return &finding{fmt.Sprintf(format, args...)} }

// left tells what is still to be done, "" when nothing is.
func (w *world) left() string {
	ctx := context.Background()
	if showing, hidden := w.queue.Messages(); showing+hidden > 0 {
		return fmt.Sprintf("%d messages in the queue", showing+hidden)
	}
	db, err := state.OpenReader(ctx, w.dsn)
	if err != nil {
		return err.Error()
	}
	defer db.Close()
	text := ""
	err = db.View(ctx, func(tx *state.Tx) error {
		counts, _, err := tx.DeliveryCounts(ctx)
		if err != nil {
			return err
		}
		next, err := tx.NextDelivery(ctx, time.Now())
		if err != nil {
			return err
		}
		due, err := tx.NextDue(ctx)
		if err != nil {
			return err
		}
		files, err := tx.LastFiles(ctx)
		if err != nil {
			return err
		}
		var taken int64
		for _, f := range files {
			if strings.HasPrefix(f.Source, "dir:") {
				taken += f.Files
			}
		}
		switch {
		case counts[state.Pending] > 0 || next != state.MaxTime:
			text = fmt.Sprintf("%d deliveries on their way", counts[state.Pending])
		case due <= time.Now().UnixMilli():
			text = "an alarm is due"
		case int(taken) < w.inFolder():
			text = fmt.Sprintf("%d of %d files of the folder taken", taken, w.inFolder())
		}
		return nil
	})
	if err != nil {
		return err.Error()
	}
	return text
}

func (w *world) inFolder() int {
	n := 0
	for f := range must2(source.Open(context.Background(), []string{w.trail}, source.Options{})) {
		if !strings.HasPrefix(filepath.Base(f.Key), ".") {
			n++
		}
	}
	return n
}

func must2[T any](v T, err error) T {
	if err != nil {
		panic(err)
	}
	return v
}

// check compares what the daemon left with what a scan of the same files says.
func (w *world) check() error {
	ctx := context.Background()
	db, err := state.OpenReader(ctx, w.dsn)
	if err != nil {
		return err
	}
	defer db.Close()
	want, err := w.scan(ctx)
	if err != nil {
		return err
	}
	errs := []error{w.checkEvents(ctx, db)}
	err = db.View(ctx, func(tx *state.Tx) error {
		errs = append(errs, checkPoints(ctx, tx, want), w.checkAlarms(ctx, tx, want), w.checkTold(ctx, tx))
		return nil
	})
	w.told.mu.Lock()
	defer w.told.mu.Unlock()
	for _, p := range w.told.problems {
		errs = append(errs, found("%s", p))
	}
	return errors.Join(append(errs, err)...)
}

func (w *world) scan(ctx context.Context) (flow.Report, error) {
	pack, err := control.Select("cis")
	if err != nil {
		return flow.Report{}, err
	}
	pack.Controls = slices.DeleteFunc(pack.Controls, func(c control.Control) bool { return len(c.Parameters) > 0 })
	watches, err := flow.Watches(pack)
	if err != nil {
		return flow.Report{}, err
	}
	files, err := source.Open(ctx, []string{w.copies}, source.Options{})
	if err != nil {
		return flow.Report{}, err
	}
	return flow.Scan(ctx, files, flow.ScanOptions{Watches: watches}), nil
}

// checkEvents looks for events that are missing, or there twice.
func (w *world) checkEvents(ctx context.Context, db *state.DB) error {
	want := map[string]int{}
	files, err := source.Open(ctx, []string{w.copies}, source.Options{})
	if err != nil {
		return err
	}
	flow.Search(ctx, files, flow.SearchOptions{KeepDuplicates: true}, func(f flow.Found) bool {
		want[eventID(f.Raw)] = 1
		return true
	})
	blobs, closing, err := w.openSegments()
	if err != nil {
		return err
	}
	defer closing()
	store := events.New(events.Options{State: db, Blobs: blobs, Now: time.Now})
	var group int64
	err = db.View(ctx, func(tx *state.Tx) error {
		groups, err := tx.LogGroups(ctx)
		if err == nil && len(groups) == 1 {
			group = groups[0].ID
		}
		return err
	})
	if err != nil {
		return err
	}
	have := map[string]int{}
	q := events.Query{Group: group, To: math.MaxInt64, Limit: 1000}
	for {
		page, err := store.Search(ctx, q)
		if err != nil {
			return err
		}
		for _, e := range page.Events {
			have[eventID(e.Message)]++
		}
		if q.After = page.Next; q.After == "" {
			break
		}
	}
	missing, twice := 0, 0
	for id := range want {
		switch have[id] {
		case 0:
			missing++
		case 1:
		default:
			twice++
		}
	}
	if missing+twice > 0 || len(have) != len(want) {
		return found("of %d events %d are missing and %d are there more than once; %d different ones are stored", len(want), missing, twice, len(have))
	}
	return nil
}

func (w *world) openSegments() (s blob.Store, closing func() error, err error) {
	if !strings.HasPrefix(w.segments, "s3://") {
		dir, err := blob.OpenDir(w.segments)
		if err != nil {
			return nil, nil, err
		}
		return dir, dir.Close, nil
	}
	at, prefix, _ := strings.Cut(strings.TrimPrefix(w.segments, "s3://"), "/")
	s, err = blob.NewS3(s3.New(s3.Options{
		Region: "eu-west-1", BaseEndpoint: &w.s3.URL, UsePathStyle: true, Credentials: credentials.NewStaticCredentialsProvider("AKIDEXAMPLE", "secret", ""),
	}), at, prefix+"/")
	return s, func() error { return nil }, err
}

func eventID(record []byte) string {
	var r struct{ EventID string }
	if err := json.Unmarshal(record, &r); err != nil {
		return "unreadable: " + err.Error()
	}
	return r.EventID
}

// checkPoints compares every minute of every metric.
func checkPoints(ctx context.Context, tx *state.Tx, want flow.Report) error {
	alarms, err := tx.Alarms(ctx)
	if err != nil {
		return err
	}
	byName := map[string]state.Alarm{}
	for _, a := range alarms {
		byName[a.Definition.Name] = a
	}
	var errs []error
	for _, c := range want.Controls {
		a, ok := byName[c.ID]
		if !ok {
			errs = append(errs, found("there is no alarm %s", c.ID))
			continue
		}
		points, err := tx.Points(ctx, a.Scope, a.Definition.Metric(), 0, math.MaxInt64)
		if err != nil {
			return err
		}
		have := map[int64]float64{}
		for _, p := range points {
			have[p.Time] = p.Samples.SampleCount
		}
		expect := map[int64]float64{}
		for _, m := range c.Minutes {
			expect[m.Minute.UnixMilli()] = float64(m.Count)
		}
		if !maps.Equal(have, expect) {
			errs = append(errs, found("%s: datapoints %v, want %v", c.ID, have, expect))
		}
	}
	return errors.Join(errs...)
}

// checkAlarms looks at each alarm's history, transition by transition, and at
// whether it rang for all that a scan says it rings for.
func (w *world) checkAlarms(ctx context.Context, tx *state.Tx, want flow.Report) error {
	alarms, err := tx.Alarms(ctx)
	if err != nil {
		return err
	}
	var errs []error
	for _, a := range alarms {
		items, err := tx.History(ctx, state.HistoryQuery{ARN: a.Definition.ARN, OldestFirst: true, Limit: 100_000})
		if err != nil {
			return err
		}
		// By the clock they may be in another order, where it was set back.
		slices.SortFunc(items, func(x, y state.StoredHistoryItem) int { return cmp.Compare(x.ID, y.ID) })
		errs = append(errs, checkHistory(a, items))
		i := slices.IndexFunc(want.Controls, func(c flow.ControlReport) bool { return c.ID == a.Definition.Name })
		if i < 0 {
			continue
		}
		rings, err := tx.Rings(ctx, a.ID, 0, state.MaxTime)
		if err != nil {
			return err
		}
		for _, m := range want.Controls[i].Minutes {
			covered := slices.ContainsFunc(rings, func(r state.Ring) bool {
				return r.From <= m.Minute.Add(time.Duration(a.Definition.Period)*time.Second).UnixMilli() && metric.Minute(m.Minute.UnixMilli()) < r.To
			})
			if !covered {
				errs = append(errs, found("%s did not ring for its matches at %s; it rang %v", a.Definition.Name, m.Minute.Format(time.RFC3339), rings))
			}
		}
	}
	return errors.Join(errs...)
}

// checkHistory follows the states, and looks for transitions that acted on nothing.
func checkHistory(a state.Alarm, items []state.StoredHistoryItem) error {
	now, actions, wanted := string(alarm.InsufficientData), 0, 0
	for _, item := range items {
		switch item.Type {
		case "StateUpdate":
			var data struct {
				OldState, NewState struct{ StateValue string }
			}
			if err := json.Unmarshal([]byte(item.Data), &data); err != nil {
				return err
			}
			if data.OldState.StateValue != now {
				return found("%s: went from %s, but was in %s", a.Definition.Name, data.OldState.StateValue, now)
			}
			now = data.NewState.StateValue
			wanted += len(a.Definition.ActionsFor(alarm.State(now)))
		case "Action":
			actions++
		}
	}
	switch {
	case now != string(a.Record.State):
		return found("%s: is in %s, its history ends in %s", a.Definition.Name, a.Record.State, now)
	case actions < wanted:
		return found("%s: %d transitions to be told, %d were", a.Definition.Name, wanted, actions)
	}
	return nil
}

// checkTold compares what was to be told with what the receiver accepted.
func (w *world) checkTold(ctx context.Context, tx *state.Tx) error {
	deliveries, err := tx.Deliveries(ctx, state.DeliveryQuery{Limit: 100_000})
	if err != nil {
		return err
	}
	notices, ids, spread := 0, map[string]bool{}, map[string]bool{}
	var errs []error
	for _, d := range deliveries {
		job, err := tx.Delivery(ctx, d.ID)
		if err != nil {
			return err
		}
		if job.Publication.Kind != topic.Notification {
			continue
		}
		notices++
		if spread[d.MessageID+d.Subscription] {
			errs = append(errs, found("message %s was spread twice", d.MessageID))
		}
		ids[d.MessageID], spread[d.MessageID+d.Subscription] = true, true
		var to accepter = w.told
		if other := w.others[job.Subscription.Endpoint]; other != nil {
			to = other
		}
		switch {
		case d.Status != state.Delivered:
			errs = append(errs, found("message %s is %s: %s", d.MessageID, d.Status, d.Last))
		case to.took(d.MessageID) == 0:
			errs = append(errs, found("message %s was never accepted", d.MessageID))
		}
	}
	w.told.mu.Lock()
	defer w.told.mu.Unlock()
	for id := range w.told.bodies {
		if !ids[id] {
			errs = append(errs, found("the receiver has a message %s that nobody knows of", id))
		}
	}
	if notices == 0 {
		errs = append(errs, found("nothing was told"))
	}
	return errors.Join(errs...)
}

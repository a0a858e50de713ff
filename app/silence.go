package app

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"time"

	"tocsin/core/alarm"
	"tocsin/core/control"
	"tocsin/core/metric"
	"tocsin/store/state"
)

// The metric by which silence can ring: how old the newest event is, in seconds,
// of an account, and of an account in a Region.
const (
	ownNamespace   = "tocsin"
	newestEventAge = "NewestEventAge"
)

// silence publishes how old the newest events are, and makes the alarms that
// watch it for accounts that it has not seen before.
func (a *App) silence(ctx context.Context, now time.Time) error {
	mine, err := a.lease(ctx, "silence", now, silenceLease)
	if err != nil || !mine {
		return err
	}
	return a.db.Update(ctx, func(tx *state.Tx) error {
		files, err := tx.LastFiles(ctx)
		if err != nil {
			return err
		}
		config := a.Config()
		newest := newestEvents(files)
		// First the alarms, so that what is published makes them due.
		if err := watchSilence(ctx, tx, &config, newest, now); err != nil {
			return err
		}
		return publishSilence(ctx, tx, config.Scope(), newest, now)
	})
}

func publishSilence(ctx context.Context, tx *state.Tx, scope state.Scope, newest map[where]time.Time, now time.Time) error {
	minute := metric.Minute(now.UnixMilli())
	var points []state.Points
	var touched []state.Touch
	for of, at := range newest {
		id := of.metric()
		age := max(now.Sub(at).Seconds(), 0)
		points = append(points, state.Points{Scope: scope, Metric: id, Unit: "Seconds", Points: []metric.Point{{Time: minute, Samples: metric.Of(age)}}})
		touched = append(touched, state.Touch{Scope: scope, Metric: id, Minute: minute})
	}
	if len(points) == 0 {
		return nil
	}
	if err := tx.AddPoints(ctx, points); err != nil {
		return err
	}
	return tx.MarkDue(ctx, touched)
}

// A where is an account that log files come from, or a Region of it.
type where struct{ account, region string }

func (w where) metric() metric.Identity {
	dimensions := []metric.Dimension{{Name: "AccountId", Value: w.account}}
	if w.region != "" {
		dimensions = append(dimensions, metric.Dimension{Name: "Region", Value: w.region})
	}
	return metric.NewIdentity(ownNamespace, newestEventAge, dimensions...)
}

// maxWatched bounds how many accounts, and Regions of accounts, are watched for
// silence. Names of files tell them, and whoever writes files can make up names.
const maxWatched = 2000

// newestEvents is the time of the newest event of each account, and of each
// Region of it, of those whose files tell them. No event is newer than the last
// file: one that says so would hide all silence until then. When there are too
// many, those with the most files count.
func newestEvents(files []state.LastFile) map[where]time.Time {
	byFiles := slices.Clone(files)
	slices.SortStableFunc(byFiles, func(a, b state.LastFile) int { return cmp.Compare(b.Files, a.Files) })
	newest := map[where]time.Time{}
	for _, f := range byFiles {
		if f.Account == "" || f.Region == "" || f.NewestEvent.IsZero() {
			continue
		}
		at := f.NewestEvent
		if at.After(f.At) {
			at = f.At
		}
		for _, w := range []where{{f.Account, f.Region}, {f.Account, ""}} {
			if have, ok := newest[w]; (ok || len(newest) < maxWatched) && at.After(have) {
				newest[w] = at
			}
		}
	}
	return newest
}

// silenceSetting remembers for which accounts there was an alarm: one that
// somebody deleted does not come back.
const silenceSetting = "silence"

// watchSilence makes an alarm for each account that never had one, where the
// configuration wants them. Later changes are the user's.
func watchSilence(ctx context.Context, tx *state.Tx, c *Config, newest map[where]time.Time, now time.Time) error {
	after := time.Duration(c.Alarms.Silence)
	if after == 0 {
		return nil
	}
	text, err := tx.Setting(ctx, silenceSetting)
	if err != nil {
		return err
	}
	var known []string
	if text != "" {
		if err := json.Unmarshal([]byte(text), &known); err != nil {
			return fmt.Errorf("what is known of accounts that are watched for silence cannot be read: %w", err)
		}
	}
	before := len(known)
	for w := range newest {
		if w.region != "" || slices.Contains(known, w.account) {
			continue
		}
		if err := makeSilenceAlarm(ctx, tx, c, w, after, now); err != nil {
			return err
		}
		known = append(known, w.account)
	}
	if len(known) == before {
		return nil
	}
	slices.Sort(known)
	stored, err := json.Marshal(known)
	if err != nil {
		return err
	}
	return tx.SetSetting(ctx, silenceSetting, string(stored))
}

func makeSilenceAlarm(ctx context.Context, tx *state.Tx, c *Config, of where, after time.Duration, now time.Time) error {
	scope, name, id := c.Scope(), "silence-"+of.account, of.metric()
	arn := alarm.ARN(scope.Partition, scope.Region, scope.Account, name)
	if _, err := tx.Alarm(ctx, arn); !errors.Is(err, state.ErrNotFound) {
		return err
	}
	now = time.UnixMilli(now.UnixMilli()).UTC()
	title := fmt.Sprintf("No event of account %s has come in for %s", of.account, Duration(after))
	stored, _, err := tx.PutAlarm(ctx, state.Alarm{
		Scope: scope,
		Definition: alarm.Alarm{
			Name: name, ARN: arn, Description: title, ActionsEnabled: true, AlarmActions: []string{c.TopicARN("")}, OKActions: []string{c.TopicARN("")},
			Namespace: id.Namespace, MetricName: id.Name, Dimensions: id.Dimensions, Statistic: metric.MustStatistic("Maximum"),
			Period: 60, EvaluationPeriods: 1, Threshold: after.Seconds(), ComparisonOperator: alarm.GreaterThanThreshold,
			// While tocsin does not run there is nothing to be told of anybody's silence.
			TreatMissingData: alarm.Ignore, ConfigurationUpdated: now,
		},
		Record: alarm.NewRecord(now),
		Extra:  state.AlarmExtra{Title: title, Severity: control.High.String()},
	})
	if err != nil {
		return err
	}
	return tx.AddHistory(ctx, arn, alarm.Created(stored.Definition, stored.Record, now))
}

package cloudwatch

import (
	"context"
	"errors"
	"fmt"
	"time"

	"tocsin/core/metric"
	"tocsin/service"
	"tocsin/store/events"
	"tocsin/store/state"
)

// logPoll is how long Run waits at most: other processes put log alarms too.
const logPoll = 5 * time.Second

// Run runs the queries of log alarms when they are due, until ctx ends.
func (s *Service) Run(ctx context.Context) {
	service.Rounds{
		Round: func(ctx context.Context) error { return s.Tick(ctx, s.o.Now()) }, Log: s.o.Log,
		Failing: "log alarms cannot run their queries, and try again", Over: "log alarms run their queries again",
		Wait: func(ctx context.Context) bool { return service.Sleep(ctx, logPoll, nil) },
	}.Run(ctx)
}

// Tick runs the queries that are due at now, and those that were due before and whose
// results still count. What fails for some while others pass is told to the log
// and tried again by the next Tick.
func (s *Service) Tick(ctx context.Context, now time.Time) error {
	if s.o.Count == nil {
		return nil
	}
	var rows []state.Resource[logAlarm]
	err := s.o.State.View(ctx, func(tx *state.Tx) (err error) {
		rows, err = logAlarms.All(ctx, tx, state.Scope{Account: "*", Region: "*"})
		return err
	})
	if err != nil {
		return fmt.Errorf("look for log alarms: %w", err)
	}
	var first error
	passed := false
	for _, row := range rows {
		if row.Value.Next > now.UnixMilli() && row.Value.Next <= now.Add(row.Value.every()).UnixMilli() {
			continue // a clock that went back makes it due before
		}
		switch err := s.runQuery(ctx, row, now); {
		case err == nil:
			passed = true
		case first == nil:
			first = err
			fallthrough
		default:
			s.o.Log.Error("the query of a log alarm could not be run and will be tried again", "alarm", row.Name, "error", err)
		}
	}
	if passed || ctx.Err() != nil {
		return ctx.Err()
	}
	return first
}

// runQuery runs a query for each time that it was due, and publishes the results.
func (s *Service) runQuery(ctx context.Context, row state.Resource[logAlarm], now time.Time) error {
	l, every := row.Value, row.Value.every()
	last := metric.Align(now.UnixMilli(), every)
	earliest := last - maxLogResults*every.Milliseconds()
	m := metric.NewIdentity(logNamespace, row.Name)
	points := state.Points{Scope: row.Scope, Metric: m}
	var touched []state.Touch
	for at := max(l.Next, earliest); at <= last; at += every.Milliseconds() {
		n, ok, err := s.count(ctx, row.Scope, l, at)
		if err != nil {
			return err
		}
		if !ok {
			continue
		}
		points.Points = append(points.Points, metric.Point{Time: metric.Minute(at), Samples: metric.Of(float64(n))})
		touched = append(touched, state.Touch{Scope: row.Scope, Metric: m, Minute: metric.Minute(at)})
	}
	row.Value.Next = last + every.Milliseconds()
	err := s.o.State.Update(ctx, func(tx *state.Tx) error {
		switch a, err := tx.Alarm(ctx, alarmARN(row.Scope, row.Name)); {
		case errors.Is(err, state.ErrNotFound), err == nil && !a.Extra.Log:
			// It was deleted or replaced by who does not know of queries.
			_, err := state.Exists(logAlarms.Delete(ctx, tx, row.Scope, row.Name))
			return err
		case err != nil:
			return err
		}
		if len(points.Points) > 0 {
			if err := tx.AddPoints(ctx, []state.Points{points}); err != nil {
				return err
			}
			if err := tx.MarkDue(ctx, touched); err != nil {
				return err
			}
		}
		_, err := logAlarms.Put(ctx, tx, row)
		return err
	})
	if errors.Is(err, state.ErrChanged) {
		return nil // changed, deleted, or run by another process
	}
	if err == nil {
		s.o.Wake()
	}
	return err
}

// count is the result of a query that runs at a time; none when no log group is
// there, or its role may not read one.
func (s *Service) count(ctx context.Context, in state.Scope, l logAlarm, at int64) (total int64, ok bool, err error) {
	p, err := logPattern(l.Query)
	if err != nil {
		return 0, false, err
	}
	if err := s.mayQuery(ctx, in, l); err != nil {
		s.o.Log.Warn("the query of a log alarm may not be run", "role", l.Role, "error", err)
		return 0, false, nil
	}
	for _, name := range l.Groups {
		var group state.LogGroup
		err := s.o.State.View(ctx, func(tx *state.Tx) (err error) {
			group, err = tx.LogGroup(ctx, in, name)
			return err
		})
		if errors.Is(err, state.ErrNotFound) {
			continue
		}
		if err != nil {
			return 0, false, err
		}
		n, err := s.o.Count(ctx, events.Query{Group: group.ID, From: at - l.Start*1000, To: at - l.End*1000 - 1, Pattern: p})
		if err != nil {
			return 0, false, err
		}
		total, ok = total+n, true
	}
	return total, ok, nil
}

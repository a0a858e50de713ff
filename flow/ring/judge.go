package ring

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"tocsin/core/alarm"
	"tocsin/core/expression"
	"tocsin/store/state"
)

// An outcome is what an alarm came to.
type outcome struct {
	alarm state.DueAlarm
	alarm.Judgement
}

// judge reads what an alarm looks at and judges it. An error is the database's.
func (r *Ringer) judge(ctx context.Context, tx *state.Tx, d state.DueAlarm, now time.Time) (outcome, error) {
	o := outcome{alarm: d}
	if err := fit(d.Definition); err != nil {
		return r.push(o, err, now), nil
	}
	var math *expression.Alarm
	if len(d.Definition.Metrics) > 0 {
		var err error
		if math, err = expression.NewAlarm(d.Definition); err != nil {
			return r.push(o, err, now), nil
		}
	}
	c, err := r.read(ctx, tx, d, math, now)
	if err != nil {
		return o, err
	}
	o.Judgement, err = decide(c, now)
	if err != nil {
		return r.push(o, err, now), nil
	}
	return o, nil
}

// fit tells whether an alarm can be judged.
func fit(a alarm.Alarm) error {
	if err := a.Validate(); err != nil {
		return err
	}
	switch {
	case a.ThresholdMetricID != "":
		return errors.New("it is on anomaly detection, which tocsin does not evaluate")
	case a.ARN == "":
		return errors.New("it has no ARN")
	}
	return nil
}

// decide is c.Judge. A fault in it is that of one alarm and must not end all others.
func decide(c alarm.Case, now time.Time) (j alarm.Judgement, err error) {
	defer func() {
		if fault := recover(); fault != nil {
			err = fmt.Errorf("judging it failed, which is an error of tocsin: %v", fault)
		}
	}()
	return c.Judge(now), nil
}

// later is when an alarm that cannot be judged is looked at again.
const later = time.Hour

// push puts an alarm off that cannot be judged, and tells the log so once.
func (r *Ringer) push(o outcome, why error, now time.Time) outcome {
	if r.unfit[o.alarm.ID] != o.alarm.Revision {
		r.unfit[o.alarm.ID] = o.alarm.Revision
		r.log.Error("an alarm cannot be evaluated and stays as it is until it is changed",
			"alarm", o.alarm.Definition.ARN, "error", why)
	}
	r.stats.unfit.Add(1)
	o.Judgement = alarm.Judgement{
		Record: o.alarm.Record, EvaluatedTo: o.alarm.EvaluatedTo, Due: now.Add(later).UnixMilli(),
	}
	return o
}

// read is all that it takes to judge an alarm, which is on metric math unless math is nil.
func (r *Ringer) read(ctx context.Context, tx *state.Tx, d state.DueAlarm, math *expression.Alarm, now time.Time) (alarm.Case, error) {
	c := alarm.Case{
		Alarm: d.Definition, Record: d.Record, Touched: d.Touched, EvaluatedTo: d.EvaluatedTo,
		Timing: r.o.Timing,
		Repeat: alarm.Repeat{
			Interval:    d.Extra.Repeat.Mode == state.RepeatInterval,
			OnNewEvents: d.Extra.Repeat.Mode == state.RepeatOnNewEvents,
			Every:       d.Extra.Repeat.Every,
		},
	}
	rings, err := tx.LiveRings(ctx, d.ID, d.Record.Transitioned.UnixMilli())
	if err != nil {
		return c, err
	}
	c.Stays = staysOf(rings)
	read := newReadings(d.Alarm)
	for _, s := range c.Reach(now) {
		if err := read.stretch(ctx, tx, s.From, s.To); err != nil {
			return c, err
		}
		within, err := tx.Rings(ctx, d.ID, s.From, s.To)
		if err != nil {
			return c, err
		}
		rings = append(rings, within...)
	}
	c.Stays = staysOf(rings)
	c.Points = read.together()
	if math != nil {
		c.Math = math.Math(read.of)
	}
	return c, nil
}

// staysOf is rings as package alarm knows them, each once.
func staysOf(rings []state.Ring) []alarm.Stay {
	var out []alarm.Stay
	for _, r := range rings {
		out = append(out, alarm.Stay{ID: r.ID, From: r.From, To: r.To, Late: r.Late, Told: r.Told})
	}
	slices.SortFunc(out, alarm.Stay.Compare)
	return slices.Compact(out)
}

package state

import (
	"cmp"
	"context"
	"slices"
	"time"

	"tocsin/core/alarm"
	"tocsin/core/metric"
)

// A Touch is one minute of a metric that got new samples.
type Touch struct {
	Scope  Scope
	Metric metric.Identity
	Minute int64
	Began  int64 // when the newest log file that they are of began to be read; 0 for none
}

// MarkDue makes every alarm on one of the metrics due now, for these minutes.
func (tx *Tx) MarkDue(ctx context.Context, touched []Touch) error {
	minutes := map[string][]Touch{}
	for _, t := range touched {
		key := metricKey(t.Scope, cleanIdentity(t.Metric))
		minutes[key] = append(minutes[key], t)
	}
	if err := tx.lockTable(ctx, "alarm_metrics", "ROW EXCLUSIVE"); err != nil { // see LockAlarms
		return err
	}
	rows, err := tx.alarmsOn(ctx, sortedKeys(minutes))
	if err != nil || len(rows) == 0 {
		return err
	}
	var due []touchedMinute
	var ids []int64
	for _, on := range rows {
		for _, m := range minutes[on.metric] {
			due = append(due, touchedMinute{on.alarm, m.Minute, m.Began})
		}
		ids = append(ids, on.alarm)
	}
	if ids, err = tx.lockAlarms(ctx, distinct(ids)); err != nil {
		return err
	}
	due = slices.DeleteFunc(due, func(d touchedMinute) bool { return !slices.Contains(ids, d.alarm) })
	slices.SortFunc(due, touchedMinute.compare)
	due = slices.CompactFunc(due, touchedMinute.same)
	err = batches(len(due), func(from, to int) error {
		var args []any
		for _, d := range due[from:to] {
			args = append(args, d.alarm, d.minute, 0, d.began)
		}
		_, err := tx.exec(ctx, `
			INSERT INTO touched (alarm, minute, leased, began) VALUES `+values(to-from, 4)+`
			ON CONFLICT (alarm, minute) DO UPDATE SET leased = 0,
				began = CASE WHEN excluded.began > touched.began THEN excluded.began ELSE touched.began END`, args...)
		return err
	})
	if err != nil {
		return err
	}
	return batches(len(ids), func(from, to int) error {
		// One that is leased becomes due when the lease ends.
		_, err := tx.exec(ctx, `
			UPDATE alarms SET due = 0, available = CASE WHEN lease_owner = '' THEN 0 ELSE available END
			WHERE due <> 0 AND id IN `+params(1, to-from), anys(ids[from:to])...)
		return err
	})
}

// A DueAlarm is an alarm that is to be evaluated: its time has come, or there
// is new data for the minutes Touched, ascending.
type DueAlarm struct {
	Alarm
	Touched []int64
	Began   int64 // when the newest log file with that data began to be read; 0 for none
}

// LeaseAlarms takes up to limit alarms that are due at now for owner, until the
// lease ends; nobody else gets them before.
func (tx *Tx) LeaseAlarms(ctx context.Context, owner string, now, until time.Time, limit int) ([]DueAlarm, error) {
	ids, err := all(ctx, tx, value[int64], `
		SELECT id FROM alarms WHERE available <= $1 ORDER BY available, id LIMIT $2`+tx.free(), now, limit)
	if err != nil || len(ids) == 0 {
		return nil, err
	}
	ids = distinct(ids)
	var due []DueAlarm
	err = batches(len(ids), func(from, to int) error {
		some, args := params(1, to-from), anys(ids[from:to])
		_, err := tx.exec(ctx, `
			UPDATE alarms SET lease_owner = `+parameter(len(args)+1)+`, available = `+parameter(len(args)+2)+`
			WHERE id IN `+some, append(slices.Clip(args), owner, until)...)
		if err != nil {
			return err
		}
		if _, err := tx.exec(ctx, `UPDATE touched SET leased = 1 WHERE leased = 0 AND alarm IN `+some, slices.Clip(args)...); err != nil {
			return err
		}
		minutes, err := all(ctx, tx, scanTouched, `
			SELECT alarm, minute, began FROM touched WHERE alarm IN `+some+` ORDER BY alarm, minute`, slices.Clip(args)...)
		if err != nil {
			return err
		}
		alarms, err := all(ctx, tx, scanAlarm, `SELECT `+alarmColumns+` FROM alarms WHERE id IN `+some, slices.Clip(args)...)
		for _, a := range alarms {
			d := DueAlarm{Alarm: a}
			for _, m := range minutes {
				if m.alarm == a.ID {
					d.Touched, d.Began = append(d.Touched, m.minute), max(d.Began, m.began)
				}
			}
			due = append(due, d)
		}
		return err
	})
	slices.SortFunc(due, func(a, b DueAlarm) int { return cmp.Or(cmp.Compare(a.Due, b.Due), cmp.Compare(a.ID, b.ID)) })
	return due, err
}

// An Evaluation is the outcome of an evaluation of an alarm.
type Evaluation struct {
	Alarm       int64 // ID
	Revision    int64 // that was evaluated; ErrChanged when it is another by now
	Record      alarm.Record
	Changed     bool // whether Record is to be written
	Due         int64
	EvaluatedTo int64
	Touched     []int64 // minutes that this settles
}

// SaveEvaluation writes the outcome and ends the lease, or tells ErrChanged and
// writes nothing, so that the transaction may go on with others. Minutes touched
// since the lease began stay due; minutes that the lease had and that are not
// settled are given again at Due, or with the next that is touched.
func (tx *Tx) SaveEvaluation(ctx context.Context, owner string, e Evaluation) error {
	if _, err := tx.lockAlarms(ctx, []int64{e.Alarm}); err != nil {
		return err
	}
	due := `CASE WHEN EXISTS (SELECT 1 FROM touched WHERE alarm = $1 AND leased = 0) THEN 0 ELSE CAST($5 AS BIGINT) END`
	args := []any{e.Alarm, e.Revision, owner, e.EvaluatedTo, e.Due}
	set := `lease_owner = '', evaluated_to = $4, due = ` + due + `, available = ` + due
	if e.Changed {
		set += `, revision = revision + 1, state = $6, reason = $7, reason_data = $8, updated = $9, transitioned = $10`
		args = append(args, string(e.Record.State), e.Record.Reason, e.Record.ReasonData, e.Record.Updated, e.Record.Transitioned)
	}
	err := tx.changed(ctx, ErrChanged, `
		UPDATE alarms SET `+set+` WHERE id = $1 AND revision = $2 AND lease_owner = $3`, args...)
	if err != nil {
		return err
	}
	settled := distinct(e.Touched)
	return batches(len(settled), func(from, to int) error {
		_, err := tx.exec(ctx, `DELETE FROM touched WHERE leased = 1 AND alarm = $1 AND minute IN `+params(2, to-from),
			append([]any{e.Alarm}, anys(settled[from:to])...)...)
		return err
	})
}

// NextDue is the earliest time at which an alarm can be leased because it is due,
// MaxTime when there is none. One that is leased can be when the lease ends.
func (tx *Tx) NextDue(ctx context.Context) (int64, error) {
	return one(ctx, tx, value[int64], `SELECT COALESCE(MIN(available), 9223372036854775807) FROM alarms`)
}

// An alarmOn is an alarm that looks at a metric.
type alarmOn struct {
	metric string // key
	alarm  int64
}

// alarmsOn finds the alarms that look at metrics.
func (tx *Tx) alarmsOn(ctx context.Context, keys []string) ([]alarmOn, error) {
	var found []alarmOn
	err := batches(len(keys), func(from, to int) error {
		some, err := all(ctx, tx, func(r row) (on alarmOn, err error) {
			var key []byte
			err = r.Scan(&key, &on.alarm)
			on.metric = string(key)
			return on, err
		}, `SELECT metric_key, alarm FROM alarm_metrics WHERE metric_key IN `+params(1, to-from), blobs(keys[from:to])...)
		found = append(found, some...)
		return err
	})
	return found, err
}

// lockAlarms locks alarms, whose ids are in ascending order, and gives those that
// are still there.
func (tx *Tx) lockAlarms(ctx context.Context, ids []int64) ([]int64, error) {
	if !tx.postgres {
		return ids, nil
	}
	var locked []int64
	err := batches(len(ids), func(from, to int) error {
		some, err := all(ctx, tx, value[int64],
			`SELECT id FROM alarms WHERE id IN `+params(1, to-from)+` ORDER BY id FOR UPDATE`, anys(ids[from:to])...)
		locked = append(locked, some...)
		return err
	})
	return locked, err
}

type touchedMinute struct{ alarm, minute, began int64 }

// compare has the newest file of a minute first.
func (t touchedMinute) compare(other touchedMinute) int {
	return cmp.Or(cmp.Compare(t.alarm, other.alarm), cmp.Compare(t.minute, other.minute), cmp.Compare(other.began, t.began))
}

func (t touchedMinute) same(other touchedMinute) bool {
	return t.alarm == other.alarm && t.minute == other.minute
}

func scanTouched(r row) (t touchedMinute, err error) {
	err = r.Scan(&t.alarm, &t.minute, &t.began)
	return t, err
}

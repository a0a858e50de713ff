package state

import (
	"cmp"
	"context"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"tocsin/core/alarm"
	"tocsin/core/metric"
)

// An Alarm is a metric alarm with its state.
type Alarm struct {
	ID int64
	Scope
	Definition alarm.Alarm
	Record     alarm.Record
	Extra      AlarmExtra
	// Control is the id of the control that it was made of, "" for others.
	Control string
	// Revision grows with each write of the definition or the state.
	Revision int64
	// Due is when it is to be evaluated next, MaxTime when nothing but new
	// data can change its state.
	Due int64
	// EvaluatedTo is the end of the newest period that it was judged by.
	EvaluatedTo int64
}

// AlarmExtra is what tocsin adds to AWS's alarms.
type AlarmExtra struct {
	// Repeat says whether more events are told while the alarm stays in ALARM.
	Repeat Repeat `json:"repeat,omitzero"`
	// Title and Severity are those of the control.
	Title    string `json:"title,omitempty"`
	Severity string `json:"severity,omitempty"`
	// Log says that it is a log alarm: its metric holds the results of a query, which
	// package cloudwatch keeps and runs.
	Log bool `json:"log,omitempty"`
}

// Type is the AlarmType of AWS.
func (x AlarmExtra) Type() string {
	if x.Log {
		return alarm.LogAlarm
	}
	return alarm.MetricAlarm
}

// A Repeat says when an alarm that stays in ALARM is told again. The zero value is off.
type Repeat struct {
	Mode  RepeatMode    `json:"mode,omitempty"`
	Every time.Duration `json:"every,omitempty"` // at most once in this time
}

// A RepeatMode is off, interval or on-new-events.
type RepeatMode string

const (
	RepeatOff         RepeatMode = ""
	RepeatInterval    RepeatMode = "interval"
	RepeatOnNewEvents RepeatMode = "on-new-events"
)

// MaxTime is later than every event.
const MaxTime = 1<<63 - 1

// PutAlarm makes the alarm with the definition's ARN, or replaces definition,
// Extra and Control of the one there is, whose record stays. It becomes due at
// once. History is the caller's.
//
// It calls LockAlarms, so that whatever is counted for one of its metrics is
// committed before or marks the alarm due.
func (tx *Tx) PutAlarm(ctx context.Context, a Alarm) (stored Alarm, created bool, err error) {
	s, err := storeAlarm(a)
	if err != nil {
		return Alarm{}, false, err
	}
	if err := tx.LockAlarms(ctx); err != nil {
		return Alarm{}, false, err
	}
	ids, err := all(ctx, tx, value[int64], `
		INSERT INTO alarms (arn, partition, account, region, definition, extra, control, revision, state, reason,
			reason_data, updated, transitioned, evaluated_to, due, available, lease_owner)
		VALUES ($1, $2, $3, $4, $5, $6, $7, 1, $8, $9, $10, $11, $12, $13, 0, 0, '')
		ON CONFLICT (arn) DO NOTHING RETURNING id`,
		a.Definition.ARN, a.Partition, a.Account, a.Region, s.definition, s.extra, a.Control,
		string(a.Record.State), a.Record.Reason, a.Record.ReasonData, a.Record.Updated, a.Record.Transitioned, a.EvaluatedTo)
	if err != nil {
		return Alarm{}, false, err
	}
	created = len(ids) > 0
	if !created {
		ids, err = all(ctx, tx, value[int64], `
			UPDATE alarms SET definition = $2, extra = $3, control = $4, revision = revision + 1, due = 0, available = 0, lease_owner = ''
			WHERE arn = $1 RETURNING id`, a.Definition.ARN, s.definition, s.extra, a.Control)
		if err == nil && len(ids) == 0 {
			err = ErrChanged // deleted since
		}
		if err != nil {
			return Alarm{}, false, err
		}
	}
	if err := tx.setAlarmMetrics(ctx, ids[0], a); err != nil {
		return Alarm{}, false, err
	}
	stored, err = tx.Alarm(ctx, a.Definition.ARN)
	return stored, created, err
}

// Alarm is the alarm with that ARN, or ErrNotFound.
func (tx *Tx) Alarm(ctx context.Context, arn string) (Alarm, error) {
	return one(ctx, tx, scanAlarm, `SELECT `+alarmColumns+` FROM alarms WHERE arn = $1`, arn)
}

// Alarms are all alarms by ARN.
func (tx *Tx) Alarms(ctx context.Context) ([]Alarm, error) {
	alarms, err := all(ctx, tx, scanAlarm, `SELECT `+alarmColumns+` FROM alarms`)
	slices.SortFunc(alarms, func(a, b Alarm) int { return cmp.Compare(a.Definition.ARN, b.Definition.ARN) })
	return alarms, err
}

// LockAlarms keeps others from putting and deleting alarms until the transaction
// ends, and MarkDue from finding them. Whoever decides by the alarms that there
// are calls it before he reads them.
func (tx *Tx) LockAlarms(ctx context.Context) error {
	return tx.lockTable(ctx, "alarm_metrics", "SHARE ROW EXCLUSIVE")
}

// LockAlarm is Alarm, and locks it until the transaction ends.
func (tx *Tx) LockAlarm(ctx context.Context, arn string) (Alarm, error) {
	if err := tx.lock(ctx, `SELECT id FROM alarms WHERE arn = $1 ORDER BY id`, arn); err != nil {
		return Alarm{}, err
	}
	return tx.Alarm(ctx, arn)
}

// AlarmsNamed are those of the ARNs that there are, by ARN.
func (tx *Tx) AlarmsNamed(ctx context.Context, arns ...string) ([]Alarm, error) {
	arns = distinct(arns)
	var found []Alarm
	err := batches(len(arns), func(from, to int) error {
		some, err := all(ctx, tx, scanAlarm, `SELECT `+alarmColumns+` FROM alarms WHERE arn IN `+params(1, to-from), anys(arns[from:to])...)
		found = append(found, some...)
		return err
	})
	slices.SortFunc(found, func(a, b Alarm) int { return cmp.Compare(a.Definition.ARN, b.Definition.ARN) })
	return found, err
}

// An AlarmQuery selects metric alarms, or log alarms, of one account and Region.
type AlarmQuery struct {
	Scope
	Prefix string // of the name
	State  alarm.State
	// Action is the beginning of one of the alarm's actions.
	Action string
	Log    bool   // log alarms and no others, which else are left out
	After  string // name to go on behind, "" to begin
	Limit  int    // 0 for all
}

// FindAlarms are the alarms that a query selects, by the bytes of their names.
func (tx *Tx) FindAlarms(ctx context.Context, q AlarmQuery) ([]Alarm, error) {
	var out []Alarm
	for {
		some := q
		if (q.Action != "" || q.Log) && q.Limit > 0 {
			some.Limit = max(q.Limit, leastRead)
		}
		found, err := tx.listAlarms(ctx, some)
		if err != nil {
			return nil, err
		}
		for _, a := range found {
			if hasAction(a.Definition, q.Action) && a.Extra.Log == q.Log {
				out = append(out, a)
			}
			if q.Limit > 0 && len(out) == q.Limit {
				return out, nil
			}
		}
		if some.Limit == 0 || len(found) < some.Limit {
			return out, nil
		}
		q.After = found[len(found)-1].Definition.Name
	}
}

func hasAction(a alarm.Alarm, prefix string) bool {
	if prefix == "" {
		return true
	}
	begins := func(arn string) bool { return strings.HasPrefix(arn, prefix) }
	return slices.ContainsFunc(a.AlarmActions, begins) || slices.ContainsFunc(a.OKActions, begins) ||
		slices.ContainsFunc(a.InsufficientDataActions, begins)
}

// listAlarms is FindAlarms without the actions, of both types.
func (tx *Tx) listAlarms(ctx context.Context, q AlarmQuery) ([]Alarm, error) {
	var w where
	name := func(name string) string { return alarm.ARN(q.Partition, q.Region, q.Account, name) }
	column := "arn" + tx.byBytes()
	w.and(column+" >= ?", name(q.Prefix))
	w.and(column+" < ?", name(q.Prefix)+string(utf8.MaxRune))
	if q.After != "" {
		w.and(column+" > ?", name(q.After))
	}
	if q.State != "" {
		w.and("state = ?", string(q.State))
	}
	limit := w.limit(q.Limit)
	return all(ctx, tx, scanAlarm, `SELECT `+alarmColumns+` FROM alarms`+w.text+` ORDER BY `+column+limit, w.args...)
}

// AlarmsOn are the alarms that look at a metric, by ARN; those on metric math
// that look at it among others too.
func (tx *Tx) AlarmsOn(ctx context.Context, s Scope, m metric.Identity) ([]Alarm, error) {
	found, err := all(ctx, tx, scanAlarm, `SELECT `+alarmColumns+` FROM alarms
		WHERE id IN (SELECT alarm FROM alarm_metrics WHERE metric_key = $1)`, []byte(metricKey(s, cleanIdentity(m))))
	slices.SortFunc(found, func(a, b Alarm) int { return cmp.Compare(a.Definition.ARN, b.Definition.ARN) })
	return found, err
}

// DeleteAlarm removes an alarm, or tells ErrNotFound. Its history stays.
func (tx *Tx) DeleteAlarm(ctx context.Context, arn string) error {
	if err := tx.LockAlarms(ctx); err != nil {
		return err
	}
	return tx.changed(ctx, ErrNotFound, `DELETE FROM alarms WHERE arn = $1`, arn)
}

// SetAlarmRecord writes a state that was set by hand; due at once.
func (tx *Tx) SetAlarmRecord(ctx context.Context, arn string, r alarm.Record) error {
	return tx.changed(ctx, ErrNotFound, `
		UPDATE alarms SET state = $2, reason = $3, reason_data = $4, updated = $5, transitioned = $6,
			revision = revision + 1, due = 0, available = 0, lease_owner = ''
		WHERE arn = $1`, arn, string(r.State), r.Reason, r.ReasonData, r.Updated, r.Transitioned)
}

const alarmColumns = `id, partition, account, region, definition, extra, control, revision, state, reason, reason_data,
	updated, transitioned, evaluated_to, due`

func scanAlarm(r row) (a Alarm, err error) {
	var s storedTexts
	var updated, transitioned int64
	err = r.Scan(&a.ID, &a.Partition, &a.Account, &a.Region, &s.definition, &s.extra, &a.Control, &a.Revision,
		&a.Record.State, &a.Record.Reason, &a.Record.ReasonData, &updated, &transitioned, &a.EvaluatedTo, &a.Due)
	if err != nil {
		return a, err
	}
	a.Record.Updated, a.Record.Transitioned = instant(updated), instant(transitioned)
	a.Definition, a.Extra, err = s.read()
	return a, err
}

// setAlarmMetrics notes which metrics an alarm looks at.
func (tx *Tx) setAlarmMetrics(ctx context.Context, id int64, a Alarm) error {
	if _, err := tx.exec(ctx, `DELETE FROM alarm_metrics WHERE alarm = $1`, id); err != nil {
		return err
	}
	keys := metricKeys(a)
	return batches(len(keys), func(from, to int) error {
		var args []any
		for _, key := range keys[from:to] {
			args = append(args, []byte(key), id)
		}
		_, err := tx.exec(ctx, `INSERT INTO alarm_metrics (metric_key, alarm) VALUES `+values(to-from, 2), args...)
		return err
	})
}

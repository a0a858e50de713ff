package state

import (
	"context"
	"time"

	"tocsin/core/alarm"
)

// AddHistory adds an item to an alarm's history.
func (tx *Tx) AddHistory(ctx context.Context, arn string, item alarm.HistoryItem) error {
	_, err := tx.exec(ctx, `
		INSERT INTO history (arn, alarm_name, alarm_type, item_type, time, summary, data) VALUES ($1, $2, $3, $4, $5, $6, $7)`,
		arn, item.AlarmName, item.AlarmType, item.Type, item.Timestamp, item.Summary, item.Data)
	return err
}

// A HistoryQuery selects items of alarm histories.
type HistoryQuery struct {
	ARN, ItemType string // "" for all
	// Scope has the items of all alarms of an account and Region; the zero one those
	// of all.
	Scope       Scope
	AlarmTypes  []string // none for all
	From, To    time.Time
	OldestFirst bool
	Limit       int
	After       int64 // item to go on behind, 0 to begin
}

// A StoredHistoryItem is an item with its place.
type StoredHistoryItem struct {
	ID  int64
	ARN string
	alarm.HistoryItem
}

// History are the items that a query selects, newest first unless it says otherwise.
func (tx *Tx) History(ctx context.Context, q HistoryQuery) ([]StoredHistoryItem, error) {
	var w where
	if q.ARN != "" {
		w.and("arn = ?", q.ARN)
	}
	if q.Scope != (Scope{}) {
		w.and("arn LIKE ?", alarm.ARN(q.Scope.Partition, q.Scope.Region, q.Scope.Account, "%"))
	}
	if len(q.AlarmTypes) > 0 {
		w.in("alarm_type", q.AlarmTypes)
	}
	if q.ItemType != "" {
		w.and("item_type = ?", q.ItemType)
	}
	if !q.From.IsZero() {
		w.and("time >= ?", q.From)
	}
	if !q.To.IsZero() {
		w.and("time <= ?", q.To)
	}
	order, behind := "DESC", "<"
	if q.OldestFirst {
		order, behind = "ASC", ">"
	}
	if q.After != 0 {
		w.and("(time, id) "+behind+" (SELECT time, id FROM history WHERE id = ?)", q.After)
	}
	limit := w.limit(q.Limit)
	return all(ctx, tx, func(r row) (item StoredHistoryItem, err error) {
		var at int64
		err = r.Scan(&item.ID, &item.ARN, &item.AlarmName, &item.AlarmType, &item.Type, &at, &item.Summary, &item.Data)
		item.Timestamp = instant(at)
		return item, err
	}, `
		SELECT id, arn, alarm_name, alarm_type, item_type, time, summary, data FROM history`+w.text+`
		ORDER BY time `+order+`, id `+order+limit, w.args...)
}

// PruneHistory removes items of before a time, at most limit, and tells how many.
func (tx *Tx) PruneHistory(ctx context.Context, before time.Time, limit int) (int, error) {
	n, err := tx.exec(ctx, `
		DELETE FROM history WHERE id IN (SELECT id FROM history WHERE time < $1 ORDER BY time, id LIMIT $2)`, before, limit)
	return int(n), err
}

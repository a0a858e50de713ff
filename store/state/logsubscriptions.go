package state

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"time"
)

// A SubscriptionFilter sends the events of a log group that match a pattern on.
type SubscriptionFilter struct {
	ID, LogGroup int64
	Name         string
	Created      time.Time
	SubscriptionTarget
}

// A SubscriptionTarget is what events a subscription filter sends on, and where to.
type SubscriptionTarget struct {
	Pattern      string   `json:"pattern"`
	Destination  string   `json:"destination"` // ARN
	Role         string   `json:"role,omitempty"`
	Distribution string   `json:"distribution,omitempty"`
	SystemFields []string `json:"systemFields,omitempty"`
}

const subscriptionFilterColumns = `id, log_group, name, body, created`

func scanSubscriptionFilter(r row) (f SubscriptionFilter, err error) {
	var body string
	var created int64
	if err := r.Scan(&f.ID, &f.LogGroup, &f.Name, &body, &created); err != nil {
		return f, err
	}
	f.Created = instant(created)
	f.SubscriptionTarget, err = decode[SubscriptionTarget](body)
	return f, err
}

// PutSubscriptionFilter makes or replaces the filter of that name, which keeps its
// ID and Created. ErrNotFound: there is no such group.
func (tx *Tx) PutSubscriptionFilter(ctx context.Context, f SubscriptionFilter) (SubscriptionFilter, error) {
	body, err := encode(f.SubscriptionTarget)
	if err != nil {
		return SubscriptionFilter{}, err
	}
	f, err = one(ctx, tx, scanSubscriptionFilter, `
		INSERT INTO subscription_filters (log_group, name, body, created) VALUES ($1, $2, $3, $4)
		ON CONFLICT (log_group, name) DO UPDATE SET body = excluded.body
		RETURNING `+subscriptionFilterColumns, f.LogGroup, f.Name, body, f.Created)
	if err != nil {
		return SubscriptionFilter{}, err
	}
	return f, tx.filtersChanged(ctx)
}

// SubscriptionFilters are those of a group, by name; of all groups when group is 0.
func (tx *Tx) SubscriptionFilters(ctx context.Context, group int64) ([]SubscriptionFilter, error) {
	filters, err := all(ctx, tx, scanSubscriptionFilter, `
		SELECT `+subscriptionFilterColumns+` FROM subscription_filters WHERE log_group = $1 OR $1 = 0`, group)
	slices.SortFunc(filters, func(a, b SubscriptionFilter) int {
		return cmp.Or(cmp.Compare(a.LogGroup, b.LogGroup), cmp.Compare(a.Name, b.Name))
	})
	return filters, err
}

// DeleteSubscriptionFilter removes a filter with what it has not sent on yet, or
// tells ErrNotFound.
func (tx *Tx) DeleteSubscriptionFilter(ctx context.Context, group int64, name string) error {
	if err := tx.changed(ctx, ErrNotFound, `DELETE FROM subscription_filters WHERE log_group = $1 AND name = $2`, group, name); err != nil {
		return err
	}
	return tx.filtersChanged(ctx)
}

// A Forward is events that a subscription filter selected, on their way.
type Forward struct {
	ID, Filter int64
	At         int64 // when they came in
	Attempts   int64 // that failed
	Due        int64 // when the next may be made
	Body       []byte
}

// AddForwards keeps what is to be sent on, in the order given. ErrNotFound: a filter
// is gone.
func (tx *Tx) AddForwards(ctx context.Context, list []Forward) error {
	for _, f := range list {
		if _, err := tx.exec(ctx, `INSERT INTO forwards (filter, at, attempts, due, body) VALUES ($1, $2, $3, $4, $5)`,
			f.Filter, f.At, f.Attempts, f.Due, f.Body); err != nil {
			return fmt.Errorf("note events to send on: %w", err)
		}
	}
	return nil
}

// DueForwards are the filters whose oldest Forward is due, ascending.
func (tx *Tx) DueForwards(ctx context.Context, now time.Time) ([]int64, error) {
	return all(ctx, tx, value[int64], `
		SELECT filter FROM forwards WHERE id IN (SELECT MIN(id) FROM forwards GROUP BY filter) AND due <= $1 ORDER BY filter`, now)
}

// Forwards are up to limit of those of a filter, the oldest first.
func (tx *Tx) Forwards(ctx context.Context, filter int64, limit int) ([]Forward, error) {
	return all(ctx, tx, func(r row) (f Forward, err error) {
		err = r.Scan(&f.ID, &f.Filter, &f.At, &f.Attempts, &f.Due, &f.Body)
		return f, err
	}, `SELECT id, filter, at, attempts, due, body FROM forwards WHERE filter = $1 ORDER BY id LIMIT $2`, filter, limit)
}

// PostponeForward notes an attempt that failed, or tells ErrNotFound.
func (tx *Tx) PostponeForward(ctx context.Context, id int64, due time.Time) error {
	return tx.changed(ctx, ErrNotFound, `UPDATE forwards SET attempts = attempts + 1, due = $2 WHERE id = $1`, id, due)
}

// DropForward forgets what was delivered, or given up; it may be gone already.
func (tx *Tx) DropForward(ctx context.Context, id int64) error {
	_, err := tx.exec(ctx, `DELETE FROM forwards WHERE id = $1`, id)
	return err
}

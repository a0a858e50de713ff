package state

import (
	"context"
	"time"
)

// An OwnRecord is a CloudTrail event of the AWS endpoint's own: a call that
// somebody made to it.
type OwnRecord struct {
	ID              int64 // grows, but not in the order of commits
	Account, Region string
	At              time.Time
	EventID         string
	Body            []byte // the record, JSON
}

// AddOwnRecord keeps a record. One with an EventID that is there already is the
// same record, and nothing happens.
func (tx *Tx) AddOwnRecord(ctx context.Context, r OwnRecord) error {
	_, err := tx.exec(ctx, `INSERT INTO records (account, region, at, event_id, body) VALUES ($1, $2, $3, $4, $5)
		ON CONFLICT (event_id) DO NOTHING`, r.Account, r.Region, r.At, r.EventID, r.Body)
	return err
}

// OwnRecords are up to limit records with an ID above after, in order of ID. A
// record may appear below others that were seen before: transactions end in
// any order. So whoever takes them all begins at 0, and deletes what he took.
func (tx *Tx) OwnRecords(ctx context.Context, after int64, limit int) ([]OwnRecord, error) {
	return all(ctx, tx, scanOwnRecord, `SELECT id, account, region, at, event_id, body FROM records WHERE id > $1 ORDER BY id LIMIT $2`, after, limit)
}

func scanOwnRecord(r row) (v OwnRecord, err error) {
	var at int64
	err = r.Scan(&v.ID, &v.Account, &v.Region, &at, &v.EventID, &v.Body)
	v.At = instant(at)
	return v, err
}

// CountOwnRecords is how many records there are.
func (tx *Tx) CountOwnRecords(ctx context.Context) (int64, error) {
	return one(ctx, tx, value[int64], `SELECT COUNT(*) FROM records`)
}

// DeleteOwnRecords forgets records by their ids, each given once. ErrChanged: another
// has taken some of them.
func (tx *Tx) DeleteOwnRecords(ctx context.Context, ids ...int64) error {
	return batches(len(ids), func(from, to int) error {
		some, args := params(1, to-from), anys(ids[from:to])
		n, err := tx.exec(ctx, `DELETE FROM records WHERE id IN `+some, args...)
		if err == nil && int(n) < to-from {
			err = ErrChanged
		}
		return err
	})
}

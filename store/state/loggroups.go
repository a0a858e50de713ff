package state

import (
	"cmp"
	"context"
	"errors"
	"slices"
	"time"
)

// A LogGroup is a log group.
type LogGroup struct {
	ID int64
	Scope
	Name          string
	RetentionDays int // 0: for ever
	Created       time.Time
	Class         string // "" stands for STANDARD
	KMSKey        string // that it claims to be encrypted with; "" for none
	Protected     bool   // from being deleted
}

// ARN is the log group's name, without the :* that some APIs add.
func (g LogGroup) ARN() string {
	return "arn:" + g.Partition + ":logs:" + g.Region + ":" + g.Account + ":log-group:" + g.Name
}

const logGroupColumns = `id, partition, account, region, name, retention_days, created, class, kms_key, protected`

func scanLogGroup(r row) (g LogGroup, err error) {
	var created, protected int64
	err = r.Scan(&g.ID, &g.Partition, &g.Account, &g.Region, &g.Name, &g.RetentionDays, &created, &g.Class, &g.KMSKey, &protected)
	g.Created, g.Protected = instant(created), protected != 0
	return g, err
}

// EnsureLogGroup is the log group with the scope and name, made if need be.
func (tx *Tx) EnsureLogGroup(ctx context.Context, g LogGroup) (LogGroup, error) {
	if err := tx.CreateLogGroup(ctx, g); err != nil && !errors.Is(err, ErrChanged) {
		return LogGroup{}, err
	}
	return tx.LogGroup(ctx, g.Scope, g.Name)
}

// CreateLogGroup makes a log group, or tells ErrChanged when there is one of that
// scope and name.
func (tx *Tx) CreateLogGroup(ctx context.Context, g LogGroup) error {
	if err := tx.changed(ctx, ErrChanged, `
		INSERT INTO log_groups (partition, account, region, name, retention_days, created, class, kms_key, protected)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)
		ON CONFLICT (partition, account, region, name) DO NOTHING`,
		g.Partition, g.Account, g.Region, g.Name, g.RetentionDays, g.Created, cmp.Or(g.Class, "STANDARD"), g.KMSKey, g.Protected); err != nil {
		return err
	}
	return tx.filtersChanged(ctx)
}

// SetLogGroupKey changes the key of a log group, or tells ErrNotFound.
func (tx *Tx) SetLogGroupKey(ctx context.Context, group int64, key string) error {
	return tx.changed(ctx, ErrNotFound, `UPDATE log_groups SET kms_key = $2 WHERE id = $1`, group, key)
}

// ProtectLogGroup says whether a log group is protected from being deleted, or
// tells ErrNotFound. DeleteLogGroup does not ask.
func (tx *Tx) ProtectLogGroup(ctx context.Context, group int64, protected bool) error {
	return tx.changed(ctx, ErrNotFound, `UPDATE log_groups SET protected = $2 WHERE id = $1`, group, protected)
}

// LogGroup is the log group with that name, or ErrNotFound.
func (tx *Tx) LogGroup(ctx context.Context, s Scope, name string) (LogGroup, error) {
	return one(ctx, tx, scanLogGroup, `
		SELECT `+logGroupColumns+` FROM log_groups WHERE partition = $1 AND account = $2 AND region = $3 AND name = $4`,
		s.Partition, s.Account, s.Region, name)
}

// LogGroups are all, by scope and name.
func (tx *Tx) LogGroups(ctx context.Context) ([]LogGroup, error) {
	groups, err := all(ctx, tx, scanLogGroup, `SELECT `+logGroupColumns+` FROM log_groups`)
	slices.SortFunc(groups, func(a, b LogGroup) int {
		return cmp.Or(cmp.Compare(a.Partition, b.Partition), cmp.Compare(a.Account, b.Account),
			cmp.Compare(a.Region, b.Region), cmp.Compare(a.Name, b.Name))
	})
	return groups, err
}

// SetRetention changes how long events are kept, or tells ErrNotFound.
func (tx *Tx) SetRetention(ctx context.Context, group int64, days int) error {
	if err := tx.changed(ctx, ErrNotFound, `UPDATE log_groups SET retention_days = $2 WHERE id = $1`, group, days); err != nil {
		return err
	}
	return tx.filtersChanged(ctx)
}

// DeleteLogGroup removes the group with its filters, streams, blocks and segments, or
// tells ErrNotFound; the segments' blobs become garbage.
func (tx *Tx) DeleteLogGroup(ctx context.Context, group int64) error {
	// Whoever adds something to the group waits from here on, and then learns
	// that it is gone.
	if err := tx.lock(ctx, `SELECT id FROM log_groups WHERE id = $1 ORDER BY id`, group); err != nil {
		return err
	}
	tx.freed = true
	_, err := tx.exec(ctx, `
		INSERT INTO garbage (key, at) SELECT key, 0 FROM segments WHERE log_group = $1 ON CONFLICT (key) DO NOTHING`, group)
	if err != nil {
		return err
	}
	if err := tx.changed(ctx, ErrNotFound, `DELETE FROM log_groups WHERE id = $1`, group); err != nil {
		return err
	}
	return tx.filtersChanged(ctx)
}

// changed runs a statement that has to change a row, and otherwise gives the
// error none.
func (tx *Tx) changed(ctx context.Context, none error, text string, args ...any) error {
	n, err := tx.exec(ctx, text, args...)
	if err == nil && n == 0 {
		err = none
	}
	return err
}

package state

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"
)

// A Tx is a transaction. It belongs to one goroutine and ends with the function
// that it was given to.
type Tx struct {
	conn     *conn
	postgres bool
	patience time.Duration
	failed   error // of the first statement that failed
	ended    bool
	// freed says that much was deleted, so that the file may shrink.
	freed bool
}

var errEnded = errors.New("the transaction has ended")

// exec runs a statement and tells how many rows it changed.
func (tx *Tx) exec(ctx context.Context, text string, args ...any) (int64, error) {
	if tx.ended {
		return 0, errEnded
	}
	ctx, cancel := bounded(ctx, tx.patience)
	defer cancel()
	r, err := tx.conn.exec(ctx, text, bound(args))
	if err != nil {
		return 0, tx.fail(err)
	}
	n, err := r.RowsAffected()
	if err != nil {
		return 0, tx.fail(err)
	}
	return n, nil
}

// A row is what a scan function reads.
type row interface{ Scan(...any) error }

// all runs a statement and makes something of each row.
func all[T any](ctx context.Context, tx *Tx, scan func(row) (T, error), text string, args ...any) ([]T, error) {
	if tx.ended {
		return nil, errEnded
	}
	ctx, cancel := bounded(ctx, tx.patience)
	defer cancel()
	rows, err := tx.conn.query(ctx, text, bound(args))
	if err != nil {
		return nil, tx.fail(err)
	}
	var out []T
	for rows.Next() {
		v, err := scan(rows)
		if err != nil {
			return nil, errors.Join(tx.fail(err), rows.Close())
		}
		out = append(out, v)
	}
	if err := errors.Join(rows.Err(), rows.Close()); err != nil {
		return nil, tx.fail(err)
	}
	return out, nil
}

// one is the first row's, or ErrNotFound.
func one[T any](ctx context.Context, tx *Tx, scan func(row) (T, error), text string, args ...any) (T, error) {
	found, err := all(ctx, tx, scan, text, args...)
	if err == nil && len(found) == 0 {
		err = ErrNotFound
	}
	if err != nil {
		var none T
		return none, err
	}
	return found[0], nil
}

// value reads a row of one column.
func value[T any](r row) (v T, err error) {
	err = r.Scan(&v)
	return v, err
}

// lock locks the rows of a query until the transaction ends; the query has an
// ORDER BY. SQLite has one writer, who needs no locks.
func (tx *Tx) lock(ctx context.Context, text string, args ...any) error {
	if !tx.postgres {
		return nil
	}
	_, err := all(ctx, tx, func(r row) (struct{}, error) {
		var key any
		return struct{}{}, r.Scan(&key)
	}, text+" FOR UPDATE", args...)
	return err
}

// lockTable locks a table until the transaction ends, in one of PostgreSQL's modes.
func (tx *Tx) lockTable(ctx context.Context, table, mode string) error {
	if !tx.postgres {
		return nil
	}
	_, err := tx.exec(ctx, `LOCK TABLE `+table+` IN `+mode+` MODE`)
	return err
}

// free is the ending of a query for rows to lease: it locks them and leaves out
// those that somebody else is about to lease.
func (tx *Tx) free() string {
	if tx.postgres {
		return " FOR UPDATE SKIP LOCKED"
	}
	return ""
}

func (tx *Tx) fail(err error) error {
	if foreignKey(err) {
		err = fmt.Errorf("%w: what this belongs to: %w", ErrNotFound, err)
	} else {
		err = fmt.Errorf("database: %w", err)
	}
	if tx.failed == nil {
		tx.failed = err
	}
	return err
}

// commit ends the transaction. It does not stop half way when ctx ends: then
// nobody would know what was written.
func (tx *Tx) commit(ctx context.Context) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	ctx, cancel := bounded(context.WithoutCancel(ctx), tx.patience)
	defer cancel()
	_, err := tx.conn.exec(ctx, "COMMIT", nil)
	switch {
	case err == nil:
		return nil
	case inDoubt(err):
		return fmt.Errorf("%w: %w", ErrUnknown, err)
	default:
		return fmt.Errorf("database: commit: %w", err)
	}
}

// rollback ends the transaction without its effects. A connection on which it
// fails is given up, and the database rolls back by itself.
func (tx *Tx) rollback() {
	ctx, cancel := context.WithTimeout(context.Background(), rollbackLimit)
	defer cancel()
	if _, err := tx.conn.exec(ctx, "ROLLBACK", nil); err != nil {
		tx.conn.broken = true
	}
}

// rollbackLimit is less than one would wait for a statement: to give up the
// connection does as well.
const rollbackLimit = 2 * time.Second

var _ row = (*sql.Rows)(nil)

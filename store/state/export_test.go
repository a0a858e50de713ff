package state

import (
	"context"
	"database/sql"
	"time"
)

// SetPatience changes how long a database that does not answer is waited for.
func (db *DB) SetPatience(d time.Duration) { db.patience, db.readers.patience = d, d }

// OnWriter runs f on the connection that writes.
func (db *DB) OnWriter(ctx context.Context, f func(*sql.Conn) error) error {
	c, err := db.writers.take(ctx)
	if err != nil {
		return err
	}
	defer db.writers.put(c)
	return f(c.Conn)
}

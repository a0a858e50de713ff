// Package state keeps what tocsin knows, in SQLite or PostgreSQL by the same
// statements: which log files were read, the newest events, what was counted,
// alarms and their history, topics, subscriptions, and what is still to be told
// to whom.
//
// What belongs together is written in one transaction. Times are stored in
// milliseconds since 1970, UTC; the zero time is 0. Every method may be called by
// any number of goroutines and, on PostgreSQL, by any number of processes. Text
// that neither database takes (zero bytes, bytes that are not UTF-8) is stored
// with those bytes written out, the same in both.
//
// No two transactions wait for each other in a circle: every method locks its
// rows in the order of their keys, and callers that need several methods call
// them in the order spans, marks, blocks, points, evidence, alarms, outbox. Where
// that is not kept, PostgreSQL breaks the circle and Update begins again.
package state

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"math/rand/v2"
	"strings"
	"time"
)

// A DB is an open database.
type DB struct {
	postgres bool
	writers  *pool // nil for a reader
	readers  *pool
	guard    *guard // of an SQLite file that is written
	// begin and view begin a transaction.
	begin, view string
	// patience bounds a statement, and a connection that does not answer; 0 for none.
	patience time.Duration
	open     []*sql.DB
}

// Open opens the database at dsn and brings its tables up to date:
// "sqlite:PATH" (made if need be, mode 0600), or "postgres://..." as libpq
// writes it. An error never holds the password.
//
// An SQLite file can be open for writing once; a second Open gets an
// *InUseError. OpenReader can be used at any time.
func Open(ctx context.Context, dsn string) (*DB, error) {
	return open(ctx, dsn, true)
}

// OpenReader opens a database that exists for View alone, while another process
// may write to it. Its tables have to be up to date.
func OpenReader(ctx context.Context, dsn string) (*DB, error) {
	return open(ctx, dsn, false)
}

func open(ctx context.Context, dsn string, write bool) (*DB, error) {
	kind, rest, _ := strings.Cut(dsn, ":")
	db := &DB{}
	var err error
	switch kind {
	case "sqlite":
		err = db.openSQLite(ctx, rest, write)
	case "postgres", "postgresql":
		err = db.openPostgres(ctx, dsn, write)
	default:
		return nil, errors.New("a database is sqlite:PATH or postgres://USER:PASSWORD@HOST/NAME")
	}
	if err != nil {
		return nil, errors.Join(err, db.Close())
	}
	return db, nil
}

// Close ends all work on the database.
func (db *DB) Close() error {
	db.shrink()
	var errs []error
	for _, p := range []*pool{db.readers, db.writers} {
		errs = append(errs, p.close())
	}
	for _, d := range db.open {
		errs = append(errs, d.Close())
	}
	errs = append(errs, db.guard.release())
	return errors.Join(errs...)
}

// Ping tells whether the database answers and can be written to.
func (db *DB) Ping(ctx context.Context) error {
	if db.writers == nil {
		return db.View(ctx, func(tx *Tx) error {
			_, err := tx.Setting(ctx, "ping")
			return err
		})
	}
	return db.Update(ctx, func(tx *Tx) error {
		return tx.SetSetting(ctx, "ping", time.Now().UTC().Format(time.RFC3339))
	})
}

// maxAttempts is how often Update begins when the database asks for another try.
const maxAttempts = 10

// Update runs f in a transaction. Where the database asks for it (deadlock,
// serialization, busy) f runs again from its start, so f has no effect but on
// the transaction. A nil error says that everything is on disk; any other that
// nothing was written, but for an error that matches ErrUnknown.
func (db *DB) Update(ctx context.Context, f func(*Tx) error) error {
	if db.writers == nil {
		return errors.New("the database is open for reading only")
	}
	for attempt := 1; ; attempt++ {
		err := db.run(ctx, db.writers, db.begin, f)
		if err == nil || attempt == maxAttempts || !again(err) {
			return err
		}
		wait := time.NewTimer(time.Duration(rand.Int64N(int64(4*time.Millisecond) << attempt)))
		select {
		case <-ctx.Done():
			wait.Stop()
			return err
		case <-wait.C:
		}
	}
}

// View runs f on one snapshot of the database.
func (db *DB) View(ctx context.Context, f func(*Tx) error) error {
	return db.run(ctx, db.readers, db.view, f)
}

// run is one attempt at a transaction.
func (db *DB) run(ctx context.Context, p *pool, begin string, f func(*Tx) error) error {
	c, err := p.take(ctx)
	if err != nil {
		return fmt.Errorf("database: %w", err)
	}
	tx := &Tx{conn: c, postgres: db.postgres, patience: db.patience}
	done := false
	// f may also panic, or end its goroutine as tests do.
	defer func() {
		tx.ended = true
		if !done {
			tx.rollback()
		}
		p.put(c)
	}()
	if _, err := tx.exec(ctx, begin); err != nil {
		return err
	}
	if err := f(tx); err != nil {
		return err
	}
	// What f made of the error of a statement does not matter: the rest of the
	// transaction was not done.
	if tx.failed != nil {
		return tx.failed
	}
	if err := tx.commit(ctx); err != nil {
		return err
	}
	done = true
	if tx.freed {
		tx.vacuum(ctx)
	}
	return nil
}

// A Scope is the account and the Region that AWS's names are unique in.
type Scope struct {
	Partition, Account, Region string
}

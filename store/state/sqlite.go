package state

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"
	"syscall"
	"time"

	"modernc.org/sqlite"
)

// sqliteReaders is how many View run at a time.
const sqliteReaders = 4

// sqlitePragmas hold for every connection. The order counts: the first two can
// be set only while the file is empty.
var sqlitePragmas = []string{
	// Larger pages than the usual ones: blocks are long, and fewer, larger writes
	// cost less. A file that was begun with smaller ones keeps them; what is counted
	// in pages below is half as much there.
	"page_size(16384)",
	// Space that sealed blocks leave is used again, and given back by vacuum.
	"auto_vacuum(incremental)",
	// Readers and the writer do not wait for each other.
	"journal_mode(wal)",
	// Update promises that everything is on disk. In WAL mode NORMAL would sync
	// at checkpoints only, so that a power failure could take back what was
	// committed and acknowledged; FULL syncs the log at every commit. EXTRA adds
	// nothing in WAL mode.
	"synchronous(full)",
	"foreign_keys(1)",
	// Let the log grow to 32 MB before a commit moves it into the file, and cut
	// it back to that when a reader made it grow further.
	"wal_autocheckpoint(2000)",
	"journal_size_limit(33554432)",
	"cache_size(-16000)",
	// What a statement needs to take itself back is a few pages, not worth a file.
	"temp_store(memory)",
}

// sqliteBusy is how long SQLite waits by itself for another process, in milliseconds.
const sqliteBusy = "5000"

func (db *DB) openSQLite(ctx context.Context, name string, write bool) error {
	if name == "" {
		return errors.New("sqlite: needs the path of a file, as in sqlite:/var/lib/tocsin/state.db")
	}
	name, err := filepath.Abs(name)
	if err != nil {
		return err
	}
	db.view, db.begin = "BEGIN", "BEGIN IMMEDIATE"
	if write {
		if db.guard, err = takeGuard(name); err != nil {
			return err
		}
		if err := makeFile(name); err != nil {
			return err
		}
		writer, err := db.connectSQLite(name, "mode=rw", sqlitePragmas...)
		if err != nil {
			return err
		}
		if err := db.migrate(ctx, writer); err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
		// Whoever had timed work is gone. A clock that stands still would have us wait
		// for ever for what he took.
		if _, err := writer.ExecContext(ctx, "DELETE FROM leases"); err != nil {
			return fmt.Errorf("%s: forget leases: %w", name, err)
		}
		db.writers = newPool(writer, 1, true)
	}
	if !write {
		switch _, err := os.Stat(name); {
		case errors.Is(err, fs.ErrNotExist):
			return fmt.Errorf("there is no database yet: %w", err)
		case err != nil:
			return fmt.Errorf("the database cannot be read: %w", err)
		}
	}
	// Not mode=ro: the last connection to close has to be able to write the log
	// back, and the first to open to make its index.
	mode := "mode=rw"
	if !write && unchanging(name) {
		mode = "mode=ro&immutable=1"
	}
	reader, err := db.connectSQLite(name, mode, "query_only(1)", "cache_size(-8000)")
	if err != nil {
		return err
	}
	if !write {
		if err := db.checkCurrent(ctx, reader); err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
	}
	db.readers = newPool(reader, sqliteReaders, true)
	return nil
}

// unchanging tells whether the file lies on a file system that is read-only, with
// no log beside it: a backup, a snapshot, or the folder of a server that was
// stopped. SQLite would want to make a log. A server that is started later, where
// the same folder can be written to, must not be met by such a reader.
func unchanging(name string) bool {
	f, err := os.OpenFile(name, os.O_RDWR, 0)
	if err == nil {
		_ = f.Close() // nothing was written
		return false
	}
	log, missing := os.Stat(name + "-wal")
	return errors.Is(err, syscall.EROFS) && (errors.Is(missing, fs.ErrNotExist) || missing == nil && log.Size() == 0)
}

func (db *DB) connectSQLite(name, mode string, pragmas ...string) (*sql.DB, error) {
	c, err := sqlite.NewConnector("file:" + (&url.URL{Path: filepath.ToSlash(name)}).EscapedPath() + "?" + mode + "&_busy_timeout=" + sqliteBusy)
	if err != nil {
		return nil, err
	}
	d := sql.OpenDB(prepared{c, pragmas})
	db.open = append(db.open, d)
	return d, nil
}

// prepared connections begin with some pragmas. The driver would take them with
// the address, but run them in the order of their names.
type prepared struct {
	driver.Connector
	pragmas []string
}

func (p prepared) Connect(ctx context.Context) (driver.Conn, error) {
	c, err := p.Connector.Connect(ctx)
	if err != nil {
		return nil, err
	}
	for _, pragma := range p.pragmas {
		if _, err := c.(driver.ExecerContext).ExecContext(ctx, "PRAGMA "+pragma, nil); err != nil {
			return nil, errors.Join(fmt.Errorf("set %s: %w", pragma, err), c.Close())
		}
	}
	return c, nil
}

// makeFile makes the database's file, which nobody else may read: it holds
// endpoints with their secrets. The log and its index get the same mode.
func makeFile(name string) error {
	f, err := os.OpenFile(name, os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return fmt.Errorf("make the database: %w", err)
	}
	return f.Close()
}

// vacuum gives space back to the file system after much was deleted. Half of the
// file may stay free for the next blocks, and each call moves only a little, so
// that nobody waits for it. It is no part of the transaction: when it fails
// the next one does it.
func (tx *Tx) vacuum(ctx context.Context) {
	if tx.postgres {
		return
	}
	free, err := tx.conn.number(ctx, "PRAGMA freelist_count")
	if err != nil {
		return
	}
	pages, err := tx.conn.number(ctx, "PRAGMA page_count")
	if err != nil {
		return
	}
	if free > vacuumPages && free > pages/2 {
		_, _ = tx.conn.ExecContext(ctx, fmt.Sprintf("PRAGMA incremental_vacuum(%d)", vacuumPages))
	}
}

// vacuumPages is how many pages one vacuum gives back, 16 MB.
const vacuumPages = 1024

// shrinkWithin bounds what giving space back may take from a stop.
const shrinkWithin = time.Second

// shrink gives back, before a database is closed, space that no blocks are about
// to come for. When it fails the space stays free.
func (db *DB) shrink() {
	if db.postgres || db.writers == nil {
		return
	}
	ctx, cancel := context.WithTimeout(context.Background(), shrinkWithin)
	defer cancel()
	c, err := db.writers.take(ctx)
	if err != nil {
		return
	}
	defer db.writers.put(c)
	for {
		if free, err := c.number(ctx, "PRAGMA freelist_count"); err != nil || free == 0 {
			return
		}
		if _, err := c.ExecContext(ctx, fmt.Sprintf("PRAGMA incremental_vacuum(%d)", vacuumPages)); err != nil {
			return
		}
	}
}

// number is what a pragma says.
func (c *conn) number(ctx context.Context, pragma string) (n int64, err error) {
	err = c.QueryRowContext(ctx, pragma).Scan(&n)
	return n, err
}

package state

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"sync"
	"time"
)

// A pool is a number of connections, each with the statements prepared on it.
type pool struct {
	db *sql.DB
	// slots holds what is not in use; nil for a connection yet to be made.
	slots chan *conn
	// keep says that connections stay as they are between transactions, with
	// their statements; otherwise db has them, which checks them before it gives
	// them out again.
	keep bool
	// patience bounds how long a connection, new or used before, may take to
	// answer; 0 for none.
	patience time.Duration
	once     sync.Once
	closed   chan struct{}
}

var errClosed = errors.New("the database is closed")

func newPool(db *sql.DB, size int, keep bool) *pool {
	p := &pool{db: db, slots: make(chan *conn, size), keep: keep, closed: make(chan struct{})}
	for range size {
		p.slots <- nil
	}
	return p
}

// take waits for a connection.
func (p *pool) take(ctx context.Context) (*conn, error) {
	var c *conn
	select {
	case c = <-p.slots:
	case <-p.closed:
		return nil, errClosed
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	if c != nil {
		return c, nil
	}
	ctx, cancel := bounded(ctx, p.patience)
	defer cancel()
	sc, err := p.db.Conn(ctx)
	if err != nil {
		p.slots <- nil
		return nil, err
	}
	c = &conn{Conn: sc}
	if p.keep {
		c.prepared = map[string]*sql.Stmt{}
	}
	return c, nil
}

// put gives a connection back.
func (p *pool) put(c *conn) {
	if !p.keep || c.broken {
		// An error tells that the connection is closed already.
		_ = c.close()
		c = nil
	}
	p.slots <- c
}

// close waits for the transactions under way and closes the connections, the
// first time.
func (p *pool) close() error {
	if p == nil {
		return nil
	}
	var errs []error
	p.once.Do(func() {
		close(p.closed)
		for range cap(p.slots) {
			if c := <-p.slots; c != nil {
				errs = append(errs, c.close())
			}
		}
	})
	return errors.Join(errs...)
}

// A conn is a connection, for one transaction at a time.
type conn struct {
	*sql.Conn
	prepared map[string]*sql.Stmt // nil where the driver keeps them itself
	broken   bool                 // not to be used again
}

// maxPrepared bounds the statements kept; lists make a few texts of one.
const maxPrepared = 500

func (c *conn) close() error {
	var errs []error
	for _, s := range c.prepared {
		// SQLite keeps a file open, and its log in place, while one is left.
		errs = append(errs, s.Close())
	}
	if c.broken {
		// database/sql closes a connection whose driver calls it bad.
		if err := c.Raw(func(any) error { return driver.ErrBadConn }); !errors.Is(err, driver.ErrBadConn) {
			errs = append(errs, err)
		}
	}
	if err := c.Conn.Close(); !errors.Is(err, sql.ErrConnDone) {
		errs = append(errs, err)
	}
	return errors.Join(errs...)
}

func (c *conn) exec(ctx context.Context, text string, args []any) (sql.Result, error) {
	s, err := c.statement(ctx, text)
	if err != nil {
		return nil, err
	}
	if s == nil {
		return c.ExecContext(ctx, text, args...)
	}
	return s.ExecContext(ctx, args...)
}

func (c *conn) query(ctx context.Context, text string, args []any) (*sql.Rows, error) {
	s, err := c.statement(ctx, text)
	if err != nil {
		return nil, err
	}
	if s == nil {
		return c.QueryContext(ctx, text, args...)
	}
	return s.QueryContext(ctx, args...)
}

func (c *conn) statement(ctx context.Context, text string) (*sql.Stmt, error) {
	s := c.prepared[text]
	if s != nil || c.prepared == nil || len(c.prepared) == maxPrepared {
		return s, nil
	}
	s, err := c.PrepareContext(ctx, text)
	if err != nil {
		return nil, err
	}
	c.prepared[text] = s
	return s, nil
}

// bounded is a context that ends after some patience, if there is any.
func bounded(ctx context.Context, patience time.Duration) (context.Context, context.CancelFunc) {
	if patience == 0 {
		return ctx, func() {}
	}
	return context.WithTimeout(ctx, patience)
}

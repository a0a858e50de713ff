package state

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/stdlib"
)

const (
	// postgresConnections is how many transactions run at a time.
	postgresConnections = 10
	// connectLimit is how long a server may take to accept a connection.
	connectLimit = 5 * time.Second
	// statementLimit and lockLimit are how long the server works on a statement,
	// and how long that waits for a lock. The client waits a little longer and
	// then gives up the connection: the server, or the way there, is gone.
	statementLimit = 8 * time.Second
	lockLimit      = 5 * time.Second
	clientLimit    = statementLimit + 2*time.Second
	// idleLimit is how long a transaction may wait for its client, which may be
	// gone without the server noticing.
	idleLimit = time.Minute
)

func (db *DB) openPostgres(ctx context.Context, dsn string, write bool) error {
	config, err := pgx.ParseConfig(dsn)
	if err != nil {
		// What pgx says may quote the text with the password in it.
		return errors.New("the database's address cannot be read; it is written as postgres://USER:PASSWORD@HOST:PORT/NAME?sslmode=require")
	}
	if config.ConnectTimeout == 0 {
		config.ConnectTimeout = connectLimit
	}
	for name, limit := range map[string]time.Duration{
		"statement_timeout":                   statementLimit,
		"lock_timeout":                        lockLimit,
		"idle_in_transaction_session_timeout": idleLimit,
	} {
		if _, set := config.RuntimeParams[name]; !set {
			config.RuntimeParams[name] = strconv.FormatInt(limit.Milliseconds(), 10)
		}
	}
	if config.RuntimeParams["application_name"] == "" {
		config.RuntimeParams["application_name"] = "tocsin"
	}
	pooled := stdlib.OpenDB(*config, stdlib.OptionAfterConnect(durable))
	pooled.SetMaxOpenConns(postgresConnections)
	pooled.SetMaxIdleConns(postgresConnections)
	pooled.SetConnMaxIdleTime(5 * time.Minute)
	db.open = append(db.open, pooled)
	db.postgres, db.patience = true, clientLimit
	// READ COMMITTED is enough, as whoever decides by what it read has locked it
	// first, and what is read after a lock was waited for is what was committed
	// meanwhile. A View asks several questions of one state.
	db.begin, db.view = "BEGIN ISOLATION LEVEL READ COMMITTED", "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY"
	db.readers = newPool(pooled, postgresConnections, false)
	db.readers.patience = clientLimit

	// Migrations may take longer than any statement of ours.
	patient := config.Copy()
	patient.RuntimeParams["statement_timeout"], patient.RuntimeParams["lock_timeout"] = "0", "0"
	schema := stdlib.OpenDB(*patient)
	schema.SetMaxOpenConns(2)
	if write {
		err = db.migrate(ctx, schema)
	} else {
		err = db.checkCurrent(ctx, schema)
	}
	if err = errors.Join(err, schema.Close()); err != nil {
		return fmt.Errorf("database %s on %s: %w", config.Database, config.Host, err)
	}
	if write {
		db.writers = db.readers
	}
	return nil
}

// durable makes a commit wait for the disk also where the database is set up not
// to; a stronger setting stays.
func durable(ctx context.Context, c *pgx.Conn) error {
	_, err := c.Exec(ctx, "SELECT set_config('synchronous_commit', 'on', false) WHERE current_setting('synchronous_commit') = 'off'")
	return err
}

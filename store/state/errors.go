package state

import (
	"errors"

	"github.com/jackc/pgx/v5/pgconn"
	"modernc.org/sqlite"
	codes "modernc.org/sqlite/lib"
)

var (
	// ErrNotFound says that there is no row with that name.
	ErrNotFound = errors.New("not found")
	// ErrUnknown says that the connection broke while a transaction was being
	// committed: it may have been written or not. What is written is keyed so
	// that to do it again is harmless.
	ErrUnknown = errors.New("it is not known whether the transaction was written")
	// ErrChanged says that a row was changed by somebody else since it was read.
	ErrChanged = errors.New("changed in the meantime")
)

// again tells whether the database asks for another try of the transaction.
func again(err error) bool {
	if errors.Is(err, ErrUnknown) {
		return false
	}
	if e := (*pgconn.PgError)(nil); errors.As(err, &e) {
		return e.Code == "40001" || e.Code == "40P01" // serialization_failure, deadlock_detected
	}
	if e := (*sqlite.Error)(nil); errors.As(err, &e) {
		return e.Code()&0xff == codes.SQLITE_BUSY || e.Code()&0xff == codes.SQLITE_LOCKED
	}
	return false
}

// foreignKey tells whether a row belongs to another that is not there.
func foreignKey(err error) bool {
	if e := (*pgconn.PgError)(nil); errors.As(err, &e) {
		return e.Code == "23503"
	}
	if e := (*sqlite.Error)(nil); errors.As(err, &e) {
		return e.Code() == codes.SQLITE_CONSTRAINT_FOREIGNKEY
	}
	return false
}

// noTable tells whether a statement names a table that is not there.
func noTable(err error) bool {
	if e := (*pgconn.PgError)(nil); errors.As(err, &e) {
		return e.Code == "42P01"
	}
	if e := (*sqlite.Error)(nil); errors.As(err, &e) {
		return e.Code() == codes.SQLITE_ERROR
	}
	return false
}

// inDoubt tells whether a transaction may have been written although its commit
// gave this error.
func inDoubt(err error) bool {
	if e := (*sqlite.Error)(nil); errors.As(err, &e) {
		// The log may hold the whole transaction though it could not be synced:
		// should the process end before it is overwritten, it counts.
		return e.Code()&0xff == codes.SQLITE_IOERR
	}
	if e := (*pgconn.PgError)(nil); errors.As(err, &e) {
		// An ERROR is the server's word that it rolled back. When it ends the
		// session instead, the commit may have been done before. 40003 is
		// statement_completion_unknown.
		return e.Severity != "ERROR" && e.SeverityUnlocalized != "ERROR" || e.Code == "40003"
	}
	return !pgconn.SafeToRetry(err)
}

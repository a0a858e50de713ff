package state

import (
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"time"
)

// A guard is held by the one process that writes to an SQLite file: a lock on a
// file beside it, which the system ends with the process, however it ends.
type guard struct{ file *os.File }

// An InUseError says that another process writes to the database.
type InUseError struct {
	Path string
	By   string // "process 4711 on host since TIME", "" when it does not say
}

func (e *InUseError) Error() string {
	by := e.By
	if by == "" {
		by = "another process"
	}
	return fmt.Sprintf("database %s is in use by %s; stop that one, give this one another --data folder, or use PostgreSQL for several", e.Path, by)
}

// errLocked is what lockFile gives for a file that somebody else locked.
var errLocked = errors.New("locked")

func takeGuard(database string) (*guard, error) {
	// The file stays: to remove it would take it from under whoever opens it now.
	f, err := os.OpenFile(database+".lock", os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return nil, fmt.Errorf("guard the database: %w", err)
	}
	if err := lockFile(f); err != nil {
		by, _ := io.ReadAll(io.LimitReader(f, 500)) // only to say more
		err = errors.Join(err, f.Close())
		if errors.Is(err, errLocked) {
			return nil, &InUseError{Path: database, By: strings.TrimSpace(string(by))}
		}
		return nil, fmt.Errorf("guard the database: %w", err)
	}
	g := &guard{f}
	host, err := os.Hostname()
	if err != nil {
		host = "this host"
	}
	text := fmt.Sprintf("process %d on %s since %s\n", os.Getpid(), host, time.Now().UTC().Format(time.RFC3339))
	if err = f.Truncate(0); err == nil {
		_, err = f.WriteAt([]byte(text), 0)
	}
	if err != nil {
		return nil, errors.Join(fmt.Errorf("guard the database: %w", err), g.release())
	}
	return g, nil
}

// release lets others write; once is enough.
func (g *guard) release() error {
	if g == nil {
		return nil
	}
	if err := g.file.Close(); !errors.Is(err, os.ErrClosed) {
		return err
	}
	return nil
}

package app

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"tocsin/notify"
	"tocsin/store/blob"
	"tocsin/store/events"
	"tocsin/store/state"
	"tocsin/web/api"
)

// The names in a data directory.
const (
	databaseName = "tocsin.db"
	segmentsName = "segments"
)

// OpenData opens the data directory of a server for reading, whether the server
// runs or not. An error of a directory that is none is fs.ErrNotExist.
func OpenData(ctx context.Context, dir string) (*api.Local, func() error, error) {
	path := filepath.Join(dir, databaseName)
	if _, err := os.Stat(path); errors.Is(err, fs.ErrNotExist) {
		return nil, nil, fmt.Errorf("%s is no data directory of tocsin serve: there is no %s in it: %w", dir, databaseName, fs.ErrNotExist)
	}
	db, err := state.OpenReader(ctx, "sqlite:"+path)
	if err != nil {
		return nil, nil, fmt.Errorf("open data directory %s: %w", dir, err)
	}
	blobs, err := blob.OpenDir(filepath.Join(dir, segmentsName))
	if err != nil {
		return nil, nil, errors.Join(fmt.Errorf("open data directory %s: %w", dir, err), db.Close())
	}
	local := &api.Local{
		State: db, Events: events.New(events.Options{State: db, Blobs: blobs, Now: time.Now}),
		Redact: notify.Redact, Now: time.Now,
	}
	return local, func() error { return errors.Join(blobs.Close(), db.Close()) }, nil
}

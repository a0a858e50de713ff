package state_test

import (
	"errors"
	"path/filepath"
	"testing"

	"tocsin/internal/pgtest"
	"tocsin/store/state"
	"tocsin/store/state/statetest"
)

func TestSQLite(t *testing.T) {
	statetest.Run(t, func(t *testing.T) (a, b *state.DB) {
		db := openSQLite(t)
		return db, db
	})
}

func openSQLite(t testing.TB) *state.DB {
	t.Helper()
	return open(t, "sqlite:"+filepath.Join(t.TempDir(), "state.db"))
}

func open(t testing.TB, dsn string) *state.DB {
	t.Helper()
	db, err := state.Open(t.Context(), dsn)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := db.Close(); err != nil {
			t.Error(err)
		}
	})
	return db
}

func TestOneWriterAtATime(t *testing.T) {
	dsn := "sqlite:" + filepath.Join(t.TempDir(), "state.db")
	first, err := state.Open(t.Context(), dsn)
	if err != nil {
		t.Fatal(err)
	}
	_, err = state.Open(t.Context(), dsn)
	var inUse *state.InUseError
	if !errors.As(err, &inUse) || inUse.By == "" {
		t.Fatalf("the second writer got %v", err)
	}
	t.Log(err)
	reader, err := state.OpenReader(t.Context(), dsn)
	if err != nil {
		t.Fatal(err)
	}
	if err := reader.Ping(t.Context()); err != nil {
		t.Error(err)
	}
	if err := errors.Join(reader.Close(), first.Close()); err != nil {
		t.Error(err)
	}
	second, err := state.Open(t.Context(), dsn)
	if err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(second.Ping(t.Context()), second.Close()); err != nil {
		t.Error(err)
	}
}

func TestPostgreSQL(t *testing.T) {
	server := pgtest.Start(t)
	template := server.Database(t)
	made, err := state.Open(t.Context(), template)
	if err != nil {
		t.Fatal(err)
	}
	if err := made.Close(); err != nil {
		t.Fatal(err)
	}
	statetest.Run(t, func(t *testing.T) (a, b *state.DB) {
		dsn := server.Copy(t, template)
		return open(t, dsn), open(t, dsn)
	})
}

package state_test

import (
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

package pgtest

import (
	"testing"

	"github.com/jackc/pgx/v5"
)

func TestServerComesBackWithWhatWasCommitted(t *testing.T) {
	s := Start(t)
	address := s.Database(t)
	c, err := pgx.Connect(t.Context(), address)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := c.Exec(t.Context(), "CREATE TABLE t (a BIGINT)"); err != nil {
		t.Fatal(err)
	}
	s.Stop(t)
	if _, err := c.Exec(t.Context(), "SELECT 1"); err == nil {
		t.Error("the server answers after Stop")
	}
	s.Restart(t)
	if c, err = pgx.Connect(t.Context(), address); err != nil {
		t.Fatal(err)
	}
	if _, err := c.Exec(t.Context(), "SELECT a FROM t"); err != nil {
		t.Error(err)
	}
	if err := c.Close(t.Context()); err != nil {
		t.Error(err)
	}
}

package pgtest

import (
	"os/exec"
	"testing"
)

// An account is a user that a server runs as; there is none but our own.
type account struct{ uid, gid int }

// unprivileged skips the test: how to hold a server on a leash is not known here.
func unprivileged(t testing.TB) *account {
	t.Helper()
	t.Skip("no PostgreSQL for tests on Windows")
	return nil
}

func (*account) runs(*exec.Cmd) {}

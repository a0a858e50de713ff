// Package pgtest runs PostgreSQL servers for tests, where PostgreSQL is installed.
package pgtest

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"sync/atomic"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"tocsin/internal/freeport"
)

// A Server is a PostgreSQL server in a temporary folder.
type Server struct {
	bin, dir, port string
	as             *account // nil for our own
	running        *exec.Cmd
	leash          io.Closer // the server ends when it is closed, so also with this process
	databases      atomic.Int64
}

// limit is how long the server may take to start, and to stop.
const limit = 3 * time.Minute

// Start starts a server, which stops at the end of the test. Without PostgreSQL
// the test is skipped, and says so.
func Start(t testing.TB) *Server {
	t.Helper()
	s := &Server{bin: binaries(t), as: unprivileged(t)}
	var err error
	// Not t.TempDir, which is the test's user's alone in some places.
	if s.dir, err = os.MkdirTemp("", "tocsin-postgres-"); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		s.Stop(t)
		if err := os.RemoveAll(s.dir); err != nil {
			t.Error(err)
		}
	})
	if s.as != nil {
		if err := os.Chown(s.dir, s.as.uid, s.as.gid); err != nil {
			t.Fatal(err)
		}
	}
	s.initialize(t)
	// Not one that the system gives to a connection: between two starts it would.
	if _, s.port, err = net.SplitHostPort(freeport.Address(t)); err != nil {
		t.Fatal(err)
	}
	s.Restart(t)
	return s
}

// Database makes an empty database and gives its address.
func (s *Server) Database(t testing.TB) string {
	t.Helper()
	return s.create(t, "template1")
}

// Copy makes a copy of a database, to which nobody may be connected.
func (s *Server) Copy(t testing.TB, address string) string {
	t.Helper()
	of, err := pgx.ParseConfig(address)
	if err != nil {
		t.Fatal(err)
	}
	return s.create(t, of.Database)
}

func (s *Server) create(t testing.TB, template string) string {
	t.Helper()
	c, err := pgx.Connect(t.Context(), s.address("postgres"))
	if err != nil {
		t.Fatal(err)
	}
	name := "test" + strconv.FormatInt(s.databases.Add(1), 10)
	_, err = c.Exec(t.Context(), "CREATE DATABASE "+name+" TEMPLATE "+template)
	if err := errors.Join(err, c.Close(t.Context())); err != nil {
		t.Fatal(err)
	}
	return s.address(name)
}

func (s *Server) address(database string) string {
	return "postgres://tocsin:unchecked@127.0.0.1:" + s.port + "/" + database + "?sslmode=disable&connect_timeout=60" // for busy machines
}

// Stop stops the server at once, as a crash would: clients lose their
// connections, what was committed stays.
func (s *Server) Stop(t testing.TB) {
	t.Helper()
	if s.running == nil {
		return
	}
	running := s.running
	s.running = nil
	err := s.leash.Close()
	// The shell ends with the server's own code, which tells of the signal.
	if waited := running.Wait(); running.ProcessState == nil {
		err = errors.Join(err, waited)
	}
	if err != nil {
		t.Error(err)
	}
}

// Restart starts the server again after Stop, at the same address.
func (s *Server) Restart(t testing.TB) {
	t.Helper()
	// The shell holds the server on a leash: it reads from us until we close the
	// pipe or are gone.
	const script = `exec 3<&0; "$@" </dev/null >>log 2>&1 & server=$!; read _ <&3; kill -QUIT $server; wait $server`
	cmd := s.command("sh", "-c", script, "sh", filepath.Join(s.bin, "postgres"), "-D", "data",
		"-k", "", "-h", "127.0.0.1", "-p", s.port,
		// What the tests end is the process, not the machine.
		"-c", "fsync=off", "-c", "max_connections=60", "-c", "shared_buffers=16MB")
	leash, err := cmd.StdinPipe()
	if err == nil {
		err = cmd.Start()
	}
	if err != nil {
		t.Fatal(err)
	}
	s.running, s.leash = cmd, leash
	ctx, cancel := context.WithTimeout(t.Context(), limit)
	defer cancel()
	for {
		c, err := pgx.Connect(ctx, s.address("postgres"))
		if err == nil {
			err = c.Close(ctx)
		}
		if err == nil {
			return
		}
		select {
		case <-ctx.Done():
			t.Fatalf("PostgreSQL does not start: %v\n%s", err, s.log())
		case <-time.After(20 * time.Millisecond):
		}
	}
}

func (s *Server) log() []byte {
	text, err := os.ReadFile(filepath.Join(s.dir, "log"))
	if err != nil {
		return []byte(err.Error())
	}
	return text[max(0, len(text)-4000):]
}

func (s *Server) initialize(t testing.TB) {
	t.Helper()
	// Not the order of bytes, so that no test passes because of it.
	icu := []string{"--locale-provider=icu", "--icu-locale=en"}
	common := []string{"-D", "data", "-U", "tocsin", "-E", "UTF8", "--auth=trust", "--no-sync", "--locale=C.UTF-8"}
	out, err := s.command(filepath.Join(s.bin, "initdb"), slices.Concat(common, icu)...).CombinedOutput()
	if err != nil && bytes.Contains(bytes.ToLower(out), []byte("icu")) {
		out, err = s.command(filepath.Join(s.bin, "initdb"), common...).CombinedOutput()
	}
	if err != nil {
		t.Fatalf("initdb: %v\n%s", err, out)
	}
}

// command is a command in the server's folder, as its user.
func (s *Server) command(name string, args ...string) *exec.Cmd {
	cmd := exec.Command(name, args...)
	cmd.Dir = s.dir
	cmd.Env = append(os.Environ(), "HOME="+s.dir)
	if s.as != nil {
		s.as.runs(cmd)
	}
	return cmd
}

// binaries finds the folder of the server's programs, the newest of several.
func binaries(t testing.TB) string {
	t.Helper()
	if found, err := exec.LookPath("postgres"); err == nil {
		return filepath.Dir(found)
	}
	found, err := filepath.Glob("/usr/lib/postgresql/*/bin/postgres")
	if err != nil {
		t.Fatal(err)
	}
	if len(found) == 0 {
		t.Skip("no PostgreSQL: neither in PATH nor in /usr/lib/postgresql")
	}
	slices.SortFunc(found, func(a, b string) int { return version(a) - version(b) })
	return filepath.Dir(found[len(found)-1])
}

func version(program string) int {
	n, err := strconv.Atoi(filepath.Base(filepath.Dir(filepath.Dir(program))))
	if err != nil {
		return 0
	}
	return n
}

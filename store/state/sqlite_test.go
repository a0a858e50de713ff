package state_test

import (
	"bufio"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"testing"
	"time"

	"tocsin/store/state"
)

func TestOneWriterAtATime(t *testing.T) {
	dsn := "sqlite:" + filepath.Join(t.TempDir(), "state.db")
	first, err := state.Open(t.Context(), dsn)
	if err != nil {
		t.Fatal(err)
	}
	_, err = state.Open(t.Context(), dsn)
	var inUse *state.InUseError
	if !errors.As(err, &inUse) || !strings.Contains(err.Error(), fmt.Sprint("process ", os.Getpid())) {
		t.Fatalf("the second writer got %v", err)
	}
	reader, err := state.OpenReader(t.Context(), dsn)
	if err != nil {
		t.Fatal(err)
	}
	set(t, first, "x", "1")
	if got := read(t, reader, "x"); got != "1" {
		t.Errorf("the reader sees %q", got)
	}
	if err := reader.Ping(t.Context()); err != nil {
		t.Error(err)
	}
	if err := reader.Update(t.Context(), func(*state.Tx) error { return nil }); err == nil {
		t.Error("a reader can write")
	}
	if err := first.Close(); err != nil {
		t.Error(err)
	}
	second := open(t, dsn)
	set(t, second, "x", "2")
	if got := read(t, reader, "x"); got != "2" {
		t.Errorf("after the writer changed, the reader sees %q", got)
	}
	if err := reader.Close(); err != nil {
		t.Error(err)
	}
}

// A process that was killed keeps its successor from nothing.
func TestLeasesEndWithTheProcess(t *testing.T) {
	dsn := "sqlite:" + filepath.Join(t.TempDir(), "state.db")
	now := time.UnixMilli(1_800_000_000_000)
	lease := func(db *state.DB, owner string) (mine bool) {
		t.Helper()
		err := db.Update(t.Context(), func(tx *state.Tx) (err error) {
			mine, err = tx.Lease(t.Context(), "work", owner, now, now.Add(time.Minute))
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
		return mine
	}
	first, err := state.Open(t.Context(), dsn)
	if err != nil {
		t.Fatal(err)
	}
	if !lease(first, "first") || lease(first, "second") {
		t.Error("a lease keeps nobody out")
	}
	if err := first.Close(); err != nil {
		t.Fatal(err)
	}
	if !lease(open(t, dsn), "second") {
		t.Error("the lease of a process that is gone holds")
	}
}

func TestReaderOfWhatIsNotThere(t *testing.T) {
	name := filepath.Join(t.TempDir(), "state.db")
	if _, err := state.OpenReader(t.Context(), "sqlite:"+name); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("got %v", err)
	}
	if _, err := os.Stat(name); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("the reader made a file: %v", err)
	}
	if err := os.WriteFile(name, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := state.OpenReader(t.Context(), "sqlite:"+name); err == nil || !strings.Contains(err.Error(), "tocsin serve") {
		t.Errorf("got %v", err)
	}
}

func TestNewerTablesAreRefused(t *testing.T) {
	dsn := "sqlite:" + filepath.Join(t.TempDir(), "state.db")
	db, err := state.Open(t.Context(), dsn)
	if err != nil {
		t.Fatal(err)
	}
	err = db.OnWriter(t.Context(), func(c *sql.Conn) error {
		_, err := c.ExecContext(t.Context(), "INSERT INTO goose_db_version (version_id, is_applied) VALUES (9999, 1)")
		return err
	})
	if err := errors.Join(err, db.Close()); err != nil {
		t.Fatal(err)
	}
	for _, open := range []func(context.Context, string) (*state.DB, error){state.Open, state.OpenReader} {
		if _, err := open(t.Context(), dsn); err == nil || !strings.Contains(err.Error(), "newer tocsin") {
			t.Errorf("got %v", err)
		}
	}
}

func TestFileIsForItsOwnerAlone(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("no file modes")
	}
	dir := filepath.Join(t.TempDir(), "odd ?#%20 name")
	if err := os.Mkdir(dir, 0o700); err != nil {
		t.Fatal(err)
	}
	db := open(t, "sqlite:"+filepath.Join(dir, "state.db"))
	set(t, db, "x", "1")
	files, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	if len(files) != 4 { // the database, its log, the index of that, the lock
		t.Errorf("files: %v", files)
	}
	for _, f := range files {
		i, err := f.Info()
		if err != nil {
			t.Fatal(err)
		}
		if i.Mode().Perm() != 0o600 {
			t.Errorf("%s has mode %v", f.Name(), i.Mode())
		}
	}
}

func TestDurabilityIsAsPromised(t *testing.T) {
	db := openSQLite(t)
	for pragma, want := range map[string]string{
		"synchronous": "2", "journal_mode": "wal", "foreign_keys": "1", "auto_vacuum": "2", "page_size": "16384", "busy_timeout": "5000",
	} {
		var got string
		if err := db.OnWriter(t.Context(), func(c *sql.Conn) error {
			return c.QueryRowContext(t.Context(), "PRAGMA "+pragma).Scan(&got)
		}); err != nil {
			t.Fatal(err)
		}
		if got != want {
			t.Errorf("%s is %s, want %s", pragma, got, want)
		}
	}
}

func TestSpaceOfSealedBlocksIsGivenBack(t *testing.T) {
	name := filepath.Join(t.TempDir(), "state.db")
	db := open(t, "sqlite:"+name)
	ctx, body := t.Context(), make([]byte, 1_000_000)
	var blocks []int64
	if err := db.Update(ctx, func(tx *state.Tx) error {
		g, err := tx.EnsureLogGroup(ctx, state.LogGroup{Name: "g"})
		for range 60 {
			if err != nil {
				return err
			}
			var id int64
			id, err = tx.AddBlock(ctx, state.Block{LogGroup: g.ID, Body: body})
			blocks = append(blocks, id)
		}
		return err
	}); err != nil {
		t.Fatal(err)
	}
	for _, id := range blocks {
		if err := db.Update(ctx, func(tx *state.Tx) error { return tx.DeleteBlocks(ctx, []int64{id}) }); err != nil {
			t.Fatal(err)
		}
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(name + "-wal"); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("the log was not written back: %v", err)
	}
	i, err := os.Stat(name)
	if err != nil {
		t.Fatal(err)
	}
	if i.Size() > 2_000_000 {
		t.Errorf("the file holds %d bytes after 60 MB were deleted", i.Size())
	}
}

func TestFullDiskIsAnErrorThatPasses(t *testing.T) {
	db := openSQLite(t)
	limit := func(pages int) {
		t.Helper()
		if err := db.OnWriter(t.Context(), func(c *sql.Conn) error {
			_, err := c.ExecContext(t.Context(), "PRAGMA max_page_count = "+strconv.Itoa(pages))
			return err
		}); err != nil {
			t.Fatal(err)
		}
	}
	limit(1) // as many as there are
	err := db.Update(t.Context(), func(tx *state.Tx) error {
		return tx.SetSetting(t.Context(), "x", strings.Repeat("x", 1_000_000))
	})
	if err == nil || errors.Is(err, state.ErrUnknown) {
		t.Errorf("got %v", err)
	}
	if got := read(t, db, "x"); got != "" {
		t.Errorf("%d bytes were written", len(got))
	}
	limit(100_000)
	set(t, db, "x", "1")
}

// TestWhatIsCommittedOutlivesTheProcess kills a process that writes.
func TestWhatIsCommittedOutlivesTheProcess(t *testing.T) {
	const variable = "TOCSIN_TEST_COUNT_INTO"
	if dsn := os.Getenv(variable); dsn != "" {
		db := open(t, dsn)
		for n := 1; ; n++ {
			set(t, db, "n", strconv.Itoa(n))
			fmt.Println("committed", n)
		}
	}
	dsn := "sqlite:" + filepath.Join(t.TempDir(), "state.db")
	counted := exec.Command(os.Args[0], "-test.run=^TestWhatIsCommittedOutlivesTheProcess$")
	counted.Env = append(os.Environ(), variable+"="+dsn)
	out, err := counted.StdoutPipe()
	if err == nil {
		err = counted.Start()
	}
	if err != nil {
		t.Fatal(err)
	}
	told := 0
	for lines := bufio.NewScanner(out); told < 50 && lines.Scan(); {
		if _, err := fmt.Sscanf(lines.Text(), "committed %d", &told); err != nil {
			t.Fatalf("%s: %v", lines.Text(), err)
		}
	}
	if err := counted.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	var killed *exec.ExitError
	if err := counted.Wait(); !errors.As(err, &killed) {
		t.Fatal(err)
	}
	got, err := strconv.Atoi(read(t, open(t, dsn), "n"))
	if err != nil || got < told || told < 50 {
		t.Errorf("%d is there of %d, %v", got, told, err)
	}
}

func set(t testing.TB, db *state.DB, name, value string) {
	t.Helper()
	if err := db.Update(t.Context(), func(tx *state.Tx) error { return tx.SetSetting(t.Context(), name, value) }); err != nil {
		t.Fatal(err)
	}
}

func read(t testing.TB, db *state.DB, name string) (value string) {
	t.Helper()
	if err := db.View(t.Context(), func(tx *state.Tx) (err error) {
		value, err = tx.Setting(t.Context(), name)
		return err
	}); err != nil {
		t.Fatal(err)
	}
	return value
}

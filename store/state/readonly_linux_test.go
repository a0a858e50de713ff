package state_test

import (
	"os"
	"path/filepath"
	"testing"

	"golang.org/x/sys/unix"

	"tocsin/store/state"
)

// A backup on a read-only file system could not be opened: SQLite wanted to make
// its log beside it.
func TestBackupOnAReadOnlyFileSystemIsRead(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "mount")
	if err := os.Mkdir(dir, 0o700); err != nil {
		t.Fatal(err)
	}
	dsn := "sqlite:" + filepath.Join(dir, "state.db")
	db, err := state.Open(t.Context(), dsn)
	if err != nil {
		t.Fatal(err)
	}
	set(t, db, "x", "1")
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	if err := unix.Mount(dir, dir, "", unix.MS_BIND, ""); err != nil {
		t.Skip("needs to mount: ", err)
	}
	defer func() {
		if err := unix.Unmount(dir, 0); err != nil {
			t.Error(err)
		}
	}()
	if err := unix.Mount("", dir, "", unix.MS_BIND|unix.MS_REMOUNT|unix.MS_RDONLY, ""); err != nil {
		t.Skip("needs to mount read-only: ", err)
	}
	reader, err := state.OpenReader(t.Context(), dsn)
	if err != nil {
		t.Fatal(err)
	}
	if got := read(t, reader, "x"); got != "1" {
		t.Errorf("the reader sees %q", got)
	}
	if err := reader.Close(); err != nil {
		t.Error(err)
	}
}

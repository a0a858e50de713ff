package source_test

import (
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"tocsin/source"
)

// A pipe that nobody writes to keeps nobody waiting.
func TestMirrorWithAPipe(t *testing.T) {
	dir := t.TempDir()
	if err := syscall.Mkfifo(filepath.Join(dir, "x"), 0o644); err != nil {
		t.Skip(err)
	}
	mirror, err := source.OpenMirror(dir)
	if err != nil {
		t.Fatal(err)
	}
	defer mirror.Close()
	if _, err := mirror.Get(t.Context(), "", "x"); err == nil || !strings.Contains(err.Error(), "not a file") {
		t.Errorf("a pipe was opened: %v", err)
	}
}

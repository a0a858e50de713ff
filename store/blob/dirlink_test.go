package blob_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// The deletion of a blob in a folder that is a link to another one takes nothing
// else away.
func TestDirKeepsLinkedFolders(t *testing.T) {
	folder := t.TempDir()
	d := openDir(t, folder)
	for _, key := range []string{"disk/a", "disk/b"} {
		if err := d.Put(t.Context(), key, strings.NewReader(key)); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Symlink("disk", filepath.Join(folder, "linked")); err != nil {
		t.Skip("no symbolic links here: ", err)
	}
	if err := d.Delete(t.Context(), "linked/a"); err != nil {
		t.Fatal(err)
	}
	if _, err := d.Stat(t.Context(), "linked/b"); err != nil {
		t.Errorf("with one blob all others went: %v", err)
	}
	if _, err := d.Stat(t.Context(), "disk/a"); err == nil {
		t.Error("the blob is there still")
	}
}

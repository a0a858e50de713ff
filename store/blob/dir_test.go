package blob_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"tocsin/store/blob"
)

// What is in the folder can be read in place, and is there when it is opened again.
func TestDirKeepsFiles(t *testing.T) {
	folder := filepath.Join(t.TempDir(), "made", "on the way")
	const key = "log_group=default/date=2026-01-02/x.parquet"
	if err := openDir(t, folder).Put(t.Context(), key, strings.NewReader("content")); err != nil {
		t.Fatal(err)
	}
	if got, err := os.ReadFile(filepath.Join(folder, filepath.FromSlash(key))); string(got) != "content" {
		t.Errorf("the file holds %q, %v", got, err)
	}
	again := openDir(t, folder)
	if got := keysOf(t, again); !slices.Equal(got, []string{key}) {
		t.Errorf("opened again, there are %q", got)
	}
	if left := files(t, filepath.Join(folder, ".incoming")); len(left) > 0 {
		t.Errorf("left behind: %q", left)
	}
	if about, err := os.Stat(filepath.Join(folder, filepath.FromSlash(key))); runtime.GOOS != "windows" && about.Mode().Perm()&0o007 != 0 {
		t.Errorf("everyone may use the file: %v, %v", about.Mode(), err)
	}
	if err := again.Delete(t.Context(), key); err != nil {
		t.Fatal(err)
	}
	if left := files(t, folder); !slices.Equal(left, []string{".incoming"}) {
		t.Errorf("the deletion leaves %q", left)
	}
}

// What a crash left is removed, and nothing else.
func TestDirSweep(t *testing.T) {
	folder := t.TempDir()
	d := openDir(t, folder)
	start := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	if n, err := d.Sweep(t.Context(), start); n != 0 || err != nil {
		t.Errorf("an empty store: %d, %v", n, err)
	}
	if err := d.Put(t.Context(), "whole", strings.NewReader("whole")); err != nil {
		t.Fatal(err)
	}
	incoming := filepath.Join(folder, ".incoming")
	for name, age := range map[string]time.Duration{"half": time.Second, "linked": time.Hour, "at work": -time.Second} {
		file := filepath.Join(incoming, name)
		if err := os.WriteFile(file, []byte("ha"), 0o600); err != nil {
			t.Fatal(err)
		}
		if err := os.Chtimes(file, time.Time{}, start.Add(-age)); err != nil {
			t.Fatal(err)
		}
	}
	// Stopped between giving the name and taking the other one away.
	if err := os.Link(filepath.Join(incoming, "linked"), filepath.Join(folder, "linked")); err != nil {
		t.Fatal(err)
	}
	if got := keysOf(t, d); !slices.Equal(got, []string{"linked", "whole"}) {
		t.Errorf("before, there are %q", got)
	}
	if n, err := d.Sweep(t.Context(), start); n != 2 || err != nil {
		t.Errorf("swept %d, %v", n, err)
	}
	if left := files(t, incoming); !slices.Equal(left, []string{"at work"}) {
		t.Errorf("left: %q", left)
	}
	if got := keysOf(t, d); !slices.Equal(got, []string{"linked", "whole"}) {
		t.Errorf("after, there are %q", got)
	}
}

// Links out of the folder lead nowhere, and what is no regular file is no blob.
func TestDirStaysInside(t *testing.T) {
	outside, folder := t.TempDir(), t.TempDir()
	secret := filepath.Join(outside, "secret")
	if err := os.WriteFile(secret, []byte("secret"), 0o600); err != nil {
		t.Fatal(err)
	}
	for name, target := range map[string]string{"file": secret, "folder": outside, "up": "../" + filepath.Base(outside)} {
		if err := os.Symlink(target, filepath.Join(folder, name)); err != nil {
			t.Skip("no symbolic links here: ", err)
		}
	}
	d := openDir(t, folder)
	for _, key := range []string{"file", "folder", "folder/secret", "up/secret"} {
		if r, err := d.Get(t.Context(), key); err == nil {
			t.Errorf("%s was read", key)
			r.Close()
		}
		if err := d.Put(t.Context(), key, strings.NewReader("written")); err == nil {
			t.Errorf("%s was written", key)
		}
		if err := d.Delete(t.Context(), key); err == nil && strings.Contains(key, "/") {
			t.Errorf("%s was deleted", key)
		}
	}
	for about, err := range d.List(t.Context(), "", "") {
		t.Errorf("listed: %+v, %v", about, err)
	}
	for about, err := range d.List(t.Context(), "folder/", "") {
		if err == nil {
			t.Errorf("listed through a link: %+v", about)
		}
	}
	if got, err := os.ReadFile(secret); string(got) != "secret" || len(files(t, outside)) != 1 {
		t.Errorf("outside: %q, %v, %q", got, err, files(t, outside))
	}
}

// Files of others in the folder are no blobs and stay.
func TestDirLeavesOthersAlone(t *testing.T) {
	folder := t.TempDir()
	for _, name := range []string{".DS_Store", `back\slash`, ".git/config", "a/.b/c"} {
		file := filepath.Join(folder, filepath.FromSlash(name))
		if err := errors.Join(os.MkdirAll(filepath.Dir(file), 0o700), os.WriteFile(file, []byte("x"), 0o600)); err != nil {
			t.Fatal(err)
		}
	}
	d := openDir(t, folder)
	if got := keysOf(t, d); len(got) > 0 {
		t.Errorf("listed: %q", got)
	}
	if _, err := d.Sweep(t.Context(), time.Now()); err != nil {
		t.Error(err)
	}
	if got := files(t, folder); len(got) != 4 {
		t.Errorf("there are %q", got)
	}
}

// A folder in which nothing may be written says so, and Put leaves nothing.
func TestDirWithoutPermission(t *testing.T) {
	if os.Getuid() <= 0 {
		t.Skip("root may write everywhere, and Windows knows no such folders")
	}
	folder := t.TempDir()
	d := openDir(t, folder)
	if err := os.Chmod(folder, 0o500); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := os.Chmod(folder, 0o700); err != nil {
			t.Error(err)
		}
	})
	if err := d.Put(t.Context(), "k", strings.NewReader("x")); !errors.Is(err, fs.ErrPermission) {
		t.Errorf("got %v, want fs.ErrPermission", err)
	}
}

// A folder of more names than are read at once is listed in order.
func TestDirLargeFolder(t *testing.T) {
	folder := t.TempDir()
	const n = 5000
	for i := range n {
		if err := os.WriteFile(filepath.Join(folder, fmt.Sprintf("%04d", (i*7919)%n)), nil, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	got := keysOf(t, openDir(t, folder))
	if len(got) != n || got[0] != "0000" || got[n-1] != fmt.Sprintf("%04d", n-1) || !slices.IsSorted(got) {
		t.Errorf("%d keys from %.20q", len(got), got[:min(len(got), 3)])
	}
}

// keysOf is all keys of a store.
func keysOf(t *testing.T, s blob.Store) []string {
	t.Helper()
	var keys []string
	for about, err := range s.List(t.Context(), "", "") {
		if err != nil {
			t.Fatal(err)
		}
		keys = append(keys, about.Key)
	}
	return keys
}

// files is the names in a folder.
func files(t *testing.T, folder string) []string {
	t.Helper()
	entries, err := os.ReadDir(folder)
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, e := range entries {
		names = append(names, e.Name())
	}
	return names
}

func BenchmarkDir(b *testing.B) {
	d, err := blob.OpenDir(b.TempDir())
	if err != nil {
		b.Fatal(err)
	}
	defer d.Close()
	benchmark(b, d)
}

func BenchmarkMemory(b *testing.B) { benchmark(b, blob.NewMemory()) }

// benchmark measures a store with blobs of a megabyte, as small segments are.
func benchmark(b *testing.B, s blob.Store) {
	ctx := context.Background()
	content := bytes.Repeat([]byte("0123456789abcdef"), 1<<16)
	const key = "log_group=default/date=2026-01-02/hour=03/%06d"
	put := func(i int) error { return s.Put(ctx, fmt.Sprintf(key, i), bytes.NewReader(content)) }
	b.Run("Put", func(b *testing.B) {
		b.SetBytes(int64(len(content)))
		n := 0
		for b.Loop() {
			if err := put(n % 100); err != nil {
				b.Fatal(err)
			}
			b.StopTimer()
			if err := s.Delete(ctx, fmt.Sprintf(key, n%100)); err != nil {
				b.Fatal(err)
			}
			n++
			b.StartTimer()
		}
	})
	for i := range 100 {
		if err := put(i); err != nil {
			b.Fatal(err)
		}
	}
	b.Run("PutAgain", func(b *testing.B) {
		for b.Loop() {
			if err := put(1); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("OpenReadClose", func(b *testing.B) {
		p := make([]byte, 1000)
		for b.Loop() {
			r, err := s.Open(ctx, fmt.Sprintf(key, 7))
			if err != nil {
				b.Fatal(err)
			}
			if _, err := r.ReadAt(p, 500_000); err != nil {
				b.Fatal(err)
			}
			if err := r.Close(); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("ListHundred", func(b *testing.B) {
		for b.Loop() {
			for _, err := range s.List(ctx, "", "") {
				if err != nil {
					b.Fatal(err)
				}
			}
		}
	})
}

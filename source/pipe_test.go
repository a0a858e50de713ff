//go:build unix

package source_test

import (
	"context"
	"errors"
	"io"
	"os"
	"syscall"
	"testing"

	"tocsin/source"
)

func TestNamedPipe(t *testing.T) {
	t.Chdir(t.TempDir())
	if err := syscall.Mkfifo("log", 0o600); err != nil {
		t.Skip(err)
	}
	open := func(ctx context.Context) (io.ReadCloser, error) {
		t.Helper()
		files, err := source.Open(ctx, []string{"log"}, source.Options{})
		if err != nil {
			t.Fatal(err)
		}
		for f, err := range files {
			if err != nil || f.Size != -1 {
				t.Fatalf("%+v, %v", f, err)
			}
			return f.Open(ctx)
		}
		t.Fatal("no file")
		return nil, nil
	}

	ended, end := context.WithCancel(t.Context())
	end()
	if _, err := open(ended); !errors.Is(err, context.Canceled) {
		t.Errorf("without a writer: %v", err)
	}

	writer, err := os.OpenFile("log", os.O_RDWR, 0) // does not wait for a reader
	if err != nil {
		t.Fatal(err)
	}
	defer writer.Close() // it is only held open
	ctx, cancel := context.WithCancel(t.Context())
	r, err := open(ctx)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := writer.WriteString("text"); err != nil {
		t.Fatal(err)
	}
	got := make([]byte, 4)
	if _, err := io.ReadFull(r, got); err != nil || string(got) != "text" {
		t.Errorf("%q, %v", got, err)
	}
	cancel() // the pipe is still open, and empty
	if _, err := r.Read(got); !errors.Is(err, os.ErrClosed) {
		t.Errorf("read after the end of the context: %v", err)
	}
	if err := r.Close(); err != nil && !errors.Is(err, os.ErrClosed) {
		t.Error(err)
	}
}

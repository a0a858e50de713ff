package source

import (
	"context"
	"io"
	"os"
	"path/filepath"
)

// pipe is a named pipe, or whatever else may keep its reader waiting. Opening
// and reading it end with the context.
func pipe(path string) File {
	return File{Name: path, Key: filepath.ToSlash(path), Size: -1, Open: func(ctx context.Context) (io.ReadCloser, error) {
		type result struct {
			file *os.File
			err  error
		}
		opened := make(chan result, 1)
		// A named pipe opens when somebody opens it to write. Nothing ends that
		// early but the process, so the one who waits here may be left behind.
		go func() {
			f, err := os.Open(path)
			opened <- result{f, err}
		}()
		select {
		case r := <-opened:
			if r.err != nil {
				return nil, r.err
			}
			return &endingFile{r.file, context.AfterFunc(ctx, func() { _ = r.file.Close() })}, nil
		case <-ctx.Done():
			return nil, ctx.Err()
		}
	}}
}

// An endingFile is closed by a context, which ends a read under way, or by Close.
type endingFile struct {
	*os.File
	keep func() bool
}

func (f *endingFile) Close() error {
	f.keep()
	return f.File.Close()
}

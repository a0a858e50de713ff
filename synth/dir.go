package synth

import (
	"compress/gzip"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
)

// A Summary tells what was written.
type Summary struct {
	Files int
	// Events counts records, Duplicates those among them that another file has too.
	Events, Duplicates int
	// Compressed is the size of the files, Decompressed that of the JSON in them, in bytes.
	Compressed, Decompressed int64
}

// WriteDir writes the files under dir, which it makes when it is missing and
// which must be empty otherwise, so that nothing older mixes with the story.
// An error can leave files behind.
func WriteDir(dir string, o Options) (Summary, error) {
	var sum Summary
	if err := emptyDir(dir); err != nil {
		return sum, err
	}
	zip, err := gzip.NewWriterLevel(io.Discard, 6)
	if err != nil {
		return sum, err
	}
	err = Generate(o, func(f File) error {
		raw, packed, err := writeFile(filepath.Join(dir, filepath.FromSlash(f.Key)), f, zip)
		if err != nil {
			return err
		}
		sum.Files++
		sum.Events += f.Events
		sum.Duplicates += f.Duplicates
		sum.Compressed += packed
		sum.Decompressed += raw
		return nil
	})
	return sum, err
}

func emptyDir(dir string) error {
	entries, err := os.ReadDir(dir)
	if errors.Is(err, os.ErrNotExist) {
		return os.MkdirAll(dir, 0o755)
	}
	if err != nil {
		return err
	}
	if len(entries) > 0 {
		return fmt.Errorf("folder %s is not empty: name a new one, or empty it", dir)
	}
	return nil
}

// writeFile writes one file with the given compressor and tells the bytes of
// its JSON and of the file.
func writeFile(name string, f File, zip *gzip.Writer) (raw, packed int64, err error) {
	if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
		return 0, 0, err
	}
	file, err := os.Create(name)
	if err != nil {
		return 0, 0, err
	}
	defer func() { err = errors.Join(err, file.Close()) }()
	out := &counter{w: file}
	zip.Reset(out)
	in := &counter{w: zip}
	if err := f.WriteJSON(in); err != nil {
		return 0, 0, err
	}
	if err := zip.Close(); err != nil {
		return 0, 0, err
	}
	return in.n, out.n, nil
}

// A counter counts the bytes written through it.
type counter struct {
	w io.Writer
	n int64
}

func (c *counter) Write(p []byte) (int, error) {
	n, err := c.w.Write(p)
	c.n += int64(n)
	return n, err
}

// Package sets makes the log files that are measured with.
package sets

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"time"

	"github.com/klauspost/compress/gzip"

	"tocsin/synth"
)

// A Set is log files to measure with.
type Set struct {
	Name, Folder string
	Files        []string // paths, in the order of delivery
	Packed       int64    // bytes
}

// sizes are the numbers of files of the sets, for 650,000 events.
var sizes = map[string]int{"small": 2000, "large": 20}

// Make makes a set unless it is there from an earlier run. It is the busy day
// of a company with twelve accounts, each event delivered once, because a batch
// of files cannot know what the others held.
func Make(ctx context.Context, dir, name string, events int) (*Set, error) {
	files, ok := sizes[name]
	if !ok {
		return nil, fmt.Errorf("no set %q: there are small and large", name)
	}
	if name == "small" {
		files = max(20, files*events/650_000)
	}
	folder := filepath.Join(dir, fmt.Sprintf("%s-%d-%d", name, events, files))
	if _, err := os.Stat(folder); errors.Is(err, fs.ErrNotExist) {
		o := synth.Options{Events: events, Files: files, Seed: 1, Story: "busy", Accounts: 12, Span: 24 * time.Hour, Duplicates: -1}
		if err := Write(ctx, folder, o); err != nil {
			return nil, err
		}
	} else if err != nil {
		return nil, err
	}
	return Open(name, folder)
}

// Open is the set in a folder.
func Open(name, folder string) (*Set, error) {
	s := &Set{Name: name, Folder: folder}
	err := filepath.WalkDir(folder, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		info, err := d.Info()
		if err != nil {
			return err
		}
		s.Files, s.Packed = append(s.Files, path), s.Packed+info.Size()
		return nil
	})
	// By time, not one account after the other, as files are delivered.
	slices.SortStableFunc(s.Files, func(a, b string) int { return bytes.Compare(stamp(a), stamp(b)) })
	return s, err
}

// stamp is the time in a log file's name.
func stamp(path string) []byte {
	name := []byte(filepath.Base(path))
	if i := bytes.LastIndexByte(name, '_'); i > 0 {
		return name[max(0, i-14):i]
	}
	return name
}

// Write writes the files as zlib would make them, because those of Go's
// compressor are easier to decompress.
func Write(ctx context.Context, folder string, o synth.Options) error {
	pack := packWithGzip
	if _, err := exec.LookPath("gzip"); err != nil {
		fmt.Fprintln(os.Stderr, "bench: there is no gzip command: the files are compressed with Go's klauspost library, which flatters")
		pack = packWithLibrary
	}
	fmt.Fprintf(os.Stderr, "bench: making %s\n", folder)
	unfinished := folder + ".unfinished"
	if err := os.RemoveAll(unfinished); err != nil {
		return err
	}
	err := synth.Generate(o, func(f synth.File) error {
		path := filepath.Join(unfinished, filepath.FromSlash(f.Key))
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			return err
		}
		var text bytes.Buffer
		if err := f.WriteJSON(&text); err != nil {
			return err
		}
		packed, err := pack(ctx, &text)
		if err != nil {
			return err
		}
		return os.WriteFile(path, packed, 0o644)
	})
	if err != nil {
		return err
	}
	return os.Rename(unfinished, folder)
}

func packWithGzip(ctx context.Context, text *bytes.Buffer) ([]byte, error) {
	cmd := exec.CommandContext(ctx, "gzip", "-6", "-n", "-c")
	cmd.Stdin, cmd.Stderr = text, os.Stderr
	return cmd.Output()
}

func packWithLibrary(_ context.Context, text *bytes.Buffer) ([]byte, error) {
	var packed bytes.Buffer
	zip, err := gzip.NewWriterLevel(&packed, 6)
	if err != nil {
		return nil, err
	}
	if _, err := text.WriteTo(zip); err != nil {
		return nil, err
	}
	err = zip.Close()
	return packed.Bytes(), err
}

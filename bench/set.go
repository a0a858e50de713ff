package main

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

// A set is data to measure with.
type set struct {
	name, folder string
	files        []string // paths, in the order of delivery
	packed       int64
}

// sizes are the numbers of files of the sets, for 650,000 events.
var sizes = map[string]int{"small": 2000, "large": 20}

// makeSet makes a set unless it is there from an earlier run. It is the busy day
// of a company with twelve accounts, each event delivered once, because a batch
// of files cannot know what the others held.
func makeSet(ctx context.Context, dir, name string, events int) (*set, error) {
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
		if err := writeSet(ctx, folder, o); err != nil {
			return nil, err
		}
	} else if err != nil {
		return nil, err
	}
	return openSet(name, folder)
}

func openSet(name, folder string) (*set, error) {
	s := &set{name: name, folder: folder}
	err := filepath.WalkDir(folder, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		info, err := d.Info()
		if err != nil {
			return err
		}
		s.files, s.packed = append(s.files, path), s.packed+info.Size()
		return nil
	})
	// By time, not one account after the other, as files are delivered.
	slices.SortStableFunc(s.files, func(a, b string) int { return bytes.Compare(stamp(a), stamp(b)) })
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

// writeSet writes the files as zlib would make them, because those of Go's
// compressor are easier to decompress.
func writeSet(ctx context.Context, folder string, o synth.Options) error {
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

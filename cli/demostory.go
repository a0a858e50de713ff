package cli

import (
	"bytes"
	"compress/gzip"
	"context"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"tocsin/synth"
)

// The demo's story: three hours of an account, played in the time that somebody
// waits in front of a terminal.
const (
	demoStory  = "takeover"
	demoEvents = 900
	demoFiles  = 60
	demoSeed   = 7
	demoSpan   = 3 * time.Hour
	demoLength = 20 * time.Second
	// demoBegin is where in the story the play begins: just before the thief comes.
	demoBegin = 40 * time.Minute
)

// A demoFile is a log file of the story, and when in the story it is delivered.
type demoFile struct {
	key     string
	records [][]byte
	at      time.Time
}

// makeDemoStory is the story's files in the order of their delivery.
func makeDemoStory(start time.Time) ([]demoFile, error) {
	var files []demoFile
	err := synth.Generate(synth.Options{
		Events: demoEvents, Files: demoFiles, Seed: demoSeed, Story: demoStory, Start: start, Span: demoSpan, Duplicates: -1,
	}, func(f synth.File) error {
		d := demoFile{key: f.Key}
		for record := range f.Records {
			d.records = append(d.records, bytes.Clone(record))
			if at, _, ok := recordTime(record); ok && at.After(d.at) {
				d.at = at
			}
		}
		files = append(files, d)
		return nil
	})
	return files, err
}

var eventTimeMember = []byte(`"eventTime":"`)

// recordTime is the time of a record and where it stands.
func recordTime(record []byte) (at time.Time, offset int, ok bool) {
	offset = bytes.Index(record, eventTimeMember)
	if offset < 0 {
		return at, 0, false
	}
	offset += len(eventTimeMember)
	text := record[offset:min(offset+len(time.DateOnly+"T15:04:05Z"), len(record))]
	at, err := time.Parse(time.RFC3339, string(text))
	return at, offset, err == nil
}

// playDemo writes the story's files under dir, as if they happened now: each
// record's time is set to the moment in which its file is played.
func playDemo(ctx context.Context, dir string, files []demoFile, now func() time.Time, played func(events int)) error {
	if len(files) == 0 {
		return fmt.Errorf("the story has no files")
	}
	begin := files[0].at.Add(demoBegin)
	length := files[len(files)-1].at.Sub(begin)
	started := now()
	for _, f := range files {
		due := time.Duration(float64(max(f.at.Sub(begin), 0)) / float64(length) * float64(demoLength))
		wait := time.NewTimer(started.Add(due).Sub(now()))
		select {
		case <-wait.C:
		case <-ctx.Done():
			wait.Stop()
			return ctx.Err()
		}
		if err := writeDemoFile(dir, f, now()); err != nil {
			return err
		}
		played(len(f.records))
	}
	return nil
}

// writeDemoFile delivers one log file: written beside and put in place, since
// half a file is no log file.
func writeDemoFile(dir string, f demoFile, now time.Time) error {
	var b bytes.Buffer
	z := gzip.NewWriter(&b)
	stamp := []byte(now.UTC().Format("2006-01-02T15:04:05Z"))
	parts := [][]byte{[]byte(`{"Records":[`)}
	for i, record := range f.records {
		if i > 0 {
			parts = append(parts, []byte(","))
		}
		if _, offset, ok := recordTime(record); ok {
			copy(record[offset:], stamp)
		}
		parts = append(parts, record)
	}
	for _, p := range append(parts, []byte(`]}`)) {
		if _, err := z.Write(p); err != nil {
			return err
		}
	}
	if err := z.Close(); err != nil {
		return err
	}
	path := filepath.Join(dir, filepath.FromSlash(f.key))
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return err
	}
	partial := filepath.Join(filepath.Dir(path), "."+filepath.Base(path))
	if err := os.WriteFile(partial, b.Bytes(), 0o600); err != nil {
		return err
	}
	return os.Rename(partial, path)
}

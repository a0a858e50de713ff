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
	// demoLength is how long the play takes unless it is told otherwise.
	demoLength = 20 * time.Second
)

// demoPace is when which part of the story is played: what comes before the thief
// at once, his hour and the team's return slowly, the calm after it in short.
var demoPace = [...]struct{ story, played time.Duration }{
	{47 * time.Minute, 0},
	{112 * time.Minute, 17 * time.Second},
	{demoSpan, demoLength},
}

// playedAt is when the file at a point of the story is played.
func playedAt(point time.Duration) time.Duration {
	from := demoPace[0]
	for _, to := range demoPace[1:] {
		if point < to.story {
			part := float64(max(point-from.story, 0)) / float64(to.story-from.story)
			return from.played + time.Duration(part*float64(to.played-from.played))
		}
		from = to
	}
	return from.played
}

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
func playDemo(ctx context.Context, dir string, files []demoFile, length time.Duration, now func() time.Time, played func(events int)) error {
	if len(files) == 0 {
		return fmt.Errorf("the story has no files")
	}
	begin, started := files[0].at, now()
	for _, f := range files {
		due := time.Duration(float64(playedAt(f.at.Sub(begin))) * float64(length) / float64(demoLength))
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

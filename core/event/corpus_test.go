package event

import (
	"encoding/json"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"tocsin/internal/corpus"
)

func TestCorpusCounts(t *testing.T) {
	dir := corpus.Dir(t)
	var expected struct {
		Sets map[string]struct {
			Path        string
			Files       int
			Records     int
			Unique      int `json:"unique_events"`
			First, Last string
		}
	}
	text, err := os.ReadFile(filepath.Join(dir, "expected.json"))
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(text, &expected); err != nil {
		t.Fatal(err)
	}
	r := NewReader(NewFields(Members("eventID"), Members("eventTime")), Options{})
	for name, want := range expected.Sets {
		var files, records, unnamed int
		var seen Seen
		first, last := "9999", ""
		each(t, filepath.Join(dir, want.Path), func(path string) {
			file := readAll(t, r, path)
			base := filepath.Base(path)
			if base == "index.json" || base == "labels.json" {
				if file.shape != Foreign || len(file.problems) != 1 {
					t.Errorf("%s: %v with %d problems, want one foreign file", path, file.shape, len(file.problems))
				}
				return
			}
			files++
			records += len(file.ids)
			for i, id := range file.ids {
				if id, ok := IDOf(id); !ok {
					unnamed++
				} else {
					seen.Add(id)
				}
				if ts := string(file.times[i].Raw); ts != "" {
					first, last = min(first, ts), max(last, ts)
				}
			}
		})
		// The counts take the records without an eventID for one event.
		unique := seen.Len() + min(unnamed, 1)
		if files != want.Files || records != want.Records || unique != want.Unique {
			t.Errorf("%s: %d files, %d records, %d unique; want %d, %d, %d",
				name, files, records, unique, want.Files, want.Records, want.Unique)
		}
		if first != want.First || last != want.Last {
			t.Errorf("%s: from %s to %s, want %s to %s", name, first, last, want.First, want.Last)
		}
	}
}

// A logFile is what a Reader told of a file.
type logFile struct {
	shape      Shape
	ids, times []Value
	problems   []Problem
}

func readAll(t *testing.T, r *Reader, path string) logFile {
	f, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	r.Reset(path, f)
	var file logFile
	for {
		rec, err := r.Next()
		if err != nil {
			break
		}
		if !json.Valid(rec.Raw) {
			t.Errorf("%s:%d: not valid JSON: %.80s", path, rec.Offset, rec.Raw)
		}
		file.ids = append(file.ids, clone(rec.Values[0]))
		file.times = append(file.times, clone(rec.Values[1]))
	}
	file.shape, file.problems = r.Shape(), r.Problems()
	return file
}

func clone(v Value) Value {
	v.Raw = append([]byte(nil), v.Raw...)
	return v
}

func each(t *testing.T, dir string, visit func(path string)) {
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err == nil && !d.IsDir() && strings.Contains(path, ".json") {
			visit(path)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}

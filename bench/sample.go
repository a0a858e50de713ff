package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"

	"tocsin/bench/sets"
	"tocsin/core/event"
	"tocsin/core/pattern"
)

// sampleMatches bounds the work of the slow check: records times patterns.
const sampleMatches = 600_000

// checkSample holds the matches of the fast path, pattern by pattern, against
// encoding/json and Pattern.Match on the first records of the set.
func checkSample(s *sets.Set) error {
	for _, n := range []int{15, 1500} {
		patterns, err := makePatterns(n)
		if err != nil {
			return err
		}
		if err := checkPatterns(s.Files, patterns, sampleMatches/n); err != nil {
			return err
		}
	}
	return nil
}

// checkPatterns compares the two ways on so many records.
func checkPatterns(files []string, patterns []*pattern.Pattern, records int) error {
	set := pattern.NewSet(patterns)
	reader := event.NewReader(event.NewFields(set.Paths()...), event.Options{Gunzip: fast})
	matcher := set.NewMatcher()
	var hits []int
	for _, name := range files {
		slow, err := slowRecords(name)
		if err != nil {
			return err
		}
		i := 0
		_, err = eachRecord(name, reader, func(r *event.Record) error {
			if i >= len(slow) || string(slow[i]) != string(r.Raw) {
				return fmt.Errorf("%s: record %d is not what encoding/json reads", name, i)
			}
			hits = matcher.Match(r.Raw, r.Values, hits[:0])
			if want := slowMatches(patterns, slow[i]); !slices.Equal(hits, want) {
				return fmt.Errorf("%s: record %d matches the patterns %v, one by one %v", name, i, hits, want)
			}
			i++
			if records--; records == 0 {
				return errSampled
			}
			return nil
		})
		if errors.Is(err, errSampled) {
			return nil
		}
		if err != nil {
			return err
		}
		if i != len(slow) {
			return fmt.Errorf("%s: %d records, encoding/json reads %d", name, i, len(slow))
		}
	}
	return nil
}

var errSampled = errors.New("enough records")

func slowRecords(name string) ([]json.RawMessage, error) {
	f, err := os.Open(name)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	zip := standard()
	if err := zip.Reset(f); err != nil {
		return nil, err
	}
	text, err := io.ReadAll(zip)
	if err != nil {
		return nil, err
	}
	var file struct{ Records []json.RawMessage }
	err = json.Unmarshal(text, &file)
	return file.Records, err
}

func slowMatches(patterns []*pattern.Pattern, record []byte) []int {
	var hits []int
	for i, p := range patterns {
		if p.Match(record) {
			hits = append(hits, i)
		}
	}
	return hits
}

package pattern

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// vectors reads a file of cases that were recorded from AWS, documented by it or
// follow from either; each case names its source.
func vectors[T any](t *testing.T, file string) []T {
	t.Helper()
	raw, err := os.ReadFile(filepath.Join("testdata", "vectors", file))
	if err != nil {
		t.Fatal(err)
	}
	var cases []T
	if err := json.Unmarshal(raw, &cases); err != nil {
		t.Fatal(err)
	}
	if len(cases) == 0 {
		t.Fatalf("%s has no cases", file)
	}
	return cases
}

func mustParse(t testing.TB, text string) *Pattern {
	t.Helper()
	p, err := Parse(text)
	if err != nil {
		t.Fatalf("%s\n%v", text, err)
	}
	return p
}

func TestVectorsMatch(t *testing.T) {
	type vector struct {
		Pattern, Event, Why, Source string
		Match                       bool
	}
	for i, c := range vectors[vector](t, "filter_patterns.json") {
		t.Run(fmt.Sprintf("%d %s", i, c.Pattern), func(t *testing.T) {
			p := mustParse(t, c.Pattern)
			if got := p.Match([]byte(c.Event)); got != c.Match {
				t.Errorf("event %s\nmatch is %v, want %v: %s (%s)", c.Event, got, c.Match, c.Why, c.Source)
			}
			again, err := parse(p.String())
			if err != nil {
				t.Fatalf("the printed pattern does not parse: %v", err)
			}
			if got := again.Match([]byte(c.Event)); got != c.Match {
				t.Errorf("event %s\nmatch of the printed pattern %s is %v, want %v", c.Event, p, got, c.Match)
			}
		})
	}
}

func TestVectorsInvalid(t *testing.T) {
	type vector struct{ Pattern, Message, Source string }
	for i, c := range vectors[vector](t, "filter_patterns_invalid.json") {
		t.Run(fmt.Sprintf("%d %s", i, c.Pattern), func(t *testing.T) {
			_, err := Parse(c.Pattern)
			var e *SyntaxError
			if !errors.As(err, &e) {
				t.Fatalf("accepted, or another error: %v", err)
			}
			if e.Message != c.Message {
				t.Errorf("message %q, want %q (%s)", e.Message, c.Message, c.Source)
			}
		})
	}
}

func TestVectorsExtract(t *testing.T) {
	type vector struct {
		Pattern, Event, Source string
		ExtractedValues        map[string]string
	}
	for i, c := range vectors[vector](t, "extracted_values.json") {
		t.Run(fmt.Sprintf("%d %s", i, c.Pattern), func(t *testing.T) {
			got := mustParse(t, c.Pattern).Extract([]byte(c.Event))
			if diff := cmp.Diff(c.ExtractedValues, got); diff != "" {
				t.Errorf("event %s (%s), -want +got:\n%s", c.Event, c.Source, diff)
			}
		})
	}
}

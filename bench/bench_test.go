package main

import (
	"context"
	"slices"
	"testing"

	"tocsin/bench/sets"
	"tocsin/core/pattern"
)

// TestSubjectsAgree runs every way of scanning once over a little data, and holds
// the matches against the plain matcher.
func TestSubjectsAgree(t *testing.T) {
	s, err := sets.Make(context.Background(), t.TempDir(), "small", 6000)
	if err != nil {
		t.Fatal(err)
	}
	patterns, err := makePatterns(300)
	if err != nil {
		t.Fatal(err)
	}
	if err := checkPatterns(s.Files, patterns, 500); err != nil {
		t.Error(err)
	}
	whole, err := wholeSubjects()
	if err != nil {
		t.Fatal(err)
	}
	subjects := append([]*subject{gunzipOnly("gunzip", threadTime, standard), gunzipOnly("gunzip, ours", threadTime, own), scanParts("scan, 15 patterns", patterns[:15], own), scanParts("scan, all patterns", patterns, fast)}, whole...)
	var found result
	for i, x := range subjects {
		x.begin()
		if err := x.read(t.Context(), s.Files); err != nil {
			t.Fatalf("%s: %v", x.name, err)
		}
		r := x.result()
		if i == 0 {
			found = r
		}
		if r.bytes != found.bytes {
			t.Errorf("%s read %d bytes, want %d", x.name, r.bytes, found.bytes)
		}
		if r.events < 0 {
			continue
		}
		if found.matches == nil {
			found.matches, found.events = r.matches, r.events
		}
		if r.events != found.events || !slices.Equal(r.matches, found.matches) {
			t.Errorf("%s found %d events and matches %v, want %d and %v", x.name, r.events, r.matches, found.events, found.matches)
		}
	}
	if found.events != 6000 {
		t.Errorf("%d events, want 6000", found.events)
	}
}

func TestPatternsGrow(t *testing.T) {
	few, err := makePatterns(150)
	if err != nil {
		t.Fatal(err)
	}
	many, err := makePatterns(15000)
	if err != nil {
		t.Fatal(err)
	}
	same := func(a, b *pattern.Pattern) bool { return a.Text == b.Text }
	if !slices.EqualFunc(few, many[:150], same) {
		t.Error("more patterns do not begin with the fewer")
	}
	distinct := make(map[string]bool)
	for _, p := range many {
		distinct[p.Text] = true
	}
	if len(distinct) < 14000 {
		t.Errorf("only %d of 15,000 patterns are distinct", len(distinct))
	}
}

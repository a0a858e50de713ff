package digest_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"tocsin/core/digest"
)

// walk goes through the digests and returns what it says: the hours at which the
// windows end, with what is wrong.
func walk(listed []string, found map[string]digest.Checked, start time.Time, others ...string) string {
	var said []string
	ends := func(key string) string {
		_, end, _, _ := digest.ParseKey(key)
		return fmt.Sprint(end.Sub(noon).Hours())
	}
	w := digest.NewWalk(bucket, listed, start)
	for at, ok := w.Next(); ok; at, ok = w.Next() {
		c, there := found[at.Key]
		if !there || c.Place != at {
			c = digest.Checked{Place: at, Verdict: digest.Verdict{Reason: digest.NotFound}}
		}
		for _, s := range w.Took(c) {
			switch {
			case s.Gap:
				said = append(said, fmt.Sprintf("gap %v-%v", s.From.Sub(noon).Hours(), s.To.Sub(noon).Hours()))
			case s.Digest.Verdict.Valid():
				said = append(said, ends(at.Key))
			default:
				said = append(said, ends(at.Key)+" "+s.Digest.Verdict.Reason.String())
			}
		}
		if _, _, ask := w.Relist(); ask {
			w.Listed(others)
		}
	}
	return strings.Join(said, ", ")
}

func TestWalkGoesAsTheCLIDoes(t *testing.T) {
	first, second := chain(t, 0, 6), chain(t, 8, 3)
	for _, c := range []struct {
		name  string
		start time.Time
		take  []digest.Checked // nil: listed, and gone by the time it is read
		want  string
	}{
		{"nothing listed", noon, nil, ""},
		{"a whole chain", noon, first, "6, 5, 4, 3, 2, 1"},
		{"until the digest that holds the start", hour(3).Add(time.Minute), first[3:], "6, 5, 4"},
		{"one more when the start is where a window begins", hour(3), first[2:], "6, 5, 4, 3"},
		{"not listed, but named", hour(1), first[2:], "6, 5, 4, 3, 2 not_found"},
		{"one missing", noon, append(first[:2:2], first[3:]...), "6, 5, 4, 3 not_found, 2, 1"},
		{"two missing in a row are told as one", noon, append(first[:1:1], first[3:]...), "6, 5, 4, 3 not_found, 1"},
		{"the newest missing goes unnoticed", noon, first[:5], "5, 4, 3, 2, 1"},
		{"one changed", noon, append(append(first[:2:2], spoilt(first[2])), first[3:]...), "6, 5, 4, 3 bad_signature, 2, 1"},
		{"two changed", noon, append(append(first[:1:1], spoilt(first[1]), spoilt(first[2])), first[3:]...), "6, 5, 4, 3 bad_signature, 2 bad_signature, 1"},
		{"only a changed one", noon, []digest.Checked{spoilt(first[0])}, "1 bad_signature"},
		{"restarted", noon, append(first[:6:6], second...), "11, 10, 9, gap 6-8, 6, 5, 4, 3, 2, 1"},
		{"restarted, and the end of the older chain changed", noon, append(append(first[:5:5], spoilt(first[5])), second...), "11, 10, 9, gap 6-8, 6 bad_signature, 5, 4, 3, 2, 1"},
		{"a start digest missing", noon, append(first[:6:6], second[1:]...), "11, 10, 9 not_found, 6, 5, 4, 3, 2, 1"},
	} {
		var listed []string
		found := map[string]digest.Checked{}
		for _, d := range c.take {
			listed = append(listed, d.Place.Key)
			found[d.Place.Key] = d
		}
		if got := walk(listed, found, c.start); got != c.want {
			t.Errorf("%s:\n got %s\nwant %s", c.name, got, c.want)
		}
	}
}

func TestWalkFollowsIntoAnotherBucket(t *testing.T) {
	all := chain(t, 0, 4)
	moved := *all[2].File
	moved.Previous.Place.Bucket = "older"
	all[2].File = &moved
	for i := range 2 {
		all[i].Place.Bucket = "older"
	}
	found := map[string]digest.Checked{}
	var here, there []string
	for i, c := range all {
		found[c.Place.Key] = c
		if i < 2 {
			there = append(there, c.Place.Key)
		} else {
			here = append(here, c.Place.Key)
		}
	}
	first := *all[1].File
	first.Previous = digest.Previous{} // so that the list of the other bucket is needed
	c := all[1]
	c.File = &first
	found[c.Place.Key] = c
	if got, want := walk(here, found, noon, there...), "4, 3, 2, gap 1-1, 1"; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}

func TestWalkDoesNotGoInCircles(t *testing.T) {
	all := chain(t, 0, 2)
	f := *all[0].File
	f.Previous.Place = all[1].Place
	all[0].File = &f
	found := map[string]digest.Checked{all[0].Place.Key: all[0], all[1].Place.Key: all[1]}
	if got, want := walk([]string{all[0].Place.Key, all[1].Place.Key}, found, noon), "2, 1"; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}

func TestInRange(t *testing.T) {
	for _, c := range []struct {
		stamp time.Time
		want  bool
	}{
		{noon.Add(-time.Second), false},
		{noon, true},
		{hour(2), true},
		{hour(3), true},
		{hour(3).Add(time.Second), false},
	} {
		if got := digest.InRange(c.stamp, noon, hour(2)); got != c.want {
			t.Errorf("%v: %v", c.stamp, got)
		}
	}
	if !digest.InRange(noon, noon.Add(time.Millisecond), hour(2)) {
		t.Error("parts of a second count")
	}
}

package digest_test

import (
	"fmt"
	"math/rand"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"tocsin/core/digest"
)

// cover says what the digests prove from hour(from) to hour(to), in hours:
// "[1 3]" is proven, "broken(3 5: 4? 5)" is not, 4 being inferred.
func cover(digests []digest.Checked, from, to time.Time) string {
	heads := make([]digest.Head, len(digests))
	for i, c := range digests {
		heads[i] = digest.HeadOf(c)
	}
	return coverText(digest.Cover(trail, heads, from, to))
}

func coverText(c digest.Coverage) string {
	at := func(t time.Time) string {
		hours := t.Sub(noon).Hours()
		return fmt.Sprintf("%.3g", hours)
	}
	var said []string
	holes := c.Holes
	write := func(h digest.Hole) {
		text := h.Cause.String() + "(" + at(h.From) + " " + at(h.To)
		for i, d := range h.Digests {
			if i == 0 {
				text += ":"
			}
			_, end, _, _ := digest.ParseKey(d.Place.Key)
			text += " " + at(end)
			if d.Inferred {
				text += "?"
			} else if d.Reason != digest.NotFound {
				text += "!"
			}
		}
		said = append(said, text+")")
	}
	for _, s := range c.Proven {
		for len(holes) > 0 && holes[0].From.Before(s.From) {
			write(holes[0])
			holes = holes[1:]
		}
		said = append(said, "["+at(s.From)+" "+at(s.To)+"]")
	}
	for _, h := range holes {
		write(h)
	}
	if len(c.Replaced) > 0 {
		said = append(said, fmt.Sprintf("%d replaced", len(c.Replaced)))
	}
	return strings.Join(said, " ")
}

func TestCoverage(t *testing.T) {
	first, second := chain(t, 0, 6), chain(t, 8, 3)
	without := func(from []digest.Checked, change func(digest.Checked) digest.Checked, at ...int) []digest.Checked {
		all := slices.Clone(from)
		for _, i := range at {
			all[i] = change(all[i])
		}
		return all
	}
	both := append(first[:6:6], second...)
	// The same windows signed once more: same names, other content.
	again := chain(t, 2, 2)
	for _, c := range []struct {
		name    string
		digests []digest.Checked
		from    time.Time
		to      time.Time
		want    string
	}{
		{"nothing", nil, noon, hour(2), "ended(0 2)"},
		{"a whole chain", first, noon, hour(6), "[0 6]"},
		{"clipped to the question", first, hour(1).Add(30 * time.Minute), hour(4).Add(30 * time.Minute), "[1.5 4.5]"},
		{"more asked than there is", first, hour(-2), hour(9), "began(-2 0) [0 6] ended(6 9)"},
		{"one missing", without(first, gone, 2), noon, hour(6), "[0 2] broken(2 3: 3) [3 6]"},
		{"two missing in a row, one named, one worked out", append(first[:1:1], append([]digest.Checked{gone(first[2])}, first[3:]...)...), noon, hour(6), "[0 1] broken(1 3: 2? 3) [3 6]"},
		{"three missing in a row", append(first[:1:1], append([]digest.Checked{gone(first[3])}, first[4:]...)...), noon, hour(6), "[0 1] broken(1 4: 2? 3? 4) [4 6]"},
		{"all older missing", append([]digest.Checked{gone(first[2])}, first[3:]...), noon, hour(6), "broken(0 3: 1? 2? 3) [3 6]"},
		{"named and not looked for", first[3:], noon, hour(6), "broken(0 3: 1? 2? 3?) [3 6]"},
		{"one changed", without(first, spoilt, 3), noon, hour(6), "[0 3] broken(3 4: 4!) [4 6]"},
		{"two changed in a row", without(first, spoilt, 2, 3), noon, hour(6), "[0 2] broken(2 4: 3! 4!) [4 6]"},
		{"changed, and the one before it missing", append(first[:2:2], append([]digest.Checked{spoilt(first[3])}, first[4:]...)...), noon, hour(6), "[0 2] broken(2 4: 3? 4!) [4 6]"},
		{"the newest changed", without(first, spoilt, 5), noon, hour(6), "[0 5] broken(5 6: 6!)"},
		{"the newest gone", first[:4], noon, hour(6), "[0 4] ended(4 6)"},
		{"restarted", both, noon, hour(11), "[0 6] restarted(6 8) [8 11]"},
		{"restarted, the last before it changed", without(both, spoilt, 5), noon, hour(11), "[0 5] broken(5 8: 6!) [8 11]"},
		{"restarted, the first after it missing", append(first[:6:6], append([]digest.Checked{gone(second[0])}, second[1:]...)...), noon, hour(11), "[0 6] broken(6 9: 7? 8? 9) [9 11]"},
		{"replaced by another signed one", append(append(first[:2:2], again[0]), first[3:]...), noon, hour(6), "[0 2] broken(2 3: 3!) [3 6] 1 replaced"},
		{"told twice", append(first[:6:6], first...), noon, hour(6), "[0 6]"},
		{"the window with the end is missing", append(first[:3:3], gone(first[3]), first[4]), noon, hour(3).Add(30 * time.Minute), "[0 3] broken(3 3.5: 4)"},
	} {
		if got := cover(c.digests, c.from, c.to); got != c.want {
			t.Errorf("%s:\n got %s\nwant %s", c.name, got, c.want)
		}
		shuffled := slices.Clone(c.digests)
		for range 3 {
			rand.Shuffle(len(shuffled), func(i, j int) { shuffled[i], shuffled[j] = shuffled[j], shuffled[i] })
			if got := cover(shuffled, c.from, c.to); got != c.want {
				t.Errorf("%s: in another order:\n got %s\nwant %s", c.name, got, c.want)
			}
		}
	}
}

// Whatever is lost, the proven spans and the holes are the whole time asked for,
// once, only windows of valid digests are proven, and in whatever order digests
// come, all that is said of them is the same.
func TestCoverageIsExact(t *testing.T) {
	all := append(chain(t, 0, 8), chain(t, 10, 5)...)
	rapid.Check(t, func(t *rapid.T) {
		var digests []digest.Checked
		for _, c := range all {
			switch rapid.IntRange(0, 6).Draw(t, "fate") {
			case 0:
			case 1:
				digests = append(digests, gone(c))
			case 2:
				digests = append(digests, spoilt(c))
			case 3:
				digests = append(digests, c, gone(c), c) // told more than once
			case 4:
				digests = append(digests, backwards(c))
			default:
				digests = append(digests, c)
			}
		}
		from := hour(-2).Add(time.Duration(rapid.IntRange(0, 18*3600).Draw(t, "from")) * time.Second)
		to := from.Add(time.Duration(rapid.IntRange(0, 18*3600).Draw(t, "long")) * time.Second)
		heads := make([]digest.Head, len(digests))
		for i, c := range digests {
			heads[i] = digest.HeadOf(c)
		}
		c := digest.Cover(trail, heads, from, to)
		other := rapid.Permutation(heads).Draw(t, "order")
		if d := cmp.Diff(c, digest.Cover(trail, other, from, to)); d != "" {
			t.Fatalf("in another order: %s", d)
		}
		pieces := slices.Clone(c.Proven)
		for _, h := range c.Holes {
			pieces = append(pieces, h.Span)
		}
		slices.SortFunc(pieces, func(a, b digest.Span) int { return a.From.Compare(b.From) })
		cursor := from
		for _, p := range pieces {
			if !p.From.Equal(cursor) || !p.To.After(p.From) {
				t.Fatalf("%s: at %v stands %v", coverText(c), cursor, p)
			}
			cursor = p.To
		}
		if !cursor.Equal(to) {
			t.Fatalf("%s: ends at %v, want %v", coverText(c), cursor, to)
		}
		for at := from; at.Before(to); at = at.Add(20 * time.Minute) {
			in := func(s digest.Span) bool { return !at.Before(s.From) && at.Before(s.To) }
			want := slices.ContainsFunc(heads, func(h digest.Head) bool {
				return h.Reason == digest.Valid && in(digest.Span{From: h.Start, To: h.End})
			})
			if slices.ContainsFunc(c.Proven, in) != want {
				t.Fatalf("%s: proven at %v: %v", coverText(c), at, !want)
			}
		}
	})
}

// backwards is a digest whose window begins after its end.
func backwards(c digest.Checked) digest.Checked {
	f := *c.File
	f.Start = f.End.Add(90 * time.Minute)
	c.File = &f
	return c
}

// Ten years of digests, all damaged, or every second one: what is said of them
// does not take longer than reading them.
func TestCoverageOfManyDigests(t *testing.T) {
	const years = 10 * 365 * 24
	one := chain(t, 0, 2)[1]
	for name, damaged := range map[string]func(i int) bool{
		"all but the newest":   func(i int) bool { return i < years-1 },
		"every second":         func(i int) bool { return i%2 == 0 },
		"nothing but the ends": func(i int) bool { return i > 0 && i < years-1 },
	} {
		heads := make([]digest.Head, years)
		lost := 0
		for i := range heads {
			h := digest.HeadOf(one)
			h.Start, h.End = hour(i), hour(i+1)
			h.Place.Key, h.Previous.Key = trail.Key(h.End, false), trail.Key(h.Start, false)
			if damaged(i) {
				h = digest.Head{Place: h.Place, End: h.End, Reason: digest.BadSignature}
				lost++
			}
			heads[i] = h
		}
		found := 0
		for _, h := range digest.Cover(trail, heads, hour(0), hour(years)).Holes {
			for _, a := range h.Digests {
				if !a.Inferred {
					found++
				}
			}
		}
		if found != lost {
			t.Errorf("%s: %d of %d are found", name, found, lost)
		}
	}
}

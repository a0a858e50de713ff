package widget

import (
	"math"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

func TestScale(t *testing.T) {
	number := func(v float64) *float64 { return &v }
	for _, c := range []struct {
		low, high float64
		given     axis
		want      string
	}{
		{0, 100, axis{}, "0 20 40 60 80 100"},
		{3, 97, axis{}, "0 20 40 60 80 100"},
		{0, 7, axis{}, "0 2 4 6 8"},
		{0, 1, axis{}, "0.0 0.2 0.4 0.6 0.8 1.0"},
		{90, 100, axis{}, "90 92 94 96 98 100"},
		{5, 5, axis{}, "4.4 4.6 4.8 5.0 5.2 5.4 5.6"},
		{0, 0, axis{}, "0.0 0.1 0.2 0.3 0.4 0.5"},
		{-3, 12, axis{}, "-5 0 5 10 15"},
		{1, 0, axis{}, "0.0 0.2 0.4 0.6 0.8 1.0"},
		{0, 3.2e6, axis{}, "0 1M 2M 3M 4M"},
		{0, 0.0123, axis{}, "0.0000 0.0025 0.0050 0.0075 0.0100 0.0125"},
		{3, 97, axis{Min: number(50)}, "50 60 70 80 90 100"},
		{3, 97, axis{Max: number(10)}, "0 2 4 6 8 10"},
		{200, 300, axis{Max: number(10)}, "-30 -20 -10 0 10"},
	} {
		s := newScale(c.low, c.high, c.given, 5)
		var got []string
		for _, v := range s.ticks {
			got = append(got, short(v, s.step))
		}
		if diff := cmp.Diff(c.want, strings.Join(got, " ")); diff != "" {
			t.Errorf("%g to %g, %+v: %s", c.low, c.high, c.given, diff)
		}
	}
}

// TestScaleHolds: all values lie on a scale, which has ticks but not too many.
func TestScaleHolds(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		a := rapid.Float64Range(-1e15, 1e15).Draw(t, "a")
		b := rapid.Float64Range(-1e15, 1e15).Draw(t, "b")
		low, high := min(a, b), max(a, b)
		s := newScale(low, high, axis{}, 5)
		if s.share(low) < -1e-6 || s.share(high) > 1+1e-6 || len(s.ticks) < 2 || len(s.ticks) > 20 {
			t.Fatalf("%g to %g: %+v", low, high, s)
		}
	})
}

func TestShort(t *testing.T) {
	for v, want := range map[float64]string{
		0: "0", 1: "1", 1.5: "1.5", 32.059: "32.1", 1.2345: "1.23", 0.12345: "0.123", 0.00123: "0.00123", 99.96: "100", 118: "118", 1234: "1,234", 12345: "12.3K", 4438123: "4.44M",
		-5.25: "-5.25", 1e9: "1G", 1e18: "1e+18", 1e-7: "1e-07", math.Copysign(0, -1): "0",
	} {
		if got := short(v, 0); got != want {
			t.Errorf("%g: %s, want %s", v, got, want)
		}
	}
	if got := grouped("-1234567.89"); got != "-1,234,567.89" {
		t.Error(got)
	}
}

func TestTimeTicks(t *testing.T) {
	start := time.Date(2026, 9, 14, 21, 17, 0, 0, time.UTC)
	for _, c := range []struct {
		length time.Duration
		most   int
		zone   *time.Location
		want   string
	}{
		{3 * time.Hour, 6, time.UTC, "21:30 22:00 22:30 23:00 23:30 09/15"},
		{3 * time.Hour, 6, time.FixedZone("", 5400), "23:00 23:30 09/15 00:30 01:00 01:30"},
		{2 * 24 * time.Hour, 5, time.UTC, "09/15 12:00 09/16 12:00"},
		{60 * 24 * time.Hour, 5, time.UTC, "09/28 10/12 10/26 11/09"},
		{90 * time.Second, 5, time.UTC, "21:17:00 21:17:30 21:18:00 21:18:30"},
		{time.Hour, 0, time.UTC, "22:00"},
	} {
		_, names := timeTicks(start, start.Add(c.length), c.zone, c.most)
		if got := strings.Join(names, " "); got != c.want {
			t.Errorf("%s, %d: %s, want %s", c.length, c.most, got, c.want)
		}
	}
}

// TestGlyphs: every stroke of every letter can be read and stays within its place.
func TestGlyphs(t *testing.T) {
	check := func(r rune, text string, low, high float64) {
		for _, line := range strokes(text, func(p point) point { return p }) {
			if len(line) < 2 {
				t.Errorf("%c has a stroke of one point", r)
			}
			for _, p := range line {
				if !(p.x >= low-0.6 && p.x <= high+0.6 && p.y >= -23.5 && p.y <= 6.6) {
					t.Errorf("%c: a stroke goes to %v", r, p)
				}
			}
		}
	}
	for r, g := range glyphs {
		check(r, g.strokes, 0, g.width)
	}
	for r, text := range accents {
		check(r, text, -4, 4)
	}
	for r, c := range composed {
		if glyphs[c.letter].strokes == "" || accents[c.mark] == "" {
			t.Errorf("%c is made of what there is not", r)
		}
	}
	for r := ' '; r < 0x7f; r++ {
		if _, ok := glyphs[r]; !ok {
			t.Errorf("there is no %c", r)
		}
	}
}

func TestFit(t *testing.T) {
	f := font{10, regular}
	for _, c := range []struct {
		text string
		room float64
	}{{"a long label that has no room", 60}, {"short", 1000}, {"x", 1}, {"", 0}, {"a\nb\x00c", 100}} {
		got := f.fit(c.text, c.room)
		if f.width(got) > c.room && got != "" || strings.ContainsAny(got, "\n\x00") {
			t.Errorf("%q in %g is %q, %g wide", c.text, c.room, got, f.width(got))
		}
	}
	if got := f.fit("short", 1000); got != "short" {
		t.Error(got)
	}
}

// TestFill: a shape covers as much as its area, also beyond the edges and where
// shapes overlap.
func TestFill(t *testing.T) {
	for _, c := range []struct {
		name   string
		shapes [][]point
		want   float64
	}{
		{"a rectangle between pixels", [][]point{rectangle(2.25, 3.5, 7.75, 6)}, 5.5 * 2.5},
		{"wound the other way", [][]point{{{2, 2}, {2, 6}, {6, 6}, {6, 2}}}, 16},
		{"a triangle", [][]point{{{0, 0}, {16, 0}, {0, 8}}}, 64},
		{"a circle", [][]point{circle(point{10, 10}, 6)}, math.Pi * 36},
		{"over the edges", [][]point{rectangle(-100, -100, 5, 500)}, 5 * 20},
		{"outside", [][]point{rectangle(30, 2, 40, 5), rectangle(2, -9, 5, -1)}, 0},
		{"twice", [][]point{rectangle(2, 2, 8, 8), rectangle(2, 2, 8, 8)}, 36},
		{"no number", [][]point{{{math.NaN(), 0}, {5, 5}, {0, 5}}}, 0},
	} {
		cv := newCanvas(20, 20, light.back)
		cv.fill(dark.back, c.shapes...)
		var got float64
		for i := 0; i < len(cv.img.Pix); i += 4 {
			got += (255 - float64(cv.img.Pix[i])) / (255 - float64(dark.back.R))
		}
		if c.name == "no number" {
			continue // only that it ends
		}
		if math.Abs(got-c.want) > 0.02*c.want+0.3 {
			t.Errorf("%s: %.2f, want %.2f", c.name, got, c.want)
		}
		for _, v := range cv.cover {
			if v != 0 {
				t.Errorf("%s leaves something behind", c.name)
				break
			}
		}
	}
}

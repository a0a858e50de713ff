package cli

import (
	"strings"
	"testing"
	"time"
)

func TestAxis(t *testing.T) {
	for _, row := range []struct {
		first, last string
		most        int
		step        time.Duration
		columns     int
		labels      string
	}{
		{
			"2023-07-10T11:42:05Z", "2023-07-10T12:38:12Z", 64, time.Minute, 57,
			"╵11:42  ╵11:50    ╵12:00    ╵12:10    ╵12:20    ╵12:30",
		},
		{"2023-07-10T11:42:05Z", "2023-07-10T12:38:12Z", 30, 2 * time.Minute, 29, "╵11:42   ╵12:00         ╵12:30"},
		{"2023-07-10T11:42:05Z", "2023-07-10T11:42:05Z", 64, time.Minute, 1, "╵11:42"},
		{"2023-07-10T11:42:05Z", "2023-07-12T11:38:12Z", 64, 45 * time.Minute, 64, "╵07-10 12:00    ╵07-11 00:00    ╵07-11 12:00    ╵07-12 00:00"},
		{
			"2024-08-18T09:36:19Z", "2026-03-11T00:00:00Z", 60, 227*time.Hour + 51*time.Minute, 60,
			"╵2024-08-18   ╵2025-01-01        ╵2025-07-01        ╵2026-01-01",
		},
		{"1970-01-01T00:00:00Z", "2026-03-11T00:00:00Z", 40, 12313*time.Hour + 49*time.Minute, 40, "╵1970-01-01          ╵2000-01-01"},
	} {
		first, last := at(t, row.first), at(t, row.last)
		a := newAxis(first, last, row.most)
		if a.step != row.step || a.columns != row.columns {
			t.Errorf("%s to %s in %d columns: step %v, %d columns, want %v, %d", row.first, row.last, row.most, a.step, a.columns, row.step, row.columns)
		}
		if a.column(first) < 0 || a.column(last) >= a.columns {
			t.Errorf("%s to %s: columns %d to %d do not lie on the axis of %d", row.first, row.last, a.column(first), a.column(last), a.columns)
		}
		if got := a.labels(); got != row.labels {
			t.Errorf("%s to %s in %d columns: labels\n%s, want\n%s", row.first, row.last, row.most, got, row.labels)
		}
	}
}

func at(t *testing.T, text string) time.Time {
	t.Helper()
	when, err := time.Parse(time.RFC3339, text)
	if err != nil {
		t.Fatal(err)
	}
	return when
}

// An attacker can write any time into a log that he makes.
func TestAxisOfForgedTimes(t *testing.T) {
	for _, most := range []int{20, 59, 60, 61, 200} {
		first, last := at(t, "0001-01-01T00:00:00Z"), at(t, "9999-12-31T23:59:59Z")
		a := newAxis(first, last, most)
		if a.column(first) != 0 || a.column(last) < a.columns || a.columns > most || a.step <= 0 {
			t.Errorf("%d columns: %+v", most, a)
		}
		if labels := a.labels(); !strings.Contains(labels, "╵0") {
			t.Errorf("%d columns: labels %q", most, labels)
		}
		shares := make([]float64, a.columns)
		a.cover(shares, first, last)
		if got, want := states(shares), strings.Repeat("█", a.columns); got != want {
			t.Errorf("%d columns: %s", most, got)
		}
	}
}

func TestStates(t *testing.T) {
	a := newAxis(at(t, "2023-07-10T12:00:00Z"), at(t, "2023-07-10T12:29:59Z"), 10) // of 3 minutes
	shares := make([]float64, a.columns)
	a.cover(shares, at(t, "2023-07-10T11:00:00Z"), at(t, "2023-07-10T12:03:00Z"))
	a.cover(shares, at(t, "2023-07-10T12:08:00Z"), at(t, "2023-07-10T12:13:30Z"))
	a.cover(shares, at(t, "2023-07-10T12:20:00Z"), at(t, "2023-07-10T12:21:00Z"))
	a.cover(shares, at(t, "2023-07-10T12:22:00Z"), at(t, "2023-07-10T12:23:59Z"))
	a.cover(shares, at(t, "2023-07-10T12:26:00Z"), at(t, "2023-07-10T13:00:00Z"))
	if got, want := states(shares), "█─▒█▒─▒▒▒█"; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}

func TestBars(t *testing.T) {
	for _, row := range []struct {
		counts []int64
		want   string
	}{
		{[]int64{0, 1, 2, 3, 4, 5, 6, 7, 8}, " ▁▂▃▄▅▆▇█"},
		{[]int64{1, 1000000, 0, 0}, "▁█"},
		{[]int64{1}, "█"},
		{[]int64{0, 0}, ""},
	} {
		if got := bars(row.counts); got != row.want {
			t.Errorf("bars(%v) = %q, want %q", row.counts, got, row.want)
		}
	}
}

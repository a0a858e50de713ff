package cli

import (
	"math"
	"strings"
	"time"
)

// An axis divides a stretch of time into columns of equal length.
type axis struct {
	start   time.Time
	step    time.Duration
	columns int
}

// steps are the lengths that a column may have: such as divide an hour, a day
// or a week evenly.
func steps() []time.Duration {
	const day = 24 * time.Hour
	return []time.Duration{
		time.Minute, 2 * time.Minute, 5 * time.Minute, 10 * time.Minute, 15 * time.Minute, 30 * time.Minute,
		time.Hour, 2 * time.Hour, 3 * time.Hour, 6 * time.Hour, 12 * time.Hour,
		day, 2 * day, 7 * day, 14 * day, 28 * day, 56 * day, 112 * day, 364 * day,
	}
}

// newAxis covers first to last with at most so many columns, each as short as
// that allows.
func newAxis(first, last time.Time, most int) axis {
	var a axis
	for _, a.step = range steps() {
		a.start = first.UTC().Truncate(a.step)
		a.columns = int(last.Sub(a.start)/a.step) + 1
		if a.columns <= most {
			return a
		}
	}
	a.columns = most
	return a
}

// column is the place of a time; it may lie outside the axis.
func (a axis) column(t time.Time) int {
	return int(math.Floor(float64(t.Sub(a.start)) / float64(a.step)))
}

// bars draws counts by column as blocks, the highest as a full one. What is not
// zero shows.
func bars(counts []int64) string {
	blocks := []rune("▁▂▃▄▅▆▇█")
	var most int64
	for _, n := range counts {
		most = max(most, n)
	}
	var b strings.Builder
	for _, n := range counts {
		if n == 0 {
			b.WriteByte(' ')
			continue
		}
		b.WriteRune(blocks[max(0, int(math.Ceil(float64(n)/float64(most)*float64(len(blocks))))-1)])
	}
	return strings.TrimRight(b.String(), " ")
}

// states draws the columns that a state covers, and a line through the others.
func (a axis) states(in func(column int) bool) string {
	var b strings.Builder
	for i := range a.columns {
		if in(i) {
			b.WriteRune('█')
		} else {
			b.WriteRune('─')
		}
	}
	return b.String()
}

// labels writes times below the columns, as many as stand clear of each other.
// The last may reach beyond the axis, by its length.
func (a axis) labels() string {
	form := a.labelForm()
	apart := len(form) + 3
	every := a.step
	for _, every = range steps() {
		if int(every/a.step) >= apart && every%a.step == 0 {
			break
		}
	}
	first := a.start.Truncate(every)
	if first.Before(a.start) {
		first = first.Add(every)
	}
	var b strings.Builder
	used := 0
	put := func(column int, t time.Time) {
		b.WriteString(strings.Repeat(" ", column-used) + "╵" + t.Format(form))
		used = column + 1 + len(form)
	}
	if a.column(first) > len(form)+1 {
		put(0, a.start)
	}
	for t := first; a.column(t) < a.columns; t = t.Add(every) {
		put(a.column(t), t)
	}
	return b.String()
}

// labelForm is how a time is written below the axis.
func (a axis) labelForm() string {
	length := time.Duration(a.columns) * a.step
	switch {
	case length <= 24*time.Hour:
		return "15:04"
	case length <= 4*24*time.Hour:
		return "01-02 15:04"
	case length <= 300*24*time.Hour:
		return "01-02"
	}
	return "2006-01-02"
}

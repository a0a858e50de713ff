package cli

import (
	"math"
	"strings"
	"time"
)

// An axis divides a stretch of time into columns of equal length, step.
type axis struct {
	start   time.Time
	step    time.Duration
	columns int
}

// longestAxis is where an axis ends at the latest, so that a made-up time in a
// log cannot take its arithmetic beyond what a Duration holds.
const longestAxis = 200 * 365 * 24 * time.Hour

// newAxis covers first to last with at most so many columns, each a whole number
// of minutes, which is as fine as metrics are.
func newAxis(first, last time.Time, most int) axis {
	start := first.UTC().Truncate(time.Minute)
	minutes := int(min(last.Sub(start), longestAxis)/time.Minute) + 1
	each := (minutes + most - 1) / most
	return axis{start: start, step: time.Duration(each) * time.Minute, columns: (minutes + each - 1) / each}
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

// states draws how much of each column a state covers: all, some, none.
func states(shares []float64) string {
	shades := []rune("░▒▓")
	var b strings.Builder
	for _, share := range shares {
		switch {
		case share <= 0:
			b.WriteRune('─')
		case share >= 1-1e-9:
			b.WriteRune('█')
		default:
			b.WriteRune(shades[min(len(shades)-1, int(share*float64(len(shades))))])
		}
	}
	return b.String()
}

// cover adds to each column how much of it lies in [from, to).
func (a axis) cover(shares []float64, from, to time.Time) {
	for i := max(0, a.column(from)); i < a.columns; i++ {
		begin := a.start.Add(time.Duration(i) * a.step)
		end := begin.Add(a.step)
		if !begin.Before(to) {
			return
		}
		if from.After(begin) {
			begin = from
		}
		if to.Before(end) {
			end = to
		}
		shares[i] += float64(end.Sub(begin)) / float64(a.step)
	}
}

// labels writes times below the columns, as many as stand clear of each other.
// The last may reach beyond the axis, by its length.
func (a axis) labels() string {
	form := a.labelForm()
	var at ticks
	for _, at = range everyTicks() {
		if int(at.apart()/a.step) >= len(form)+3 {
			break
		}
	}
	first := at.from(a.start)
	var b strings.Builder
	used := 0
	put := func(column int, t time.Time) {
		if used > 0 && column <= used {
			return // no distance is long enough for an axis this short
		}
		b.WriteString(strings.Repeat(" ", column-used) + "╵" + t.Format(form))
		used = column + 1 + len(form)
	}
	if a.column(first) > len(form)+1 {
		put(0, a.start)
	}
	for t := first; a.column(t) < a.columns; t = at.from(t.Add(time.Nanosecond)) {
		put(a.column(t), t)
	}
	return b.String()
}

// ticks are times at round distances: a duration, or a number of months.
type ticks struct {
	every  time.Duration
	months int
}

// everyTicks are the distances that labels may have, the shortest first.
func everyTicks() []ticks {
	const minute, day = time.Minute, 24 * time.Hour
	var all []ticks
	for _, d := range []time.Duration{
		minute, 5 * minute, 10 * minute, 15 * minute, 30 * minute, time.Hour, 2 * time.Hour, 3 * time.Hour, 6 * time.Hour,
		12 * time.Hour, day, 2 * day, 7 * day, 14 * day,
	} {
		all = append(all, ticks{every: d})
	}
	for _, m := range []int{1, 2, 3, 6, 12, 24, 60, 120, 600} {
		all = append(all, ticks{months: m})
	}
	return all
}

// apart is the least distance of two ticks.
func (k ticks) apart() time.Duration {
	if k.months > 0 {
		return time.Duration(k.months*30-2) * 24 * time.Hour
	}
	return k.every
}

// from is the first tick that is not before t.
func (k ticks) from(t time.Time) time.Time {
	if k.months == 0 {
		at := t.Truncate(k.every)
		if at.Before(t) {
			at = at.Add(k.every)
		}
		return at
	}
	month := t.Year()*12 + int(t.Month()) - 1
	month -= month % k.months
	for {
		at := time.Date(0, time.Month(month+1), 1, 0, 0, 0, 0, time.UTC)
		if !at.Before(t) {
			return at
		}
		month += k.months
	}
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

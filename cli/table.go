package cli

import "strings"

// A column of a table.
type column struct {
	title string
	right bool // numbers stand on the right
	// min is the width down to which it may be narrowed; 0: not at all.
	min int
	// spare columns are left out when space is short, those with the lowest
	// number first; 0: never.
	spare int
	// middle says that values are shortened in the middle, not at the end.
	middle bool
}

// gap is what stands between two columns.
const gap = "  "

// A layout is a table whose columns have got their widths.
type layout struct {
	columns []column
	widths  []int // -1: left out
}

// fit lays a table out for rows like these. Columns take the width of what they
// hold; beyond the total width (0: no limit) the widest are narrowed, then
// spare ones left out.
func fit(columns []column, rows [][]string, total int) layout {
	natural := make([]int, len(columns))
	for i, c := range columns {
		natural[i] = width(c.title)
		for _, r := range rows {
			natural[i] = max(natural[i], width(r[i]))
		}
	}
	out := map[int]bool{}
	for {
		l := layout{columns, make([]int, len(columns))}
		sum := -len(gap)
		for i := range columns {
			l.widths[i] = natural[i]
			if out[i] {
				l.widths[i] = -1
				continue
			}
			sum += natural[i] + len(gap)
		}
		for total > 0 && sum > total {
			i := l.widest()
			if i < 0 {
				break
			}
			l.widths[i]--
			sum--
		}
		drop := -1
		for i, c := range columns {
			if c.spare > 0 && !out[i] && (drop < 0 || c.spare < columns[drop].spare) {
				drop = i
			}
		}
		if total == 0 || sum <= total || drop < 0 {
			return l
		}
		out[drop] = true
	}
}

// widest is the widest column that may still be narrowed, or -1.
func (l layout) widest() int {
	at := -1
	for i, c := range l.columns {
		if c.min > 0 && l.widths[i] > c.min && (at < 0 || l.widths[i] > l.widths[at]) {
			at = i
		}
	}
	return at
}

// line writes one row. Cells that are too wide are shortened when shorten is
// set and push the rest to the right otherwise.
func (l layout) line(cells []string, shorten bool) string {
	var b strings.Builder
	blanks := 0 // owed before the next text, so that no line ends in blanks
	first := true
	for i, c := range l.columns {
		w := l.widths[i]
		if w < 0 {
			continue
		}
		if !first {
			blanks += len(gap)
		}
		first = false
		text := cells[i]
		if shorten && width(text) > w {
			if c.middle {
				text = cutMiddle(text, w)
			} else {
				text = cut(text, w)
			}
		}
		space := max(0, w-width(text))
		if c.right {
			blanks += space
			space = 0
		}
		if text != "" {
			b.WriteString(strings.Repeat(" ", blanks))
			b.WriteString(text)
			blanks = 0
		}
		blanks += space
	}
	return b.String()
}

// titles is the table's first line.
func (l layout) titles() string {
	cells := make([]string, len(l.columns))
	for i, c := range l.columns {
		cells[i] = c.title
	}
	return l.line(cells, true)
}

// leftOut names the columns that found no space.
func (l layout) leftOut() []string {
	var names []string
	for i, c := range l.columns {
		if l.widths[i] < 0 {
			names = append(names, c.title)
		}
	}
	return names
}

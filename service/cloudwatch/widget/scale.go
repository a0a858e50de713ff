package widget

import (
	"math"
	"strconv"
	"strings"
	"time"
)

// A scale is the numbers along a y axis.
type scale struct {
	low, high float64
	ticks     []float64
	step      float64 // from tick to tick
}

// newScale is a scale over numbers with about so many ticks, whose ends may be given.
func newScale(low, high float64, given axis, ticks int) scale {
	if low > high { // nothing is to be shown
		low, high = 0, 1
	}
	if given.Min == nil && low > 0 && low < high*0.6 {
		low = 0
	}
	if given.Max == nil && high < 0 && high > low*0.6 {
		high = 0
	}
	if given.Min != nil {
		low = *given.Min
	}
	if given.Max != nil {
		high = *given.Max
	}
	if !(high > low) {
		room := max(math.Abs(low)*0.1, 0.5)
		switch {
		case given.Max != nil && given.Min == nil:
			low = high - 2*room
		case given.Min != nil:
			high = low + 2*room
		case low >= 0 && low-room < 0:
			low, high = 0, low+room
		default:
			low, high = low-room, high+room
		}
	}
	s := scale{low: low, high: high, step: niceStep((high - low) / (float64(max(ticks, 1)) + 0.5))}
	if given.Min == nil {
		s.low = math.Floor(low/s.step+1e-9) * s.step
	}
	if given.Max == nil {
		s.high = math.Ceil(high/s.step-1e-9) * s.step
	}
	for i := math.Ceil(s.low/s.step - 1e-9); i*s.step <= s.high+s.step*1e-9 && len(s.ticks) < 100; i++ {
		s.ticks = append(s.ticks, i*s.step+0) // never -0
	}
	return s
}

// niceStep is 1, 2 or 5 times a power of ten, at least v.
func niceStep(v float64) float64 {
	power := math.Pow(10, math.Floor(math.Log10(v)))
	for _, m := range []float64{1, 2, 2.5, 5} {
		if m == 2.5 && power == 1 { // halves of whole numbers read badly
			continue
		}
		if v <= m*power*(1+1e-9) {
			return m * power
		}
	}
	return 10 * power
}

// share is how far up a value is on the scale, from 0 to 1.
func (s scale) share(v float64) float64 { return (v - s.low) / (s.high - s.low) }

// short is a number in few characters: 1.5M, 250, 0.025; with as many decimals as
// ticks at a distance of step need, or where that is 0 as a value by itself does.
func short(v, step float64) string {
	if v == 0 {
		v = 0 // of two zeros the one without a sign
	}
	unit, name := 1.0, ""
	for _, u := range []struct {
		size float64
		name string
	}{{1e12, "T"}, {1e9, "G"}, {1e6, "M"}, {1e3, "K"}} {
		if math.Abs(v) >= u.size && math.Abs(v) >= 10*1e3 || math.Abs(v) >= u.size && u.size > 1e3 {
			unit, name = u.size, u.name
			break
		}
	}
	if math.Abs(v) >= 1e15 || v != 0 && math.Abs(v) < 1e-4 {
		return strconv.FormatFloat(v, 'g', 3, 64)
	}
	decimals := 0 // of a value by itself: three digits that tell something
	if v != 0 {
		decimals = max(2-int(math.Floor(math.Log10(math.Abs(v/unit)))), 0)
	}
	if step > 0 {
		decimals = 0
		for x := step / unit; decimals < 6 && math.Abs(x-math.Round(x)) > 1e-6; decimals++ {
			x *= 10
		}
	}
	text := strconv.FormatFloat(v/unit, 'f', decimals, 64)
	if step <= 0 && strings.Contains(text, ".") {
		text = strings.TrimRight(strings.TrimRight(text, "0"), ".")
	}
	return grouped(text) + name
}

// grouped has a comma after each three digits before the point.
func grouped(text string) string {
	sign, digits := "", text
	if strings.HasPrefix(text, "-") {
		sign, digits = "-", text[1:]
	}
	whole, rest, point := strings.Cut(digits, ".")
	for i := len(whole) - 3; i > 0; i -= 3 {
		whole = whole[:i] + "," + whole[i:]
	}
	if point {
		rest = "." + rest
	}
	return sign + whole + rest
}

// timeSteps are the distances that ticks of time may have.
var timeSteps = []time.Duration{
	time.Second, 5 * time.Second, 10 * time.Second, 30 * time.Second,
	time.Minute, 2 * time.Minute, 5 * time.Minute, 10 * time.Minute, 15 * time.Minute, 30 * time.Minute,
	time.Hour, 2 * time.Hour, 3 * time.Hour, 6 * time.Hour, 12 * time.Hour,
	24 * time.Hour, 2 * 24 * time.Hour, 7 * 24 * time.Hour, 14 * 24 * time.Hour, 28 * 24 * time.Hour, 91 * 24 * time.Hour, 364 * 24 * time.Hour,
}

// timeTicks are the times to be named between two, at most so many, with their names.
func timeTicks(start, end time.Time, zone *time.Location, most int) (at []time.Time, names []string) {
	step := timeSteps[len(timeSteps)-1]
	for _, s := range timeSteps {
		if end.Sub(start)/s <= time.Duration(max(most, 1)) {
			step = s
			break
		}
	}
	local := start.In(zone)
	_, offset := local.Zone()
	shift := time.Duration(offset) * time.Second
	first := start.Add(shift).Truncate(step).Add(-shift)
	for t := first; !t.After(end) && len(at) < 200; t = t.Add(step) {
		if t.Before(start) {
			continue
		}
		in := t.In(zone)
		name := in.Format("15:04")
		switch {
		case step >= 24*time.Hour, in.Hour() == 0 && in.Minute() == 0 && in.Second() == 0:
			name = in.Format("01/02")
		case step < time.Minute:
			name = in.Format("15:04:05")
		}
		at, names = append(at, t), append(names, name)
	}
	return at, names
}

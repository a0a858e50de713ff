package alarm

import (
	"fmt"
	"strings"
)

// listedDatapoints is how many datapoints a state reason shows at most. From
// this many on it also changes its form.
const listedDatapoints = 5

// Reason is the StateReason that AWS gives with this verdict on a, word for
// word. It is empty when the state was kept, as AWS then writes none.
//
// There are two forms, depending on whether DatapointsToAlarm was set in the
// alarm, and each has another one for five datapoints and more.
func (v Verdict) Reason(a Alarm) string {
	switch {
	case v.Cause.Kept():
		return ""
	case v.Cause == NoData:
		return "Insufficient Data: " + plural(a.EvaluationPeriods, "datapoint was unknown.", "datapoints were unknown.")
	case operators[a.ComparisonOperator].band:
		return v.bandReason(a)
	}
	points := v.supporting(a)
	switch {
	case v.Breaching+v.Good == 0:
		return fmt.Sprintf("Threshold Crossed: no datapoints were received for %s and %s.",
			plural(a.EvaluationPeriods, "period", "periods"), v.filled(a))
	case len(points) == 0 || a.DatapointsToAlarm == 0 && v.filled(a) != "":
		// UNSURE: no such text was recorded, only its sibling above.
		return fmt.Sprintf("Threshold Crossed: %s received for %s and %s.",
			plural(v.Breaching+v.Good, "datapoint was", "datapoints were"),
			plural(a.EvaluationPeriods, "period", "periods"), v.filled(a))
	}
	verb := pick(len(points), "was", "were")
	if v.State == OK {
		verb += " not"
	}
	compared := fmt.Sprintf("%s %s the threshold (%s)", verb, operators[a.ComparisonOperator].phrase, double(a.Threshold))

	if a.DatapointsToAlarm == 0 {
		counted := plural(len(points), "datapoint", "datapoints")
		if len(points) >= listedDatapoints {
			return fmt.Sprintf("Threshold Crossed: %s %s. The most recent datapoints which crossed the threshold: [%s].",
				counted, compared, pointList(points[:listedDatapoints]))
		}
		return fmt.Sprintf("Threshold Crossed: %s [%s] %s.", counted, pointList(points), compared)
	}

	counted := fmt.Sprintf("%d out of the last %d datapoints", len(points), a.EvaluationPeriods)
	if filled := v.filled(a); filled != "" {
		compared += " and " + filled
	}
	if len(points) >= listedDatapoints {
		return fmt.Sprintf("Threshold Crossed: %s %s. The most recent datapoints which crossed the threshold: [%s] %s.",
			counted, compared, pointList(points[:listedDatapoints]), v.minimum(a))
	}
	return fmt.Sprintf("Threshold Crossed: %s [%s] %s %s.", counted, pointList(points), compared, v.minimum(a))
}

// bandReason is the reason of an anomaly detection alarm, of which one sample
// is documented.
func (v Verdict) bandReason(a Alarm) string {
	points := v.supporting(a)
	var lower, upper []string
	for _, p := range points[:min(len(points), listedDatapoints)] {
		lower = append(lower, double(p.Lower).String())
		upper = append(upper, double(p.Upper).String())
	}
	below := "less than the lower thresholds [" + strings.Join(lower, ", ") + "]"
	above := "greater than the upper thresholds [" + strings.Join(upper, ", ") + "]"
	compared := below + " or " + above
	switch a.ComparisonOperator {
	case LessThanLowerThreshold:
		compared = below
	case GreaterThanUpperThreshold:
		compared = above
	}
	verb := pick(len(points), "was", "were")
	if v.State == OK {
		verb += " not"
	}
	return fmt.Sprintf("Thresholds Crossed: %d out of the last %d datapoints [%s] %s %s %s.",
		len(points), a.EvaluationPeriods, pointList(points[:min(len(points), listedDatapoints)]), verb, compared, v.minimum(a))
}

// SeriesReason is the reason of an alarm on a Metrics Insights query with many
// time series, of which this many are in ALARM.
func SeriesReason(alarming, total int) string {
	if alarming > 100 {
		return "100+ time series evaluated to ALARM"
	}
	return fmt.Sprintf("%d out of %d time series evaluated to ALARM", alarming, total)
}

// supporting are the datapoints that speak for the verdict, newest first: the
// breaching ones of an ALARM, the others of an OK. All of them are named in the
// reason, even where fewer would have been enough.
func (v Verdict) supporting(a Alarm) []Datapoint {
	var out []Datapoint
	for _, d := range v.Counted() {
		if a.Breaches(d) == (v.State == InAlarm) {
			out = append(out, d)
		}
	}
	return out
}

// Counted are the datapoints that decided, newest first; they are breaching or
// good, never missing.
func (v Verdict) Counted() []Datapoint {
	var out []Datapoint
	for i := len(v.Datapoints) - 1; i >= 0 && len(out) < v.Breaching+v.Good; i-- {
		if d := v.Datapoints[i]; !d.Missing {
			out = append(out, d)
		}
	}
	return out
}

// minimum is the tail of the form with DatapointsToAlarm. Its direction follows
// the new state, whatever the old one was.
func (v Verdict) minimum(a Alarm) string {
	direction := "OK -> ALARM"
	if v.State == OK {
		direction = "ALARM -> OK"
	}
	return fmt.Sprintf("(minimum %s for %s transition)", plural(v.enough(a), "datapoint", "datapoints"), direction)
}

// enough is how many datapoints it takes to come to the verdict's state.
func (v Verdict) enough(a Alarm) int {
	if v.State == OK {
		return a.EvaluationPeriods - a.needed() + 1
	}
	return a.needed()
}

// filled says what missing datapoints were taken for; it is empty when none was
// taken for anything.
func (v Verdict) filled(a Alarm) string {
	name := ""
	switch a.treat() {
	case Breaching:
		name = "Breaching"
	case NotBreaching:
		name = "NonBreaching"
	}
	if name == "" || v.Filled == 0 {
		return ""
	}
	return plural(v.Filled, "missing datapoint was", "missing datapoints were") + " treated as [" + name + "]"
}

func pointList(points []Datapoint) string {
	texts := make([]string, len(points))
	for i, p := range points {
		texts[i] = double(p.Value).String() + " (" + shortDate(p.Timestamp) + ")"
	}
	return strings.Join(texts, ", ")
}

func plural(n int, one, many string) string { return fmt.Sprintf("%d %s", n, pick(n, one, many)) }

func pick(n int, one, many string) string {
	if n == 1 {
		return one
	}
	return many
}

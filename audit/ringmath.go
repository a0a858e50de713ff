package audit

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"time"

	"tocsin/core/alarm"
	"tocsin/core/expression"
	"tocsin/core/metric"
)

// mathLink judges whether one event rings an alarm on metric math, while its other
// metrics have no data but what their filters publish by default.
func (j *judge) mathLink(l Link, r *reading, m FilterMetric, value float64, ma *MetricAlarm, noisy bool) (Link, ringing) {
	unjudged := func(why string) (Link, ringing) {
		l.Rank, l.Text = Unknown, "it is on metric math that is not judged: "+why
		return l, ringing{}
	}
	switch {
	case ma.ThresholdMetricID != "":
		return unjudged("an anomaly band is no threshold")
	case ma.Odd != "":
		return unjudged(ma.Odd)
	}
	a := ma.Alarm
	a.OKActions, a.InsufficientDataActions = nil, nil
	period, err := expression.AlarmPeriod(a.Metrics)
	if err != nil {
		return unjudged(firstLine(err.Error()))
	}
	a.Period = period
	if a.EvaluationPeriods < 1 {
		return unjudged("the answer has no EvaluationPeriods")
	}
	def, err := expression.NewAlarm(a)
	if err == nil {
		err = a.Validate()
	}
	if err != nil {
		return unjudged(firstLine(err.Error()))
	}
	own, others := j.ownStats(def, r, m)
	if len(own) == 0 {
		l.Rank, l.problem, l.Text = Broken, alarmSettings, "it looks at the metric with other dimensions or another unit: it never gets data"
		return l, ringing{}
	}
	if def.Math(func(expression.Stat) []metric.Point { return nil }).Clocked {
		return unjudged("it depends on the time of day or the date")
	}
	all, beside := map[string][]float64{}, map[string][]float64{}
	for _, s := range def.Stats() {
		key, isOwn := s.Metric.Key(), slices.ContainsFunc(own, func(o expression.Stat) bool { return o.Metric.Equal(s.Metric) })
		if all[key] != nil {
			continue
		}
		for _, d := range j.defaults[r.feedOf(s)] {
			all[key] = append(all[key], d.value)
			if !isOwn && d.filter.logGroup == r.logGroup {
				beside[key] = append(beside[key], d.value) // the same event does not match that filter
			}
		}
	}
	ring := tryBoth(len(all) > 0, func(busy bool) ringing {
		if !busy {
			return tryMath(a, def, own, value, nil, beside)
		}
		return tryMath(a, def, own, value, all, beside)
	})
	settings := fmt.Sprintf("metric math %s %v, %d of %d periods of %d s, missing data %s", a.ComparisonOperator, a.Threshold,
		cmp.Or(a.DatapointsToAlarm, a.EvaluationPeriods), a.EvaluationPeriods, a.Period, orMissing(a.TreatMissingData))
	l = judgeRinging(l, ring, value, settings, noisy)
	for _, s := range others {
		if len(j.noise[r.feedOf(s)]) == 0 {
			continue
		}
		flooded := maps.Clone(all)
		flooded[s.Metric.Key()] = slices.Repeat([]float64{1}, flood)
		if ring := tryMath(a, def, own, value, flooded, beside); ring.events != 1 || !ring.again {
			always, often := "no event rings it", "then no event rings it"
			if adds(a.Metrics) {
				always, often = neverLeaves, oftenThere
			}
			l = j.noisyLink(l, r, r.feedOf(s), nameOf(s), always, often)
		}
	}
	if len(others) > 0 && !adds(a.Metrics) {
		l.worsen(Restricted, nothing, "it also depends on %s, which is taken to have no data", nameOf(others[0]))
	}
	return l, ring
}

// flood is how many events of each minute a filter is taken to match that matches
// nearly all of them, or what happens all day.
const flood = 100

func nameOf(s expression.Stat) string { return s.Metric.Namespace + "/" + s.Metric.Name }

// ownStats are the alarm's readings of the filter's metric, and those of other
// metrics.
func (j *judge) ownStats(def *expression.Alarm, r *reading, m FilterMetric) (own, others []expression.Stat) {
	for _, s := range def.Stats() {
		var names []string
		for _, d := range s.Metric.Dimensions {
			names = append(names, d.Name)
		}
		feeds := slices.Sorted(slices.Values(append(slices.Clone(m.Dimensions), r.SystemFields...)))
		slices.Sort(names)
		if s.Metric.Namespace != m.Namespace || s.Metric.Name != m.Name {
			others = append(others, s)
			continue
		}
		unit := m.Unit
		if unit == "" {
			unit = metric.None
		}
		if slices.Equal(names, feeds) && (s.Unit == "" || s.Unit == unit) && (s.AccountID == "" || s.AccountID == r.account) {
			own = append(own, s)
		}
	}
	return own, others
}

// adds tells whether an alarm shows a sum of its metrics, to which the others can
// only add.
func adds(queries []alarm.MetricQuery) bool {
	for _, q := range queries {
		if q.Expression == "" {
			continue
		}
		e, err := expression.Parse(q.Expression)
		if err != nil || !sum(e.Root) {
			return false
		}
	}
	return true
}

func sum(n expression.Node) bool {
	switch n := n.(type) {
	case *expression.Ref, *expression.Number, *expression.Word, *expression.Text:
		return true
	case *expression.List:
		return !slices.ContainsFunc(n.Items, func(item expression.Node) bool { return !sum(item) })
	case *expression.Binary:
		return n.Op == "+" && sum(n.X) && sum(n.Y)
	case *expression.Call:
		return (n.Name == "SUM" || n.Name == "FILL" || n.Name == "METRICS" || n.Name == "MAX") && !slices.ContainsFunc(n.Args, func(arg expression.Node) bool { return !sum(arg) })
	}
	return false
}

// tryMath is try for metric math. By metric, other events add the default values,
// and the event itself those beside it.
func tryMath(a alarm.Alarm, def *expression.Alarm, own []expression.Stat, value float64, defaults, beside map[string][]float64) ringing {
	period := time.Duration(a.Period) * time.Second
	ring := ringing{period: period, quiet: alarm.OK}
	silent := def.Math(func(expression.Stat) []metric.Point { return nil })
	if len(defaults) == 0 {
		ring.quiet = alarm.Evaluate(a, alarm.OK, silent.Read(start.UnixMilli())).State
	}
	for _, n := range bursts {
		if first, again := replayMath(a, def, own, value, defaults, beside, n, 1); first.To == alarm.InAlarm {
			ring.events, ring.spread, ring.first, ring.again = n, 1, first, again
			return ring
		}
	}
	if a.EvaluationPeriods > 1 && a.EvaluationPeriods <= 50 {
		for _, n := range bursts[:8] {
			if first, again := replayMath(a, def, own, value, defaults, beside, n, a.EvaluationPeriods); first.To == alarm.InAlarm {
				ring.events, ring.spread, ring.first, ring.again = n, a.EvaluationPeriods, first, again
				return ring
			}
		}
	}
	return ring
}

// replayMath is replay for metric math: evaluated at each minute around two bursts
// that are far apart.
func replayMath(a alarm.Alarm, def *expression.Alarm, own []expression.Stat, value float64, defaults, beside map[string][]float64, n, periods int) (rings alarm.Transition, again bool) {
	period := time.Duration(a.Period) * time.Second
	span := time.Duration(alarm.EvaluationRange(a)+periods) * max(period, time.Minute)
	gap := span + time.Duration(periods)*max(period, time.Minute)
	first := start.Add(gap)
	second := first.Add(2 * gap)
	end := second.Add(gap)
	isOwn := func(s expression.Stat) bool {
		return slices.ContainsFunc(own, func(o expression.Stat) bool { return o.Metric.Equal(s.Metric) })
	}
	points := map[string][]metric.Point{}
	series := func(s expression.Stat) []metric.Point {
		key := s.Metric.Key()
		if have, ok := points[key]; ok {
			return have
		}
		values := beside[key]
		if isOwn(s) {
			values = []float64{value}
		}
		at := background(defaults[key], start.Add(-span), end, span)
		for _, t := range []time.Time{first, second} {
			for i := range periods {
				when := t.Add(time.Duration(i) * max(period, time.Minute)).UnixMilli()
				for _, v := range values {
					at = addSamples(at, when, v, float64(n))
				}
			}
		}
		points[key] = at
		return at
	}
	math := def.Math(series)
	state := alarm.InsufficientData
	for tick := start; !tick.After(end); tick = tick.Add(max(time.Minute, alarm.Cadence(a))) {
		was := state
		v := alarm.Evaluate(a, was, math.Read(tick.UnixMilli()))
		state = v.State
		if state == alarm.InAlarm && was != state {
			if rings.To == "" && tick.After(first) && tick.Before(second) {
				rings = alarm.Transition{At: tick, From: was, To: state, Verdict: v}
			}
			again = again || rings.To != "" && tick.After(second)
		}
	}
	return rings, again
}

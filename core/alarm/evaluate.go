package alarm

import "tocsin/core/metric"

// A Cause is why an evaluation came out as it did.
type Cause uint8

const (
	// Crossed: enough datapoints breach the threshold, or missing ones count as if they did.
	Crossed Cause = iota
	// NotCrossed: too few do.
	NotCrossed
	// NoData: there is no datapoint in the whole evaluation range.
	NoData
	// KeptIgnored: nothing decides and missing data is to be ignored.
	KeptIgnored
	// KeptPremature: every datapoint breaches, but they are too few, and too
	// young for the missing ones to be missing for good.
	KeptPremature
	// KeptLowSamples: the percentile has too few samples.
	KeptLowSamples
)

// Kept tells whether the state was left as it was because nothing decided.
func (c Cause) Kept() bool { return c >= KeptIgnored }

// String is for people.
func (c Cause) String() string {
	return [...]string{
		"threshold crossed", "threshold not crossed", "no datapoints",
		"state kept: missing data is ignored",
		"state kept: too early to tell whether data is missing",
		"state kept: too few samples for a percentile",
	}[c]
}

// A Verdict is a decision with its grounds, so that it can be stored, shown and tested.
type Verdict struct {
	// State is the state that the alarm is to be in.
	State State
	Cause Cause
	// Breaching and Good are how many of the counted datapoints crossed the
	// threshold and did not. Filled is how many of the N were missing.
	Breaching, Good, Filled int
	// Datapoints are the periods that were looked at, oldest first.
	Datapoints []Datapoint
}

// Evaluate decides what state a should be in, given the datapoints of its
// evaluation range, oldest first, and the state it was in. It changes nothing;
// the verdict keeps the slice.
//
// The rule (CloudWatch User Guide, "Configuring how CloudWatch alarms treat
// missing data", and recordings): of the datapoints that are there, the newest
// N count; TreatMissingData speaks only for what is lacking to N.
func Evaluate(a Alarm, was State, datapoints []Datapoint) Verdict {
	v := Verdict{Datapoints: datapoints}
	var samples float64
	var oldest int // age in periods of the oldest datapoint that counts, the newest period is 1
	for i := len(datapoints) - 1; i >= 0 && v.Breaching+v.Good < a.EvaluationPeriods; i-- {
		d := datapoints[i]
		if d.Missing {
			continue
		}
		oldest = len(datapoints) - i
		samples += d.SampleCount
		if a.Breaches(d) {
			v.Breaching++
		} else {
			v.Good++
		}
	}
	v.Filled = a.EvaluationPeriods - v.Breaching - v.Good
	v.State, v.Cause = v.decide(a, was, oldest)
	if v.Breaching+v.Good > 0 && lowSamples(a, samples) {
		v.State, v.Cause = was, KeptLowSamples
	}
	return v
}

func (v Verdict) decide(a Alarm, was State, oldest int) (State, Cause) {
	needed, treat := a.needed(), a.treat()
	switch treat {
	case Breaching:
		return crossed(v.Breaching+v.Filled >= needed)
	case NotBreaching:
		return crossed(v.Breaching >= needed)
	}
	switch {
	case v.Breaching+v.Good == 0 && treat == Missing:
		return InsufficientData, NoData
	case v.Breaching+v.Good == 0:
		return was, KeptIgnored
	case v.Breaching >= needed:
		return InAlarm, Crossed
	case v.Good > 0:
		// The sentence in the guide about premature transitions would make
		// some of these an ALARM; its table, and recordings, say OK.
		return OK, NotCrossed
	case treat == Ignore:
		return was, KeptIgnored
	case oldest >= needed:
		return InAlarm, Crossed
	}
	// UNSURE for a prior state other than INSUFFICIENT_DATA.
	return was, KeptPremature
}

func crossed(yes bool) (State, Cause) {
	if yes {
		return InAlarm, Crossed
	}
	return OK, NotCrossed
}

// lowSamples tells whether an alarm on a percentile p has to wait for more
// samples: at least 10/(1-p) from the median upwards, 10/p below it (CloudWatch
// User Guide, "Percentile-based alarms and low data samples").
//
// UNSURE: whether the samples of one period are meant or those of all periods
// that count. Here it is all; with one evaluation period it is the same.
func lowSamples(a Alarm, samples float64) bool {
	if a.EvaluateLowSampleCountPercentile != IgnoreLowSamples || a.Statistic.Kind != metric.Percentile {
		return false
	}
	p := a.Statistic.High.Value // in percent, so that 10/(1-p) is 1000/(100-p)
	if p >= 50 {
		p = 100 - p
	}
	// 99.9 and its like are no float64; the slack forgives what 100-p loses.
	const slack = 1e-6
	return samples*p < 1000-slack
}

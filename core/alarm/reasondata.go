package alarm

import "time"

// reasonData is StateReasonData, in the order in which AWS writes it.
type reasonData struct {
	Version               string           `json:"version"`
	QueryDate             timestamp        `json:"queryDate"`
	StartDate             *timestamp       `json:"startDate,omitempty"`
	Unit                  string           `json:"unit,omitempty"`
	Statistic             string           `json:"statistic,omitempty"`
	Period                int              `json:"period"`
	RecentDatapoints      []*double        `json:"recentDatapoints"`
	RecentLowerThresholds []*double        `json:"recentLowerThresholds,omitempty"`
	RecentUpperThresholds []*double        `json:"recentUpperThresholds,omitempty"`
	Threshold             *double          `json:"threshold,omitempty"`
	EvaluatedDatapoints   []evaluatedPoint `json:"evaluatedDatapoints"`
}

type evaluatedPoint struct {
	Timestamp   timestamp `json:"timestamp"`
	SampleCount *double   `json:"sampleCount,omitempty"`
	Value       *double   `json:"value,omitempty"`
}

// ReasonData is the StateReasonData that AWS gives with this verdict on a, made
// by an evaluation at queryDate. It is empty when the state was kept.
func (v Verdict) ReasonData(a Alarm, queryDate time.Time) string {
	if v.Cause.Kept() {
		return ""
	}
	data := reasonData{
		Version:             "1.0",
		QueryDate:           timestamp(queryDate),
		Unit:                a.Unit,
		Period:              a.Period,
		RecentDatapoints:    []*double{},
		EvaluatedDatapoints: []evaluatedPoint{},
	}
	if len(a.Metrics) == 0 {
		data.Statistic = a.Statistic.String()
	}
	band := operators[a.ComparisonOperator].band
	if !band {
		data.Threshold = pointer(a.Threshold)
	}
	// From the oldest datapoint that counted to the newest one; observed, where
	// the documentation would let gaps follow up to now.
	if counted := v.Counted(); len(counted) > 0 {
		oldest, newest := counted[len(counted)-1].Timestamp, counted[0].Timestamp
		start := timestamp(oldest)
		data.StartDate = &start
		for _, d := range v.Datapoints {
			if d.Timestamp.Before(oldest) || d.Timestamp.After(newest) {
				continue
			}
			var value, lower, upper *double
			if !d.Missing {
				value, lower, upper = pointer(d.Value), pointer(d.Lower), pointer(d.Upper)
			}
			data.RecentDatapoints = append(data.RecentDatapoints, value)
			if band {
				data.RecentLowerThresholds = append(data.RecentLowerThresholds, lower)
				data.RecentUpperThresholds = append(data.RecentUpperThresholds, upper)
			}
		}
	}
	for _, d := range v.evaluated(a) {
		p := evaluatedPoint{Timestamp: timestamp(d.Timestamp)}
		if !d.Missing {
			p.Value = pointer(d.Value)
			if len(a.Metrics) == 0 {
				p.SampleCount = pointer(d.SampleCount)
			}
		}
		data.EvaluatedDatapoints = append(data.EvaluatedDatapoints, p)
	}
	return encode(data)
}

// evaluated are the datapoints that it took for the verdict, newest first: the
// newest that speak for it, and where they do not suffice the newest missing ones.
func (v Verdict) evaluated(a Alarm) []Datapoint {
	enough := v.enough(a)
	take := make(map[time.Time]bool, enough)
	for _, d := range v.supporting(a) {
		if len(take) < enough {
			take[d.Timestamp] = true
		}
	}
	for i := len(v.Datapoints) - 1; i >= 0 && len(take) < enough; i-- {
		if d := v.Datapoints[i]; d.Missing {
			take[d.Timestamp] = true
		}
	}
	var out []Datapoint
	for i := len(v.Datapoints) - 1; i >= 0; i-- {
		if d := v.Datapoints[i]; take[d.Timestamp] {
			out = append(out, d)
		}
	}
	return out
}

func pointer(f float64) *double {
	d := double(f)
	return &d
}

package alarm

import "tocsin/core/metric"

// metricTrigger is the Trigger of an alarm on one metric.
type metricTrigger struct {
	MetricName        string
	Namespace         string
	StatisticType     string
	Statistic         string `json:",omitempty"`
	ExtendedStatistic string `json:",omitempty"`
	Unit              *string
	Dimensions        []noticeDimension
	thresholdTrigger
}

// queryTrigger is the Trigger of an alarm on metric math.
type queryTrigger struct {
	thresholdTrigger
	Metrics []noticeQuery
}

type thresholdTrigger struct {
	Period                           int
	EvaluationPeriods                int
	DatapointsToAlarm                int `json:",omitempty"`
	ComparisonOperator               Operator
	Threshold                        *double `json:",omitempty"`
	ThresholdMetricID                string  `json:"ThresholdMetricId,omitempty"`
	TreatMissingData                 TreatMissingData
	EvaluateLowSampleCountPercentile LowSampleCount
}

type noticeQuery struct {
	Expression string            `json:",omitempty"`
	ID         string            `json:"Id"`
	Label      string            `json:",omitempty"`
	MetricStat *noticeMetricStat `json:",omitempty"`
	ReturnData bool
	Period     int    `json:",omitempty"`
	AccountID  string `json:"AccountId,omitempty"`
}

type noticeMetricStat struct {
	Metric noticeMetric
	Period int
	Stat   string
	Unit   string `json:",omitempty"`
}

type noticeMetric struct {
	Dimensions []noticeDimension
	MetricName string
	Namespace  string
}

// noticeDimension has its members in lower case and the value first, unlike
// the API's Dimension.
type noticeDimension struct {
	Value string `json:"value"`
	Name  string `json:"name"`
}

// triggerOf is the Trigger of the JSON document: a metricTrigger or a queryTrigger.
//
// UNSURE: the key of an extended statistic. The one real message found, of
// 2021, has ExtendedStatistic; samples written by others put it under Statistic.
func triggerOf(a Alarm) any {
	threshold := thresholdTrigger{
		Period:                           a.Period,
		EvaluationPeriods:                a.EvaluationPeriods,
		DatapointsToAlarm:                a.DatapointsToAlarm,
		ComparisonOperator:               a.ComparisonOperator,
		ThresholdMetricID:                a.ThresholdMetricID,
		TreatMissingData:                 a.TreatMissingData,
		EvaluateLowSampleCountPercentile: a.EvaluateLowSampleCountPercentile,
	}
	if a.ThresholdMetricID == "" {
		threshold.Threshold = pointer(a.Threshold)
	}
	if len(a.Metrics) > 0 {
		t := queryTrigger{thresholdTrigger: threshold}
		for _, q := range a.Metrics {
			t.Metrics = append(t.Metrics, queryOf(q))
		}
		return t
	}
	t := metricTrigger{
		MetricName:       a.MetricName,
		Namespace:        a.Namespace,
		StatisticType:    "Statistic",
		Statistic:        upperSnake(a.Statistic),
		Unit:             orNull(a.Unit),
		Dimensions:       noticeDimensions(a.Dimensions),
		thresholdTrigger: threshold,
	}
	if a.Statistic.Extended() {
		t.StatisticType, t.Statistic, t.ExtendedStatistic = "ExtendedStatistic", "", a.Statistic.String()
	}
	return t
}

func queryOf(q MetricQuery) noticeQuery {
	out := noticeQuery{
		Expression: q.Expression, ID: q.ID, Label: q.Label, ReturnData: q.ReturnData, Period: q.Period, AccountID: q.AccountID,
	}
	if m := q.Metric; m != nil {
		out.MetricStat = &noticeMetricStat{
			Metric: noticeMetric{Dimensions: noticeDimensions(m.Dimensions), MetricName: m.MetricName, Namespace: m.Namespace},
			Period: m.Period, Stat: m.Stat, Unit: m.Unit,
		}
	}
	return out
}

func noticeDimensions(dimensions []metric.Dimension) []noticeDimension {
	out := []noticeDimension{}
	for _, d := range dimensions {
		out = append(out, noticeDimension{Value: d.Value, Name: d.Name})
	}
	return out
}

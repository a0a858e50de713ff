package alarm

import (
	"strings"
	"time"

	"tocsin/core/metric"
)

// An Alarm is the definition of a metric alarm, with the members of
// PutMetricAlarm. A member at its zero value was not set.
type Alarm struct {
	Name        string // AlarmName
	Description string // AlarmDescription
	// ARN names account and Region of the alarm too; see ARN.
	ARN string

	ActionsEnabled          bool
	OKActions               []string
	AlarmActions            []string
	InsufficientDataActions []string

	// One metric and its statistic, or Metrics.
	Namespace  string
	MetricName string
	Dimensions []metric.Dimension // in the order given, which the notice keeps
	Statistic  metric.Statistic
	Unit       string
	Metrics    []MetricQuery

	Period                           int // seconds; of a metric math alarm the common period of its inputs
	EvaluationPeriods                int // N
	DatapointsToAlarm                int // M; 0 when not set, which means N
	Threshold                        float64
	ThresholdMetricID                string // of an anomaly detection band, instead of Threshold
	ComparisonOperator               Operator
	TreatMissingData                 TreatMissingData
	EvaluateLowSampleCountPercentile LowSampleCount

	// ConfigurationUpdated is when the definition last changed.
	ConfigurationUpdated time.Time
}

// A MetricQuery is one item of the Metrics of an alarm on metric math: a metric
// with its statistic, or an expression over the others.
type MetricQuery struct {
	ID         string
	Expression string
	Label      string
	Metric     *MetricStat
	ReturnData bool
	Period     int // seconds; of an expression, 0 when not set
	AccountID  string
}

// A MetricStat is a metric and how it is read.
type MetricStat struct {
	Namespace, MetricName string
	Dimensions            []metric.Dimension
	Period                int // seconds
	Stat                  string
	Unit                  string
}

// A TreatMissingData says what a period without data counts as. Empty means missing.
type TreatMissingData string

const (
	Missing      TreatMissingData = "missing"
	Ignore       TreatMissingData = "ignore"
	Breaching    TreatMissingData = "breaching"
	NotBreaching TreatMissingData = "notBreaching"
)

// A LowSampleCount says what becomes of an alarm on a percentile while there
// are too few samples for it. Empty means evaluate.
type LowSampleCount string

const (
	EvaluateLowSamples LowSampleCount = "evaluate"
	IgnoreLowSamples   LowSampleCount = "ignore"
)

// Metric is the one metric that the alarm watches; it is empty for metric math.
func (a Alarm) Metric() metric.Identity {
	return metric.NewIdentity(a.Namespace, a.MetricName, a.Dimensions...)
}

// needed is M, the number of breaching datapoints that ring the alarm.
func (a Alarm) needed() int {
	if a.DatapointsToAlarm > 0 {
		return a.DatapointsToAlarm
	}
	return a.EvaluationPeriods
}

func (a Alarm) treat() TreatMissingData {
	// The API Reference says that alarms on AWS/DynamoDB always ignore missing
	// data, the user guide says by default. UNSURE; nothing here depends on it.
	if a.TreatMissingData == "" {
		return Missing
	}
	return a.TreatMissingData
}

// Actions are the ARNs to act on when the alarm goes over to state, whether or
// not actions are enabled.
func (a Alarm) Actions(state State) []string {
	switch state {
	case OK:
		return a.OKActions
	case InAlarm:
		return a.AlarmActions
	}
	return a.InsufficientDataActions
}

// ARN is the Amazon Resource Name of an alarm, metric or composite.
func ARN(partition, region, account, name string) string {
	return strings.Join([]string{"arn", partition, "cloudwatch", region, account, "alarm", name}, ":")
}

// parseARN splits an alarm's ARN; what is missing is empty.
func parseARN(arn string) (region, account, name string) {
	parts := strings.SplitN(arn, ":", 7)
	if len(parts) < 7 || parts[0] != "arn" {
		return "", "", ""
	}
	return parts[3], parts[4], parts[6]
}

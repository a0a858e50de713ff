package alarm

import (
	"fmt"
	"regexp"
	"strings"

	"tocsin/core/metric"
)

// Limits of an alarm's definition (CloudWatch API Reference, PutMetricAlarm).
// Lengths are in characters.
const (
	maxName        = 255
	maxDescription = 1024
	maxActions     = 5
	maxARN         = 1024
	maxSpan        = 7 * 24 * 60 * 60 // seconds of Period x EvaluationPeriods
	maxShortSpan   = 24 * 60 * 60     // the same, with a Period below an hour
	maxMetrics     = 10
	maxExpressions = 10
	maxDimensions  = 30
)

// Validate checks the definition as PutMetricAlarm does. An error is an
// *InvalidError. Where AWS's text was not recorded (too long a span, M above N,
// a missing metric) it is a ValidationError in our words. UNSURE
func (a Alarm) Validate() error {
	for _, check := range []func(Alarm) error{
		Alarm.checkNaming, Alarm.checkMetric, Alarm.checkQueries, Alarm.checkPeriods, Alarm.checkThreshold, Alarm.checkWords,
	} {
		if err := check(a); err != nil {
			return err
		}
	}
	return nil
}

// StatisticOf is the statistic that PutMetricAlarm's Statistic or
// ExtendedStatistic names, of which there must be just one.
func StatisticOf(statistic, extended string) (metric.Statistic, error) {
	switch {
	case statistic != "" && extended != "":
		return metric.Statistic{}, refuse("PutMetricAlarm request can not be made with both Statistic and ExtendedStatistic parameters. Only one of them should be present")
	case extended != "":
		st, err := metric.ParseStatistic(extended)
		if err != nil || !st.Extended() {
			return metric.Statistic{}, &InvalidError{
				Code:    "InvalidParameterValue",
				Message: fmt.Sprintf("The value %s for parameter ExtendedStatistic is not supported.", extended),
			}
		}
		return st, nil
	}
	st, err := metric.ParseStatistic(statistic)
	if err != nil || st.Extended() {
		return metric.Statistic{}, constraint(statistic, "statistic", "Member must satisfy enum value set: [Maximum, SampleCount, Sum, Minimum, Average]")
	}
	return st, nil
}

func (a Alarm) checkNaming() error {
	if err := checkName(a.Name); err != nil {
		return err
	}
	if err := maxLength(a.Description, "alarmDescription", maxDescription); err != nil {
		return err
	}
	return checkActions(a.OKActions, a.AlarmActions, a.InsufficientDataActions)
}

// checkName checks an alarm's name; metric and composite alarms share theirs.
func checkName(name string) error {
	if name == "" {
		return constraint(name, "alarmName", "Member must have length greater than or equal to 1")
	}
	if strings.ContainsFunc(name, func(r rune) bool { return r < 0x20 || r == 0x7f }) {
		return refuse("AlarmName must not contain ASCII control characters")
	}
	return maxLength(name, "alarmName", maxName)
}

var arnSyntax = regexp.MustCompile(`^arn:[^:]+:[^:]+:[^:]*:[^:]*:.+$`)

func checkActions(ok, alarm, insufficient []string) error {
	for _, actions := range []struct {
		member string
		arns   []string
	}{{"okActions", ok}, {"alarmActions", alarm}, {"insufficientDataActions", insufficient}} {
		if len(actions.arns) > maxActions {
			return constraint("["+strings.Join(actions.arns, ", ")+"]", actions.member,
				fmt.Sprintf("Member must have length less than or equal to %d", maxActions))
		}
		for _, arn := range actions.arns {
			if err := maxLength(arn, actions.member, maxARN); err != nil {
				return err
			}
			if !arnSyntax.MatchString(arn) {
				return refuse("Invalid arn syntax: %s", arn)
			}
		}
	}
	return nil
}

func (a Alarm) checkMetric() error {
	switch {
	case len(a.Metrics) > 0 && a.MetricName != "":
		return refuse("MetricName should not be set if list of Metrics is set.")
	case len(a.Metrics) > 0 && (a.Namespace != "" || len(a.Dimensions) > 0 || a.Statistic.Kind != metric.NoStatistic):
		return refuse("Namespace, Dimensions, Statistic and ExtendedStatistic should not be set if list of Metrics is set.")
	case len(a.Metrics) > 0:
		return nil
	case a.MetricName == "" || a.Namespace == "":
		return refuse("An alarm needs MetricName and Namespace, or a list of Metrics.")
	case a.Statistic.Kind == metric.NoStatistic:
		return refuse("An alarm on a metric needs Statistic or ExtendedStatistic.")
	case len(a.Dimensions) > maxDimensions:
		return refuse("An alarm's metric has at most %d dimensions.", maxDimensions)
	case a.Unit != "" && !metric.IsUnit(a.Unit):
		return constraint(a.Unit, "unit", "Member must satisfy enum value set: ["+strings.Join(metric.Units(), ", ")+"]")
	}
	if err := maxLength(a.MetricName, "metricName", 255); err != nil {
		return err
	}
	return maxLength(a.Namespace, "namespace", 255)
}

func (a Alarm) checkQueries() error {
	var metrics, expressions, returned int
	seen := map[string]bool{}
	for _, q := range a.Metrics {
		switch {
		case q.ID == "" || seen[q.ID]:
			return refuse("Each of the Metrics needs an Id of its own; %q is not.", q.ID)
		case (q.Metric == nil) == (q.Expression == ""):
			return refuse("Of the Metrics, %q needs either MetricStat or Expression.", q.ID)
		case strings.Contains(q.Expression, "SEARCH("):
			return refuse("SEARCH is not supported on Metric Alarms.")
		}
		seen[q.ID] = true
		if q.Metric != nil {
			metrics++
		} else {
			expressions++
		}
		if q.ReturnData && q.ID != a.ThresholdMetricID {
			returned++
		}
	}
	switch {
	case len(a.Metrics) == 0:
		return nil
	case metrics > maxMetrics || expressions > maxExpressions:
		return refuse("An alarm has at most %d metrics and %d expressions.", maxMetrics, maxExpressions)
	case returned != 1:
		return refuse("An alarm expression must return one time series.")
	}
	return nil
}

// IsPeriod tells whether an alarm can have periods of this many seconds.
func IsPeriod(seconds int) bool {
	return seconds == 10 || seconds == 20 || seconds == 30 || seconds > 0 && seconds%60 == 0
}

func (a Alarm) checkPeriods() error {
	if !IsPeriod(a.Period) {
		return refuse("Period must be 10, 20, 30 or a multiple of 60 seconds, not %d.", a.Period)
	}
	switch span := a.Period * a.EvaluationPeriods; {
	case a.EvaluationPeriods < 1:
		return constraint(fmt.Sprint(a.EvaluationPeriods), "evaluationPeriods", "Member must have value greater than or equal to 1")
	case max(a.Period, a.EvaluationPeriods, span) > maxSpan:
		return refuse("Period times EvaluationPeriods must not be more than %d seconds.", maxSpan)
	case a.Period < 3600 && span > maxShortSpan:
		return refuse("Period times EvaluationPeriods must not be more than %d seconds while Period is below 3600.", maxShortSpan)
	case a.DatapointsToAlarm < 0 || a.DatapointsToAlarm > a.EvaluationPeriods:
		return refuse("DatapointsToAlarm must be between 1 and EvaluationPeriods (%d), not %d.", a.EvaluationPeriods, a.DatapointsToAlarm)
	}
	return nil
}

func (a Alarm) checkThreshold() error {
	op, ok := operators[a.ComparisonOperator]
	switch {
	case !ok:
		return constraint(string(a.ComparisonOperator), "comparisonOperator",
			"Member must satisfy enum value set: [GreaterThanOrEqualToThreshold, GreaterThanThreshold, GreaterThanUpperThreshold, LessThanLowerOrGreaterThanUpperThreshold, LessThanLowerThreshold, LessThanOrEqualToThreshold, LessThanThreshold]")
	case op.band && a.ThresholdMetricID == "":
		return refuse("%s compares with a band and needs ThresholdMetricId.", a.ComparisonOperator)
	case !op.band && a.ThresholdMetricID != "":
		return refuse("%s compares with Threshold; ThresholdMetricId should not be set.", a.ComparisonOperator)
	}
	return nil
}

func (a Alarm) checkWords() error {
	switch a.TreatMissingData {
	case "", Missing, Ignore, Breaching, NotBreaching:
	default:
		return refuse("TreatMissingData must be breaching, notBreaching, ignore or missing, not %q.", a.TreatMissingData)
	}
	switch a.EvaluateLowSampleCountPercentile {
	case "":
		return nil
	case EvaluateLowSamples, IgnoreLowSamples:
	default:
		return refuse("EvaluateLowSampleCountPercentile must be evaluate or ignore, not %q.", a.EvaluateLowSampleCountPercentile)
	}
	if a.Statistic.Kind != metric.Percentile {
		return refuse("EvaluateLowSampleCountPercentile is only for alarms on a percentile.")
	}
	return nil
}

package state

import (
	"time"

	"tocsin/core/alarm"
	"tocsin/core/metric"
)

// storedTexts are the parts of an alarm that are stored as JSON.
type storedTexts struct{ definition, extra string }

func storeAlarm(a Alarm) (s storedTexts, err error) {
	if s.definition, err = encode(storeDefinition(a.Definition)); err != nil {
		return s, err
	}
	s.extra, err = encode(a.Extra)
	return s, err
}

func (s storedTexts) read() (alarm.Alarm, AlarmExtra, error) {
	d, err := decode[storedDefinition](s.definition)
	if err != nil {
		return alarm.Alarm{}, AlarmExtra{}, err
	}
	definition, err := d.alarm()
	if err != nil {
		return alarm.Alarm{}, AlarmExtra{}, err
	}
	extra, err := decode[AlarmExtra](s.extra)
	return definition, extra, err
}

// metricKeys name the metrics that an alarm looks at; see metrics.key.
func metricKeys(a Alarm) []string {
	set := map[string]bool{}
	if len(a.Definition.Metrics) == 0 {
		set[metricKey(a.Scope, cleanIdentity(a.Definition.Metric()))] = true
	}
	for _, q := range a.Definition.Metrics {
		if q.Metric == nil {
			continue
		}
		scope := a.Scope
		if q.AccountID != "" {
			scope.Account = q.AccountID
		}
		id := metric.NewIdentity(q.Metric.Namespace, q.Metric.MetricName, q.Metric.Dimensions...)
		set[metricKey(scope, cleanIdentity(id))] = true
	}
	return sortedKeys(set)
}

// storedDefinition is the definition of an alarm as it is stored; its names are
// for ever.
type storedDefinition struct {
	Name                string            `json:"name"`
	Description         string            `json:"description,omitempty"`
	ARN                 string            `json:"arn"`
	ActionsEnabled      bool              `json:"actionsEnabled"`
	OKActions           []string          `json:"okActions,omitempty"`
	AlarmActions        []string          `json:"alarmActions,omitempty"`
	NoDataActions       []string          `json:"insufficientDataActions,omitempty"`
	Namespace           string            `json:"namespace,omitempty"`
	MetricName          string            `json:"metricName,omitempty"`
	Dimensions          []storedDimension `json:"dimensions,omitempty"`
	Statistic           string            `json:"statistic,omitempty"`
	Unit                string            `json:"unit,omitempty"`
	Metrics             []storedQuery     `json:"metrics,omitempty"`
	Period              int               `json:"period,omitempty"`
	EvaluationPeriods   int               `json:"evaluationPeriods,omitempty"`
	DatapointsToAlarm   int               `json:"datapointsToAlarm,omitempty"`
	Threshold           float64           `json:"threshold"`
	ThresholdMetricID   string            `json:"thresholdMetricId,omitempty"`
	ComparisonOperator  string            `json:"comparisonOperator"`
	TreatMissingData    string            `json:"treatMissingData,omitempty"`
	LowSampleCount      string            `json:"evaluateLowSampleCountPercentile,omitempty"`
	ConfigurationUpdate time.Time         `json:"configurationUpdated,omitzero"`
}

type storedQuery struct {
	ID         string      `json:"id"`
	Expression string      `json:"expression,omitempty"`
	Label      string      `json:"label,omitempty"`
	Metric     *storedStat `json:"metric,omitempty"`
	ReturnData bool        `json:"returnData"`
	Period     int         `json:"period,omitempty"`
	AccountID  string      `json:"accountId,omitempty"`
}

type storedStat struct {
	Namespace  string            `json:"namespace"`
	MetricName string            `json:"metricName"`
	Dimensions []storedDimension `json:"dimensions,omitempty"`
	Period     int               `json:"period"`
	Stat       string            `json:"stat"`
	Unit       string            `json:"unit,omitempty"`
}

func storeDefinition(a alarm.Alarm) storedDefinition {
	s := storedDefinition{
		Name: a.Name, Description: a.Description, ARN: a.ARN,
		ActionsEnabled: a.ActionsEnabled, OKActions: a.OKActions, AlarmActions: a.AlarmActions, NoDataActions: a.InsufficientDataActions,
		Namespace: a.Namespace, MetricName: a.MetricName, Dimensions: storeDimensions(a.Dimensions), Statistic: a.Statistic.String(), Unit: a.Unit,
		Period: a.Period, EvaluationPeriods: a.EvaluationPeriods, DatapointsToAlarm: a.DatapointsToAlarm,
		Threshold: a.Threshold, ThresholdMetricID: a.ThresholdMetricID,
		ComparisonOperator: string(a.ComparisonOperator), TreatMissingData: string(a.TreatMissingData),
		LowSampleCount: string(a.EvaluateLowSampleCountPercentile), ConfigurationUpdate: instant(millis(a.ConfigurationUpdated)),
	}
	if a.Statistic == (metric.Statistic{}) {
		s.Statistic = ""
	}
	for _, q := range a.Metrics {
		stored := storedQuery{
			ID: q.ID, Expression: q.Expression, Label: q.Label,
			ReturnData: q.ReturnData, Period: q.Period, AccountID: q.AccountID,
		}
		if m := q.Metric; m != nil {
			stored.Metric = &storedStat{m.Namespace, m.MetricName, storeDimensions(m.Dimensions), m.Period, m.Stat, m.Unit}
		}
		s.Metrics = append(s.Metrics, stored)
	}
	return s
}

func (s storedDefinition) alarm() (alarm.Alarm, error) {
	a := alarm.Alarm{
		Name: s.Name, Description: s.Description, ARN: s.ARN,
		ActionsEnabled: s.ActionsEnabled, OKActions: s.OKActions, AlarmActions: s.AlarmActions, InsufficientDataActions: s.NoDataActions,
		Namespace: s.Namespace, MetricName: s.MetricName, Dimensions: dimensions(s.Dimensions), Unit: s.Unit,
		Period: s.Period, EvaluationPeriods: s.EvaluationPeriods, DatapointsToAlarm: s.DatapointsToAlarm,
		Threshold: s.Threshold, ThresholdMetricID: s.ThresholdMetricID,
		ComparisonOperator: alarm.Operator(s.ComparisonOperator), TreatMissingData: alarm.TreatMissingData(s.TreatMissingData),
		EvaluateLowSampleCountPercentile: alarm.LowSampleCount(s.LowSampleCount), ConfigurationUpdated: s.ConfigurationUpdate,
	}
	if s.Statistic != "" {
		var err error
		if a.Statistic, err = metric.ParseStatistic(s.Statistic); err != nil {
			return alarm.Alarm{}, err
		}
	}
	for _, stored := range s.Metrics {
		q := alarm.MetricQuery{
			ID: stored.ID, Expression: stored.Expression, Label: stored.Label,
			ReturnData: stored.ReturnData, Period: stored.Period, AccountID: stored.AccountID,
		}
		if m := stored.Metric; m != nil {
			q.Metric = &alarm.MetricStat{
				Namespace: m.Namespace, MetricName: m.MetricName, Dimensions: dimensions(m.Dimensions),
				Period: m.Period, Stat: m.Stat, Unit: m.Unit,
			}
		}
		a.Metrics = append(a.Metrics, q)
	}
	return a, nil
}

package audit

import (
	"context"
	"encoding/json"
	"slices"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatch"
	cwtypes "github.com/aws/aws-sdk-go-v2/service/cloudwatch/types"

	"tocsin/core/alarm"
	"tocsin/core/metric"
)

// invalid are the errors of requests that a server does not understand.
var invalid = []string{"ValidationError", "ValidationException", "InvalidParameterValue", "InvalidParameterValueException"}

// historyPages bounds how many pages of the history are read, newest first.
const historyPages = 2

// readAlarms lists the alarms beside each log group, for a metric and its alarm
// are in the account and Region of the log group, and those of the accounts that
// observe it.
func (r *reader) readAlarms(ctx context.Context) {
	for _, g := range r.account.LogGroups {
		if g.Gone || !g.Read && len(g.Filters) == 0 {
			continue
		}
		region := arnPart(g.ARN, 3)
		for _, account := range append([]string{arnPart(g.ARN, 4)}, r.account.Observers...) {
			if r.account.alarms(account, region) == nil {
				r.account.Alarms = append(r.account.Alarms, r.readAlarmSet(ctx, account, region))
			}
		}
	}
}

func (r *reader) readAlarmSet(ctx context.Context, account, region string) AlarmSet {
	set := AlarmSet{Account: account, Region: region}
	q := question{"cloudwatch:DescribeAlarms", placeText(account, region), account, region}
	c := r.at(ctx, account, region).CloudWatch
	in := &cloudwatch.DescribeAlarmsInput{AlarmTypes: cwtypes.AlarmType("").Values(), MaxRecords: aws.Int32(100)}
	old := false // the server does not know all types of alarms, so it has none of them
	var pages pages
	for {
		out := ask(ctx, r, q, c != nil, func(code string) bool {
			old = len(in.AlarmTypes) > 2 && in.NextToken == nil && slices.Contains(invalid, code)
			return old
		}, func() (*cloudwatch.DescribeAlarmsOutput, error) { return c.DescribeAlarms(ctx, in) })
		if out == nil && old {
			in.AlarmTypes = []cwtypes.AlarmType{cwtypes.AlarmTypeMetricAlarm, cwtypes.AlarmTypeCompositeAlarm}
			continue
		}
		if out == nil {
			return set
		}
		for _, a := range out.MetricAlarms {
			if arn := aws.ToString(a.AlarmArn); arnPart(arn, 4) != "" && (arnPart(arn, 4) != account || arnPart(arn, 3) != region) {
				continue // it watches what is there, not here
			}
			set.Metric = append(set.Metric, readMetricAlarm(a))
		}
		for _, a := range out.CompositeAlarms {
			set.Composite = append(set.Composite, readComposite(a))
		}
		for _, a := range out.LogAlarms {
			set.Log = append(set.Log, readLogAlarm(a))
		}
		more, err := pages.more(out.NextToken)
		if err != nil {
			r.note(q, err)
			return set
		}
		if !more {
			break
		}
		in.NextToken = out.NextToken
	}
	set.Read = true
	if len(set.Metric) > 0 {
		r.readMutes(ctx, &set)
	}
	if len(set.Metric) > 0 {
		r.readHistory(ctx, &set)
	}
	return set
}

// readHistory reads what became of the newest actions of all alarms at once.
func (r *reader) readHistory(ctx context.Context, set *AlarmSet) {
	q := question{"cloudwatch:DescribeAlarmHistory", placeText(set.Account, set.Region), set.Account, set.Region}
	c := r.at(ctx, set.Account, set.Region).CloudWatch
	in := &cloudwatch.DescribeAlarmHistoryInput{
		AlarmTypes:      []cwtypes.AlarmType{cwtypes.AlarmTypeMetricAlarm, cwtypes.AlarmTypeCompositeAlarm},
		HistoryItemType: cwtypes.HistoryItemTypeAction, MaxRecords: aws.Int32(100), ScanBy: cwtypes.ScanByTimestampDescending,
	}
	for range historyPages {
		out := ask(ctx, r, q, c != nil, nil, func() (*cloudwatch.DescribeAlarmHistoryOutput, error) { return c.DescribeAlarmHistory(ctx, in) })
		if out == nil {
			return
		}
		set.HistoryRead = true
		for _, item := range out.AlarmHistoryItems {
			set.History = append(set.History, actionRecord(item)...)
		}
		if aws.ToString(out.NextToken) == "" {
			return
		}
		in.NextToken = out.NextToken
	}
}

// actionRecord reads a history item, of which there is nothing when it is about
// no action.
func actionRecord(item cwtypes.AlarmHistoryItem) []ActionRecord {
	summary := aws.ToString(item.HistorySummary)
	rec := ActionRecord{Alarm: aws.ToString(item.AlarmName), At: moment(item.Timestamp), Summary: summary}
	switch {
	case strings.HasPrefix(summary, "Failed to execute action "):
		rec.Failed = true
	case !strings.HasPrefix(summary, "Successfully executed action "):
		return nil
	}
	var said struct {
		NotificationResource string
		Error                string
	}
	if json.Unmarshal([]byte(aws.ToString(item.HistoryData)), &said) == nil {
		rec.Action, rec.Error = said.NotificationResource, said.Error
	}
	if rec.Action == "" {
		rec.Action = summary[strings.LastIndex(summary, " action ")+len(" action "):]
	}
	return []ActionRecord{rec}
}

// newest is the newest record of an alarm's action.
func (set *AlarmSet) newest(name, action string) (ActionRecord, bool) {
	var best ActionRecord
	found := false
	for _, rec := range set.History {
		if rec.Alarm == name && rec.Action == action && (!found || rec.At.After(best.At)) {
			best, found = rec, true
		}
	}
	return best, found
}

func readMetricAlarm(a cwtypes.MetricAlarm) MetricAlarm {
	m := MetricAlarm{
		Alarm: alarm.Alarm{
			Name: aws.ToString(a.AlarmName), Description: aws.ToString(a.AlarmDescription), ARN: aws.ToString(a.AlarmArn),
			ActionsEnabled: aws.ToBool(a.ActionsEnabled), AlarmActions: a.AlarmActions, OKActions: a.OKActions, InsufficientDataActions: a.InsufficientDataActions,
			Namespace: aws.ToString(a.Namespace), MetricName: aws.ToString(a.MetricName), Dimensions: dimensions(a.Dimensions),
			Unit: string(a.Unit), Period: int(aws.ToInt32(a.Period)), EvaluationPeriods: int(aws.ToInt32(a.EvaluationPeriods)),
			DatapointsToAlarm: int(aws.ToInt32(a.DatapointsToAlarm)), Threshold: aws.ToFloat64(a.Threshold),
			ThresholdMetricID: aws.ToString(a.ThresholdMetricId), ComparisonOperator: alarm.Operator(a.ComparisonOperator),
			TreatMissingData:                 alarm.TreatMissingData(aws.ToString(a.TreatMissingData)),
			EvaluateLowSampleCountPercentile: alarm.LowSampleCount(aws.ToString(a.EvaluateLowSampleCountPercentile)),
		},
		Enabled: a.ActionsEnabled, State: alarm.State(a.StateValue), Since: moment(a.StateTransitionedTimestamp), answer: a,
	}
	if m.Since.IsZero() {
		m.Since = moment(a.StateUpdatedTimestamp)
	}
	m.Evaluation = string(a.EvaluationState)
	if w := a.WarmUpConfiguration; w != nil && a.StateValue == cwtypes.StateValueInsufficientData {
		m.WarmUp = moment(a.AlarmConfigurationUpdatedTimestamp).Add(time.Duration(aws.ToInt32(w.WarmUpPeriodDurationInMinutes)) * time.Minute)
	}
	if _, wall := a.EvaluationWindow.(*cwtypes.EvaluationWindowMemberWallClockWindow); wall {
		m.Odd = "it looks at windows of the wall clock, which are not judged"
	}
	if a.Threshold == nil && m.ThresholdMetricID == "" {
		m.Odd = "the answer has no Threshold"
	}
	if len(a.Metrics) > 0 {
		readQueries(&m, a.Metrics)
	} else if m.MetricName != "" {
		st, err := alarm.StatisticOf(string(a.Statistic), aws.ToString(a.ExtendedStatistic))
		if err != nil {
			m.Odd = err.Error()
		}
		m.Statistic = st
	}
	return m
}

func readQueries(m *MetricAlarm, queries []cwtypes.MetricDataQuery) {
	for _, q := range queries {
		mq := alarm.MetricQuery{
			ID: aws.ToString(q.Id), Expression: aws.ToString(q.Expression), Period: int(aws.ToInt32(q.Period)),
			ReturnData: q.ReturnData == nil || *q.ReturnData, AccountID: aws.ToString(q.AccountId),
		}
		if s := q.MetricStat; s != nil && s.Metric != nil {
			mq.Metric = &alarm.MetricStat{
				Namespace: aws.ToString(s.Metric.Namespace), MetricName: aws.ToString(s.Metric.MetricName),
				Dimensions: dimensions(s.Metric.Dimensions), Period: int(aws.ToInt32(s.Period)), Stat: aws.ToString(s.Stat), Unit: string(s.Unit),
			}
		}
		m.Metrics = append(m.Metrics, mq)
	}
}

func readComposite(a cwtypes.CompositeAlarm) CompositeAlarm {
	c := CompositeAlarm{
		Composite: alarm.Composite{
			Name: aws.ToString(a.AlarmName), Description: aws.ToString(a.AlarmDescription), ARN: aws.ToString(a.AlarmArn),
			ActionsEnabled: aws.ToBool(a.ActionsEnabled), AlarmActions: a.AlarmActions, ActionsSuppressor: aws.ToString(a.ActionsSuppressor),
			WaitPeriod: int(aws.ToInt32(a.ActionsSuppressorWaitPeriod)), ExtensionPeriod: int(aws.ToInt32(a.ActionsSuppressorExtensionPeriod)),
		},
		Enabled: a.ActionsEnabled, State: alarm.State(a.StateValue), Since: moment(a.StateTransitionedTimestamp),
		ruleText: aws.ToString(a.AlarmRule), answer: a,
	}
	rule, err := alarm.ParseRule(aws.ToString(a.AlarmRule))
	if err != nil {
		c.Odd = err.Error()
	}
	c.Rule = rule
	return c
}

func readLogAlarm(a cwtypes.LogAlarm) LogAlarm {
	l := LogAlarm{Name: aws.ToString(a.AlarmName), Enabled: a.ActionsEnabled, Actions: a.AlarmActions, answer: a}
	if q := a.ScheduledQueryConfiguration; q != nil {
		l.Query, l.Groups = aws.ToString(q.QueryString), q.LogGroupIdentifiers
	}
	return l
}

func dimensions(in []cwtypes.Dimension) []metric.Dimension {
	var out []metric.Dimension
	for _, d := range in {
		out = append(out, metric.Dimension{Name: aws.ToString(d.Name), Value: aws.ToString(d.Value)})
	}
	slices.SortFunc(out, func(a, b metric.Dimension) int { return strings.Compare(a.Name, b.Name) })
	return out
}

func placeText(account, region string) string { return account + "/" + region }

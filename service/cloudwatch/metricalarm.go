package cloudwatch

import (
	"context"
	"errors"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatch"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatch/types"

	"tocsin/core/alarm"
	"tocsin/core/expression"
	"tocsin/store/state"
)

// PutMetricAlarm creates an alarm, or replaces the definition of the one there is,
// which keeps its state and its tags.
func (s *Service) PutMetricAlarm(ctx context.Context, in *cloudwatch.PutMetricAlarmInput, _ ...func(*cloudwatch.Options)) (*cloudwatch.PutMetricAlarmOutput, error) {
	at, now := scope(ctx), s.now()
	definition, err := metricAlarm(in, at)
	if err != nil {
		return nil, err
	}
	definition.ConfigurationUpdated = now
	tags, err := tagsOf(in.Tags)
	if err != nil {
		return nil, err
	}
	err = s.update(ctx, func(tx *state.Tx) error {
		if err := tx.LockAlarms(ctx); err != nil {
			return err
		}
		if err := free(ctx, tx, at, definition.Name, alarm.MetricAlarm); err != nil {
			return err
		}
		return putAlarm(ctx, tx, state.Alarm{Scope: at, Definition: definition, Record: alarm.NewRecord(now)}, tags, now)
	})
	if err != nil {
		return nil, err
	}
	return &cloudwatch.PutMetricAlarmOutput{}, nil
}

// second is the second of two results.
func second[A, B any](_ A, b B) B { return b }

// putAlarm writes an alarm with its history, and its tags when it is new. What a
// control gave it stays.
func putAlarm(ctx context.Context, tx *state.Tx, a state.Alarm, tags map[string]string, now time.Time) error {
	switch before, err := tx.Alarm(ctx, a.Definition.ARN); {
	case err == nil:
		a.Control, a.Extra = before.Control, before.Extra
	case !errors.Is(err, state.ErrNotFound):
		return err
	}
	stored, created, err := tx.PutAlarm(ctx, a)
	if err != nil {
		return err
	}
	item := alarm.Updated(stored.Definition, stored.Record, now)
	if created {
		item = alarm.Created(stored.Definition, stored.Record, now)
		if err := tx.Tag(ctx, a.Definition.ARN, tags); err != nil {
			return err
		}
	}
	item.AlarmType = stored.Extra.Type()
	return tx.AddHistory(ctx, a.Definition.ARN, item)
}

// metricAlarm is the definition that a request describes, checked. UNSURE about all
// texts that package alarm does not have.
func metricAlarm(in *cloudwatch.PutMetricAlarmInput, at state.Scope) (a alarm.Alarm, err error) {
	if err := unsupportedParts(in); err != nil {
		return a, err
	}
	a = alarm.Alarm{
		Name: aws.ToString(in.AlarmName), Description: aws.ToString(in.AlarmDescription), ARN: alarmARN(at, aws.ToString(in.AlarmName)),
		ActionsEnabled: in.ActionsEnabled == nil || *in.ActionsEnabled,
		OKActions:      in.OKActions, AlarmActions: in.AlarmActions, InsufficientDataActions: in.InsufficientDataActions,
		Namespace: aws.ToString(in.Namespace), MetricName: aws.ToString(in.MetricName), Unit: string(in.Unit),
		Period: int(aws.ToInt32(in.Period)), EvaluationPeriods: int(aws.ToInt32(in.EvaluationPeriods)),
		DatapointsToAlarm: int(aws.ToInt32(in.DatapointsToAlarm)),
		Threshold:         aws.ToFloat64(in.Threshold), ThresholdMetricID: aws.ToString(in.ThresholdMetricId),
		ComparisonOperator: alarm.Operator(in.ComparisonOperator), TreatMissingData: alarm.TreatMissingData(aws.ToString(in.TreatMissingData)),
		EvaluateLowSampleCountPercentile: alarm.LowSampleCount(aws.ToString(in.EvaluateLowSampleCountPercentile)),
	}
	switch {
	case in.AlarmName == nil:
		return a, unset("alarmName")
	case in.ComparisonOperator == "":
		return a, unset("comparisonOperator")
	case in.EvaluationPeriods == nil:
		return a, unset("evaluationPeriods")
	case in.Threshold == nil && in.ThresholdMetricId == nil:
		return a, validation("An alarm needs Threshold.")
	case in.Threshold != nil && in.ThresholdMetricId != nil:
		return a, validation("Threshold should not be set if ThresholdMetricId is set.")
	case in.DatapointsToAlarm != nil && *in.DatapointsToAlarm < 1:
		return a, constraint(itoa(int(*in.DatapointsToAlarm)), "datapointsToAlarm", "Member must have value greater than or equal to 1")
	}
	if len(in.Metrics) > 0 {
		err = mathAlarm(&a, in, at)
	} else {
		err = plainAlarm(&a, in)
	}
	if err != nil {
		return a, err
	}
	return a, refusal(a.Validate())
}

// plainAlarm fills in what an alarm on one metric has.
func plainAlarm(a *alarm.Alarm, in *cloudwatch.PutMetricAlarmInput) (err error) {
	switch {
	case a.MetricName == "":
		return nil // Validate says so
	case a.ThresholdMetricID != "":
		return validation("ThresholdMetricId names one of the list of Metrics, which should be set.")
	case in.Period == nil:
		return validation("An alarm on a metric needs Period.")
	case in.Statistic == "" && in.ExtendedStatistic == nil:
		return validation("An alarm on a metric needs Statistic or ExtendedStatistic.")
	}
	if a.Statistic, err = alarm.StatisticOf(string(in.Statistic), aws.ToString(in.ExtendedStatistic)); err != nil {
		return refusal(err)
	}
	var f faults
	a.Dimensions = f.dimensions(in.Dimensions, "Dimensions")
	return f.err()
}

// mathAlarm fills in what an alarm on metric math has.
func mathAlarm(a *alarm.Alarm, in *cloudwatch.PutMetricAlarmInput, at state.Scope) error {
	switch {
	case in.MetricName != nil:
		return validation("MetricName should not be set if list of Metrics is set.")
	case in.Namespace != nil || in.Statistic != "" || in.ExtendedStatistic != nil || len(in.Dimensions) > 0 || in.Period != nil || in.Unit != "":
		return validation("Namespace, Dimensions, Period, Unit, Statistic and ExtendedStatistic should not be set if list of Metrics is set.")
	}
	var f faults
	for i, q := range in.Metrics {
		if id := aws.ToString(q.AccountId); id != "" && id != at.Account {
			return elsewhere(id)
		}
		query := alarm.MetricQuery{
			ID: aws.ToString(q.Id), Expression: aws.ToString(q.Expression), Label: aws.ToString(q.Label),
			ReturnData: q.ReturnData == nil || *q.ReturnData, Period: int(aws.ToInt32(q.Period)), AccountID: aws.ToString(q.AccountId),
		}
		if m := q.MetricStat; m != nil {
			st := f.stat(*m, "Metrics.member."+itoa(i+1)+".MetricStat.")
			query.Metric = &alarm.MetricStat{
				Namespace: st.Metric.Namespace, MetricName: st.Metric.Name, Period: int(aws.ToInt32(m.Period)),
				Stat: aws.ToString(m.Stat), Unit: string(m.Unit),
			}
			if m.Metric != nil {
				query.Metric.Dimensions = f.dimensions(m.Metric.Dimensions, "") // in the order given
			}
		}
		a.Metrics = append(a.Metrics, query)
	}
	if err := f.err(); err != nil {
		return err
	}
	period, err := expression.AlarmPeriod(a.Metrics)
	if err != nil {
		return refusal(err)
	}
	a.Period = period
	if err := a.Validate(); err != nil {
		return refusal(err)
	}
	_, err = expression.NewAlarm(*a)
	return refusal(err)
}

// unsupportedParts refuses what AWS's newer alarms have and tocsin's do not.
func unsupportedParts(in *cloudwatch.PutMetricAlarmInput) error {
	if in.EvaluationCriteria != nil {
		return unsupported("EvaluationCriteria", "use MetricName or Metrics")
	}
	if in.EvaluationInterval != nil {
		return validation("EvaluationInterval should not be set for alarms with MetricName or Metrics.")
	}
	switch in.EvaluationWindow.(type) {
	case nil, *types.EvaluationWindowMemberSlidingWindow: // the default
	default:
		return unsupported("An EvaluationWindow that follows the wall clock", "leave it out for a sliding window")
	}
	if in.WarmUpConfiguration != nil {
		return unsupported("WarmUpConfiguration", "leave it out")
	}
	return unsupportedActions(in.ActionConfiguration)
}

func unsupportedActions(c *types.ActionConfiguration) error {
	if c != nil && c.AlarmTagsPropagation != nil {
		return unsupported("ActionConfiguration", "leave it out: notices do not carry tags")
	}
	return nil
}

// sdkAlarm is an alarm as DescribeAlarms shows it: with what was set, and lists of
// actions and dimensions in any case.
func sdkAlarm(a state.Alarm) types.MetricAlarm {
	d, r := a.Definition, a.Record
	out := types.MetricAlarm{
		AlarmName: aws.String(d.Name), AlarmArn: aws.String(d.ARN), AlarmDescription: set(d.Description),
		AlarmConfigurationUpdatedTimestamp: aws.Time(d.ConfigurationUpdated),
		ActionsEnabled:                     aws.Bool(d.ActionsEnabled),
		OKActions:                          list(d.OKActions), AlarmActions: list(d.AlarmActions), InsufficientDataActions: list(d.InsufficientDataActions),
		StateValue: types.StateValue(r.State), StateReason: aws.String(r.Reason), StateReasonData: set(r.ReasonData),
		StateUpdatedTimestamp: aws.Time(r.Updated), StateTransitionedTimestamp: aws.Time(r.Transitioned),
		Dimensions:         sdkDimensions(d.Dimensions),
		EvaluationPeriods:  aws.Int32(int32(d.EvaluationPeriods)),
		ComparisonOperator: types.ComparisonOperator(d.ComparisonOperator), TreatMissingData: set(string(d.TreatMissingData)),
		EvaluateLowSampleCountPercentile: set(string(d.EvaluateLowSampleCountPercentile)), ThresholdMetricId: set(d.ThresholdMetricID),
	}
	if d.DatapointsToAlarm != 0 {
		out.DatapointsToAlarm = aws.Int32(int32(d.DatapointsToAlarm))
	}
	if d.ThresholdMetricID == "" {
		out.Threshold = aws.Float64(d.Threshold)
	}
	if len(d.Metrics) > 0 {
		out.Metrics = sdkQueries(d.Metrics)
		return out
	}
	out.Namespace, out.MetricName = aws.String(d.Namespace), aws.String(d.MetricName)
	out.Period, out.Unit = aws.Int32(int32(d.Period)), types.StandardUnit(d.Unit)
	if d.Statistic.Extended() {
		out.ExtendedStatistic = aws.String(d.Statistic.String())
	} else {
		out.Statistic = types.Statistic(d.Statistic.String())
	}
	return out
}

func sdkQueries(queries []alarm.MetricQuery) []types.MetricDataQuery {
	var out []types.MetricDataQuery
	for _, q := range queries {
		query := types.MetricDataQuery{
			Id: aws.String(q.ID), Expression: set(q.Expression), Label: set(q.Label), ReturnData: aws.Bool(q.ReturnData), AccountId: set(q.AccountID),
		}
		if q.Period != 0 {
			query.Period = aws.Int32(int32(q.Period))
		}
		if m := q.Metric; m != nil {
			query.MetricStat = &types.MetricStat{
				Metric: &types.Metric{Namespace: aws.String(m.Namespace), MetricName: aws.String(m.MetricName), Dimensions: sdkDimensions(m.Dimensions)},
				Period: aws.Int32(int32(m.Period)), Stat: aws.String(m.Stat), Unit: types.StandardUnit(m.Unit),
			}
		}
		out = append(out, query)
	}
	return out
}

// set is a member that is shown only when it is set.
func set(text string) *string {
	if text == "" {
		return nil
	}
	return &text
}

// list is a member that is shown even when it is empty.
func list(texts []string) []string { return append([]string{}, texts...) }

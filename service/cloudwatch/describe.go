package cloudwatch

import (
	"context"
	"errors"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatch"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatch/types"

	"tocsin/core/alarm"
	"tocsin/core/metric"
	"tocsin/store/state"
)

const (
	alarmsPage    = 50
	maxAlarmsPage = 100
	maxAlarmNames = 100
)

// alarmPlace is where DescribeAlarms goes on: behind that name, among the metric
// alarms, which come first, or the composite ones.
type alarmPlace struct {
	After     string `json:"n"`
	Composite bool   `json:"c,omitempty"`
}

// DescribeAlarms lists alarms by name: metric alarms unless AlarmTypes says
// otherwise, and composite alarms after them.
func (s *Service) DescribeAlarms(ctx context.Context, in *cloudwatch.DescribeAlarmsInput, _ ...func(*cloudwatch.Options)) (*cloudwatch.DescribeAlarmsOutput, error) {
	if in.ChildrenOfAlarmName != nil || in.ParentsOfAlarmName != nil {
		return s.describeFamily(ctx, in)
	}
	q, err := alarmQuery(ctx, in)
	if err != nil {
		return nil, err
	}
	var metrics []state.Alarm
	var composites []state.CompositeAlarm
	err = s.o.State.View(ctx, func(tx *state.Tx) (err error) {
		if q.metrics && !q.from.Composite {
			if metrics, err = q.findMetrics(ctx, tx); err != nil {
				return err
			}
		}
		if q.composites && len(metrics) <= q.limit {
			composites, err = q.findComposites(ctx, tx)
		}
		return err
	})
	if err != nil {
		return nil, err
	}
	return alarmsOutput(metrics, composites, q.limit), nil
}

// alarmsOutput is the first page of alarms.
func alarmsOutput(metrics []state.Alarm, composites []state.CompositeAlarm, limit int) *cloudwatch.DescribeAlarmsOutput {
	out := &cloudwatch.DescribeAlarmsOutput{
		MetricAlarms: []types.MetricAlarm{}, CompositeAlarms: []types.CompositeAlarm{}, LogAlarms: []types.LogAlarm{},
	}
	for _, a := range metrics {
		if len(out.MetricAlarms) == limit {
			out.NextToken = token(alarmPlace{After: *out.MetricAlarms[limit-1].AlarmName})
			return out
		}
		out.MetricAlarms = append(out.MetricAlarms, sdkAlarm(a))
	}
	for i, a := range composites {
		if len(out.MetricAlarms)+len(out.CompositeAlarms) == limit {
			before := ""
			if i > 0 {
				before = composites[i-1].Definition.Name
			}
			out.NextToken = token(alarmPlace{After: before, Composite: true})
			return out
		}
		out.CompositeAlarms = append(out.CompositeAlarms, sdkComposite(a))
	}
	return out
}

// An alarmRequest is a DescribeAlarms that has been checked.
type alarmRequest struct {
	at                  state.Scope
	metrics, composites bool
	names               []string // none for all
	prefix, action      string
	state               alarm.State
	from                alarmPlace
	limit               int
}

func alarmQuery(ctx context.Context, in *cloudwatch.DescribeAlarmsInput) (q alarmRequest, err error) {
	q = alarmRequest{
		at: scope(ctx), names: in.AlarmNames, prefix: aws.ToString(in.AlarmNamePrefix), action: aws.ToString(in.ActionPrefix),
		state: alarm.State(in.StateValue),
	}
	switch {
	case len(in.AlarmNames) > 0 && in.AlarmNamePrefix != nil:
		return q, combination("AlarmNamePrefix and AlarmNames.member are mutually exclusive")
	case len(in.AlarmNames) > maxAlarmNames:
		return q, constraint("["+strings.Join(in.AlarmNames, ", ")+"]", "alarmNames", "Member must have length less than or equal to 100")
	case in.StateValue != "" && !q.state.Valid():
		return q, constraint(string(in.StateValue), "stateValue", "Member must satisfy enum value set: [INSUFFICIENT_DATA, ALARM, OK]")
	}
	if q.metrics, q.composites, err = alarmTypes(in.AlarmTypes); err != nil {
		return q, err
	}
	if q.limit, err = pageSize(in.MaxRecords, alarmsPage, maxAlarmsPage); err != nil {
		return q, err
	}
	q.from, err = place[alarmPlace](in.NextToken)
	return q, err
}

// alarmTypes tells which types are asked for; there are no log alarms.
func alarmTypes(given []types.AlarmType) (metrics, composites bool, err error) {
	for _, t := range given {
		switch t {
		case types.AlarmTypeMetricAlarm:
			metrics = true
		case types.AlarmTypeCompositeAlarm:
			composites = true
		case types.AlarmTypeLogAlarm:
		default:
			return false, false, constraint(string(t), "alarmTypes", "Member must satisfy enum value set: [CompositeAlarm, MetricAlarm, LogAlarm]")
		}
	}
	return metrics || len(given) == 0, composites, nil
}

// findMetrics are the metric alarms of a page and one more.
func (q alarmRequest) findMetrics(ctx context.Context, tx *state.Tx) ([]state.Alarm, error) {
	if len(q.names) == 0 {
		return tx.FindAlarms(ctx, state.AlarmQuery{
			Scope: q.at, Prefix: q.prefix, State: q.state, Action: q.action, After: q.from.After, Limit: q.limit + 1,
		})
	}
	var arns []string
	for _, name := range q.names {
		arns = append(arns, alarmARN(q.at, name))
	}
	found, err := tx.AlarmsNamed(ctx, arns...)
	return slices.DeleteFunc(found, func(a state.Alarm) bool {
		d := a.Definition
		return d.Name <= q.from.After || !q.wants(a.Record.State, d.OKActions, d.AlarmActions, d.InsufficientDataActions)
	}), err
}

// findComposites are the composite alarms behind the place.
func (q alarmRequest) findComposites(ctx context.Context, tx *state.Tx) ([]state.CompositeAlarm, error) {
	rows, err := state.CompositeAlarms.All(ctx, tx, q.at)
	var out []state.CompositeAlarm
	for _, r := range rows {
		d := r.Value.Definition
		if q.from.Composite && d.Name <= q.from.After || !strings.HasPrefix(d.Name, q.prefix) ||
			len(q.names) > 0 && !slices.Contains(q.names, d.Name) ||
			!q.wants(r.Value.Record.State, d.OKActions, d.AlarmActions, d.InsufficientDataActions) {
			continue
		}
		out = append(out, r.Value)
	}
	return out, err
}

// wants tells whether an alarm of that state and with these actions is asked for.
func (q alarmRequest) wants(s alarm.State, actions ...[]string) bool {
	if q.state != "" && s != q.state {
		return false
	}
	return q.action == "" || slices.ContainsFunc(slices.Concat(actions...), func(arn string) bool { return strings.HasPrefix(arn, q.action) })
}

// describeFamily lists the alarms that a composite alarm refers to, or the
// composite alarms that refer to an alarm, with name, ARN and, of children, state.
func (s *Service) describeFamily(ctx context.Context, in *cloudwatch.DescribeAlarmsInput) (*cloudwatch.DescribeAlarmsOutput, error) {
	if in.ChildrenOfAlarmName != nil && in.ParentsOfAlarmName != nil || in.ActionPrefix != nil || in.AlarmNamePrefix != nil ||
		len(in.AlarmNames) > 0 || len(in.AlarmTypes) > 0 || in.StateValue != "" {
		return nil, validation("ChildrenOfAlarmName and ParentsOfAlarmName can only be used with MaxRecords and NextToken.")
	}
	at := scope(ctx)
	limit, err := pageSize(in.MaxRecords, alarmsPage, maxAlarmsPage)
	if err != nil {
		return nil, err
	}
	from, err := place[alarmPlace](in.NextToken)
	if err != nil {
		return nil, err
	}
	out := &cloudwatch.DescribeAlarmsOutput{
		MetricAlarms: []types.MetricAlarm{}, CompositeAlarms: []types.CompositeAlarm{}, LogAlarms: []types.LogAlarm{},
	}
	err = s.o.State.View(ctx, func(tx *state.Tx) error {
		f, err := composites(ctx, tx, at)
		if err != nil {
			return err
		}
		arns := f.children(alarmARN(at, aws.ToString(in.ChildrenOfAlarmName)))
		if in.ParentsOfAlarmName != nil {
			arns = f.parents(alarmARN(at, *in.ParentsOfAlarmName))
		}
		slices.Sort(arns)
		arns = slices.DeleteFunc(arns, func(arn string) bool { return alarmName(arn) <= from.After })
		if len(arns) > limit {
			arns = arns[:limit]
			out.NextToken = token(alarmPlace{After: alarmName(arns[limit-1])})
		}
		metrics, err := tx.AlarmsNamed(ctx, arns...)
		for _, a := range metrics {
			out.MetricAlarms = append(out.MetricAlarms, types.MetricAlarm{
				AlarmName: aws.String(a.Definition.Name), AlarmArn: aws.String(a.Definition.ARN),
				StateValue: types.StateValue(a.Record.State), StateUpdatedTimestamp: aws.Time(a.Record.Updated),
			})
		}
		for _, arn := range arns {
			c, ok := f.composites[arn]
			if !ok {
				continue
			}
			shown := types.CompositeAlarm{AlarmName: aws.String(c.Definition.Name), AlarmArn: aws.String(arn)}
			if in.ChildrenOfAlarmName != nil {
				shown.StateValue, shown.StateUpdatedTimestamp = types.StateValue(c.Record.State), aws.Time(c.Record.Updated)
			}
			out.CompositeAlarms = append(out.CompositeAlarms, shown)
		}
		return err
	})
	return out, err
}

// DescribeAlarmsForMetric lists the alarms on one metric, and no others that look
// at it among several.
func (s *Service) DescribeAlarmsForMetric(ctx context.Context, in *cloudwatch.DescribeAlarmsForMetricInput, _ ...func(*cloudwatch.Options)) (*cloudwatch.DescribeAlarmsForMetricOutput, error) {
	var f faults
	f.checkText(in.Namespace, "Namespace", maxNamespace)
	id := f.identity(in.Namespace, in.MetricName, in.Dimensions, "")
	f.checkUnit(in.Unit, "Unit")
	if err := f.err(); err != nil {
		return nil, err
	}
	var wanted metric.Statistic
	if in.Statistic != "" || in.ExtendedStatistic != nil {
		var err error
		if wanted, err = alarm.StatisticOf(string(in.Statistic), aws.ToString(in.ExtendedStatistic)); err != nil {
			return nil, refusal(err)
		}
	}
	out := &cloudwatch.DescribeAlarmsForMetricOutput{MetricAlarms: []types.MetricAlarm{}}
	err := s.o.State.View(ctx, func(tx *state.Tx) error {
		found, err := tx.AlarmsOn(ctx, scope(ctx), id)
		for _, a := range found {
			d := a.Definition
			if len(d.Metrics) > 0 || a.Scope != scope(ctx) ||
				in.Period != nil && int(*in.Period) != d.Period || in.Unit != "" && string(in.Unit) != d.Unit ||
				wanted != (metric.Statistic{}) && wanted != d.Statistic {
				continue
			}
			out.MetricAlarms = append(out.MetricAlarms, sdkAlarm(a))
		}
		return err
	})
	return out, err
}

// DescribeAlarmContributors lists the time series that make an alarm ring, of an
// alarm that looks at several; here none does.
func (s *Service) DescribeAlarmContributors(ctx context.Context, in *cloudwatch.DescribeAlarmContributorsInput, _ ...func(*cloudwatch.Options)) (*cloudwatch.DescribeAlarmContributorsOutput, error) {
	if in.AlarmName == nil {
		return nil, unset("alarmName")
	}
	if _, err := place[alarmPlace](in.NextToken); err != nil {
		return nil, err
	}
	err := s.o.State.View(ctx, func(tx *state.Tx) error {
		_, err := tx.Alarm(ctx, alarmARN(scope(ctx), *in.AlarmName))
		return err
	})
	if errors.Is(err, state.ErrNotFound) {
		return nil, &types.ResourceNotFoundException{
			Message: aws.String("There is no metric alarm with the name " + *in.AlarmName), ResourceId: in.AlarmName, ResourceType: aws.String("alarm"),
		}
	}
	if err != nil {
		return nil, err
	}
	return &cloudwatch.DescribeAlarmContributorsOutput{AlarmContributors: []types.AlarmContributor{}}, nil
}

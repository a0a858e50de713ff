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

// The sections of DescribeAlarms' list, in order.
const (
	metricSection = iota
	logSection
	compositeSection
)

// alarmPlace is where DescribeAlarms goes on: in that section, behind that name.
type alarmPlace struct {
	After   string `json:"n"`
	Section int    `json:"s,omitempty"`
}

// DescribeAlarms lists alarms by name: metric alarms unless AlarmTypes says
// otherwise, then log alarms and composite alarms.
func (s *Service) DescribeAlarms(ctx context.Context, in *cloudwatch.DescribeAlarmsInput, _ ...func(*cloudwatch.Options)) (*cloudwatch.DescribeAlarmsOutput, error) {
	if in.ChildrenOfAlarmName != nil || in.ParentsOfAlarmName != nil {
		return s.describeFamily(ctx, in)
	}
	q, err := alarmQuery(ctx, in)
	if err != nil {
		return nil, err
	}
	var p *alarmPage
	err = s.o.State.View(ctx, func(tx *state.Tx) error {
		p = newAlarmPage(q.limit)
		for section, find := range []func(context.Context, *state.Tx, string, *alarmPage) error{q.findMetrics, q.findLogs, q.findComposites} {
			after := ""
			if section == q.from.Section {
				after = q.from.After
			}
			if section < q.from.Section || !q.types[section] || p.out.NextToken != nil {
				continue
			}
			if err := find(ctx, tx, after, p); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	return p.out, nil
}

// An alarmPage is a page of alarms that is being filled.
type alarmPage struct {
	out   *cloudwatch.DescribeAlarmsOutput
	limit int
	last  alarmPlace
}

func newAlarmPage(limit int) *alarmPage {
	return &alarmPage{limit: limit, out: &cloudwatch.DescribeAlarmsOutput{
		MetricAlarms: []types.MetricAlarm{}, CompositeAlarms: []types.CompositeAlarm{}, LogAlarms: []types.LogAlarm{},
	}}
}

// room is how many alarms the page has room for.
func (p *alarmPage) room() int {
	return p.limit - len(p.out.MetricAlarms) - len(p.out.LogAlarms) - len(p.out.CompositeAlarms)
}

// takes tells whether the page takes one more alarm; else the next page begins with it.
func (p *alarmPage) takes(section int, name string) bool {
	if p.room() == 0 {
		if p.last.Section != section {
			p.last = alarmPlace{Section: section}
		}
		p.out.NextToken = token(p.last)
		return false
	}
	p.last = alarmPlace{After: name, Section: section}
	return true
}

// An alarmRequest is a DescribeAlarms that has been checked.
type alarmRequest struct {
	at             state.Scope
	types          [3]bool  // by section
	names          []string // none for all
	prefix, action string
	state          alarm.State
	from           alarmPlace
	limit          int
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
	if q.types, err = alarmTypes(in.AlarmTypes); err != nil {
		return q, err
	}
	if q.limit, err = pageSize(in.MaxRecords, alarmsPage, maxAlarmsPage); err != nil {
		return q, err
	}
	q.from, err = place[alarmPlace](in.NextToken)
	return q, err
}

// alarmTypes tells which sections are asked for.
func alarmTypes(given []types.AlarmType) (sections [3]bool, err error) {
	for _, t := range given {
		switch t {
		case types.AlarmTypeMetricAlarm:
			sections[metricSection] = true
		case types.AlarmTypeCompositeAlarm:
			sections[compositeSection] = true
		case types.AlarmTypeLogAlarm:
			sections[logSection] = true
		default:
			return sections, constraint(string(t), "alarmTypes", "Member must satisfy enum value set: [CompositeAlarm, MetricAlarm, LogAlarm]")
		}
	}
	if len(given) == 0 {
		sections[metricSection] = true
	}
	return sections, nil
}

func (q alarmRequest) findMetrics(ctx context.Context, tx *state.Tx, after string, p *alarmPage) error {
	found, err := q.find(ctx, tx, after, false, p.room())
	for _, a := range found {
		if !p.takes(metricSection, a.Definition.Name) {
			break
		}
		p.out.MetricAlarms = append(p.out.MetricAlarms, sdkAlarm(a))
	}
	return err
}

func (q alarmRequest) findLogs(ctx context.Context, tx *state.Tx, after string, p *alarmPage) error {
	found, err := q.find(ctx, tx, after, true, p.room())
	if err != nil {
		return err
	}
	for _, a := range found {
		if !p.takes(logSection, a.Definition.Name) {
			break
		}
		l, err := logAlarms.Get(ctx, tx, q.at, a.Definition.Name)
		if err != nil {
			return err
		}
		p.out.LogAlarms = append(p.out.LogAlarms, sdkLogAlarm(a, l.Value))
	}
	return nil
}

// find are metric alarms or log alarms, one more than there is room for.
func (q alarmRequest) find(ctx context.Context, tx *state.Tx, after string, log bool, room int) ([]state.Alarm, error) {
	if len(q.names) == 0 {
		return tx.FindAlarms(ctx, state.AlarmQuery{
			Scope: q.at, Prefix: q.prefix, State: q.state, Action: q.action, Log: log, After: after, Limit: room + 1,
		})
	}
	var arns []string
	for _, name := range q.names {
		arns = append(arns, alarmARN(q.at, name))
	}
	found, err := tx.AlarmsNamed(ctx, arns...)
	return slices.DeleteFunc(found, func(a state.Alarm) bool {
		d := a.Definition
		return a.Extra.Log != log || d.Name <= after || !q.wants(a.Record.State, d.OKActions, d.AlarmActions, d.InsufficientDataActions)
	}), err
}

func (q alarmRequest) findComposites(ctx context.Context, tx *state.Tx, after string, p *alarmPage) error {
	rows, err := state.CompositeAlarms.All(ctx, tx, q.at)
	for _, r := range rows {
		d := r.Value.Definition
		if after != "" && d.Name <= after || !strings.HasPrefix(d.Name, q.prefix) ||
			len(q.names) > 0 && !slices.Contains(q.names, d.Name) ||
			!q.wants(r.Value.Record.State, d.OKActions, d.AlarmActions, d.InsufficientDataActions) {
			continue
		}
		if !p.takes(compositeSection, d.Name) {
			break
		}
		p.out.CompositeAlarms = append(p.out.CompositeAlarms, sdkComposite(r.Value))
	}
	return err
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
	out := newAlarmPage(limit).out
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
			if a.Extra.Log {
				out.LogAlarms = append(out.LogAlarms, types.LogAlarm{
					AlarmName: aws.String(a.Definition.Name), AlarmArn: aws.String(a.Definition.ARN),
					StateValue: types.StateValue(a.Record.State), StateUpdatedTimestamp: aws.Time(a.Record.Updated),
				})
				continue
			}
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
			if len(d.Metrics) > 0 || a.Extra.Log || a.Scope != scope(ctx) ||
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

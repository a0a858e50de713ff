package cloudwatch

import (
	"context"
	"errors"
	"regexp"
	"strconv"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatch"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatch/types"

	"tocsin/core/alarm"
	"tocsin/core/metric"
	"tocsin/core/policy"
	"tocsin/service"
	"tocsin/store/state"
)

// logAlarms are what log alarms have beside an alarm's row, by name. That row is on
// a metric of the log alarm's own, which nobody else can publish or list, since its
// namespace begins with a colon; each run of the query publishes its result there. So
// whatever an alarm is and does, a log alarm is and does too.
var logAlarms = state.Kind[logAlarm]("log-alarm")

const logNamespace = ":log-alarm"

// A logAlarm is a scheduled query: every Every, of what was logged from Start to
// End before that.
type logAlarm struct {
	Query, Aggregation, Schedule string
	Every, Start, End            int64 // seconds
	Groups                       []string
	Role                         string
	// Next is when the query runs next, in milliseconds since 1970: at multiples of
	// Every. UNSURE
	Next int64
}

const (
	maxLogGroups  = 50
	maxLogResults = 100
)

// PutLogAlarm creates a log alarm, or replaces the definition of the one there is,
// which keeps its state, its tags and its results. Of queries tocsin knows filters that a
// pattern can say, and counts what they select; see logPattern.
func (s *Service) PutLogAlarm(ctx context.Context, in *cloudwatch.PutLogAlarmInput, _ ...func(*cloudwatch.Options)) (*cloudwatch.PutLogAlarmOutput, error) {
	if s.o.Count == nil {
		return nil, validation("Log alarms are not supported where no events are stored.")
	}
	at, now := scope(ctx), s.now()
	query, err := logQuery(in, at)
	if err != nil {
		return nil, err
	}
	definition, err := logDefinition(in, query, at)
	if err != nil {
		return nil, err
	}
	definition.ConfigurationUpdated = now
	tags, err := tagsOf(in.Tags)
	if err != nil {
		return nil, err
	}
	if err := s.mayQuery(ctx, at, query); err != nil {
		return nil, err
	}
	err = s.update(ctx, func(tx *state.Tx) error {
		if err := tx.LockAlarms(ctx); err != nil {
			return err
		}
		if err := free(ctx, tx, at, definition.Name, alarm.LogAlarm); err != nil {
			return err
		}
		row, err := logAlarms.Lock(ctx, tx, at, definition.Name)
		if errors.Is(err, state.ErrNotFound) {
			row, err = state.Resource[logAlarm]{Scope: at, Name: definition.Name, Created: now}, nil
		}
		if err != nil {
			return err
		}
		row.Value = query
		row.Value.Next = metric.Align(now.UnixMilli(), query.every()) + query.every().Milliseconds()
		if _, err := logAlarms.Put(ctx, tx, row); err != nil {
			return err
		}
		a := state.Alarm{Scope: at, Definition: definition, Record: alarm.NewRecord(now), Extra: state.AlarmExtra{Log: true}}
		return putAlarm(ctx, tx, a, tags, now)
	})
	if err != nil {
		return nil, err
	}
	return &cloudwatch.PutLogAlarmOutput{}, nil
}

func (l logAlarm) every() time.Duration { return time.Duration(l.Every) * time.Second }

// free refuses a name that an alarm of another type has.
func free(ctx context.Context, tx *state.Tx, at state.Scope, name, wanted string) error {
	taken := func(have string) error {
		kind := map[string]string{alarm.MetricAlarm: "metric", alarm.LogAlarm: "log", alarm.CompositeAlarm: "composite"}[have]
		return validation("There is a %s alarm with the name %s already; alarms of all types share their names.", kind, name)
	}
	switch a, err := tx.Alarm(ctx, alarmARN(at, name)); {
	case err == nil && a.Extra.Type() != wanted:
		return taken(a.Extra.Type())
	case err != nil && !errors.Is(err, state.ErrNotFound):
		return err
	}
	if wanted == alarm.CompositeAlarm {
		return nil
	}
	switch composite, err := state.Exists(second(state.CompositeAlarms.Get(ctx, tx, at, name))); {
	case err != nil:
		return err
	case composite:
		return taken(alarm.CompositeAlarm)
	}
	return nil
}

// logQuery is the query that a request describes, checked. UNSURE about the texts.
func logQuery(in *cloudwatch.PutLogAlarmInput, at state.Scope) (l logAlarm, err error) {
	c := in.ScheduledQueryConfiguration
	switch {
	case c == nil:
		return l, unset("scheduledQueryConfiguration")
	case c.QueryString == nil:
		return l, unset("scheduledQueryConfiguration.queryString")
	case c.AggregationExpression == nil:
		return l, unset("scheduledQueryConfiguration.aggregationExpression")
	case c.ScheduledQueryRoleARN == nil:
		return l, unset("scheduledQueryConfiguration.scheduledQueryRoleARN")
	case c.ScheduleConfiguration == nil || c.ScheduleConfiguration.ScheduleExpression == nil:
		return l, unset("scheduledQueryConfiguration.scheduleConfiguration.scheduleExpression")
	case c.ScheduleConfiguration.StartTimeOffset == nil:
		return l, unset("scheduledQueryConfiguration.scheduleConfiguration.startTimeOffset")
	case len(*c.QueryString) > maxQuery:
		return l, validation("QueryString must have at most %d characters.", maxQuery)
	case len(c.Tags) > 0:
		return l, unsupported("A tag of a scheduled query", "tag the alarm")
	case len(c.LogGroupIdentifiers) < 1 || len(c.LogGroupIdentifiers) > maxLogGroups:
		return l, validation("LogGroupIdentifiers must name 1 to %d log groups.", maxLogGroups)
	case !logCount.MatchString(*c.AggregationExpression):
		return l, unsupported("The AggregationExpression "+*c.AggregationExpression, "use count(*)")
	}
	if _, err := logPattern(*c.QueryString); err != nil {
		return l, validation("QueryString is not supported by tocsin: %v.", err)
	}
	l = logAlarm{
		Query: *c.QueryString, Aggregation: *c.AggregationExpression, Schedule: *c.ScheduleConfiguration.ScheduleExpression,
		Start: *c.ScheduleConfiguration.StartTimeOffset, End: aws.ToInt64(c.ScheduleConfiguration.EndTimeOffset), Role: *c.ScheduledQueryRoleARN,
	}
	if l.End < 0 || l.Start <= l.End || l.Start > int64(oldest/time.Second) {
		return l, validation("StartTimeOffset must be greater than EndTimeOffset, which must not be negative, and at most two weeks.")
	}
	if l.Every, err = rate(l.Schedule); err != nil {
		return l, err
	}
	for _, g := range c.LogGroupIdentifiers {
		name := g
		if strings.HasPrefix(g, "arn:") {
			prefix := "arn:" + at.Partition + ":logs:" + at.Region + ":" + at.Account + ":log-group:"
			if !strings.HasPrefix(g, prefix) {
				return l, validation("The log group %s is not one of this account and Region.", g)
			}
			name = strings.TrimSuffix(strings.TrimPrefix(g, prefix), ":*")
		}
		l.Groups = append(l.Groups, name)
	}
	return l, nil
}

var (
	logCount = regexp.MustCompile(`^\s*(?i:count)\(\s*\*?\s*\)(\s+(?i:as)\s+\w+)?\s*$`)
	logRate  = regexp.MustCompile(`^rate\(([1-9][0-9]{0,4}) (minute|hour|day)s?\)$`)
)

// rate is the time between two runs, in seconds.
func rate(expression string) (int64, error) {
	m := logRate.FindStringSubmatch(expression)
	if m == nil {
		return 0, validation("The ScheduleExpression %s must be like rate(5 minutes), rate(1 hour) or rate(1 day).", expression)
	}
	n, err := strconv.ParseInt(m[1], 10, 64)
	return n * map[string]int64{"minute": 60, "hour": 3600, "day": 86400}[m[2]], err
}

// logDefinition is the alarm on the results of the query.
func logDefinition(in *cloudwatch.PutLogAlarmInput, l logAlarm, at state.Scope) (a alarm.Alarm, err error) {
	switch {
	case in.AlarmName == nil:
		return a, unset("alarmName")
	case in.ComparisonOperator == "":
		return a, unset("comparisonOperator")
	case in.Threshold == nil:
		return a, unset("threshold")
	case in.QueryResultsToEvaluate == nil:
		return a, unset("queryResultsToEvaluate")
	case in.QueryResultsToAlarm == nil:
		return a, unset("queryResultsToAlarm")
	case *in.QueryResultsToEvaluate < 1 || *in.QueryResultsToEvaluate > maxLogResults:
		return a, validation("QueryResultsToEvaluate must be between 1 and %d.", maxLogResults)
	case *in.QueryResultsToAlarm < 1 || *in.QueryResultsToAlarm > *in.QueryResultsToEvaluate:
		return a, validation("QueryResultsToAlarm must be between 1 and QueryResultsToEvaluate (%d).", *in.QueryResultsToEvaluate)
	case aws.ToInt32(in.ActionLogLineCount) != 0:
		return a, unsupported("ActionLogLineCount", "leave it out: notices tell of the events by themselves")
	case in.ActionLogLineRoleArn != nil:
		return a, unsupported("ActionLogLineRoleArn", "leave it out")
	case in.WarmUpConfiguration != nil:
		return a, unsupported("WarmUpConfiguration", "leave it out")
	}
	if err := unsupportedActions(in.ActionConfiguration); err != nil {
		return a, err
	}
	a = alarm.Alarm{
		Name: *in.AlarmName, Description: aws.ToString(in.AlarmDescription), ARN: alarmARN(at, *in.AlarmName),
		ActionsEnabled: in.ActionsEnabled == nil || *in.ActionsEnabled,
		OKActions:      in.OKActions, AlarmActions: in.AlarmActions, InsufficientDataActions: in.InsufficientDataActions,
		Namespace: logNamespace, MetricName: *in.AlarmName, Statistic: metric.Statistic{Kind: metric.Maximum},
		Period: int(l.Every), EvaluationPeriods: int(*in.QueryResultsToEvaluate), DatapointsToAlarm: int(*in.QueryResultsToAlarm),
		Threshold: *in.Threshold, ComparisonOperator: alarm.Operator(in.ComparisonOperator),
		TreatMissingData: alarm.TreatMissingData(aws.ToString(in.TreatMissingData)),
	}
	return a, refusal(a.Validate())
}

// mayQuery asks whether the role of a query may run it. UNSURE which service assumes it.
func (s *Service) mayQuery(ctx context.Context, at state.Scope, l logAlarm) error {
	var needs []service.Need
	for _, name := range l.Groups {
		group := state.LogGroup{Scope: at, Name: name}
		needs = append(needs, service.Need{Action: "logs:StartQuery", Resource: group.ARN() + ":*"})
	}
	return s.o.CanAssume(ctx, l.Role, querier, policy.Context{"aws:SourceAccount": {at.Account}}, needs)
}

// querier is the service that assumes the role of a query.
const querier = "logs.amazonaws.com"

// sdkLogAlarm is a log alarm as DescribeAlarms shows it.
func sdkLogAlarm(a state.Alarm, l logAlarm) types.LogAlarm {
	m := sdkAlarm(a)
	return types.LogAlarm{
		AlarmName: m.AlarmName, AlarmArn: m.AlarmArn, AlarmDescription: m.AlarmDescription,
		AlarmConfigurationUpdatedTimestamp: m.AlarmConfigurationUpdatedTimestamp, ActionsEnabled: m.ActionsEnabled,
		OKActions: m.OKActions, AlarmActions: m.AlarmActions, InsufficientDataActions: m.InsufficientDataActions,
		StateValue: m.StateValue, StateReason: m.StateReason, StateReasonData: m.StateReasonData,
		StateUpdatedTimestamp: m.StateUpdatedTimestamp, StateTransitionedTimestamp: m.StateTransitionedTimestamp,
		Threshold: m.Threshold, ComparisonOperator: m.ComparisonOperator, TreatMissingData: m.TreatMissingData,
		QueryResultsToEvaluate: m.EvaluationPeriods, QueryResultsToAlarm: m.DatapointsToAlarm,
		ScheduledQueryConfiguration: &types.ScheduledQueryConfiguration{
			QueryString: aws.String(l.Query), AggregationExpression: aws.String(l.Aggregation),
			LogGroupIdentifiers: l.Groups, ScheduledQueryRoleARN: aws.String(l.Role),
			ScheduleConfiguration: &types.ScheduleConfiguration{
				ScheduleExpression: aws.String(l.Schedule), StartTimeOffset: aws.Int64(l.Start), EndTimeOffset: aws.Int64(l.End),
			},
		},
	}
}

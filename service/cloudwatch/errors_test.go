package cloudwatch_test

import (
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	api "github.com/aws/aws-sdk-go-v2/service/cloudwatch"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatch/types"
)

func TestAlarmErrors(t *testing.T) {
	told(t, func(t *testing.T, b *bench) {
		b.putAlarm(t, watch("taken", "m"))
		b.composite(t, "both", "ALARM(taken)")
		plain := func(change func(*api.PutMetricAlarmInput)) error {
			in := watch("a", "m")
			change(in)
			_, err := b.PutMetricAlarm(b.ctx, in)
			return err
		}
		math := func(change func(*api.PutMetricAlarmInput)) error {
			in := mathAlarm("m1*2")
			change(in)
			_, err := b.PutMetricAlarm(b.ctx, in)
			return err
		}
		composite := func(name, rule string) error {
			_, err := b.PutCompositeAlarm(b.ctx, &api.PutCompositeAlarmInput{AlarmName: &name, AlarmRule: &rule})
			return err
		}
		set := func(name string, to types.StateValue, data *string) error {
			_, err := b.SetAlarmState(b.ctx, &api.SetAlarmStateInput{AlarmName: &name, StateValue: to, StateReason: aws.String("r"), StateReasonData: data})
			return err
		}
		describe := func(in api.DescribeAlarmsInput) error {
			_, err := b.DescribeAlarms(b.ctx, &in)
			return err
		}
		for _, c := range []struct {
			want string // the beginning
			err  error
		}{
			// Recorded.
			{"ValidationError: MetricName should not be set if list of Metrics is set.", math(func(in *api.PutMetricAlarmInput) { in.MetricName = aws.String("m") })},
			{
				"ValidationError: PutMetricAlarm request can not be made with both Statistic and ExtendedStatistic parameters. Only one of them should be present",
				plain(func(in *api.PutMetricAlarmInput) { in.ExtendedStatistic = aws.String("p90") }),
			},
			{"InvalidParameterValue: The value p101 for parameter ExtendedStatistic is not supported.", plain(func(in *api.PutMetricAlarmInput) {
				in.Statistic, in.ExtendedStatistic = "", aws.String("p101")
			})},
			{"ValidationError: Invalid arn syntax: not-an-arn", plain(func(in *api.PutMetricAlarmInput) { in.AlarmActions = []string{"not-an-arn"} })},
			{"ValidationError: SEARCH is not supported on Metric Alarms.", math(func(in *api.PutMetricAlarmInput) {
				in.Metrics[1].Expression = aws.String("SEARCH('App', 'Sum', 60)")
			})},
			{"AccessDenied: Tag keys beginning with aws: are reserved: aws:x", plain(func(in *api.PutMetricAlarmInput) {
				in.Tags = []types.Tag{{Key: aws.String("aws:x"), Value: aws.String("y")}}
			})},
			{"InvalidFormat: ", set("taken", "OK", aws.String("{"))},
			{"ResourceNotFound: ", set("none", "OK", nil)},
			{
				"ValidationError: 1 validation error detected: Value 'INVALID' at 'stateValue' failed to satisfy constraint: Member must satisfy enum value set: [INSUFFICIENT_DATA, ALARM, OK]",
				set("none", "INVALID", nil),
			},
			{"ValidationError: A composite alarm cannot have a child relation with itself via its AlarmRule", composite("c", "ALARM(c)")},
			{"ValidationError: Could not save the composite alarm as alarms [" + arnPrefix + "none] in the alarm rule do not exist", composite("c", "ALARM(none)")},
			{"ValidationError: A composite alarm cannot have a child relation with alarms from another AWS account", composite("c", "ALARM(\"arn:aws:cloudwatch:eu-central-1:999999999999:alarm:x\")")},

			// In their manner.
			{"ValidationError: Period must be 10, 20, 30 or a multiple of 60 seconds, not 7.", plain(func(in *api.PutMetricAlarmInput) { in.Period = aws.Int32(7) })},
			{"ValidationError: DatapointsToAlarm must be between 1 and EvaluationPeriods (1), not 2.", plain(func(in *api.PutMetricAlarmInput) { in.DatapointsToAlarm = aws.Int32(2) })},
			{"ValidationError: 1 validation error detected: Value '0' at 'datapointsToAlarm'", plain(func(in *api.PutMetricAlarmInput) { in.DatapointsToAlarm = aws.Int32(0) })},
			{"ValidationError: An alarm needs Threshold.", plain(func(in *api.PutMetricAlarmInput) { in.Threshold = nil })},
			{"ValidationError: An alarm on a metric needs Statistic or ExtendedStatistic.", plain(func(in *api.PutMetricAlarmInput) { in.Statistic = "" })},
			{"ValidationError: An alarm on a metric needs Period.", plain(func(in *api.PutMetricAlarmInput) { in.Period = nil })},
			{"ValidationError: An alarm needs MetricName and Namespace, or a list of Metrics.", plain(func(in *api.PutMetricAlarmInput) { in.MetricName = nil })},
			{"ValidationError: 1 validation error detected: Value null at 'evaluationPeriods'", plain(func(in *api.PutMetricAlarmInput) { in.EvaluationPeriods = nil })},
			{"ValidationError: 1 validation error detected: Value 'Equal' at 'comparisonOperator'", plain(func(in *api.PutMetricAlarmInput) { in.ComparisonOperator = "Equal" })},
			{"ValidationError: WarmUpConfiguration is not supported by tocsin; leave it out.", plain(func(in *api.PutMetricAlarmInput) {
				in.WarmUpConfiguration = &types.WarmUpConfiguration{WarmUpPeriodDurationInMinutes: aws.Int32(1)}
			})},
			{"ValidationError: EvaluationCriteria is not supported by tocsin; use MetricName or Metrics.", plain(func(in *api.PutMetricAlarmInput) {
				in.EvaluationCriteria = &types.EvaluationCriteriaMemberPromQLCriteria{Value: types.AlarmPromQLCriteria{Query: aws.String("up")}}
			})},
			{"ValidationError: There is a composite alarm with the name both already", plain(func(in *api.PutMetricAlarmInput) { in.AlarmName = aws.String("both") })},
			{"ValidationError: There is a metric alarm with the name taken already", composite("taken", "TRUE")},
			{"ValidationError: The account 999999999999 shares no metrics with this one", math(func(in *api.PutMetricAlarmInput) { in.Metrics[0].AccountId = aws.String("999999999999") })},
			{"ValidationError: Error in expression 'e1': ", math(func(in *api.PutMetricAlarmInput) { in.Metrics[1].Expression = aws.String("m1 +") })},
			{"ValidationError: 1 validation error detected: Value '101' at 'maxRecords'", describe(api.DescribeAlarmsInput{MaxRecords: aws.Int32(101)})},
			{"InvalidParameterCombination: AlarmNamePrefix and AlarmNames.member are mutually exclusive", describe(api.DescribeAlarmsInput{AlarmNames: []string{"a"}, AlarmNamePrefix: aws.String("a")})},
			{"ValidationError: ChildrenOfAlarmName and ParentsOfAlarmName can only be used with", describe(api.DescribeAlarmsInput{ChildrenOfAlarmName: aws.String("a"), StateValue: "OK"})},
			{"InvalidNextToken: ", describe(api.DescribeAlarmsInput{NextToken: aws.String("!")})},
			{"ValidationError: Only one composite alarm can be deleted at a time.", func() error {
				if err := composite("more", "TRUE"); err != nil {
					return err
				}
				_, err := b.DeleteAlarms(b.ctx, &api.DeleteAlarmsInput{AlarmNames: []string{"both", "more"}})
				return err
			}()},
		} {
			if got := fault(c.err); !strings.HasPrefix(got, c.want) {
				t.Errorf("got  %s\nwant %s", got, c.want)
			}
		}
		out := must[*api.DescribeAlarmsOutput](t)(b.DescribeAlarms(b.ctx, &api.DescribeAlarmsInput{AlarmTypes: []types.AlarmType{"MetricAlarm", "CompositeAlarm"}}))
		if got := shown(out); got != "taken;both more" {
			t.Errorf("what was refused changed something: %s", got)
		}
	})
}

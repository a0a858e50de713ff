package export

import (
	"context"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudtrail"
	trailtypes "github.com/aws/aws-sdk-go-v2/service/cloudtrail/types"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatch"
	cwtypes "github.com/aws/aws-sdk-go-v2/service/cloudwatch/types"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs"
	logstypes "github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs/types"
	"github.com/aws/aws-sdk-go-v2/service/sns"
	snstypes "github.com/aws/aws-sdk-go-v2/service/sns/types"

	"tocsin/audit"
	"tocsin/core/control"
)

const (
	account  = "111122223333"
	region   = "us-east-1"
	topicARN = "arn:aws:sns:" + region + ":" + account + ":security-notices"
)

var now = time.Date(2026, 3, 2, 12, 0, 0, 0, time.UTC)

// A madeOf is an account that has just what a plan is for, and a confirmed subscriber.
type madeOf struct{ p *Plan }

func (m madeOf) DescribeTrails(context.Context, *cloudtrail.DescribeTrailsInput, ...func(*cloudtrail.Options)) (*cloudtrail.DescribeTrailsOutput, error) {
	return &cloudtrail.DescribeTrailsOutput{TrailList: []trailtypes.Trail{{
		Name: &m.p.Trail.Name, TrailARN: aws.String("arn:aws:cloudtrail:" + region + ":" + account + ":trail/" + m.p.Trail.Name), HomeRegion: aws.String(region),
		IsMultiRegionTrail: aws.Bool(true), LogFileValidationEnabled: aws.Bool(true), IncludeGlobalServiceEvents: aws.Bool(true), HasCustomEventSelectors: &m.p.Trail.Data,
		CloudWatchLogsLogGroupArn: aws.String("arn:aws:logs:" + region + ":" + account + ":log-group:" + m.p.LogGroup + ":*"), S3BucketName: &m.p.Trail.Bucket,
		IsOrganizationTrail: aws.Bool(false),
	}}}, nil
}

func (m madeOf) GetTrailStatus(context.Context, *cloudtrail.GetTrailStatusInput, ...func(*cloudtrail.Options)) (*cloudtrail.GetTrailStatusOutput, error) {
	return &cloudtrail.GetTrailStatusOutput{IsLogging: aws.Bool(true), StartLoggingTime: aws.Time(now.Add(-24 * time.Hour)), LatestCloudWatchLogsDeliveryTime: aws.Time(now)}, nil
}

func (m madeOf) GetEventSelectors(context.Context, *cloudtrail.GetEventSelectorsInput, ...func(*cloudtrail.Options)) (*cloudtrail.GetEventSelectorsOutput, error) {
	s := trailtypes.EventSelector{ReadWriteType: trailtypes.ReadWriteTypeAll, IncludeManagementEvents: aws.Bool(true)}
	if m.p.Trail.Data {
		s.DataResources = []trailtypes.DataResource{{Type: aws.String("AWS::S3::Object"), Values: []string{"arn:aws:s3"}}}
	}
	return &cloudtrail.GetEventSelectorsOutput{EventSelectors: []trailtypes.EventSelector{s}}, nil
}

func (m madeOf) DescribeMetricFilters(context.Context, *cloudwatchlogs.DescribeMetricFiltersInput, ...func(*cloudwatchlogs.Options)) (*cloudwatchlogs.DescribeMetricFiltersOutput, error) {
	out := &cloudwatchlogs.DescribeMetricFiltersOutput{}
	for i := range m.p.Filters {
		f := &m.p.Filters[i]
		out.MetricFilters = append(out.MetricFilters, logstypes.MetricFilter{
			FilterName: &f.Name, FilterPattern: &f.Pattern, LogGroupName: &m.p.LogGroup,
			MetricTransformations: []logstypes.MetricTransformation{{MetricNamespace: &f.Namespace, MetricName: &f.Metric, MetricValue: &f.Value}},
		})
	}
	return out, nil
}

func (m madeOf) DescribeLogGroups(context.Context, *cloudwatchlogs.DescribeLogGroupsInput, ...func(*cloudwatchlogs.Options)) (*cloudwatchlogs.DescribeLogGroupsOutput, error) {
	return &cloudwatchlogs.DescribeLogGroupsOutput{LogGroups: []logstypes.LogGroup{{
		LogGroupName: &m.p.LogGroup, LogGroupClass: logstypes.LogGroupClassStandard, Arn: aws.String("arn:aws:logs:" + region + ":" + account + ":log-group:" + m.p.LogGroup + ":*"),
	}}}, nil
}

func (m madeOf) ListAlarmMuteRules(context.Context, *cloudwatch.ListAlarmMuteRulesInput, ...func(*cloudwatch.Options)) (*cloudwatch.ListAlarmMuteRulesOutput, error) {
	return &cloudwatch.ListAlarmMuteRulesOutput{}, nil
}

func (m madeOf) GetAlarmMuteRule(context.Context, *cloudwatch.GetAlarmMuteRuleInput, ...func(*cloudwatch.Options)) (*cloudwatch.GetAlarmMuteRuleOutput, error) {
	return &cloudwatch.GetAlarmMuteRuleOutput{}, nil
}

func (m madeOf) DescribeAlarms(context.Context, *cloudwatch.DescribeAlarmsInput, ...func(*cloudwatch.Options)) (*cloudwatch.DescribeAlarmsOutput, error) {
	out := &cloudwatch.DescribeAlarmsOutput{}
	for i := range m.p.Alarms {
		a := &m.p.Alarms[i]
		made := cwtypes.MetricAlarm{
			AlarmName: &a.Name, AlarmArn: aws.String("arn:aws:cloudwatch:" + region + ":" + account + ":alarm:" + a.Name), AlarmDescription: &a.Description, ActionsEnabled: aws.Bool(true),
			Namespace: &a.Namespace, MetricName: &a.Metric, Period: aws.Int32(int32(a.Period)), EvaluationPeriods: aws.Int32(int32(a.EvaluationPeriods)),
			Threshold: &a.Threshold, ComparisonOperator: cwtypes.ComparisonOperator(a.Comparison), TreatMissingData: &a.TreatMissingData,
			StateValue: cwtypes.StateValueOk, StateUpdatedTimestamp: aws.Time(now.Add(-time.Hour)), StateTransitionedTimestamp: aws.Time(now.Add(-time.Hour)),
		}
		if a.Notify {
			made.AlarmActions = []string{topicARN}
		}
		if plainStatistics[a.Statistic] {
			made.Statistic = cwtypes.Statistic(a.Statistic)
		} else {
			made.ExtendedStatistic = &a.Statistic
		}
		if a.DatapointsToAlarm > 0 {
			made.DatapointsToAlarm = aws.Int32(int32(a.DatapointsToAlarm))
		}
		out.MetricAlarms = append(out.MetricAlarms, made)
	}
	return out, nil
}

func (m madeOf) DescribeAlarmHistory(context.Context, *cloudwatch.DescribeAlarmHistoryInput, ...func(*cloudwatch.Options)) (*cloudwatch.DescribeAlarmHistoryOutput, error) {
	return &cloudwatch.DescribeAlarmHistoryOutput{}, nil
}

func (m madeOf) GetTopicAttributes(context.Context, *sns.GetTopicAttributesInput, ...func(*sns.Options)) (*sns.GetTopicAttributesOutput, error) {
	policy := strings.NewReplacer("$topic", topicARN, "$account", account).Replace(topicPolicy)
	return &sns.GetTopicAttributesOutput{Attributes: map[string]string{"TopicArn": topicARN, "Policy": policy, "SubscriptionsConfirmed": "1"}}, nil
}

func (m madeOf) ListSubscriptionsByTopic(context.Context, *sns.ListSubscriptionsByTopicInput, ...func(*sns.Options)) (*sns.ListSubscriptionsByTopicOutput, error) {
	return &sns.ListSubscriptionsByTopicOutput{Subscriptions: []snstypes.Subscription{{
		SubscriptionArn: aws.String(topicARN + ":11111111-1111-4111-8111-111111111111"), Protocol: aws.String("email"), Endpoint: aws.String("a@example.com"), TopicArn: aws.String(topicARN),
	}}}, nil
}

func (m madeOf) GetSubscriptionAttributes(context.Context, *sns.GetSubscriptionAttributesInput, ...func(*sns.Options)) (*sns.GetSubscriptionAttributesOutput, error) {
	return &sns.GetSubscriptionAttributesOutput{Attributes: map[string]string{
		"SubscriptionArn": topicARN + ":11111111-1111-4111-8111-111111111111", "Protocol": "email", "PendingConfirmation": "false",
	}}, nil
}

// findings audits an account that is made of the plan.
func findings(t *testing.T, p *Plan, controls []control.Control, v control.Version) []audit.Finding {
	t.Helper()
	m := madeOf{p}
	a, err := audit.Read(t.Context(), audit.Options{
		Account: account, Region: region, Partition: "aws", Now: now, Unpaced: true,
		Open: func(context.Context, string, string) (audit.Clients, error) {
			return audit.Clients{CloudTrail: m, Logs: m, CloudWatch: m, SNS: m}, nil
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	return audit.Judge(&a, controls, v)
}

// unsatisfiable are the controls for which an auditor accepts no text at all.
var unsatisfiable = map[string][]string{"trivy": {"console-signin-without-mfa", "root-usage"}}

// Whatever is exported, the audit is content with each control, and the auditor for
// whom it is made with each text.
func TestTheAuditIsContentWithWhatIsExported(t *testing.T) {
	for _, row := range []struct {
		spec     string
		versions []control.Version
	}{
		{"cis", []control.Version{"1.2.0", control.Newest}},
		{"securityhub", []control.Version{"1.4.0"}},
		{"all", []control.Version{control.Newest}},
	} {
		for _, compat := range append([]string{""}, Auditors()...) {
			t.Run(row.spec+" "+compat, func(t *testing.T) {
				t.Parallel()
				pack, err := control.Select(row.spec)
				if err != nil {
					t.Fatal(err)
				}
				controls := slices.DeleteFunc(pack.Controls, func(c control.Control) bool { return len(c.Parameters) > 0 })
				p, err := Pack(controls, Options{Pack: row.spec, Prefix: "security", Trail: true, Compat: compat, Version: control.Newest})
				if err != nil {
					t.Fatal(err)
				}
				for _, v := range row.versions {
					judged := findings(t, p, own(t, controls), v)
					if len(judged) != len(controls) {
						t.Fatalf("%d findings on %d controls", len(judged), len(controls))
					}
					for i := range judged {
						content(t, &judged[i], controls[i].Threshold, compat)
					}
				}
			})
		}
	}
}

// own are the controls as the audit judges by them, whatever texts were exported.
func own(t *testing.T, controls []control.Control) []control.Control {
	t.Helper()
	var all []control.Control
	for _, c := range controls {
		is, ok := control.Builtin().Control(c.ID)
		if !ok {
			t.Fatalf("there is no control %s", c.ID)
		}
		all = append(all, *is)
	}
	return all
}

// content holds a finding against what is wanted: PASSED, or WARNING where the pack
// means to ring at many events only.
func content(t *testing.T, f *audit.Finding, threshold float64, compat string) {
	t.Helper()
	if f.Status != audit.Passed && !(threshold > 1 && f.Status == audit.Warning) {
		t.Errorf("%s: %s is %s: %s", f.Benchmark, f.Control, f.Status, f.Summary)
	}
	for _, r := range f.Remarks {
		if r.About == "auditor" && r.Auditor == auditors[compat] && !slices.Contains(unsatisfiable[compat], f.Control) {
			t.Errorf("%s: %s: %s", f.Benchmark, f.Control, r.Text)
		}
	}
}

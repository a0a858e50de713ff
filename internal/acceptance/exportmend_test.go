package acceptance

import (
	"errors"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatch"
	cwtypes "github.com/aws/aws-sdk-go-v2/service/cloudwatch/types"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs"
	logstypes "github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs/types"
	"github.com/aws/aws-sdk-go-v2/service/sns"
)

// damage breaks a chain that an export made in each place that a mend can reach.
func (s *server) damage() {
	s.t.Helper()
	ctx := s.t.Context()
	logs, alarms, topics := cloudwatchlogs.NewFromConfig(s.root()), cloudwatch.NewFromConfig(s.root()), sns.NewFromConfig(s.root())
	ok := func(_ any, err error) {
		s.t.Helper()
		if err != nil {
			s.t.Fatal(err)
		}
	}
	group := aws.String("/cloudtrail/security-trail")
	filter := func(id, metric, pattern string) {
		s.t.Helper()
		ok(logs.PutMetricFilter(ctx, &cloudwatchlogs.PutMetricFilterInput{
			LogGroupName: group, FilterName: aws.String("security-" + id), FilterPattern: &pattern,
			MetricTransformations: []logstypes.MetricTransformation{{
				MetricNamespace: aws.String("CISBenchmark"), MetricName: &metric, MetricValue: aws.String("1"), DefaultValue: aws.Float64(0),
			}},
		}))
	}
	alarm := func(id string, change func(*cloudwatch.PutMetricAlarmInput)) {
		s.t.Helper()
		had, err := alarms.DescribeAlarms(ctx, &cloudwatch.DescribeAlarmsInput{AlarmNames: []string{"security-" + id}})
		if err != nil || len(had.MetricAlarms) != 1 {
			s.t.Fatal(err, had)
		}
		a := had.MetricAlarms[0]
		in := &cloudwatch.PutMetricAlarmInput{
			AlarmName: a.AlarmName, AlarmDescription: a.AlarmDescription, Namespace: a.Namespace, MetricName: a.MetricName, Statistic: a.Statistic, Period: a.Period,
			EvaluationPeriods: a.EvaluationPeriods, Threshold: a.Threshold, ComparisonOperator: a.ComparisonOperator, TreatMissingData: a.TreatMissingData, AlarmActions: a.AlarmActions,
		}
		change(in)
		ok(alarms.PutMetricAlarm(ctx, in))
	}
	topic := "arn:aws:sns:" + region + ":" + account + ":security-notices"

	filter("root-usage", "root_usage_metric", `{ $.userIdentity.type = "Root" && $.eventName = "ConsoleLogin" }`)
	filter("network-gateway-changes", "network_gw_changes_metric", `{ ($.eventName = CreateCustomerGateway) || ($.eventName != HeadBucket) || ($.sourceIPAddress != "x") }`)
	ok(logs.DeleteMetricFilter(ctx, &cloudwatchlogs.DeleteMetricFilterInput{LogGroupName: group, FilterName: aws.String("security-vpc-changes")}))
	ok(alarms.DeleteAlarms(ctx, &cloudwatch.DeleteAlarmsInput{AlarmNames: []string{"security-nacl-changes", "security-vpc-changes"}}))
	ok(alarms.DisableAlarmActions(ctx, &cloudwatch.DisableAlarmActionsInput{AlarmNames: []string{"security-iam-policy-changes"}}))
	alarm("config-changes", func(in *cloudwatch.PutMetricAlarmInput) {
		in.Threshold, in.Statistic, in.OKActions = aws.Float64(5), cwtypes.StatisticAverage, []string{topic}
		in.AlarmActions = append(in.AlarmActions, topic+"-too")
	})
	alarm("console-auth-failures", func(in *cloudwatch.PutMetricAlarmInput) { in.AlarmActions = nil })
	alarm("kms-key-disable-or-delete", func(in *cloudwatch.PutMetricAlarmInput) { in.AlarmActions = []string{topic + "-gone"} })
	locked, err := topics.CreateTopic(ctx, &sns.CreateTopicInput{Name: aws.String("locked")})
	ok(nil, err)
	ok(topics.Subscribe(ctx, &sns.SubscribeInput{TopicArn: locked.TopicArn, Protocol: aws.String("email"), Endpoint: aws.String("other@example.com")}))
	ok(topics.SetTopicAttributes(ctx, &sns.SetTopicAttributesInput{
		TopicArn: locked.TopicArn, AttributeName: aws.String("Policy"),
		AttributeValue: aws.String(`{"Version":"2012-10-17","Statement":[{"Sid":"Owner","Effect":"Allow","Principal":{"AWS":"arn:aws:iam::` + account + `:root"},"Action":"sns:GetTopicAttributes","Resource":"` + *locked.TopicArn + `"}]}`),
	}))
	alarm("organizations-changes", func(in *cloudwatch.PutMetricAlarmInput) { in.AlarmActions = []string{*locked.TopicArn} })
}

// damaged are the controls that damage breaks.
var damaged = []string{
	"config-changes", "console-auth-failures", "iam-policy-changes", "kms-key-disable-or-delete", "nacl-changes", "network-gateway-changes",
	"organizations-changes", "root-usage", "vpc-changes",
}

// confirmAll follows the links of so many mails that ask for a confirmation.
func (s *server) confirmAll(n int) {
	s.t.Helper()
	var links []string
	eventually(s.t, "mails that ask for a confirmation", func() bool {
		links = nil
		s.mailbox.find(func(l *letter) bool {
			if link := confirmation.FindStringSubmatch(l.body); link != nil && strings.Contains(strings.ToLower(l.subject), "confirm") {
				links = append(links, link[1])
			}
			return false
		})
		return len(links) >= n
	})
	for _, link := range links {
		answer, err := http.Get(s.endpoint + "/?Action=ConfirmSubscription&" + strings.ReplaceAll(link, "&amp;", "&"))
		if err != nil {
			s.t.Fatal(err)
		}
		if err := answer.Body.Close(); err != nil || answer.StatusCode != http.StatusOK {
			s.t.Fatalf("confirming was answered with %s (%v)", answer.Status, err)
		}
	}
}

// What mends an audit's findings mends them, in one go, by each form.
func TestExportMendsFindings(t *testing.T) {
	for _, row := range []struct {
		form  string
		apply func(*testing.T, *server, string) (undo func())
	}{
		{"terraform", func(t *testing.T, s *server, text string) func() {
			tf := terraformOf(t, s, text)
			tf.apply()
			return tf.destroy
		}},
		{"cloudformation", func(_ *testing.T, s *server, text string) func() { s.createStack(text); return func() {} }},
		{"cli", func(_ *testing.T, s *server, text string) func() {
			s.runScript(text)
			s.runScript(text)
			return func() {}
		}},
	} {
		t.Run(row.form, func(t *testing.T) {
			s := start(t)
			s.createStack(export(t, "cloudformation", "--with-trail", "--email", "security@example.com"))
			s.confirmAll(1)
			s.damage()
			before, written := s.audit()
			var failed []string
			for _, f := range before {
				if f.Status == "FAILED" && !strings.HasPrefix(f.Control, "trail-") && !strings.HasPrefix(f.Control, "s3-data") {
					failed = append(failed, f.Control)
				}
			}
			if slices.Sort(failed); !slices.Equal(failed, damaged) {
				t.Fatalf("broken are %v\n%s", failed, written)
			}
			file := filepath.Join(t.TempDir(), "findings.json")
			if err := os.WriteFile(file, []byte(written), 0o600); err != nil {
				t.Fatal(err)
			}
			text := export(t, row.form, "--findings", file, "--email", "security@example.com")
			undo := row.apply(t, s, text)
			s.confirmAll(3)
			s.chainHolds("")
			undo()
		})
	}
}

// An audit of an account without a trail is mended by one.
func TestExportMendsAnEmptyAccount(t *testing.T) {
	s := start(t)
	findings, written := s.audit()
	if !slices.ContainsFunc(findings, func(f audited) bool { return f.Control == "root-usage" && f.Status == "FAILED" }) {
		t.Fatalf("%s", written)
	}
	file := filepath.Join(t.TempDir(), "findings.json")
	if err := os.WriteFile(file, []byte(written), 0o600); err != nil {
		t.Fatal(err)
	}
	s.createStack(export(t, "cloudformation", "--findings", file, "--with-trail", "--email", "security@example.com"))
	s.confirm()
	s.chainHolds("")

	s.runsThrough(export(t, "cli", "--findings", file, "--with-trail", "--email", "security@example.com"))
	terraformOf(t, s, export(t, "terraform", "--findings", file, "--with-trail"))
}

// runsThrough holds a script against bash, which does not run it.
func (s *server) runsThrough(text string) {
	s.t.Helper()
	cmd := exec.Command("bash", "-n")
	cmd.Stdin = strings.NewReader(text)
	if out, err := cmd.CombinedOutput(); err != nil && !errors.Is(err, exec.ErrNotFound) {
		s.t.Errorf("bash: %v\n%s", err, out)
	}
}

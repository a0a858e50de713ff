package acceptance

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"os/exec"
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
	logtypes "github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs/types"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/sns"
)

// A chained is an account with an alarm chain, at whatever server plays AWS.
type chained struct {
	t       *testing.T
	environ []string
	trails  *cloudtrail.Client
	logs    *cloudwatchlogs.Client
	alarms  *cloudwatch.Client
	topics  *sns.Client
	topic   string
	// told is what a subscriber does about the confirmation that he is sent.
	told func()
}

// The chain's names, and the pattern of its filter.
const (
	chainGroup   = "cloudtrail"
	chainAlarm   = "trail-changes"
	chainPattern = `{ ($.eventName = CreateTrail) || ($.eventName = UpdateTrail) || ($.eventName = DeleteTrail) || ($.eventName = StartLogging) || ($.eventName = StopLogging) }`
	watched      = "cloudtrail-config-changes" // the control that the chain is for
)

// done is for a call that only has to succeed.
func (c *chained) done(_ any, err error) {
	c.t.Helper()
	if err != nil {
		c.t.Fatal(err)
	}
}

// newChain sets up a trail, a log group, a filter, an alarm, a topic and a mail
// subscription, by the SDK.
func newChain(t *testing.T, cfg aws.Config, environ []string, told func(), o ...func(*cloudwatch.Options)) *chained {
	t.Helper()
	ctx := t.Context()
	c := &chained{
		t: t, environ: environ, told: told,
		trails: cloudtrail.NewFromConfig(cfg), logs: cloudwatchlogs.NewFromConfig(cfg), alarms: cloudwatch.NewFromConfig(cfg, o...), topics: sns.NewFromConfig(cfg),
	}
	bucket, name, arn := "audited-trail", "main", "arn:aws:logs:"+region+":"+account+":log-group:"+chainGroup+":*"
	buckets, roles := s3.NewFromConfig(cfg, func(o *s3.Options) { o.UsePathStyle = true }), iam.NewFromConfig(cfg)
	c.done(buckets.CreateBucket(ctx, &s3.CreateBucketInput{Bucket: &bucket}))
	c.done(buckets.PutBucketPolicy(ctx, &s3.PutBucketPolicyInput{Bucket: &bucket, Policy: aws.String(`{"Version":"2012-10-17","Statement":[
		{"Effect":"Allow","Principal":{"Service":"cloudtrail.amazonaws.com"},"Action":"s3:GetBucketAcl","Resource":"arn:aws:s3:::` + bucket + `"},
		{"Effect":"Allow","Principal":{"Service":"cloudtrail.amazonaws.com"},"Action":"s3:PutObject","Resource":"arn:aws:s3:::` + bucket + `/AWSLogs/*"}]}`)}))
	c.done(c.logs.CreateLogGroup(ctx, &cloudwatchlogs.CreateLogGroupInput{LogGroupName: aws.String(chainGroup)}))
	role, err := roles.CreateRole(ctx, &iam.CreateRoleInput{RoleName: aws.String("deliver"), AssumeRolePolicyDocument: aws.String(
		`{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"Service":"cloudtrail.amazonaws.com"},"Action":"sts:AssumeRole"}]}`)})
	c.done(role, err)
	c.done(roles.PutRolePolicy(ctx, &iam.PutRolePolicyInput{RoleName: aws.String("deliver"), PolicyName: aws.String("deliver"), PolicyDocument: aws.String(
		`{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":["logs:CreateLogStream","logs:PutLogEvents"],"Resource":"` + arn + `"}]}`)}))
	c.done(c.trails.CreateTrail(ctx, &cloudtrail.CreateTrailInput{
		Name: &name, S3BucketName: &bucket, IsMultiRegionTrail: aws.Bool(true), EnableLogFileValidation: aws.Bool(true),
		CloudWatchLogsLogGroupArn: &arn, CloudWatchLogsRoleArn: role.Role.Arn,
	}))
	c.done(c.trails.StartLogging(ctx, &cloudtrail.StartLoggingInput{Name: &name}))
	made, err := c.topics.CreateTopic(ctx, &sns.CreateTopicInput{Name: aws.String("security")})
	c.done(made, err)
	c.topic = *made.TopicArn
	c.subscribe()
	c.filter(chainPattern)
	c.alarm(1)
	return c
}

func (c *chained) subscribe() {
	c.t.Helper()
	c.done(c.topics.Subscribe(c.t.Context(), &sns.SubscribeInput{TopicArn: &c.topic, Protocol: aws.String("email"), Endpoint: aws.String("security@example.com")}))
	c.told()
}

func (c *chained) filter(pattern string) {
	c.t.Helper()
	c.done(c.logs.PutMetricFilter(c.t.Context(), &cloudwatchlogs.PutMetricFilterInput{
		LogGroupName: aws.String(chainGroup), FilterName: aws.String(chainAlarm), FilterPattern: &pattern,
		MetricTransformations: []logtypes.MetricTransformation{{MetricName: aws.String("TrailChanges"), MetricNamespace: aws.String("CIS"), MetricValue: aws.String("1")}},
	}))
}

func (c *chained) alarm(threshold float64) {
	c.t.Helper()
	c.done(c.alarms.PutMetricAlarm(c.t.Context(), &cloudwatch.PutMetricAlarmInput{
		AlarmName: aws.String(chainAlarm), Namespace: aws.String("CIS"), MetricName: aws.String("TrailChanges"), Statistic: cwtypes.StatisticSum,
		Period: aws.Int32(300), EvaluationPeriods: aws.Int32(1), Threshold: &threshold, ComparisonOperator: cwtypes.ComparisonOperatorGreaterThanOrEqualToThreshold,
		TreatMissingData: aws.String("notBreaching"), AlarmActions: []string{c.topic},
	}))
}

func (c *chained) selectors(half trailtypes.ReadWriteType) {
	c.t.Helper()
	c.done(c.trails.PutEventSelectors(c.t.Context(), &cloudtrail.PutEventSelectorsInput{
		TrailName: aws.String("main"), EventSelectors: []trailtypes.EventSelector{{ReadWriteType: half, IncludeManagementEvents: aws.Bool(true)}},
	}))
}

func (c *chained) multiRegion(is bool) {
	c.t.Helper()
	c.done(c.trails.UpdateTrail(c.t.Context(), &cloudtrail.UpdateTrailInput{Name: aws.String("main"), IsMultiRegionTrail: &is}))
}

// subscription is the ARN of the one that is confirmed.
func (c *chained) subscription() *string {
	c.t.Helper()
	found, err := c.topics.ListSubscriptionsByTopic(c.t.Context(), &sns.ListSubscriptionsByTopicInput{TopicArn: &c.topic})
	c.done(found, err)
	for _, s := range found.Subscriptions {
		if strings.HasPrefix(aws.ToString(s.SubscriptionArn), "arn:") {
			return s.SubscriptionArn
		}
	}
	c.t.Fatal("nobody is subscribed")
	return nil
}

func (c *chained) filterPolicy(policy string) {
	c.t.Helper()
	c.done(c.topics.SetSubscriptionAttributes(c.t.Context(), &sns.SetSubscriptionAttributesInput{
		SubscriptionArn: c.subscription(), AttributeName: aws.String("FilterPolicy"), AttributeValue: &policy,
	}))
}

func (c *chained) topicPolicy(principal string) {
	c.t.Helper()
	c.done(c.topics.SetTopicAttributes(c.t.Context(), &sns.SetTopicAttributesInput{
		TopicArn: &c.topic, AttributeName: aws.String("Policy"), AttributeValue: aws.String(
			`{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":` + principal + `,"Action":"sns:Publish","Resource":"` + c.topic + `"}]}`),
	}))
}

// A found is what an audit tells of a control.
type found struct {
	Control, Status, Summary string
	Mend                     *struct{ CLI []string }
}

// audit runs tocsin audit, and gives the findings by control and how many calls
// it made.
func (c *chained) audit(flags ...string) (map[string]found, int) {
	c.t.Helper()
	bin, err := build()
	if err != nil {
		c.t.Fatal(err)
	}
	endpoint := ""
	for _, e := range c.environ {
		if value, ok := strings.CutPrefix(e, "AWS_ENDPOINT_URL="); ok {
			endpoint = value
		}
	}
	cmd := exec.Command(bin, append([]string{"audit", "--endpoint-url", endpoint, "--json"}, flags...)...)
	cmd.Env = c.environ
	var told strings.Builder
	cmd.Stderr = &told
	out, err := cmd.Output()
	var exit *exec.ExitError
	if err != nil && !(errors.As(err, &exit) && exit.ExitCode() == 3) {
		c.t.Fatalf("tocsin audit: %v\n%s", err, told.String())
	}
	var said struct {
		Reports []struct {
			Calls    int
			Findings []found
		}
	}
	if err := json.Unmarshal(out, &said); err != nil || len(said.Reports) != 1 {
		c.t.Fatalf("%v in %s", err, out)
	}
	findings := map[string]found{}
	for _, f := range said.Reports[0].Findings {
		findings[f.Control] = f
	}
	return findings, said.Reports[0].Calls
}

// finds audits the chain's control and holds the finding against what is expected.
func (c *chained) finds(status, text string) found {
	c.t.Helper()
	all, _ := c.audit("--control", watched)
	f := all[watched]
	if f.Status != status || !strings.Contains(f.Summary, text) {
		c.t.Errorf("%s is %s: %s; want %s: %s", watched, f.Status, f.Summary, status, text)
	}
	return f
}

// A link is one that can be broken, and put together again.
type link struct {
	name, summary string
	breaks, heals func()
}

// links are those of the chain, in order.
func (c *chained) links() []link {
	ctx := c.t.Context()
	name, alarm := aws.String("main"), []string{chainAlarm}
	return []link{
		{"a stopped trail", "it is stopped", func() {
			c.done(c.trails.StopLogging(ctx, &cloudtrail.StopLoggingInput{Name: name}))
		}, func() { c.done(c.trails.StartLogging(ctx, &cloudtrail.StartLoggingInput{Name: name})) }},
		{"a trail of one Region", "it logs us-east-1 alone", func() { c.multiRegion(false) }, func() { c.multiRegion(true) }},
		{"a trail of reads", "write events are not logged", func() { c.selectors("ReadOnly") }, func() { c.selectors("All") }},
		{"a name missing", "it misses cloudtrail.amazonaws.com:StopLogging", func() {
			c.filter(strings.Replace(chainPattern, " || ($.eventName = StopLogging)", "", 1))
		}, func() { c.filter(chainPattern) }},
		{"no filter", "no metric filter of the log group", func() {
			c.done(c.logs.DeleteMetricFilter(ctx, &cloudwatchlogs.DeleteMetricFilterInput{LogGroupName: aws.String(chainGroup), FilterName: aws.String(chainAlarm)}))
		}, func() { c.filter(chainPattern) }},
		{"a threshold that one event does not cross", "it takes 5 within 300 s", func() { c.alarm(5) }, func() { c.alarm(1) }},
		{"actions that are off", "are switched off", func() {
			c.done(c.alarms.DisableAlarmActions(ctx, &cloudwatch.DisableAlarmActionsInput{AlarmNames: alarm}))
		}, func() {
			c.done(c.alarms.EnableAlarmActions(ctx, &cloudwatch.EnableAlarmActionsInput{AlarmNames: alarm}))
		}},
		{"no alarm", "no alarm watches CIS/TrailChanges", func() {
			c.done(c.alarms.DeleteAlarms(ctx, &cloudwatch.DeleteAlarmsInput{AlarmNames: alarm}))
		}, func() { c.alarm(1) }},
		{"a topic that CloudWatch may not publish to", "does not let cloudwatch.amazonaws.com publish", func() {
			c.topicPolicy(`{"AWS":"arn:aws:iam::` + account + `:root"}`)
		}, func() { c.topicPolicy(`{"Service":"cloudwatch.amazonaws.com"}`) }},
		{"a filter policy that swallows the notice", "its filter policy", func() { c.filterPolicy(`{"team":["network"]}`) }, func() { c.filterPolicy(`{}`) }},
		{"nobody subscribed", "nobody", func() {
			c.done(c.topics.Unsubscribe(ctx, &sns.UnsubscribeInput{SubscriptionArn: c.subscription()}))
		}, c.subscribe},
	}
}

// sound waits until the trail has delivered, so that the chain holds.
func (c *chained) sound() {
	c.t.Helper()
	eventually(c.t, "the chain holds", func() bool {
		all, _ := c.audit("--control", watched)
		return all[watched].Status == "PASSED"
	})
}

// TestAuditOfBrokenLinks breaks link by link of a sound chain at tocsin's endpoint,
// and the finding follows.
func TestAuditOfBrokenLinks(t *testing.T) {
	s := start(t)
	c := newChain(t, s.root(), s.environ(), s.confirmNext())
	c.sound()
	for _, l := range c.links() {
		l.breaks()
		if f := c.finds("FAILED", l.summary); f.Mend == nil {
			t.Errorf("%s: no mend", l.name)
		}
		l.heals()
		c.finds("PASSED", "")
	}
	c.mute()
}

// mute mutes the alarm for a day, which only the servers that know mute rules can.
func (c *chained) mute() {
	c.t.Helper()
	c.done(c.alarms.PutAlarmMuteRule(c.t.Context(), &cloudwatch.PutAlarmMuteRuleInput{
		Name: aws.String("hush"), MuteTargets: &cwtypes.MuteTargets{AlarmNames: []string{chainAlarm}},
		Rule: &cwtypes.Rule{Schedule: &cwtypes.Schedule{Expression: aws.String("cron(0 0 * * *)"), Duration: aws.String("P1D")}},
	}))
	c.finds("FAILED", "mute rule hush holds its actions back")
	c.done(c.alarms.DeleteAlarmMuteRule(c.t.Context(), &cloudwatch.DeleteAlarmMuteRuleInput{AlarmMuteRuleName: aws.String("hush")}))
	c.finds("PASSED", "")
}

// TestMendsByCLI breaks link by link and does what the finding says, by the AWS CLI.
func TestMendsByCLI(t *testing.T) {
	for _, tool := range []string{"bash", "aws"} {
		if err := exec.Command(tool, "--version").Run(); err != nil {
			t.Skipf("the AWS CLI and bash are needed: %s does not run", tool)
		}
	}
	s := start(t)
	c := newChain(t, s.root(), s.environ(), s.confirmNext())
	c.sound()
	// The mends of these two make an alarm of its own, which the links before do
	// not know.
	last := func(l link) int { return strings.Index("no alarm, no filter", l.name) }
	links := c.links()
	slices.SortStableFunc(links, func(a, b link) int { return cmp.Compare(last(a), last(b)) })
	for _, l := range links {
		l.breaks()
		c.finds("FAILED", l.summary)
		c.mend(l)
	}
}

// mend does what the finding says until it is PASSED: who makes an alarm anew may
// find that nobody is subscribed to its topic.
func (c *chained) mend(l link) {
	c.t.Helper()
	var done []string
	for range 3 {
		all, _ := c.audit("--control", watched)
		f := all[watched]
		if f.Status == "PASSED" {
			return
		}
		if f.Mend == nil || len(f.Mend.CLI) == 0 {
			c.t.Fatalf("%s: no mend of %s", l.name, f.Summary)
		}
		for _, line := range f.Mend.CLI {
			cmd := exec.Command("bash", "-c", line)
			cmd.Env = c.environ
			if out, err := cmd.CombinedOutput(); err != nil {
				c.t.Fatalf("%s: %v\n%s\n%s", l.name, err, line, out)
			}
			if strings.HasPrefix(line, "aws sns subscribe") {
				c.told()
			}
		}
		done = append(done, f.Mend.CLI...)
	}
	if f := c.finds("PASSED", ""); f.Status != "PASSED" {
		c.t.Fatalf("%s: not mended by\n%s", l.name, strings.Join(done, "\n"))
	}
}

// confirmNext opens the link of each further mail that asks to confirm.
func (s *server) confirmNext() func() {
	seen := 0
	return func() {
		s.t.Helper()
		var next *letter
		eventually(s.t, "a mail to confirm", func() bool {
			n := 0
			next = s.mailbox.find(func(l *letter) bool {
				if strings.Contains(l.subject, "onfirm") {
					n++
				}
				return n > seen
			})
			return next != nil
		})
		seen++
		s.follow(next)
	}
}

// TestAuditOfALargeRegion audits a Region with 1,000 alarms and 1,000 filters, by
// the command and over HTTP; what it takes is told, not held against a clock.
func TestAuditOfALargeRegion(t *testing.T) {
	if testing.Short() {
		t.Skip("makes 2,000 alarms and filters")
	}
	s := start(t)
	c := newChain(t, s.root(), s.environ(), s.confirmNext())
	c.sound()
	ctx := t.Context()
	for g := range 10 {
		group := chainGroup
		if g > 0 {
			group = fmt.Sprintf("app-%d", g)
			c.done(c.logs.CreateLogGroup(ctx, &cloudwatchlogs.CreateLogGroupInput{LogGroupName: &group}))
		}
		for i := range 100 {
			name := fmt.Sprintf("own-%d-%d", g, i)
			if g == 0 && i == 99 {
				break // the chain's own makes it a thousand
			}
			c.done(c.logs.PutMetricFilter(ctx, &cloudwatchlogs.PutMetricFilterInput{
				LogGroupName: &group, FilterName: &name, FilterPattern: aws.String(`{ $.eventName = "Own` + name + `" && $.requestParameters.name != "x*" }`),
				MetricTransformations: []logtypes.MetricTransformation{{MetricName: &name, MetricNamespace: aws.String("Own"), MetricValue: aws.String("1")}},
			}))
			c.done(c.alarms.PutMetricAlarm(ctx, &cloudwatch.PutMetricAlarmInput{
				AlarmName: &name, Namespace: aws.String("Own"), MetricName: &name, Statistic: cwtypes.StatisticSum, Period: aws.Int32(300),
				EvaluationPeriods: aws.Int32(1), Threshold: aws.Float64(1), ComparisonOperator: cwtypes.ComparisonOperatorGreaterThanOrEqualToThreshold,
				AlarmActions: []string{c.topic},
			}))
		}
	}
	began := time.Now()
	findings, calls := c.audit()
	took := time.Since(began)
	t.Logf("1,000 alarms and 1,000 filters: %d controls, %d calls, %v with the start of the program", len(findings), calls, took)
	if calls >= 25 || findings[watched].Status != "PASSED" {
		t.Errorf("%d calls, want fewer than 25; %+v", calls, findings[watched])
	}
}

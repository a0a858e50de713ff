package audit_test

import (
	"context"
	"fmt"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudtrail"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatch"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs"
	"github.com/aws/aws-sdk-go-v2/service/kms"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/sns"

	"tocsin/audit"
	"tocsin/core/control"
)

// looping gives the same token with every page of one listing.
type looping struct {
	fake
	listing string
}

func (f looping) loop(action string, token **string) {
	if f.listing == action {
		*token = aws.String("again")
	}
}

func (f looping) DescribeMetricFilters(ctx context.Context, in *cloudwatchlogs.DescribeMetricFiltersInput, o ...func(*cloudwatchlogs.Options)) (*cloudwatchlogs.DescribeMetricFiltersOutput, error) {
	out, err := f.fake.DescribeMetricFilters(ctx, in, o...)
	if err == nil {
		f.loop("logs:DescribeMetricFilters", &out.NextToken)
	}
	return out, err
}

func (f looping) DescribeAlarms(ctx context.Context, in *cloudwatch.DescribeAlarmsInput, o ...func(*cloudwatch.Options)) (*cloudwatch.DescribeAlarmsOutput, error) {
	out, err := f.fake.DescribeAlarms(ctx, in, o...)
	if err == nil {
		f.loop("cloudwatch:DescribeAlarms", &out.NextToken)
	}
	return out, err
}

func (f looping) ListAlarmMuteRules(ctx context.Context, in *cloudwatch.ListAlarmMuteRulesInput, o ...func(*cloudwatch.Options)) (*cloudwatch.ListAlarmMuteRulesOutput, error) {
	out, err := f.fake.ListAlarmMuteRules(ctx, in, o...)
	if err == nil {
		f.loop("cloudwatch:ListAlarmMuteRules", &out.NextToken)
	}
	return out, err
}

func (f looping) ListSubscriptionsByTopic(ctx context.Context, in *sns.ListSubscriptionsByTopicInput, o ...func(*sns.Options)) (*sns.ListSubscriptionsByTopicOutput, error) {
	out, err := f.fake.ListSubscriptionsByTopic(ctx, in, o...)
	if err == nil {
		f.loop("sns:ListSubscriptionsByTopic", &out.NextToken)
	}
	return out, err
}

// A listing that never ends is left, and what it may still hold is not taken for
// read: a chain that was found holds, but what was not found is not missing.
func TestListingsThatNeverEnd(t *testing.T) {
	for listing, empties := range map[string]string{
		"logs:DescribeMetricFilters": "set filters []", "cloudwatch:DescribeAlarms": "set alarms []",
		"cloudwatch:ListAlarmMuteRules": "", "sns:ListSubscriptionsByTopic": "set subs []",
	} {
		answers := healthy(t)
		if empties != "" {
			if err := apply(answers, empties); err != nil {
				t.Fatal(err)
			}
		}
		inner := open(answers, &asked{})
		a, err := audit.Read(t.Context(), audit.Options{
			Account: account, Region: region, Now: now, Unpaced: true,
			Open: func(ctx context.Context, account, region string) (audit.Clients, error) {
				c, err := inner(ctx, account, region)
				f := looping{c.Logs.(fake), listing}
				c.Logs, c.CloudWatch, c.SNS = f, f, f
				return c, err
			},
		})
		if err != nil {
			t.Fatal(err)
		}
		if a.Calls > 30 {
			t.Errorf("%s: %d calls", listing, a.Calls)
		}
		for _, f := range audit.Judge(&a, controls(), control.Newest) {
			if c, _ := pack().Control(f.Control); c.Kind == control.Alarm && f.Status != audit.NotAvailable {
				t.Errorf("%s never ends, and %s is %s: %s", listing, f.Control, f.Status, f.Summary)
			}
		}
	}
}

// Thousands of subscriptions are not asked about one by one.
func TestHugeLists(t *testing.T) {
	answers := healthy(t)
	for i := range 3000 {
		arn := fmt.Sprintf("arn:aws:sns:us-east-1:111122223333:security:%d", i)
		for _, line := range []string{
			fmt.Sprintf(`add subs {"SubscriptionArn":%q,"Protocol":"sqs","Endpoint":"arn:aws:sqs:us-east-1:111122223333:q%d"}`, arn, i),
			fmt.Sprintf(`set sns:GetSubscriptionAttributes|%s {"Attributes":{"FilterPolicy":"{\"a\":[\"b\"]}"}}`, arn),
		} {
			if err := apply(answers, line); err != nil {
				t.Fatal(err)
			}
		}
	}
	for _, line := range []string{"del subs|0", `set filters|root-usage|metricTransformations|0|dimensions {}`} {
		if err := apply(answers, line); err != nil {
			t.Fatal(err)
		}
	}
	a := read(t, answers)
	if a.Calls > 60 { // 30 pages, ten of them one by one
		t.Errorf("%d calls", a.Calls)
	}
	for _, f := range audit.Judge(&a, rootUsage, control.Newest) {
		if f.Control == "root-usage" && f.Status != audit.NotAvailable {
			t.Errorf("of 3,000 subscriptions 10 were asked about, and root-usage is %s: %s", f.Status, f.Summary)
		}
	}
}

// empty answers everything with an answer that says nothing, or with none at all.
type empty struct{ none bool }

func said[Out any](e empty) (*Out, error) {
	if e.none {
		return nil, nil
	}
	return new(Out), nil
}

func (e empty) DescribeMetricFilters(context.Context, *cloudwatchlogs.DescribeMetricFiltersInput, ...func(*cloudwatchlogs.Options)) (*cloudwatchlogs.DescribeMetricFiltersOutput, error) {
	return said[cloudwatchlogs.DescribeMetricFiltersOutput](e)
}

func (e empty) DescribeLogGroups(context.Context, *cloudwatchlogs.DescribeLogGroupsInput, ...func(*cloudwatchlogs.Options)) (*cloudwatchlogs.DescribeLogGroupsOutput, error) {
	return said[cloudwatchlogs.DescribeLogGroupsOutput](e)
}

func (e empty) DescribeAlarms(context.Context, *cloudwatch.DescribeAlarmsInput, ...func(*cloudwatch.Options)) (*cloudwatch.DescribeAlarmsOutput, error) {
	return said[cloudwatch.DescribeAlarmsOutput](e)
}

func (e empty) DescribeAlarmHistory(context.Context, *cloudwatch.DescribeAlarmHistoryInput, ...func(*cloudwatch.Options)) (*cloudwatch.DescribeAlarmHistoryOutput, error) {
	return said[cloudwatch.DescribeAlarmHistoryOutput](e)
}

func (e empty) ListAlarmMuteRules(context.Context, *cloudwatch.ListAlarmMuteRulesInput, ...func(*cloudwatch.Options)) (*cloudwatch.ListAlarmMuteRulesOutput, error) {
	return said[cloudwatch.ListAlarmMuteRulesOutput](e)
}

func (e empty) GetAlarmMuteRule(context.Context, *cloudwatch.GetAlarmMuteRuleInput, ...func(*cloudwatch.Options)) (*cloudwatch.GetAlarmMuteRuleOutput, error) {
	return said[cloudwatch.GetAlarmMuteRuleOutput](e)
}

func (e empty) GetTopicAttributes(context.Context, *sns.GetTopicAttributesInput, ...func(*sns.Options)) (*sns.GetTopicAttributesOutput, error) {
	return said[sns.GetTopicAttributesOutput](e)
}

func (e empty) ListSubscriptionsByTopic(context.Context, *sns.ListSubscriptionsByTopicInput, ...func(*sns.Options)) (*sns.ListSubscriptionsByTopicOutput, error) {
	return said[sns.ListSubscriptionsByTopicOutput](e)
}

func (e empty) GetSubscriptionAttributes(context.Context, *sns.GetSubscriptionAttributesInput, ...func(*sns.Options)) (*sns.GetSubscriptionAttributesOutput, error) {
	return said[sns.GetSubscriptionAttributesOutput](e)
}

func (e empty) GetPublicAccessBlock(context.Context, *s3.GetPublicAccessBlockInput, ...func(*s3.Options)) (*s3.GetPublicAccessBlockOutput, error) {
	return said[s3.GetPublicAccessBlockOutput](e)
}

func (e empty) GetBucketPolicyStatus(context.Context, *s3.GetBucketPolicyStatusInput, ...func(*s3.Options)) (*s3.GetBucketPolicyStatusOutput, error) {
	return said[s3.GetBucketPolicyStatusOutput](e)
}

func (e empty) GetBucketAcl(context.Context, *s3.GetBucketAclInput, ...func(*s3.Options)) (*s3.GetBucketAclOutput, error) {
	return said[s3.GetBucketAclOutput](e)
}

func (e empty) GetBucketLogging(context.Context, *s3.GetBucketLoggingInput, ...func(*s3.Options)) (*s3.GetBucketLoggingOutput, error) {
	return said[s3.GetBucketLoggingOutput](e)
}

func (e empty) DescribeKey(context.Context, *kms.DescribeKeyInput, ...func(*kms.Options)) (*kms.DescribeKeyOutput, error) {
	return said[kms.DescribeKeyOutput](e)
}

func (e empty) GetKeyPolicy(context.Context, *kms.GetKeyPolicyInput, ...func(*kms.Options)) (*kms.GetKeyPolicyOutput, error) {
	return said[kms.GetKeyPolicyOutput](e)
}

// emptyTrails answers CloudTrail likewise.
type emptyTrails struct{ empty }

func (e emptyTrails) DescribeTrails(context.Context, *cloudtrail.DescribeTrailsInput, ...func(*cloudtrail.Options)) (*cloudtrail.DescribeTrailsOutput, error) {
	return said[cloudtrail.DescribeTrailsOutput](e.empty)
}

func (e emptyTrails) GetTrailStatus(context.Context, *cloudtrail.GetTrailStatusInput, ...func(*cloudtrail.Options)) (*cloudtrail.GetTrailStatusOutput, error) {
	return said[cloudtrail.GetTrailStatusOutput](e.empty)
}

func (e emptyTrails) GetEventSelectors(context.Context, *cloudtrail.GetEventSelectorsInput, ...func(*cloudtrail.Options)) (*cloudtrail.GetEventSelectorsOutput, error) {
	return said[cloudtrail.GetEventSelectorsOutput](e.empty)
}

// Whichever services answer with nothing, alone or together, nothing panics and
// nothing that rests on them is PASSED.
func TestAnswersThatSayNothing(t *testing.T) {
	for _, none := range []bool{false, true} {
		for mask := 1; mask < 1<<6; mask++ {
			answers := small(t)
			if err := apply(answers, `text topic|KmsMasterKeyId alias/alarms`); err != nil {
				t.Fatal(err)
			}
			if err := apply(answers, `set kms:DescribeKey|111122223333/us-east-1/alias/alarms {"KeyMetadata":{"KeyState":"Enabled","Arn":"arn:aws:kms:us-east-1:111122223333:key/1"}}`); err != nil {
				t.Fatal(err)
			}
			inner, e := open(answers, &asked{}), empty{none}
			a, err := audit.Read(t.Context(), audit.Options{
				Account: account, Region: region, Now: now, Unpaced: true,
				Open: func(ctx context.Context, account, region string) (audit.Clients, error) {
					c, err := inner(ctx, account, region)
					for i, silence := range []func(){
						func() { c.CloudTrail = emptyTrails{e} }, func() { c.Logs = e }, func() { c.CloudWatch = e },
						func() { c.SNS = e }, func() { c.KMS = e }, func() { c.S3 = e },
					} {
						if mask>>i&1 == 1 {
							silence()
						}
					}
					return c, err
				},
			})
			if err != nil {
				t.Fatal(err)
			}
			for _, f := range audit.Judge(&a, rootUsage, control.Newest) {
				if f.Status == audit.Passed && (f.Control == "root-usage" && mask&0b11111 != 0 || mask&1 == 1 || mask>>5 == 1 && f.Control == "trail-bucket-not-public") {
					t.Errorf("services %06b say nothing (%v), and %s is PASSED", mask, none, f.Control)
				}
			}
		}
	}
}

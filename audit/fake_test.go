package audit_test

import (
	"context"
	"encoding/json"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudtrail"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatch"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs"
	"github.com/aws/aws-sdk-go-v2/service/kms"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/sns"
	"github.com/aws/smithy-go"

	"tocsin/audit"
)

// The account of testdata/healthy.json and the time of its audit.
const account, region = "111122223333", "us-east-1"

var now = time.Date(2026, 3, 2, 12, 0, 0, 0, time.UTC)

// An asked is what a fake was asked for, in order.
type asked struct{ actions []string }

// A fake answers API calls from JSON: answers[action][resource]. An answer
// {"error": CODE} is that error, and so is AccessDenied where there is none.
type fake struct {
	answers         map[string]any
	account, region string
	*asked
}

// open gives clients of any account for which answers has not "deny": ACCOUNT.
func open(answers map[string]any, log *asked) func(context.Context, string, string) (audit.Clients, error) {
	return func(_ context.Context, account, region string) (audit.Clients, error) {
		if closed, ok := answers["sts:AssumeRole"].(map[string]any); ok && closed[account] != nil {
			return audit.Clients{}, &smithy.GenericAPIError{Code: "AccessDenied", Message: "no role in " + account}
		}
		f := fake{answers, account, region, log}
		return audit.Clients{CloudTrail: trails{f}, Logs: f, CloudWatch: f, SNS: f, S3: f, KMS: f}, nil
	}
}

func answer[Out any](f fake, action, resource string) (*Out, error) {
	f.actions = append(f.actions, action+" "+resource)
	of, _ := f.answers[action].(map[string]any)
	got, ok := of[resource]
	if m, isMap := got.(map[string]any); isMap && m["error"] != nil {
		code, _ := m["error"].(string)
		return nil, &smithy.GenericAPIError{Code: code, Message: "refused"}
	}
	if !ok {
		return nil, &smithy.GenericAPIError{Code: "AccessDenied", Message: "no answer for " + action + " on " + resource}
	}
	text, err := json.Marshal(got)
	if err != nil {
		return nil, err
	}
	out := new(Out)
	if err := json.Unmarshal(text, out); err != nil {
		return nil, err // as the SDK fails on an answer that it cannot read
	}
	return out, nil
}

// page cuts a list to at most limit items from the token on.
func page[T any](all []T, token *string, limit int) ([]T, *string) {
	from, err := strconv.Atoi(aws.ToString(token))
	if err != nil || from > len(all) {
		from = 0
	}
	if to := from + limit; to < len(all) {
		return all[from:to], aws.String(strconv.Itoa(to))
	}
	return all[from:], nil
}

// trails answers CloudTrail.
type trails struct{ fake }

func (f trails) DescribeTrails(context.Context, *cloudtrail.DescribeTrailsInput, ...func(*cloudtrail.Options)) (*cloudtrail.DescribeTrailsOutput, error) {
	resource := "*"
	if f.region != region {
		resource = f.region
	}
	return answer[cloudtrail.DescribeTrailsOutput](f.fake, "cloudtrail:DescribeTrails", resource)
}

func (f trails) GetTrailStatus(_ context.Context, in *cloudtrail.GetTrailStatusInput, _ ...func(*cloudtrail.Options)) (*cloudtrail.GetTrailStatusOutput, error) {
	return answer[cloudtrail.GetTrailStatusOutput](f.fake, "cloudtrail:GetTrailStatus", *in.Name)
}

func (f trails) GetEventSelectors(_ context.Context, in *cloudtrail.GetEventSelectorsInput, _ ...func(*cloudtrail.Options)) (*cloudtrail.GetEventSelectorsOutput, error) {
	return answer[cloudtrail.GetEventSelectorsOutput](f.fake, "cloudtrail:GetEventSelectors", *in.TrailName)
}

func (f fake) DescribeMetricFilters(_ context.Context, in *cloudwatchlogs.DescribeMetricFiltersInput, _ ...func(*cloudwatchlogs.Options)) (*cloudwatchlogs.DescribeMetricFiltersOutput, error) {
	out, err := answer[cloudwatchlogs.DescribeMetricFiltersOutput](f, "logs:DescribeMetricFilters", "arn:aws:logs:"+f.region+":"+f.account+":log-group:"+*in.LogGroupName)
	if err != nil {
		return nil, err
	}
	out.MetricFilters, out.NextToken = page(out.MetricFilters, in.NextToken, min(50, int(aws.ToInt32(in.Limit))))
	return out, nil
}

func (f fake) DescribeLogGroups(_ context.Context, in *cloudwatchlogs.DescribeLogGroupsInput, _ ...func(*cloudwatchlogs.Options)) (*cloudwatchlogs.DescribeLogGroupsOutput, error) {
	return answer[cloudwatchlogs.DescribeLogGroupsOutput](f, "logs:DescribeLogGroups", "arn:aws:logs:"+f.region+":"+f.account+":log-group:"+*in.LogGroupNamePrefix)
}

func (f fake) ListAlarmMuteRules(context.Context, *cloudwatch.ListAlarmMuteRulesInput, ...func(*cloudwatch.Options)) (*cloudwatch.ListAlarmMuteRulesOutput, error) {
	return answer[cloudwatch.ListAlarmMuteRulesOutput](f, "cloudwatch:ListAlarmMuteRules", f.account+"/"+f.region)
}

func (f fake) GetAlarmMuteRule(_ context.Context, in *cloudwatch.GetAlarmMuteRuleInput, _ ...func(*cloudwatch.Options)) (*cloudwatch.GetAlarmMuteRuleOutput, error) {
	return answer[cloudwatch.GetAlarmMuteRuleOutput](f, "cloudwatch:GetAlarmMuteRule", *in.AlarmMuteRuleName)
}

func (f fake) DescribeAlarms(_ context.Context, in *cloudwatch.DescribeAlarmsInput, _ ...func(*cloudwatch.Options)) (*cloudwatch.DescribeAlarmsOutput, error) {
	out, err := answer[cloudwatch.DescribeAlarmsOutput](f, "cloudwatch:DescribeAlarms", f.account+"/"+f.region)
	if err != nil {
		return nil, err
	}
	out.MetricAlarms, out.NextToken = page(out.MetricAlarms, in.NextToken, min(100, int(aws.ToInt32(in.MaxRecords))))
	return out, nil
}

func (f fake) DescribeAlarmHistory(_ context.Context, in *cloudwatch.DescribeAlarmHistoryInput, _ ...func(*cloudwatch.Options)) (*cloudwatch.DescribeAlarmHistoryOutput, error) {
	out, err := answer[cloudwatch.DescribeAlarmHistoryOutput](f, "cloudwatch:DescribeAlarmHistory", f.account+"/"+f.region)
	if err != nil {
		return nil, err
	}
	out.AlarmHistoryItems, out.NextToken = page(out.AlarmHistoryItems, in.NextToken, min(100, int(aws.ToInt32(in.MaxRecords))))
	return out, nil
}

func (f fake) GetTopicAttributes(_ context.Context, in *sns.GetTopicAttributesInput, _ ...func(*sns.Options)) (*sns.GetTopicAttributesOutput, error) {
	return answer[sns.GetTopicAttributesOutput](f, "sns:GetTopicAttributes", *in.TopicArn)
}

func (f fake) ListSubscriptionsByTopic(_ context.Context, in *sns.ListSubscriptionsByTopicInput, _ ...func(*sns.Options)) (*sns.ListSubscriptionsByTopicOutput, error) {
	out, err := answer[sns.ListSubscriptionsByTopicOutput](f, "sns:ListSubscriptionsByTopic", *in.TopicArn)
	if err != nil {
		return nil, err
	}
	out.Subscriptions, out.NextToken = page(out.Subscriptions, in.NextToken, 100)
	return out, nil
}

func (f fake) GetSubscriptionAttributes(_ context.Context, in *sns.GetSubscriptionAttributesInput, _ ...func(*sns.Options)) (*sns.GetSubscriptionAttributesOutput, error) {
	return answer[sns.GetSubscriptionAttributesOutput](f, "sns:GetSubscriptionAttributes", *in.SubscriptionArn)
}

func (f fake) GetPublicAccessBlock(_ context.Context, in *s3.GetPublicAccessBlockInput, _ ...func(*s3.Options)) (*s3.GetPublicAccessBlockOutput, error) {
	return answer[s3.GetPublicAccessBlockOutput](f, "s3:GetBucketPublicAccessBlock", *in.Bucket)
}

func (f fake) GetBucketPolicyStatus(_ context.Context, in *s3.GetBucketPolicyStatusInput, _ ...func(*s3.Options)) (*s3.GetBucketPolicyStatusOutput, error) {
	return answer[s3.GetBucketPolicyStatusOutput](f, "s3:GetBucketPolicyStatus", *in.Bucket)
}

func (f fake) GetBucketAcl(_ context.Context, in *s3.GetBucketAclInput, _ ...func(*s3.Options)) (*s3.GetBucketAclOutput, error) {
	return answer[s3.GetBucketAclOutput](f, "s3:GetBucketAcl", *in.Bucket)
}

func (f fake) GetBucketLogging(_ context.Context, in *s3.GetBucketLoggingInput, _ ...func(*s3.Options)) (*s3.GetBucketLoggingOutput, error) {
	return answer[s3.GetBucketLoggingOutput](f, "s3:GetBucketLogging", *in.Bucket)
}

// keyed is what a key is asked for by: an id or alias is one of the account and Region.
func (f fake) keyed(name string) string {
	if strings.HasPrefix(name, "arn:") {
		return name
	}
	return f.account + "/" + f.region + "/" + name
}

func (f fake) DescribeKey(_ context.Context, in *kms.DescribeKeyInput, _ ...func(*kms.Options)) (*kms.DescribeKeyOutput, error) {
	return answer[kms.DescribeKeyOutput](f, "kms:DescribeKey", f.keyed(*in.KeyId))
}

func (f fake) GetKeyPolicy(_ context.Context, in *kms.GetKeyPolicyInput, _ ...func(*kms.Options)) (*kms.GetKeyPolicyOutput, error) {
	return answer[kms.GetKeyPolicyOutput](f, "kms:GetKeyPolicy", f.keyed(*in.KeyId))
}

// read asks the fake account with these answers.
func read(t *testing.T, answers map[string]any, regions ...string) audit.Account {
	t.Helper()
	var observers []string
	if of, ok := answers["observers"].([]any); ok {
		for _, id := range of {
			observers = append(observers, id.(string))
		}
	}
	a, err := audit.Read(t.Context(), audit.Options{
		Account: account, Region: region, Regions: regions, Observers: observers, Now: now, Unpaced: true, Open: open(answers, &asked{}),
	})
	if err != nil {
		t.Fatal(err)
	}
	return a
}

// clone is a copy of a JSON value that shares nothing with it.
func clone(v map[string]any) map[string]any {
	text, err := json.Marshal(v)
	if err != nil {
		panic(err)
	}
	var out map[string]any
	if err := json.NewDecoder(strings.NewReader(string(text))).Decode(&out); err != nil {
		panic(err)
	}
	return out
}

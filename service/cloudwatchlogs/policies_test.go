package cloudwatchlogs_test

import (
	"fmt"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs/types"
	"github.com/google/go-cmp/cmp"

	"tocsin/core/policy"
	"tocsin/service"
)

const letRoute53 = `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"Service":"route53.amazonaws.com"},"Action":"logs:PutLogEvents","Resource":"*"}]}`

func TestResourcePolicies(t *testing.T) {
	twice(t, func(t *testing.T, w *world) {
		w.group(t, "app")
		out := must[*cloudwatchlogs.PutResourcePolicyOutput](t)(w.PutResourcePolicy(w.ctx, &cloudwatchlogs.PutResourcePolicyInput{PolicyName: aws.String("dns"), PolicyDocument: aws.String(letRoute53)}))
		ofAccount := types.ResourcePolicy{
			PolicyName: aws.String("dns"), PolicyDocument: aws.String(letRoute53), LastUpdatedTime: aws.Int64(w.Now().UnixMilli()), PolicyScope: types.PolicyScopeAccount,
		}
		if d := cmp.Diff(&ofAccount, out.ResourcePolicy, sdk); d != "" {
			t.Error(d)
		}
		resource := aws.String(arn + "app")
		put := func(expected *string) (*cloudwatchlogs.PutResourcePolicyOutput, error) {
			return w.PutResourcePolicy(w.ctx, &cloudwatchlogs.PutResourcePolicyInput{ResourceArn: resource, PolicyDocument: aws.String(letRoute53), ExpectedRevisionId: expected})
		}
		first := must[*cloudwatchlogs.PutResourcePolicyOutput](t)(put(nil))
		second := must[*cloudwatchlogs.PutResourcePolicyOutput](t)(put(first.RevisionId))
		_, err := put(first.RevisionId)
		refusal(t, err, "InvalidParameterException", "The expected revision does not match the current revision of the resource policy.")
		ofGroup := types.ResourcePolicy{
			ResourceArn: resource, PolicyDocument: aws.String(letRoute53), LastUpdatedTime: aws.Int64(w.Now().UnixMilli()), PolicyScope: types.PolicyScopeResource, RevisionId: second.RevisionId,
		}
		for name, test := range map[string]struct {
			in   cloudwatchlogs.DescribeResourcePoliciesInput
			want []types.ResourcePolicy
		}{
			"of the account": {cloudwatchlogs.DescribeResourcePoliciesInput{}, []types.ResourcePolicy{ofAccount}},
			"of groups":      {cloudwatchlogs.DescribeResourcePoliciesInput{PolicyScope: types.PolicyScopeResource}, []types.ResourcePolicy{ofGroup}},
			"of one group":   {cloudwatchlogs.DescribeResourcePoliciesInput{ResourceArn: resource}, []types.ResourcePolicy{ofGroup}},
			"of no group":    {cloudwatchlogs.DescribeResourcePoliciesInput{ResourceArn: aws.String(arn + "none")}, []types.ResourcePolicy{}},
		} {
			got := must[*cloudwatchlogs.DescribeResourcePoliciesOutput](t)(w.DescribeResourcePolicies(w.ctx, &test.in))
			if d := cmp.Diff(test.want, got.ResourcePolicies, sdk); d != "" {
				t.Errorf("%s: %s", name, d)
			}
		}
		_, err = w.PutResourcePolicy(w.ctx, &cloudwatchlogs.PutResourcePolicyInput{ResourceArn: aws.String(arn + "none"), PolicyDocument: aws.String(letRoute53)})
		refusal(t, err, "ResourceNotFoundException", "The specified log group does not exist.")
		// It would deny nobody anything.
		_, err = w.PutResourcePolicy(w.ctx, &cloudwatchlogs.PutResourcePolicyInput{PolicyName: aws.String("idle"), PolicyDocument: aws.String(`{"Version":"2012-10-17","Statement":{"Effect":"Deny","Action":"logs:*","Resource":"*"}}`)})
		refusal(t, err, "InvalidParameterException", "Missing required field Principal")
		for i := range 9 {
			must[*cloudwatchlogs.PutResourcePolicyOutput](t)(w.PutResourcePolicy(w.ctx, &cloudwatchlogs.PutResourcePolicyInput{PolicyName: aws.String(fmt.Sprint(i)), PolicyDocument: aws.String(letRoute53)}))
		}
		_, err = w.PutResourcePolicy(w.ctx, &cloudwatchlogs.PutResourcePolicyInput{PolicyName: aws.String("more"), PolicyDocument: aws.String(letRoute53)})
		refusal(t, err, "LimitExceededException", "Resource limit exceeded.")
		must[*cloudwatchlogs.DeleteResourcePolicyOutput](t)(w.DeleteResourcePolicy(w.ctx, &cloudwatchlogs.DeleteResourcePolicyInput{PolicyName: aws.String("dns")}))
		_, err = w.DeleteResourcePolicy(w.ctx, &cloudwatchlogs.DeleteResourcePolicyInput{PolicyName: aws.String("dns")})
		refusal(t, err, "ResourceNotFoundException", "Policy with name [dns] does not exist.")
	})
}

func TestNeeds(t *testing.T) {
	w := newWorld(t)
	w.client, w.ctx = w.service, w.Context(t)
	w.group(t, "app")
	must[*cloudwatchlogs.TagResourceOutput](t)(w.TagResource(w.ctx, &cloudwatchlogs.TagResourceInput{ResourceArn: aws.String(arn + "app"), Tags: map[string]string{"team": "blue"}}))
	app, s := aws.String("app"), aws.String("s")
	const all = "arn:aws:logs:eu-central-1:123456789012:log-group:"
	for _, test := range []struct {
		operation string
		input     any
		want      []string // action and resource
	}{
		{"CreateLogGroup", &cloudwatchlogs.CreateLogGroupInput{LogGroupName: app}, []string{"logs:CreateLogGroup " + all + "app:log-stream:"}},
		{"CreateLogGroup", &cloudwatchlogs.CreateLogGroupInput{LogGroupName: app, Tags: map[string]string{"a": "b"}}, []string{"logs:CreateLogGroup " + all + "app:log-stream:", "logs:TagResource " + all + "app"}},
		{"DescribeLogGroups", &cloudwatchlogs.DescribeLogGroupsInput{}, []string{"logs:DescribeLogGroups " + all + ":log-stream:"}},
		{"CreateLogStream", &cloudwatchlogs.CreateLogStreamInput{LogGroupName: app, LogStreamName: s}, []string{"logs:CreateLogStream " + all + "app:log-stream:s"}},
		{"PutLogEvents", &cloudwatchlogs.PutLogEventsInput{LogGroupName: app, LogStreamName: s}, []string{"logs:PutLogEvents " + all + "app:log-stream:s"}},
		{"GetLogEvents", &cloudwatchlogs.GetLogEventsInput{LogGroupIdentifier: aws.String(all + "app"), LogStreamName: s}, []string{"logs:GetLogEvents " + all + "app:log-stream:s"}},
		{"FilterLogEvents", &cloudwatchlogs.FilterLogEventsInput{LogGroupName: app}, []string{"logs:FilterLogEvents " + all + "app:log-stream:"}},
		{"StartLiveTail", &cloudwatchlogs.StartLiveTailInput{LogGroupIdentifiers: []string{all + "app"}}, []string{"logs:StartLiveTail " + all + "app:log-stream:"}},
		{"TagResource", &cloudwatchlogs.TagResourceInput{ResourceArn: aws.String(all + "app"), Tags: map[string]string{"a": "b"}}, []string{"logs:TagResource " + all + "app"}},
		{"TestMetricFilter", &cloudwatchlogs.TestMetricFilterInput{}, []string{"logs:TestMetricFilter *"}},
		{"PutSubscriptionFilter", &cloudwatchlogs.PutSubscriptionFilterInput{LogGroupName: app, RoleArn: s}, []string{"logs:PutSubscriptionFilter " + all + "app:log-stream:", "iam:PassRole s"}},
	} {
		needs, err := w.service.Needs(w.ctx, test.operation, test.input)
		if err != nil {
			t.Fatal(err)
		}
		var got []string
		for _, n := range needs {
			got = append(got, n.Action+" "+n.Resource)
		}
		if d := cmp.Diff(test.want, got); d != "" {
			t.Errorf("%s: %s", test.operation, d)
		}
	}
	// The tags and the policies of a group bear on it, whatever the form of their statements.
	must[*cloudwatchlogs.PutResourcePolicyOutput](t)(w.PutResourcePolicy(w.ctx, &cloudwatchlogs.PutResourcePolicyInput{PolicyName: aws.String("one"), PolicyDocument: aws.String(letRoute53)}))
	own := `{"Version":"2012-10-17","Statement":{"Effect":"Deny","Principal":"*","Action":"logs:*","Resource":"*"}}`
	must[*cloudwatchlogs.PutResourcePolicyOutput](t)(w.PutResourcePolicy(w.ctx, &cloudwatchlogs.PutResourcePolicyInput{ResourceArn: aws.String(arn + "app"), PolicyDocument: &own}))
	needs, err := w.service.Needs(w.ctx, "PutLogEvents", &cloudwatchlogs.PutLogEventsInput{LogGroupName: app, LogStreamName: s})
	if err != nil {
		t.Fatal(err)
	}
	if needs[0].Policy == nil || needs[0].Context["aws:ResourceTag/team"][0] != "blue" || needs[0].Owner != "123456789012" {
		t.Fatalf("%+v", needs[0])
	}
	p, err := policy.Parse(*needs[0].Policy, needs[0].Kind)
	if err != nil || len(p.Statements) != 2 {
		t.Errorf("%v %s", err, *needs[0].Policy)
	}
	_, err = w.service.Needs(w.ctx, "PutLogEvents", &cloudwatchlogs.PutLogEventsInput{LogStreamName: s})
	refusal(t, err, "InvalidParameterException", "1 validation error detected: Value at 'logGroupName' failed to satisfy constraint: Member must not be null")
	var _ service.Authorizer = w.service
}

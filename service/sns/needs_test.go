package sns_test

import (
	"context"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	api "github.com/aws/aws-sdk-go-v2/service/sns"
	"github.com/aws/aws-sdk-go-v2/service/sns/types"
	"github.com/google/go-cmp/cmp"

	"tocsin/core/policy"
	"tocsin/service"
	"tocsin/service/access"
)

const all = "arn:aws:sns:eu-central-1:123456789012:*"

func TestNeeds(t *testing.T) {
	b := newBench(t)
	b.operations, b.ctx = b.service, b.world.Context(t)
	b.create(t)
	text := defaultPolicy
	of := func(action string, keys policy.Context) []service.Need {
		return []service.Need{{
			Action: action, Resource: alarms, Owner: "123456789012", Policy: &text, PolicyName: "topic policy of alarms", Context: keys,
		}}
	}
	to, sub := aws.String(alarms), aws.String(alarms+":1-2")
	none := policy.Context{}
	tags := []types.Tag{{Key: aws.String("team"), Value: aws.String("red")}}
	tagged := policy.Context{"aws:RequestTag/team": {"red"}, "aws:TagKeys": {"team"}}
	for operation, c := range map[string]struct {
		in    any
		needs []service.Need
	}{
		"AddPermission":             {&api.AddPermissionInput{TopicArn: to}, of("SNS:AddPermission", none)},
		"ConfirmSubscription":       {&api.ConfirmSubscriptionInput{TopicArn: to}, []service.Need{{Action: "SNS:ConfirmSubscription", Resource: alarms, Owner: "123456789012"}}},
		"DeleteTopic":               {&api.DeleteTopicInput{TopicArn: to}, of("SNS:DeleteTopic", none)},
		"GetDataProtectionPolicy":   {&api.GetDataProtectionPolicyInput{ResourceArn: to}, of("SNS:GetDataProtectionPolicy", none)},
		"GetSubscriptionAttributes": {&api.GetSubscriptionAttributesInput{SubscriptionArn: sub}, []service.Need{{Action: "SNS:GetSubscriptionAttributes", Resource: alarms, Owner: "123456789012"}}},
		"GetTopicAttributes":        {&api.GetTopicAttributesInput{TopicArn: to}, of("SNS:GetTopicAttributes", none)},
		"ListSubscriptions":         {&api.ListSubscriptionsInput{}, []service.Need{{Action: "SNS:ListSubscriptions", Resource: all}}},
		"ListSubscriptionsByTopic":  {&api.ListSubscriptionsByTopicInput{TopicArn: to}, of("SNS:ListSubscriptionsByTopic", none)},
		"ListTagsForResource":       {&api.ListTagsForResourceInput{ResourceArn: to}, of("SNS:ListTagsForResource", none)},
		"ListTopics":                {&api.ListTopicsInput{}, []service.Need{{Action: "SNS:ListTopics", Resource: all}}},
		"Publish":                   {&api.PublishInput{TargetArn: to}, of("SNS:Publish", none)},
		"PublishBatch":              {&api.PublishBatchInput{TopicArn: to}, of("SNS:Publish", none)},
		"PutDataProtectionPolicy":   {&api.PutDataProtectionPolicyInput{ResourceArn: to}, of("SNS:PutDataProtectionPolicy", none)},
		"RemovePermission":          {&api.RemovePermissionInput{TopicArn: to}, of("SNS:RemovePermission", none)},
		"SetSubscriptionAttributes": {&api.SetSubscriptionAttributesInput{SubscriptionArn: sub}, []service.Need{{Action: "SNS:SetSubscriptionAttributes", Resource: alarms, Owner: "123456789012"}}},
		"SetTopicAttributes":        {&api.SetTopicAttributesInput{TopicArn: to}, of("SNS:SetTopicAttributes", none)},
		"Subscribe": {
			&api.SubscribeInput{TopicArn: to, Protocol: aws.String("email"), Endpoint: aws.String("a@example.com")},
			of("SNS:Subscribe", policy.Context{"sns:Protocol": {"email"}, "sns:Endpoint": {"a@example.com"}}),
		},
		"TagResource":   {&api.TagResourceInput{ResourceArn: to, Tags: tags}, of("SNS:TagResource", tagged)},
		"Unsubscribe":   {&api.UnsubscribeInput{SubscriptionArn: sub}, []service.Need{{Action: "SNS:Unsubscribe", Resource: alarms, Owner: "123456789012"}, {Action: "SNS:Unsubscribe", Resource: all}}},
		"UntagResource": {&api.UntagResourceInput{ResourceArn: to, TagKeys: []string{"team"}}, of("SNS:UntagResource", policy.Context{"aws:TagKeys": {"team"}})},
		"CreateTopic": {
			&api.CreateTopicInput{Name: aws.String("alarms"), Tags: tags},
			[]service.Need{{Action: "SNS:CreateTopic", Resource: alarms, Context: tagged}, {Action: "SNS:TagResource", Resource: alarms, Context: tagged}},
		},
	} {
		needs, err := b.service.Needs(b.ctx, operation, c.in)
		if err != nil {
			t.Errorf("%s: %v", operation, err)
		}
		if diff := cmp.Diff(c.needs, needs); diff != "" {
			t.Errorf("%s: %s", operation, diff)
		}
	}
	if _, err := b.TagResource(b.ctx, &api.TagResourceInput{ResourceArn: to, Tags: tags}); err != nil {
		t.Fatal(err)
	}
	// The topic's tag decides of its subscriptions, too.
	for operation, in := range map[string]any{
		"SetSubscriptionAttributes": &api.SetSubscriptionAttributesInput{SubscriptionArn: sub}, "Unsubscribe": &api.UnsubscribeInput{SubscriptionArn: sub},
		"ConfirmSubscription": &api.ConfirmSubscriptionInput{TopicArn: to}, "CreateTopic": &api.CreateTopicInput{Name: aws.String("alarms")},
	} {
		needs, err := b.service.Needs(b.ctx, operation, in)
		if err != nil || !cmp.Equal(needs[0].Context["aws:ResourceTag/team"], []string{"red"}) {
			t.Errorf("%s needs %+v: %v", operation, needs, err)
		}
	}
	needs, err := b.service.Needs(b.ctx, "DeleteTopic", &api.DeleteTopicInput{TopicArn: to})
	if diff := cmp.Diff(of("SNS:DeleteTopic", policy.Context{"aws:ResourceTag/team": {"red"}}), needs); diff != "" || err != nil {
		t.Error(diff, err)
	}
}

func TestNeedsOfNobody(t *testing.T) {
	b := newBench(t)
	nobody := b.as(t, anonymous)
	for operation, in := range map[string]any{
		"ConfirmSubscription": &api.ConfirmSubscriptionInput{TopicArn: aws.String(alarms)},
		"Unsubscribe":         &api.UnsubscribeInput{SubscriptionArn: aws.String(alarms + ":1-2")},
	} {
		if needs, err := b.service.Needs(nobody, operation, in); err != nil || len(needs) != 0 {
			t.Errorf("%s needs %+v, %v", operation, needs, err)
		}
	}
	_, err := b.service.Needs(nobody, "Publish", &api.PublishInput{TopicArn: aws.String(alarms)})
	want(t, err, "MissingAuthenticationToken", "Request is missing Authentication Token")
	_, err = b.service.Needs(b.world.Context(t), "Publish", &api.PublishInput{TopicArn: aws.String("x")})
	want(t, err, "InvalidParameter", "Invalid parameter: TopicArn Reason: An ARN must have at least 6 elements, not 1")
}

// permit asks the gate whether the call may be made.
func (b *bench) permit(t *testing.T, ctx context.Context, operation string, in any) error {
	t.Helper()
	needs, err := b.service.Needs(ctx, operation, in)
	if err != nil {
		t.Fatal(err)
	}
	gate := access.New(access.Options{State: b.world.State, Now: b.world.Now})
	return gate.Permit(ctx, service.CallerOf(ctx), needs)
}

func TestTopicOfAnotherAccount(t *testing.T) {
	b := newBench(t)
	b.operations, b.ctx = b.service, b.world.Context(t)
	b.create(t)
	their := b.as(t, stranger)
	publish := func(to string) *api.PublishInput { return &api.PublishInput{TopicArn: &to, Message: aws.String("m")} }
	if err := b.permit(t, b.ctx, "Publish", publish(alarms)); err != nil {
		t.Errorf("the root is refused: %v", err)
	}
	want(t, b.permit(t, their, "Publish", publish(alarms)), "AccessDenied",
		"User: arn:aws:iam::999999999999:root is not authorized to perform: SNS:Publish on resource: "+alarms+" because no resource-based policy allows the SNS:Publish action")
	for _, to := range []string{alarms, alarms + "-not"} {
		if err := b.permit(t, their, "Publish", publish(to)); !access.IsDenied(err) {
			t.Errorf("a stranger publishes to %s: %v", to, err)
		}
	}
	_, err := b.AddPermission(b.ctx, &api.AddPermissionInput{
		TopicArn: aws.String(alarms), Label: aws.String("them"), AWSAccountId: []string{"999999999999"}, ActionName: []string{"Publish"},
	})
	want(t, err, "", "")
	if err := b.permit(t, their, "Publish", publish(alarms)); err != nil {
		t.Errorf("a stranger is refused: %v", err)
	}
	if err := b.permit(t, their, "Subscribe", &api.SubscribeInput{TopicArn: aws.String(alarms)}); !access.IsDenied(err) {
		t.Errorf("a stranger subscribes: %v", err)
	}
	only := `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":"*","Action":"SNS:Subscribe","Resource":"` + alarms + `",
		"Condition":{"StringEquals":{"sns:Protocol":"email"},"StringLike":{"sns:Endpoint":"*@example.com"}}}]}`
	want(t, b.set("Policy", only), "", "")
	for endpoint, allowed := range map[string]bool{"a@example.com": true, "a@example.org": false} {
		err := b.permit(t, their, "Subscribe", &api.SubscribeInput{TopicArn: aws.String(alarms), Protocol: aws.String("email"), Endpoint: &endpoint})
		if (err == nil) != allowed {
			t.Errorf("%s: %v", endpoint, err)
		}
	}
}

// The owner of a topic can mend a policy that lets nobody in.
func TestPolicyWithoutStatements(t *testing.T) {
	b := newBench(t)
	b.operations, b.ctx = b.service, b.world.Context(t)
	b.create(t)
	_, err := b.RemovePermission(b.ctx, &api.RemovePermissionInput{TopicArn: aws.String(alarms), Label: aws.String("__default_statement_ID")})
	want(t, err, "", "")
	set := &api.SetTopicAttributesInput{TopicArn: aws.String(alarms)}
	if err := b.permit(t, b.ctx, "SetTopicAttributes", set); err != nil {
		t.Errorf("the owner is refused: %v", err)
	}
	if err := b.permit(t, b.as(t, stranger), "SetTopicAttributes", set); !access.IsDenied(err) {
		t.Errorf("a stranger is let in: %v", err)
	}
}

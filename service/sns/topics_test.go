package sns_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	api "github.com/aws/aws-sdk-go-v2/service/sns"
	"github.com/aws/aws-sdk-go-v2/service/sns/types"
	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
)

const defaultPolicy = `{"Version":"2008-10-17","Id":"__default_policy_ID","Statement":[{"Sid":"__default_statement_ID","Effect":"Allow",` +
	`"Principal":{"AWS":"*"},"Action":["SNS:GetTopicAttributes","SNS:SetTopicAttributes","SNS:AddPermission","SNS:RemovePermission",` +
	`"SNS:DeleteTopic","SNS:Subscribe","SNS:ListSubscriptionsByTopic","SNS:Publish"],"Resource":"arn:aws:sns:eu-central-1:123456789012:alarms",` +
	`"Condition":{"StringEquals":{"AWS:SourceOwner":"123456789012"}}}]}`

const defaultDelivery = `{"http":{"defaultHealthyRetryPolicy":{"minDelayTarget":20,"maxDelayTarget":20,"numRetries":3,"numMaxDelayRetries":0,` +
	`"numNoDelayRetries":0,"numMinDelayRetries":0,"backoffFunction":"linear"},"disableSubscriptionOverrides":false,` +
	`"defaultRequestPolicy":{"headerContentType":"text/plain; charset=UTF-8"}}}`

func TestLifeOfATopic(t *testing.T) {
	twice(t, func(t *testing.T, b *bench) {
		b.create(t)
		want := map[string]string{
			"TopicArn": alarms, "Owner": "123456789012", "DisplayName": "", "Policy": defaultPolicy, "EffectiveDeliveryPolicy": defaultDelivery,
			"SubscriptionsConfirmed": "0", "SubscriptionsPending": "0", "SubscriptionsDeleted": "0",
		}
		if diff := cmp.Diff(want, b.topic(t)); diff != "" {
			t.Error(diff)
		}
		own := `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"Service":"cloudtrail.amazonaws.com"},"Action":"SNS:Publish","Resource":"` + alarms + `"}]}`
		for _, c := range [][3]string{
			{"DisplayName", "Security Alerts", "Security Alerts"},
			{"Policy", own, own},
			{"KmsMasterKeyId", "alias/aws/sns", "alias/aws/sns"},
			{"SignatureVersion", "2", "2"},
			{"TracingConfig", "Active", "Active"},
			{"HTTPSuccessFeedbackSampleRate", "100", "100"},
			{
				"DeliveryPolicy", `{"http": {"defaultRequestPolicy": {"headerContentType": "application/json"}}}`,
				`{"http":{"disableSubscriptionOverrides":false,"defaultRequestPolicy":{"headerContentType":"application/json"}}}`,
			},
			{"DisplayName", "", ""},
			{"Policy", "", defaultPolicy},
		} {
			if err := b.set(c[0], c[1]); err != nil {
				t.Errorf("set %s: %v", c[0], err)
			}
			if got := b.topic(t)[c[0]]; got != c[2] {
				t.Errorf("%s is %s, want %s", c[0], got, c[2])
			}
		}
		b.subscribe(t, "sqs", queue, nil)
		b.subscribe(t, "email", "a@example.com", nil)
		if a := b.topic(t); a["SubscriptionsConfirmed"] != "1" || a["SubscriptionsPending"] != "1" {
			t.Errorf("attributes are %v", a)
		}
		for range 2 {
			if _, err := b.DeleteTopic(b.ctx, &api.DeleteTopicInput{TopicArn: aws.String(alarms)}); err != nil {
				t.Error(err)
			}
		}
		if out, err := b.ListSubscriptions(b.ctx, &api.ListSubscriptionsInput{}); err != nil || len(out.Subscriptions) != 0 {
			t.Errorf("subscriptions left: %+v, %v", out, err)
		}
	})
}

func TestCreateTopicAgain(t *testing.T) {
	tag := func(pairs ...string) (tags []types.Tag) {
		for i := 0; i < len(pairs); i += 2 {
			tags = append(tags, types.Tag{Key: &pairs[i], Value: &pairs[i+1]})
		}
		return tags
	}
	const other, otherTags = "Invalid parameter: Attributes Reason: Topic already exists with different attributes", "Invalid parameter: Tags Reason: Topic already exists with different tags"
	twice(t, func(t *testing.T, b *bench) {
		for _, c := range []struct {
			name       string
			attributes map[string]string
			tags       []types.Tag
			text       string // of the refusal
		}{
			{"a", map[string]string{"DisplayName": "A", "FifoTopic": "false"}, tag("k", "v", "l", "w"), ""},
			{"a", nil, nil, ""},
			{"a", map[string]string{"DisplayName": "A"}, tag("k", "v"), ""},
			{"a", map[string]string{"DisplayName": "B"}, nil, other},
			{"a", map[string]string{"DisplayName": "A", "KmsMasterKeyId": "x"}, nil, other},
			{"a", nil, tag("k", "w"), otherTags},
			{"a", nil, tag("m", "v"), otherTags},
			{"a", nil, tag("k", "v", "k", "v"), "Invalid parameter: Duplicated keys are not allowed."},
			{"a b", nil, nil, "Invalid parameter: Topic Name"},
			{"", nil, nil, "Invalid parameter: Topic Name"},
			{strings.Repeat("x", 257), nil, nil, "Invalid parameter: Topic Name"},
			{"a", map[string]string{"FifoTopic": "true"}, nil, "Invalid parameter: Topic Name"},
			{"a.fifo", nil, nil, "Invalid parameter: Topic Name"},
			{"a.fifo", map[string]string{"FifoTopic": "true"}, nil, `Invalid parameter: Attributes Reason: FifoTopic: tocsin does not support FIFO topics; create "a" as a standard topic`},
			{"b", map[string]string{"Other": "x"}, nil, "Invalid parameter: Attributes Reason: AttributeName"},
			{"b", nil, tag("aws:k", "v"), `Invalid parameter: Tag Reason: the key "aws:k" begins with aws:, which is reserved`},
		} {
			_, err := b.CreateTopic(b.ctx, &api.CreateTopicInput{Name: &c.name, Attributes: c.attributes, Tags: c.tags})
			code := ""
			if c.text != "" {
				code = "InvalidParameter"
			}
			want(t, err, code, c.text)
		}
		// Made again, it has the new tags only.
		arn := aws.String("arn:aws:sns:eu-central-1:123456789012:a")
		if _, err := b.DeleteTopic(b.ctx, &api.DeleteTopicInput{TopicArn: arn}); err != nil {
			t.Error(err)
		}
		if _, err := b.CreateTopic(b.ctx, &api.CreateTopicInput{Name: aws.String("a"), Tags: tag("n", "")}); err != nil {
			t.Error(err)
		}
		out, err := b.ListTagsForResource(b.ctx, &api.ListTagsForResourceInput{ResourceArn: arn})
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(tag("n", ""), out.Tags, cmpopts.IgnoreUnexported(types.Tag{})); diff != "" {
			t.Error(diff)
		}
	})
}

func TestTags(t *testing.T) {
	twice(t, func(t *testing.T, b *bench) {
		b.create(t)
		arn := aws.String(alarms)
		var fifty []types.Tag
		for i := range 50 {
			fifty = append(fifty, types.Tag{Key: aws.String(fmt.Sprintf("k%02d", i)), Value: aws.String("v")})
		}
		if _, err := b.TagResource(b.ctx, &api.TagResourceInput{ResourceArn: arn, Tags: fifty}); err != nil {
			t.Fatal(err)
		}
		if _, err := b.TagResource(b.ctx, &api.TagResourceInput{ResourceArn: arn, Tags: []types.Tag{{Key: aws.String("k01"), Value: aws.String("w")}}}); err != nil {
			t.Error(err)
		}
		_, err := b.TagResource(b.ctx, &api.TagResourceInput{ResourceArn: arn, Tags: []types.Tag{{Key: aws.String("more"), Value: aws.String("w")}}})
		want(t, err, "TagLimitExceeded", "Could not complete request: tag quota of per resource exceeded")
		if _, err := b.UntagResource(b.ctx, &api.UntagResourceInput{ResourceArn: arn, TagKeys: []string{"k00", "unknown"}}); err != nil {
			t.Error(err)
		}
		out, err := b.ListTagsForResource(b.ctx, &api.ListTagsForResourceInput{ResourceArn: arn})
		if err != nil || len(out.Tags) != 49 || *out.Tags[0].Key != "k01" || *out.Tags[0].Value != "w" {
			t.Errorf("tags are %+v, %v", out, err)
		}
		none := aws.String(alarms + "-not")
		_, err = b.ListTagsForResource(b.ctx, &api.ListTagsForResourceInput{ResourceArn: none})
		want(t, err, "ResourceNotFound", "Resource does not exist")
		_, err = b.TagResource(b.ctx, &api.TagResourceInput{ResourceArn: none, Tags: fifty[:1]})
		want(t, err, "ResourceNotFound", "Resource does not exist")
		_, err = b.UntagResource(b.ctx, &api.UntagResourceInput{ResourceArn: none, TagKeys: []string{"k"}})
		want(t, err, "ResourceNotFound", "Resource does not exist")
		_, err = b.ListTagsForResource(b.ctx, &api.ListTagsForResourceInput{ResourceArn: aws.String("alarms")})
		want(t, err, "InvalidParameter", "Invalid parameter: ResourceArn Reason: An ARN must have at least 6 elements, not 1")
	})
}

func TestPages(t *testing.T) {
	twice(t, func(t *testing.T, b *bench) {
		b.create(t)
		wanted := []string{alarms}
		for i := range 230 {
			name := fmt.Sprintf("t%03d", i)
			wanted = append(wanted, "arn:aws:sns:eu-central-1:123456789012:"+name)
			if _, err := b.service.CreateTopic(b.world.Context(t), &api.CreateTopicInput{Name: &name}); err != nil {
				t.Fatal(err)
			}
		}
		var got []string
		pages := api.NewListTopicsPaginator(b, &api.ListTopicsInput{})
		for n := 0; pages.HasMorePages(); n++ {
			page, err := pages.NextPage(b.ctx)
			if err != nil {
				t.Fatal(err)
			}
			if len(page.Topics) != min(100, 231-100*n) {
				t.Errorf("page %d has %d topics", n, len(page.Topics))
			}
			for _, topic := range page.Topics {
				got = append(got, *topic.TopicArn)
			}
			// What was seen already may go.
			if _, err := b.DeleteTopic(b.ctx, &api.DeleteTopicInput{TopicArn: &got[len(got)-1]}); err != nil {
				t.Fatal(err)
			}
		}
		slices.Sort(wanted)
		if diff := cmp.Diff(wanted, got); diff != "" {
			t.Error(diff)
		}
		for i := range 101 {
			b.mustSubscribe(t, fmt.Sprintf("%s-%03d", queue, i))
		}
		first, err := b.ListSubscriptionsByTopic(b.ctx, &api.ListSubscriptionsByTopicInput{TopicArn: aws.String(alarms)})
		if err != nil || len(first.Subscriptions) != 100 || first.NextToken == nil {
			t.Fatalf("%+v, %v", first, err)
		}
		second, err := b.ListSubscriptionsByTopic(b.ctx, &api.ListSubscriptionsByTopicInput{TopicArn: aws.String(alarms), NextToken: first.NextToken})
		if err != nil || len(second.Subscriptions) != 1 || second.NextToken != nil {
			t.Errorf("%+v, %v", second, err)
		}
		_, err = b.ListTopics(b.ctx, &api.ListTopicsInput{NextToken: aws.String("!")})
		want(t, err, "InvalidParameter", "Invalid parameter: NextToken Reason: it was not given out by this service")
	})
}

// mustSubscribe subscribes a queue, directly.
func (b *bench) mustSubscribe(t *testing.T, queue string) {
	t.Helper()
	_, err := b.service.Subscribe(b.world.Context(t), &api.SubscribeInput{TopicArn: aws.String(alarms), Protocol: aws.String("sqs"), Endpoint: &queue})
	if err != nil {
		t.Fatal(err)
	}
}

func TestPermissions(t *testing.T) {
	statement := func(sid, principal, action string) string {
		return `,{"Sid":"` + sid + `","Effect":"Allow","Principal":{"AWS":` + principal + `},"Action":` + action + `,"Resource":"` + alarms + `"}`
	}
	begin := strings.TrimSuffix(defaultPolicy, "]}")
	twice(t, func(t *testing.T, b *bench) {
		b.create(t)
		add := func(label string, accounts, actions []string) error {
			_, err := b.AddPermission(b.ctx, &api.AddPermissionInput{TopicArn: aws.String(alarms), Label: &label, AWSAccountId: accounts, ActionName: actions})
			return err
		}
		remove := func(label string) {
			t.Helper()
			if _, err := b.RemovePermission(b.ctx, &api.RemovePermissionInput{TopicArn: aws.String(alarms), Label: &label}); err != nil {
				t.Error(err)
			}
		}
		check := func(want string) {
			t.Helper()
			if diff := cmp.Diff(want, b.topic(t)["Policy"]); diff != "" {
				t.Error(diff)
			}
		}
		want(t, add("one", []string{"999999999999"}, []string{"Publish"}), "", "")
		one := statement("one", `"arn:aws:iam::999999999999:root"`, `"SNS:Publish"`)
		check(begin + one + "]}")
		want(t, add("one", []string{"999999999999"}, []string{"Publish"}), "InvalidParameter", "Invalid parameter: Statement already exists")
		want(t, add("two", []string{"999999999999"}, []string{"CreateTopic"}), "InvalidParameter", "Invalid parameter: Policy statement action out of service scope!")
		want(t, add("two", []string{"99"}, []string{"Publish"}), "InvalidParameter",
			"Invalid parameter: Policy Error: PrincipalNotFound\n\"99\" is not the id of an account, which has twelve digits")
		want(t, add("two", []string{"999999999999", "888888888888"}, []string{"Publish", "Subscribe"}), "", "")
		two := statement("two", `["arn:aws:iam::999999999999:root","arn:aws:iam::888888888888:root"]`, `["SNS:Publish","SNS:Subscribe"]`)
		check(begin + one + two + "]}")
		remove("unknown")
		remove("one")
		check(begin + two + "]}")
		remove("two")
		remove("__default_statement_ID")
		check(`{"Version":"2008-10-17","Id":"__default_policy_ID","Statement":[]}`)
		want(t, add("three", []string{"999999999999"}, []string{"Publish"}), "", "")
		_, err := b.AddPermission(b.ctx, &api.AddPermissionInput{
			TopicArn: aws.String(alarms + "-not"), Label: aws.String("x"), AWSAccountId: []string{"999999999999"}, ActionName: []string{"Publish"},
		})
		want(t, err, "NotFound", "Topic does not exist")
		_, err = b.RemovePermission(b.ctx, &api.RemovePermissionInput{TopicArn: aws.String(alarms + "-not"), Label: aws.String("x")})
		want(t, err, "NotFound", "Topic does not exist")
	})
}

func TestRefusedTopicAttributes(t *testing.T) {
	allow := func(action, resource string) string {
		return `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":"*","Action":"` + action + `","Resource":"` + resource + `"}]}`
	}
	const null, scope = "Invalid parameter: Policy Error: null", "Invalid parameter: Policy statement action out of service scope!"
	twice(t, func(t *testing.T, b *bench) {
		b.create(t)
		for _, c := range []struct{ name, value, line string }{
			{"Policy", "{", null},
			{"Policy", `{"Version":"2012-10-17","Statement":[]}`, null},
			{"Policy", allow("SNS:Publish", alarms+"-other"), null},
			{"Policy", allow("SNS:Publish", "*"), ""},
			{"Policy", allow("SNS:*", alarms), scope},
			{"Policy", allow("sns:CreateTopic", alarms), scope},
			{"Policy", allow("sqs:SendMessage", alarms), scope},
			{"Policy", allow("sns:publish", alarms), ""},
			{"Policy", `{"Statement":[{"Effect":"Allow","Action":"SNS:Publish","Resource":"` + alarms + `"}]}`, null},
			{"Policy", strings.Repeat(" ", 31<<10) + allow("SNS:Publish", alarms), null},
			{"FifoTopic", "true", "Invalid parameter: AttributeName"},
			{"Nonsense", "x", "Invalid parameter: AttributeName"},
			{"DeliveryPolicy", `{"x":1}`, "Invalid parameter: DeliveryPolicy: Unexpected JSON member: x"},
			{"SignatureVersion", "3", "Invalid parameter: SignatureVersion: Invalid value [3]. Must be 1 or 2."},
		} {
			err := b.set(c.name, c.value)
			line := ""
			if err != nil {
				line, _, _ = strings.Cut(message(err), "\n")
			}
			if line != c.line {
				t.Errorf("%s = %s is refused by %q, want %q", c.name, c.value, line, c.line)
			}
		}
		_, err := b.PutDataProtectionPolicy(b.ctx, &api.PutDataProtectionPolicyInput{ResourceArn: aws.String(alarms), DataProtectionPolicy: aws.String("{}")})
		want(t, err, "InvalidParameter", "Invalid parameter: DataProtectionPolicy Reason: tocsin does not look for personal data in messages, so it would not do what the policy asks for; leave the policy out")
		out, err := b.GetDataProtectionPolicy(b.ctx, &api.GetDataProtectionPolicyInput{ResourceArn: aws.String(alarms)})
		if err != nil || aws.ToString(out.DataProtectionPolicy) != "" {
			t.Errorf("%+v, %v", out, err)
		}
	})
}

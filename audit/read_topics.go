package audit

import (
	"cmp"
	"context"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	s3types "github.com/aws/aws-sdk-go-v2/service/s3/types"
	"github.com/aws/aws-sdk-go-v2/service/sns"

	"tocsin/core/alarm"
	"tocsin/core/topic"
)

// readTopics asks for the topics of the alarms that count: those on metrics of
// the filters, and the composite alarms.
func (r *reader) readTopics(ctx context.Context) {
	for i := range r.account.Alarms {
		set := &r.account.Alarms[i]
		for _, arn := range r.account.topicsOf(set) {
			if r.account.topic(arn) == nil {
				r.account.Topics = append(r.account.Topics, r.readTopic(ctx, arn, set.Account))
			}
		}
	}
}

// topicsOf are the topics of the alarms of a set that watch a metric of some filter.
func (a *Account) topicsOf(set *AlarmSet) []string {
	watches := func(m *MetricAlarm) bool {
		return slices.ContainsFunc(a.LogGroups, func(g LogGroup) bool {
			return arnPart(g.ARN, 3) == set.Region && slices.ContainsFunc(g.Filters, func(f Filter) bool {
				return slices.ContainsFunc(f.Metrics, func(fm FilterMetric) bool { return m.watches(set.Account, arnPart(g.ARN, 4), fm) })
			})
		})
	}
	var arns []string
	add := func(actions []string) {
		for _, arn := range actions {
			if arnPart(arn, 2) == "sns" && !slices.Contains(arns, arn) {
				arns = append(arns, arn)
			}
		}
	}
	var children []string
	for _, m := range set.Metric {
		if watches(&m) {
			add(m.AlarmActions)
			children = append(children, m.Name, m.ARN)
		}
	}
	for range set.Composite { // a composite alarm may be a child too
		for _, c := range set.Composite {
			if c.Rule != nil && slices.ContainsFunc(c.Rule.Refs(), func(ref string) bool { return slices.Contains(children, ref) }) && !slices.Contains(children, c.Name) {
				add(c.AlarmActions)
				children = append(children, c.Name, c.ARN)
			}
		}
	}
	return arns
}

// watches tells whether an alarm of one account looks at a metric of another one or
// of the same. Those of other accounts it has to name.
func (m *MetricAlarm) watches(own, account string, of FilterMetric) bool {
	if m.MetricName != "" {
		return own == account && m.Namespace == of.Namespace && m.MetricName == of.Name
	}
	return slices.ContainsFunc(m.Metrics, func(q alarm.MetricQuery) bool {
		return q.Metric != nil && q.Metric.Namespace == of.Namespace && q.Metric.MetricName == of.Name && cmp.Or(q.AccountID, own) == account
	})
}

// inputs are the namespaces and names of the metrics that an alarm looks at.
func (m *MetricAlarm) inputs() [][2]string {
	if m.MetricName != "" {
		return [][2]string{{m.Namespace, m.MetricName}}
	}
	var ids [][2]string
	for _, q := range m.Metrics {
		if q.Metric != nil {
			ids = append(ids, [2]string{q.Metric.Namespace, q.Metric.MetricName})
		}
	}
	return ids
}

// readTopic asks as the account of the topic, or where that cannot be entered as
// that of the alarm, which the topic's policy may allow.
func (r *reader) readTopic(ctx context.Context, arn, alarmAccount string) Topic {
	t := Topic{ARN: arn}
	account, region := arnPart(arn, 4), arnPart(arn, 3)
	if r.at(ctx, account, region).err != nil {
		account = alarmAccount
	}
	c := r.at(ctx, account, region).SNS
	q := question{"sns:GetTopicAttributes", arn, account, region}
	attributes := ask(ctx, r, q, c != nil, func(code string) bool {
		t.Gone = code == "NotFound" || code == "NotFoundException"
		return t.Gone
	}, func() (*sns.GetTopicAttributesOutput, error) {
		return c.GetTopicAttributes(ctx, &sns.GetTopicAttributesInput{TopicArn: aws.String(arn)})
	})
	if t.Gone {
		return t
	}
	if attributes != nil && other(aws.String(attributes.Attributes["TopicArn"]), arn) {
		r.note(q, errOther(aws.String(attributes.Attributes["TopicArn"])))
	} else if attributes != nil {
		t.answer = attributes
		if t.Attributes = attributes.Attributes; t.Attributes == nil {
			t.Attributes = map[string]string{}
		}
		if key := t.Attributes["KmsMasterKeyId"]; key != "" && !awsManaged(key) {
			r.readKey(ctx, key, arn, account, true)
		}
	}
	r.readSubscriptions(ctx, &t, c, account, region)
	return t
}

func (r *reader) readSubscriptions(ctx context.Context, t *Topic, c SNS, account, region string) {
	q := question{"sns:ListSubscriptionsByTopic", t.ARN, account, region}
	in := &sns.ListSubscriptionsByTopicInput{TopicArn: aws.String(t.ARN)}
	var pages pages
	for {
		out := ask(ctx, r, q, c != nil, nil, func() (*sns.ListSubscriptionsByTopicOutput, error) { return c.ListSubscriptionsByTopic(ctx, in) })
		if out == nil {
			break
		}
		for _, s := range out.Subscriptions {
			if other(s.TopicArn, t.ARN) {
				continue
			}
			t.Subscriptions = append(t.Subscriptions, Subscription{
				ARN: aws.ToString(s.SubscriptionArn), Endpoint: aws.ToString(s.Endpoint), Protocol: topic.Protocol(aws.ToString(s.Protocol)),
			})
		}
		more, err := pages.more(out.NextToken)
		if err != nil {
			r.note(q, err)
		}
		if t.Listed = !more && err == nil; !more {
			break
		}
		in.NextToken = out.NextToken
	}
	r.readFilterPolicies(ctx, t, c, account, region)
}

// subscriptionsAsked bounds how many subscriptions of a topic are asked about one by one.
const subscriptionsAsked = 10

// readFilterPolicies asks about subscriptions, people's first, until one gets
// everything: the calls are counted.
func (r *reader) readFilterPolicies(ctx context.Context, t *Topic, c SNS, account, region string) {
	asked := 0
	for _, people := range []bool{true, false} {
		for i := range t.Subscriptions {
			s := &t.Subscriptions[i]
			if !s.Confirmed() || person(s.Protocol) != people {
				continue
			}
			if asked++; asked > subscriptionsAsked {
				s.Skipped = true
				continue
			}
			q := question{"sns:GetSubscriptionAttributes", s.ARN, account, region}
			out := ask(ctx, r, q, c != nil, nil, func() (*sns.GetSubscriptionAttributesOutput, error) {
				return c.GetSubscriptionAttributes(ctx, &sns.GetSubscriptionAttributesInput{SubscriptionArn: aws.String(s.ARN)})
			})
			if out == nil || out.Attributes == nil {
				continue
			}
			if other(aws.String(out.Attributes["SubscriptionArn"]), s.ARN) {
				r.note(q, errOther(aws.String(out.Attributes["SubscriptionArn"])))
				continue
			}
			s.Attributes = out.Attributes
			if s.Confirmed() && !hasFilter(s.Attributes) {
				return
			}
		}
	}
}

func hasFilter(attributes map[string]string) bool {
	text := strings.TrimSpace(attributes["FilterPolicy"])
	return text != "" && text != "{}"
}

// person tells whether a message over the protocol is likely read by somebody, as
// far as a protocol can tell.
func person(p topic.Protocol) bool {
	return p != topic.SQS && p != topic.Lambda && p != topic.Firehose
}

// readBuckets asks about the buckets of the account's own trails, as few calls as
// decide.
func (r *reader) readBuckets(ctx context.Context) {
	for _, t := range r.account.Trails {
		if t.Bucket == "" || t.Account() != r.Account || slices.ContainsFunc(r.account.Buckets, func(b Bucket) bool { return b.Name == t.Bucket }) {
			continue
		}
		r.account.Buckets = append(r.account.Buckets, r.readBucket(ctx, t.Bucket, t.HomeRegion))
	}
}

func (r *reader) readBucket(ctx context.Context, name, region string) Bucket {
	b := Bucket{Name: name}
	c := r.at(ctx, r.Account, region).S3
	q := func(action string) question {
		return question{"s3:" + action, "arn:" + r.Partition + ":s3:::" + name, r.Account, region}
	}

	logging := ask(ctx, r, q("GetBucketLogging"), c != nil, nil, func() (*s3.GetBucketLoggingOutput, error) {
		return c.GetBucketLogging(ctx, &s3.GetBucketLoggingInput{Bucket: aws.String(name)})
	})
	if logging != nil {
		b.LogTarget = aws.String("")
		if logging.LoggingEnabled != nil {
			b.LogTarget = aws.String(aws.ToString(logging.LoggingEnabled.TargetBucket))
		}
	}
	none := func(code string) bool { return strings.HasPrefix(code, "NoSuch") && code != "NoSuchBucket" }
	block := ask(ctx, r, q("GetBucketPublicAccessBlock"), c != nil, none, func() (*s3.GetPublicAccessBlockOutput, error) {
		return c.GetPublicAccessBlock(ctx, &s3.GetPublicAccessBlockInput{Bucket: aws.String(name)})
	})
	if block != nil && block.PublicAccessBlockConfiguration != nil {
		p := block.PublicAccessBlockConfiguration
		if aws.ToBool(p.BlockPublicAcls) && aws.ToBool(p.BlockPublicPolicy) && aws.ToBool(p.IgnorePublicAcls) && aws.ToBool(p.RestrictPublicBuckets) {
			b.Public, b.Why = aws.Bool(false), "Block Public Access is on"
			return b
		}
	}
	r.readOpenness(ctx, &b, c, q)
	return b
}

// readOpenness looks at the policy and the ACL of a bucket that nothing blocks.
func (r *reader) readOpenness(ctx context.Context, b *Bucket, c S3, q func(string) question) {
	noPolicy := false
	status := ask(ctx, r, q("GetBucketPolicyStatus"), c != nil, func(code string) bool {
		noPolicy = code == "NoSuchBucketPolicy"
		return noPolicy
	}, func() (*s3.GetBucketPolicyStatusOutput, error) {
		return c.GetBucketPolicyStatus(ctx, &s3.GetBucketPolicyStatusInput{Bucket: aws.String(b.Name)})
	})
	acl := ask(ctx, r, q("GetBucketAcl"), c != nil, nil, func() (*s3.GetBucketAclOutput, error) {
		return c.GetBucketAcl(ctx, &s3.GetBucketAclInput{Bucket: aws.String(b.Name)})
	})
	policyRead := noPolicy || status != nil && status.PolicyStatus != nil && status.PolicyStatus.IsPublic != nil
	switch {
	case status != nil && status.PolicyStatus != nil && aws.ToBool(status.PolicyStatus.IsPublic):
		b.Public, b.Why = aws.Bool(true), "its policy is public"
	case acl != nil && slices.ContainsFunc(acl.Grants, openGrant):
		b.Public, b.Why = aws.Bool(true), "its ACL grants everybody access"
	case policyRead && acl != nil:
		b.Public, b.Why = aws.Bool(false), "policy and ACL let nobody in, though Block Public Access is not fully on"
	}
}

func openGrant(g s3types.Grant) bool {
	if g.Grantee == nil {
		return false
	}
	uri := aws.ToString(g.Grantee.URI)
	return strings.HasSuffix(uri, "/global/AllUsers") || strings.HasSuffix(uri, "/global/AuthenticatedUsers")
}

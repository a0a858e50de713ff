package sns

import (
	"context"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sns"
	"github.com/aws/aws-sdk-go-v2/service/sns/types"

	"tocsin/core/policy"
	"tocsin/core/topic"
	"tocsin/notify"
	"tocsin/service"
	"tocsin/store/state"
)

// Subscribe subscribes an endpoint to a topic, and asks it to confirm if it must.
func (s *Service) Subscribe(ctx context.Context, in *sns.SubscribeInput, _ ...func(*sns.Options)) (*sns.SubscribeOutput, error) {
	if err := checkTopic(ctx, in.TopicArn); err != nil {
		return nil, refused(err)
	}
	if in.Protocol == nil {
		return nil, refused(missing("protocol"))
	}
	caller := service.CallerOf(ctx)
	call := topic.SubscribeCall{
		TopicARN: *in.TopicArn, Protocol: *in.Protocol, Endpoint: aws.ToString(in.Endpoint), Attributes: in.Attributes,
		Owner: caller.Account, Principal: caller.Principal.ARN,
	}
	// What SNS itself would refuse comes first.
	asked, err := topic.Subscribe(call)
	if err != nil {
		return nil, refused(err)
	}
	if err := s.deliverable(asked.Protocol, asked.Endpoint); err != nil {
		return nil, refused(err)
	}
	sub, err := s.roster.Subscribe(ctx, call)
	if err != nil {
		return nil, refused(err)
	}
	return &sns.SubscribeOutput{SubscriptionArn: aws.String(sub.Answer(in.ReturnSubscriptionArn))}, nil
}

// ConfirmSubscription confirms a subscription by the token that its endpoint got.
// Who has the token may call, without signature too.
func (s *Service) ConfirmSubscription(ctx context.Context, in *sns.ConfirmSubscriptionInput, _ ...func(*sns.Options)) (*sns.ConfirmSubscriptionOutput, error) {
	switch {
	case in.TopicArn == nil:
		return nil, refused(missing("topicArn"))
	case in.Token == nil:
		return nil, refused(missing("token"))
	}
	caller := service.CallerOf(ctx)
	if caller.Region != "" {
		if err := topic.CheckConfirmedTopic(*in.TopicArn, caller.Region); err != nil {
			return nil, refused(err)
		}
	}
	sub, err := s.roster.Confirm(ctx, *in.TopicArn, *in.Token, topic.ConfirmCall{
		Signed:                    signed(caller),
		AuthenticateOnUnsubscribe: aws.ToString(in.AuthenticateOnUnsubscribe),
	})
	if err != nil {
		return nil, refused(err)
	}
	return &sns.ConfirmSubscriptionOutput{SubscriptionArn: &sub.ARN}, nil
}

// Unsubscribe ends a subscription. Who knows its ARN may call, without
// signature too, unless its confirmation asked for one.
func (s *Service) Unsubscribe(ctx context.Context, in *sns.UnsubscribeInput, _ ...func(*sns.Options)) (*sns.UnsubscribeOutput, error) {
	if err := checkSubscription(ctx, in.SubscriptionArn); err != nil {
		return nil, refused(err)
	}
	caller := service.CallerOf(ctx)
	owner := false
	if signed(caller) {
		sub, found, err := s.subscription(ctx, *in.SubscriptionArn)
		if err != nil {
			return nil, refused(err)
		}
		of, _ := topic.ParseARN(*in.SubscriptionArn)
		owner = caller.Account == of.Account || found && caller.Account == sub.Owner
	}
	if err := s.roster.Unsubscribe(ctx, *in.SubscriptionArn, owner); err != nil {
		return nil, refused(err)
	}
	return &sns.UnsubscribeOutput{}, nil
}

// signed tells whether a caller proved who he is.
func signed(c service.Caller) bool { return c.Principal.Type != policy.Anonymous }

// subscription reads a subscription; found is false when there is none.
func (s *Service) subscription(ctx context.Context, arn string) (sub state.Subscription, found bool, err error) {
	err = s.state.View(ctx, func(tx *state.Tx) (err error) {
		sub, err = tx.Subscription(ctx, arn)
		found, err = state.Exists(err)
		return err
	})
	return sub, found && !s.gone(sub), err
}

// gone tells whether a subscription was left unconfirmed for so long that it
// counts as deleted, though it may be there until the next cleaning. Those of the
// configuration stay.
func (s *Service) gone(sub state.Subscription) bool { return !sub.Managed && sub.Expired(s.now()) }

// GetSubscriptionAttributes gives what a subscription is set to, to its owner.
func (s *Service) GetSubscriptionAttributes(ctx context.Context, in *sns.GetSubscriptionAttributesInput, _ ...func(*sns.Options)) (*sns.GetSubscriptionAttributesOutput, error) {
	if err := checkSubscription(ctx, in.SubscriptionArn); err != nil {
		return nil, refused(err)
	}
	var attributes map[string]string
	err := s.state.View(ctx, func(tx *state.Tx) error {
		sub, err := tx.Subscription(ctx, *in.SubscriptionArn)
		switch {
		case err != nil:
			return orNotFound(err, noSubscription())
		case s.gone(sub):
			return noSubscription()
		case sub.Owner != service.CallerOf(ctx).Account:
			return notYours()
		}
		t, err := topicOf(ctx, tx, sub.TopicARN)
		if err != nil {
			return err
		}
		attributes = sub.Attributes(t.Settings.Delivery)
		attributes["Endpoint"] = shown(sub)
		return nil
	})
	if err != nil {
		return nil, refused(err)
	}
	return &sns.GetSubscriptionAttributesOutput{Attributes: attributes}, nil
}

// SetSubscriptionAttributes changes one attribute of a subscription, for its owner.
func (s *Service) SetSubscriptionAttributes(ctx context.Context, in *sns.SetSubscriptionAttributesInput, _ ...func(*sns.Options)) (*sns.SetSubscriptionAttributesOutput, error) {
	if err := checkSubscription(ctx, in.SubscriptionArn); err != nil {
		return nil, refused(err)
	}
	if in.AttributeName == nil {
		return nil, refused(missing("attributeName"))
	}
	err := s.roster.ChangeSubscription(ctx, *in.SubscriptionArn, func(sub *state.Subscription) (err error) {
		switch {
		case s.gone(*sub):
			return noSubscription()
		case sub.Owner != service.CallerOf(ctx).Account:
			return notYours()
		}
		sub.Settings, err = sub.Settings.Set(sub.Protocol, *in.AttributeName, aws.ToString(in.AttributeValue))
		return err
	})
	if err != nil {
		return nil, refused(err)
	}
	return &sns.SetSubscriptionAttributesOutput{}, nil
}

// ListSubscriptions lists the subscriptions that the caller's account owns in his
// Region, by ARN.
func (s *Service) ListSubscriptions(ctx context.Context, in *sns.ListSubscriptionsInput, _ ...func(*sns.Options)) (*sns.ListSubscriptionsOutput, error) {
	caller := service.CallerOf(ctx)
	region := "arn:" + caller.Partition + ":sns:" + caller.Region + ":"
	page, next, err := s.list(ctx, "", in.NextToken, func(sub state.Subscription) bool {
		return sub.Owner == caller.Account && strings.HasPrefix(sub.ARN, region)
	})
	if err != nil {
		return nil, refused(err)
	}
	return &sns.ListSubscriptionsOutput{Subscriptions: page, NextToken: next}, nil
}

// ListSubscriptionsByTopic lists the subscriptions to a topic, by ARN.
func (s *Service) ListSubscriptionsByTopic(ctx context.Context, in *sns.ListSubscriptionsByTopicInput, _ ...func(*sns.Options)) (*sns.ListSubscriptionsByTopicOutput, error) {
	if err := checkTopic(ctx, in.TopicArn); err != nil {
		return nil, refused(err)
	}
	page, next, err := s.list(ctx, *in.TopicArn, in.NextToken, func(state.Subscription) bool { return true })
	if err != nil {
		return nil, refused(err)
	}
	return &sns.ListSubscriptionsByTopicOutput{Subscriptions: page, NextToken: next}, nil
}

// list is a page of the subscriptions to a topic, or to all with "".
func (s *Service) list(ctx context.Context, topicARN string, token *string, wanted func(state.Subscription) bool) ([]types.Subscription, *string, error) {
	var all []state.Subscription
	err := s.state.View(ctx, func(tx *state.Tx) error {
		if topicARN != "" {
			if _, err := topicOf(ctx, tx, topicARN); err != nil {
				return err
			}
		}
		found, err := tx.Subscriptions(ctx, topicARN)
		for _, sub := range found {
			if wanted(sub) && !s.gone(sub) {
				all = append(all, sub)
			}
		}
		return err
	})
	if err != nil {
		return nil, nil, err
	}
	page, next, err := pageOf(all, token, func(sub state.Subscription) string { return sub.ARN })
	if err != nil {
		return nil, nil, err
	}
	out := make([]types.Subscription, len(page))
	for i, sub := range page {
		out[i] = types.Subscription{
			SubscriptionArn: aws.String(sub.Listed()), TopicArn: &page[i].TopicARN, Owner: &page[i].Owner,
			Protocol: aws.String(string(sub.Protocol)), Endpoint: aws.String(listed(sub)),
		}
	}
	return out, next, nil
}

// shown is the endpoint of a subscription as its owner sees it. That of a protocol which
// only the operator can name, such as a webhook, is a secret of his.
func shown(sub state.Subscription) string {
	if _, err := topic.ParseProtocol(string(sub.Protocol)); err != nil {
		return notify.Redact(sub.Protocol, sub.Endpoint)
	}
	return sub.Endpoint
}

// listed is the endpoint of a subscription as lists show it: without the password that
// a URL may have. [Terraform's provider compares it so]
func listed(sub state.Subscription) string {
	scheme, rest, _ := strings.Cut(sub.Endpoint, "://")
	authority := rest
	if end := strings.IndexAny(rest, "/?#"); end >= 0 {
		authority = rest[:end]
	}
	at := strings.LastIndexByte(authority, '@')
	if !sub.Protocol.Web() || at < 0 {
		return shown(sub)
	}
	user, password, _ := strings.Cut(authority[:at], ":")
	if password == "" {
		return sub.Endpoint
	}
	return scheme + "://" + user + ":****" + rest[at:]
}

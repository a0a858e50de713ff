package cloudwatchlogs

import (
	"context"
	"fmt"
	"net/url"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/aws/arn"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs/types"

	"tocsin/core/pattern"
	"tocsin/service"
	"tocsin/store/state"
)

// maxSubscriptionFilters is how many a log group has. [CloudWatch Logs quotas]
const maxSubscriptionFilters = 2

// PutSubscriptionFilter makes a subscription filter or replaces the one of that
// name: what it selects of events that come in from now on is sent to its
// destination. That is tried with a control message first.
//
// A destination is the ARN of a function or of a Firehose stream, as AWS has it, or, as it
// has not, an http or https URL, which is posted what Firehose would get.
func (s *Service) PutSubscriptionFilter(ctx context.Context, in *cloudwatchlogs.PutSubscriptionFilterInput, _ ...func(*cloudwatchlogs.Options)) (*cloudwatchlogs.PutSubscriptionFilterOutput, error) {
	g, err := named(ctx, in.LogGroupName)
	if err != nil {
		return nil, err
	}
	target, err := s.checkSubscription(in)
	if err != nil {
		return nil, err
	}
	check := func(tx *state.Tx) (state.LogGroup, error) {
		found, err := g.read(ctx, tx)
		if err == nil {
			err = onlyStandard(found)
		}
		if err != nil {
			return found, err
		}
		return found, subscriptionQuota(ctx, tx, found, *in.FilterName)
	}
	if err := s.state.View(ctx, func(tx *state.Tx) error {
		_, err := check(tx)
		return err
	}); err != nil {
		return nil, err
	}
	if err := s.tryDestination(ctx, target); err != nil {
		return nil, err
	}
	err = s.state.Update(ctx, func(tx *state.Tx) error {
		found, err := check(tx)
		if err != nil {
			return err
		}
		_, err = tx.PutSubscriptionFilter(ctx, state.SubscriptionFilter{LogGroup: found.ID, Name: *in.FilterName, Created: s.now(), SubscriptionTarget: target})
		return otherwise(err, noGroup())
	})
	if err != nil {
		return nil, err
	}
	return &cloudwatchlogs.PutSubscriptionFilterOutput{}, nil
}

func subscriptionQuota(ctx context.Context, tx *state.Tx, g state.LogGroup, name string) error {
	all, err := tx.SubscriptionFilters(ctx, g.ID)
	if err != nil {
		return err
	}
	if len(slices.DeleteFunc(all, func(f state.SubscriptionFilter) bool { return f.Name == name })) >= maxSubscriptionFilters {
		return limitExceeded()
	}
	return nil
}

func (s *Service) checkSubscription(in *cloudwatchlogs.PutSubscriptionFilterInput) (t state.SubscriptionTarget, err error) {
	switch {
	case s.forward == nil:
		text := "Subscription filters are not supported here: nothing reaches their destinations."
		return t, &types.InvalidOperationException{Message: &text}
	case in.FilterName == nil:
		return t, missing("filterName")
	case *in.FilterName == "":
		return t, constraint("", "filterName", "Member must have length greater than or equal to 1")
	case utf8.RuneCountInString(*in.FilterName) > maxName:
		return t, constraint(*in.FilterName, "filterName", fmt.Sprintf("Member must have length less than or equal to %d", maxName))
	case strings.ContainsAny(*in.FilterName, ":*"):
		return t, constraint(*in.FilterName, "filterName", "Member must satisfy regular expression pattern: [^:*]*")
	case in.FilterPattern == nil:
		return t, missing("filterPattern")
	case in.DestinationArn == nil:
		return t, missing("destinationArn")
	case in.ApplyOnTransformedLogs:
		return t, invalid("applyOnTransformedLogs is not supported: there are no log transformers here, so leave it out.")
	case in.FieldSelectionCriteria != nil:
		return t, invalid("fieldSelectionCriteria is not supported here: select by the filter pattern, and leave it out.")
	case in.EmitSystemFields != nil:
		return t, invalid("emitSystemFields is not supported here: the message tells account and log group anyway, so leave it out.")
	}
	if err := checkEnum(in.Distribution, "distribution", types.Distribution("").Values()); err != nil {
		return t, err
	}
	if _, err := pattern.Parse(*in.FilterPattern); err != nil {
		return t, refused(err)
	}
	if err := checkDestination(*in.DestinationArn, in.RoleArn); err != nil {
		return t, err
	}
	return state.SubscriptionTarget{
		Pattern: *in.FilterPattern, Destination: *in.DestinationArn, Role: aws.ToString(in.RoleArn), Distribution: string(in.Distribution),
	}, nil
}

// checkDestination checks a destination and the role that goes with it.
func checkDestination(destination string, role *string) error {
	if isURL(destination) {
		if role != nil {
			return invalid("destinationArn for vendor http cannot be used with roleArn")
		}
		return nil
	}
	a, err := arn.Parse(destination)
	if err != nil {
		return invalid("Invalid destinationArn: it is the ARN of a Lambda function or of a Firehose stream, or an http or https URL.")
	}
	switch a.Service {
	case "lambda":
		if role != nil {
			return invalid("destinationArn for vendor lambda cannot be used with roleArn")
		}
	case "firehose":
		if role == nil {
			return invalid("destinationArn for vendor firehose cannot be used without roleArn")
		}
	default:
		return invalid("PutSubscriptionFilter operation cannot work with destinationArn for vendor %s", a.Service)
	}
	return nil
}

func isURL(destination string) bool {
	u, err := url.Parse(destination)
	return err == nil && (u.Scheme == "http" || u.Scheme == "https") && u.Host != ""
}

// DescribeSubscriptionFilters lists the subscription filters of a group, by name.
func (s *Service) DescribeSubscriptionFilters(ctx context.Context, in *cloudwatchlogs.DescribeSubscriptionFiltersInput, _ ...func(*cloudwatchlogs.Options)) (*cloudwatchlogs.DescribeSubscriptionFiltersOutput, error) {
	limit, err := checkLimit(in.Limit, describePage, describePage)
	if err != nil {
		return nil, err
	}
	g, err := named(ctx, in.LogGroupName)
	if err != nil {
		return nil, err
	}
	var all []state.SubscriptionFilter
	err = s.state.View(ctx, func(tx *state.Tx) error {
		found, err := g.read(ctx, tx)
		if err != nil {
			return err
		}
		all, err = tx.SubscriptionFilters(ctx, found.ID)
		return err
	})
	if err != nil {
		return nil, err
	}
	all = slices.DeleteFunc(all, func(f state.SubscriptionFilter) bool {
		return !strings.HasPrefix(f.Name, aws.ToString(in.FilterNamePrefix))
	})
	page, next, ok := pageOf(all, in.NextToken, limit, false, func(f state.SubscriptionFilter) string { return f.Name })
	if !ok {
		return nil, badToken()
	}
	out := &cloudwatchlogs.DescribeSubscriptionFiltersOutput{SubscriptionFilters: []types.SubscriptionFilter{}, NextToken: next}
	for _, f := range page {
		described := types.SubscriptionFilter{
			FilterName: aws.String(f.Name), LogGroupName: aws.String(g.name), FilterPattern: aws.String(f.Pattern), DestinationArn: aws.String(f.Destination),
			Distribution: types.DistributionByLogStream, CreationTime: aws.Int64(f.Created.UnixMilli()),
		}
		if f.Distribution != "" {
			described.Distribution = types.Distribution(f.Distribution)
		}
		if f.Role != "" {
			described.RoleArn = aws.String(f.Role)
		}
		out.SubscriptionFilters = append(out.SubscriptionFilters, described)
	}
	return out, nil
}

// DeleteSubscriptionFilter deletes a subscription filter, and what it has not sent yet.
func (s *Service) DeleteSubscriptionFilter(ctx context.Context, in *cloudwatchlogs.DeleteSubscriptionFilterInput, _ ...func(*cloudwatchlogs.Options)) (*cloudwatchlogs.DeleteSubscriptionFilterOutput, error) {
	if in.FilterName == nil {
		return nil, missing("filterName")
	}
	err := s.change(ctx, in.LogGroupName, func(tx *state.Tx, g state.LogGroup) error {
		return otherwise(tx.DeleteSubscriptionFilter(ctx, g.ID, *in.FilterName), notFound("The specified subscription filter does not exist."))
	})
	if err != nil {
		return nil, err
	}
	return &cloudwatchlogs.DeleteSubscriptionFilterOutput{}, nil
}

// subscriptionNeeds: who gives a role to CloudWatch Logs must be allowed to pass it. [API]
func (s *Service) subscriptionNeeds(ctx context.Context, action string, in *cloudwatchlogs.PutSubscriptionFilterInput) ([]service.Need, error) {
	g, err := named(ctx, in.LogGroupName)
	if err != nil {
		return nil, err
	}
	needs, err := s.groupNeeds(ctx, action, g, streamARN(g, ""), nil)
	if err == nil && in.RoleArn != nil {
		needs = append(needs, service.Need{Action: "iam:PassRole", Resource: *in.RoleArn, Context: map[string][]string{"iam:PassedToService": {"logs.amazonaws.com"}}})
	}
	return needs, err
}

package cloudwatch

import (
	"context"
	"errors"
	"strings"
	"unicode/utf8"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatch"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatch/types"
	"github.com/aws/smithy-go"

	"tocsin/store/state"
)

// Limits of tags (CloudWatch API Reference, Tag).
const (
	maxTags     = 50
	maxTagKey   = 128
	maxTagValue = 256
)

// tagsOf are tags as they are stored, checked. The code for AWS's own keys was
// recorded. UNSURE about the texts.
func tagsOf(given []types.Tag) (map[string]string, error) {
	if len(given) > maxTags {
		return nil, invalid("The collection Tags must not have a size greater than %d.", maxTags)
	}
	tags := map[string]string{}
	for i, t := range given {
		key, value := aws.ToString(t.Key), aws.ToString(t.Value)
		_, twice := tags[key]
		switch {
		case key == "" || utf8.RuneCountInString(key) > maxTagKey:
			return nil, invalid("The parameter Tags.member.%d.Key must have 1 to %d characters.", i+1, maxTagKey)
		case utf8.RuneCountInString(value) > maxTagValue:
			return nil, invalid("The parameter Tags.member.%d.Value must have at most %d characters.", i+1, maxTagValue)
		case strings.HasPrefix(strings.ToLower(key), "aws:"):
			return nil, &smithy.GenericAPIError{Code: "AccessDenied", Message: "Tag keys beginning with aws: are reserved: " + key}
		case twice:
			return nil, invalid("The parameter Tags must not have a key twice: %s.", key)
		}
		tags[key] = value
	}
	return tags, nil
}

// TagResource sets tags of an alarm, mute rule or dashboard.
func (s *Service) TagResource(ctx context.Context, in *cloudwatch.TagResourceInput, _ ...func(*cloudwatch.Options)) (*cloudwatch.TagResourceOutput, error) {
	tags, err := tagsOf(in.Tags)
	if err != nil {
		return nil, err
	}
	err = s.o.State.Update(ctx, func(tx *state.Tx) error {
		arn := aws.ToString(in.ResourceARN)
		if err := tagged(ctx, tx, arn); err != nil {
			return err
		}
		have, err := tx.Tags(ctx, arn)
		if err != nil {
			return err
		}
		for key := range tags {
			have[key] = ""
		}
		if len(have) > maxTags {
			return invalid("A resource has at most %d tags.", maxTags)
		}
		return tx.Tag(ctx, arn, tags)
	})
	if err != nil {
		return nil, err
	}
	return &cloudwatch.TagResourceOutput{}, nil
}

// UntagResource takes tags away.
func (s *Service) UntagResource(ctx context.Context, in *cloudwatch.UntagResourceInput, _ ...func(*cloudwatch.Options)) (*cloudwatch.UntagResourceOutput, error) {
	err := s.o.State.Update(ctx, func(tx *state.Tx) error {
		arn := aws.ToString(in.ResourceARN)
		if err := tagged(ctx, tx, arn); err != nil {
			return err
		}
		return tx.Untag(ctx, arn, in.TagKeys...)
	})
	if err != nil {
		return nil, err
	}
	return &cloudwatch.UntagResourceOutput{}, nil
}

// ListTagsForResource are the tags of an alarm, mute rule or dashboard, by key.
func (s *Service) ListTagsForResource(ctx context.Context, in *cloudwatch.ListTagsForResourceInput, _ ...func(*cloudwatch.Options)) (*cloudwatch.ListTagsForResourceOutput, error) {
	out := &cloudwatch.ListTagsForResourceOutput{Tags: []types.Tag{}}
	err := s.o.State.View(ctx, func(tx *state.Tx) error {
		arn := aws.ToString(in.ResourceARN)
		if err := tagged(ctx, tx, arn); err != nil {
			return err
		}
		tags, err := tx.Tags(ctx, arn)
		for _, key := range sortedKeys(tags) {
			out.Tags = append(out.Tags, types.Tag{Key: aws.String(key), Value: aws.String(tags[key])})
		}
		return err
	})
	return out, err
}

// tagged checks that there is something of the caller's with that ARN.
func tagged(ctx context.Context, tx *state.Tx, arn string) error {
	at := scope(ctx)
	prefix := "arn:" + at.Partition + ":cloudwatch:" + at.Region + ":" + at.Account + ":"
	var err error
	if name, ok := strings.CutPrefix(arn, prefix+"alarm:"); ok {
		if _, err = tx.Alarm(ctx, arn); errors.Is(err, state.ErrNotFound) {
			_, err = state.CompositeAlarms.Get(ctx, tx, at, name)
		}
	} else if name, ok := strings.CutPrefix(arn, muteRuleARN(at, "")); ok {
		_, err = state.MuteRules.Get(ctx, tx, at, name)
	} else if name, ok := strings.CutPrefix(arn, dashboardARN(at, "")); ok {
		_, err = dashboards.Get(ctx, tx, global(at), name)
	} else {
		return invalid("The value %s for parameter ResourceARN is invalid: it is the ARN of no alarm, alarm mute rule or dashboard of this account and Region.", arn)
	}
	if errors.Is(err, state.ErrNotFound) {
		return &types.ResourceNotFoundException{
			Message: aws.String("There is no resource with the ARN " + arn), ResourceId: aws.String(arn), ResourceType: aws.String("cloudwatch"),
		}
	}
	return err
}

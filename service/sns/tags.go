package sns

import (
	"context"
	"errors"
	"maps"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/aws/aws-sdk-go-v2/service/sns"
	"github.com/aws/aws-sdk-go-v2/service/sns/types"

	"tocsin/core/topic"
	"tocsin/service"
	"tocsin/store/state"
)

// Bounds of tags. [SNS API]
const (
	maxTags     = 50
	maxTagKey   = 128 // characters
	maxTagValue = 256
)

// TagResource sets tags of a topic.
func (s *Service) TagResource(ctx context.Context, in *sns.TagResourceInput, _ ...func(*sns.Options)) (*sns.TagResourceOutput, error) {
	if err := checkResource(ctx, in.ResourceArn); err != nil {
		return nil, refused(err)
	}
	tags, err := tagsOf(in.Tags)
	if err != nil {
		return nil, refused(err)
	}
	err = s.changeTags(ctx, *in.ResourceArn, func(tx *state.Tx) error {
		has, err := tx.Tags(ctx, *in.ResourceArn)
		if err != nil {
			return err
		}
		maps.Copy(has, tags)
		if len(has) > maxTags {
			return tooManyTags()
		}
		return tx.Tag(ctx, *in.ResourceArn, tags)
	})
	if err != nil {
		return nil, refused(err)
	}
	return &sns.TagResourceOutput{}, nil
}

// UntagResource takes tags of a topic away.
func (s *Service) UntagResource(ctx context.Context, in *sns.UntagResourceInput, _ ...func(*sns.Options)) (*sns.UntagResourceOutput, error) {
	if err := checkResource(ctx, in.ResourceArn); err != nil {
		return nil, refused(err)
	}
	err := s.changeTags(ctx, *in.ResourceArn, func(tx *state.Tx) error {
		return tx.Untag(ctx, *in.ResourceArn, in.TagKeys...)
	})
	if err != nil {
		return nil, refused(err)
	}
	return &sns.UntagResourceOutput{}, nil
}

// changeTags lets f change the tags of a topic that exists.
func (s *Service) changeTags(ctx context.Context, arn string, f func(*state.Tx) error) error {
	return s.state.Update(ctx, func(tx *state.Tx) error {
		if err := tx.LockTopic(ctx, arn); err != nil {
			return err
		}
		if _, err := tx.Topic(ctx, arn); err != nil {
			return orNotFound(err, noResource())
		}
		return f(tx)
	})
}

// ListTagsForResource lists the tags of a topic, by key.
func (s *Service) ListTagsForResource(ctx context.Context, in *sns.ListTagsForResourceInput, _ ...func(*sns.Options)) (*sns.ListTagsForResourceOutput, error) {
	if err := checkResource(ctx, in.ResourceArn); err != nil {
		return nil, refused(err)
	}
	var tags map[string]string
	err := s.state.View(ctx, func(tx *state.Tx) (err error) {
		if _, err := tx.Topic(ctx, *in.ResourceArn); err != nil {
			return orNotFound(err, noResource())
		}
		tags, err = tx.Tags(ctx, *in.ResourceArn)
		return err
	})
	if err != nil {
		return nil, refused(err)
	}
	out := &sns.ListTagsForResourceOutput{Tags: []types.Tag{}}
	for _, key := range slices.Sorted(maps.Keys(tags)) {
		value := tags[key]
		out.Tags = append(out.Tags, types.Tag{Key: &key, Value: &value})
	}
	return out, nil
}

// checkResource checks the ResourceArn of a request, which is that of a topic.
func checkResource(ctx context.Context, arn *string) error {
	if arn == nil {
		return missing("resourceArn")
	}
	err := topic.CheckTopicARN(*arn, service.CallerOf(ctx).Region)
	var refusal *topic.InvalidError
	if errors.As(err, &refusal) {
		return &topic.InvalidError{Code: refusal.Code, Message: strings.ReplaceAll(refusal.Message, "TopicArn", "ResourceArn")}
	}
	return err
}

// checkTags checks tags but for keys that are given twice.
func checkTags(tags []types.Tag) error {
	if len(tags) > maxTags {
		return tooManyTags()
	}
	for _, t := range tags {
		switch {
		case t.Key == nil:
			return missing("tags.member.key")
		case t.Value == nil:
			return missing("tags.member.value")
		case *t.Key == "" || utf8.RuneCountInString(*t.Key) > maxTagKey || strings.ContainsFunc(*t.Key, notInTag):
			return invalid("Tag Reason: the key %q is not one of 1 to %d letters, digits, blanks or _.:/=+-@", *t.Key, maxTagKey)
		case strings.HasPrefix(strings.ToLower(*t.Key), "aws:"):
			return invalid("Tag Reason: the key %q begins with aws:, which is reserved", *t.Key)
		case utf8.RuneCountInString(*t.Value) > maxTagValue || strings.ContainsFunc(*t.Value, notInTag):
			return invalid("Tag Reason: the value of the key %q is not one of at most %d letters, digits, blanks or _.:/=+-@", *t.Key, maxTagValue)
		}
	}
	return nil
}

func notInTag(r rune) bool {
	return r == utf8.RuneError || !unicode.In(r, unicode.L, unicode.N, unicode.Z) && !strings.ContainsRune("_.:/=+-@", r)
}

func tooManyTags() error {
	return &topic.InvalidError{Code: "TagLimitExceeded", Message: "Could not complete request: tag quota of per resource exceeded"}
}

package iam

import (
	"cmp"
	"context"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/iam/types"

	"tocsin/service/identity"
	"tocsin/store/state"
)

// tag sets tags of a user or a role.
func (c class[T, P]) tag(ctx context.Context, s *Service, name *string, tags []types.Tag) error {
	if err := check().text(c.word+"Name", name, anyName128).tags(tags).err(); err != nil {
		return err
	}
	return c.change(ctx, s, *name, func(_ *state.Tx, v P) (err error) {
		e := v.Base()
		e.Tags, err = addTags(e.Tags, tags, c.quota)
		return err
	})
}

// untag takes tags away; those that are not there do not matter.
func (c class[T, P]) untag(ctx context.Context, s *Service, name *string, keys []string) error {
	k := check().text(c.word+"Name", name, anyName128)
	if err := k.keys(keys).err(); err != nil {
		return err
	}
	return c.change(ctx, s, *name, func(_ *state.Tx, v P) error {
		e := v.Base()
		e.Tags = without(e.Tags, keys)
		return nil
	})
}

// keys checks keys of tags.
func (c *checks) keys(keys []string) *checks {
	for _, key := range keys {
		c.optional("tagKeys", &key, tagKey)
	}
	return c
}

func without(tags []identity.Tag, keys []string) []identity.Tag {
	return slices.DeleteFunc(tags, func(t identity.Tag) bool {
		return slices.ContainsFunc(keys, func(key string) bool { return strings.EqualFold(key, t.Key) })
	})
}

// tags lists tags.
func (c class[T, P]) tags(ctx context.Context, s *Service, name, marker *string, most *int32) (page[types.Tag], error) {
	if err := check().text(c.word+"Name", name, anyName128).paging(marker, most).err(); err != nil {
		return page[types.Tag]{}, err
	}
	r, err := c.view(ctx, s, *name)
	if err != nil {
		return page[types.Tag]{}, err
	}
	return cutTags(P(&r.Value).Base().Tags, marker, most)
}

func cutTags(tags []identity.Tag, marker *string, most *int32) (page[types.Tag], error) {
	sorted := slices.SortedFunc(slices.Values(tags), func(a, b identity.Tag) int { return cmp.Compare(a.Key, b.Key) })
	p, err := cut(sorted, func(t identity.Tag) string { return t.Key }, marker, most)
	return page[types.Tag]{
		items:     each(p.items, func(t identity.Tag) types.Tag { return types.Tag{Key: aws.String(t.Key), Value: aws.String(t.Value)} }),
		truncated: p.truncated, marker: p.marker,
	}, err
}

// TagPolicy sets tags of a managed policy; others stay.
func (s *Service) TagPolicy(ctx context.Context, in *iam.TagPolicyInput, _ ...func(*iam.Options)) (*iam.TagPolicyOutput, error) {
	if err := check().text("policyArn", in.PolicyArn, arnForm).tags(in.Tags).err(); err != nil {
		return nil, err
	}
	err := s.changePolicy(ctx, *in.PolicyArn, func(_ *state.Tx, p *identity.Policy) (err error) {
		p.Tags, err = addTags(p.Tags, in.Tags, "Policy")
		return err
	})
	return &iam.TagPolicyOutput{}, err
}

// UntagPolicy takes tags from a managed policy.
func (s *Service) UntagPolicy(ctx context.Context, in *iam.UntagPolicyInput, _ ...func(*iam.Options)) (*iam.UntagPolicyOutput, error) {
	if err := check().text("policyArn", in.PolicyArn, arnForm).keys(in.TagKeys).err(); err != nil {
		return nil, err
	}
	err := s.changePolicy(ctx, *in.PolicyArn, func(_ *state.Tx, p *identity.Policy) error {
		p.Tags = without(p.Tags, in.TagKeys)
		return nil
	})
	return &iam.UntagPolicyOutput{}, err
}

// ListPolicyTags lists the tags of a managed policy.
func (s *Service) ListPolicyTags(ctx context.Context, in *iam.ListPolicyTagsInput, _ ...func(*iam.Options)) (*iam.ListPolicyTagsOutput, error) {
	if err := check().text("policyArn", in.PolicyArn, arnForm).paging(in.Marker, in.MaxItems).err(); err != nil {
		return nil, err
	}
	p, err := s.viewPolicy(ctx, *in.PolicyArn)
	if err != nil {
		return nil, err
	}
	cut, err := cutTags(p.Value.Tags, in.Marker, in.MaxItems)
	return &iam.ListPolicyTagsOutput{Tags: cut.items, IsTruncated: cut.truncated, Marker: cut.marker}, err
}

package iam

import (
	"context"

	"github.com/aws/aws-sdk-go-v2/service/iam"
)

// TagUser sets tags of a user; others stay.
func (s *Service) TagUser(ctx context.Context, in *iam.TagUserInput, _ ...func(*iam.Options)) (*iam.TagUserOutput, error) {
	return &iam.TagUserOutput{}, users.tag(ctx, s, in.UserName, in.Tags)
}

// UntagUser takes tags from a user.
func (s *Service) UntagUser(ctx context.Context, in *iam.UntagUserInput, _ ...func(*iam.Options)) (*iam.UntagUserOutput, error) {
	return &iam.UntagUserOutput{}, users.untag(ctx, s, in.UserName, in.TagKeys)
}

// ListUserTags lists the tags of a user.
func (s *Service) ListUserTags(ctx context.Context, in *iam.ListUserTagsInput, _ ...func(*iam.Options)) (*iam.ListUserTagsOutput, error) {
	p, err := users.tags(ctx, s, in.UserName, in.Marker, in.MaxItems)
	return &iam.ListUserTagsOutput{Tags: p.items, IsTruncated: p.truncated, Marker: p.marker}, err
}

// TagRole sets tags of a role; others stay.
func (s *Service) TagRole(ctx context.Context, in *iam.TagRoleInput, _ ...func(*iam.Options)) (*iam.TagRoleOutput, error) {
	return &iam.TagRoleOutput{}, roles.tag(ctx, s, in.RoleName, in.Tags)
}

// UntagRole takes tags from a role.
func (s *Service) UntagRole(ctx context.Context, in *iam.UntagRoleInput, _ ...func(*iam.Options)) (*iam.UntagRoleOutput, error) {
	return &iam.UntagRoleOutput{}, roles.untag(ctx, s, in.RoleName, in.TagKeys)
}

// ListRoleTags lists the tags of a role.
func (s *Service) ListRoleTags(ctx context.Context, in *iam.ListRoleTagsInput, _ ...func(*iam.Options)) (*iam.ListRoleTagsOutput, error) {
	p, err := roles.tags(ctx, s, in.RoleName, in.Marker, in.MaxItems)
	return &iam.ListRoleTagsOutput{Tags: p.items, IsTruncated: p.truncated, Marker: p.marker}, err
}

package iam

import (
	"net/url"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/iam/types"

	"tocsin/service/identity"
	"tocsin/store/state"
)

// encoded is a document as IAM's answers have it [RFC 3986].
func encoded(document string) *string {
	return aws.String(strings.ReplaceAll(url.QueryEscape(document), "+", "%20"))
}

func sdkTags(tags []identity.Tag) []types.Tag {
	if len(tags) == 0 {
		return nil
	}
	return each(tags, func(t identity.Tag) types.Tag { return types.Tag{Key: aws.String(t.Key), Value: aws.String(t.Value)} })
}

func boundaryOf(arn string) *types.AttachedPermissionsBoundary {
	if arn == "" {
		return nil
	}
	// IAM answers with Policy, which the API Reference has not among the values.
	return &types.AttachedPermissionsBoundary{PermissionsBoundaryArn: aws.String(arn), PermissionsBoundaryType: "Policy"}
}

func at(t time.Time) *time.Time { return aws.Time(t.UTC()) }

// sdkUser is a user; lists leave out tags and boundary.
func sdkUser(r state.Resource[identity.User], listed bool) types.User {
	u := types.User{
		Arn: aws.String(users.arn(r)), CreateDate: at(r.Created), Path: aws.String(r.Value.Path),
		UserId: aws.String(r.Value.ID), UserName: aws.String(r.Value.Name),
	}
	if !listed {
		u.Tags, u.PermissionsBoundary = sdkTags(r.Value.Tags), boundaryOf(r.Value.Boundary)
	}
	return u
}

func sdkGroup(r state.Resource[identity.Group]) types.Group {
	return types.Group{
		Arn: aws.String(groups.arn(r)), CreateDate: at(r.Created), Path: aws.String(r.Value.Path),
		GroupId: aws.String(r.Value.ID), GroupName: aws.String(r.Value.Name),
	}
}

// sdkRole is a role; lists leave out tags and boundary.
func sdkRole(r state.Resource[identity.Role], listed bool) types.Role {
	v := types.Role{
		Arn: aws.String(roles.arn(r)), CreateDate: at(r.Created), Path: aws.String(r.Value.Path),
		RoleId: aws.String(r.Value.ID), RoleName: aws.String(r.Value.Name), AssumeRolePolicyDocument: encoded(r.Value.Trust),
		MaxSessionDuration: aws.Int32(r.Value.MaxSession),
	}
	if r.Value.Description != "" {
		v.Description = aws.String(r.Value.Description)
	}
	if !listed {
		v.Tags, v.PermissionsBoundary = sdkTags(r.Value.Tags), boundaryOf(r.Value.Boundary)
	}
	return v
}

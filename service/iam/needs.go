package iam

import (
	"context"
	"errors"
	"fmt"
	"reflect"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/iam/types"

	"tocsin/core/policy"
	"tocsin/service"
	"tocsin/service/identity"
	"tocsin/store/state"
)

// A subject is what an operation is about: which member of its input names it.
type subject uint8

const (
	nothing subject = iota // "*"
	aUser
	aGroup
	aRole
	aPolicy
	aKey    // whose user it is about
	aSource // the ARN of a user, a group or a role
	allUsers
	allGroups
	allRoles
	allPolicies
)

// subjects tells what each operation is about [Service Authorization Reference,
// IAM]. What is not listed is about nothing in particular.
var subjects = map[string]subject{
	"CreateUser": aUser, "GetUser": aUser, "UpdateUser": aUser, "DeleteUser": aUser,
	"TagUser": aUser, "UntagUser": aUser, "ListUserTags": aUser, "ListGroupsForUser": aUser,
	"CreateAccessKey": aUser, "ListAccessKeys": aUser, "UpdateAccessKey": aUser, "DeleteAccessKey": aUser, "GetAccessKeyLastUsed": aKey,
	"PutUserPolicy": aUser, "GetUserPolicy": aUser, "ListUserPolicies": aUser, "DeleteUserPolicy": aUser,
	"AttachUserPolicy": aUser, "DetachUserPolicy": aUser, "ListAttachedUserPolicies": aUser,
	"PutUserPermissionsBoundary": aUser, "DeleteUserPermissionsBoundary": aUser,
	"GetLoginProfile": aUser, "DeleteLoginProfile": aUser, "ListMFADevices": aUser, "ListSSHPublicKeys": aUser,
	"ListSigningCertificates": aUser, "ListServiceSpecificCredentials": aUser,

	"CreateGroup": aGroup, "GetGroup": aGroup, "UpdateGroup": aGroup, "DeleteGroup": aGroup,
	"AddUserToGroup": aGroup, "RemoveUserFromGroup": aGroup,
	"PutGroupPolicy": aGroup, "GetGroupPolicy": aGroup, "ListGroupPolicies": aGroup, "DeleteGroupPolicy": aGroup,
	"AttachGroupPolicy": aGroup, "DetachGroupPolicy": aGroup, "ListAttachedGroupPolicies": aGroup,

	"CreateRole": aRole, "GetRole": aRole, "UpdateRole": aRole, "UpdateRoleDescription": aRole, "UpdateAssumeRolePolicy": aRole, "DeleteRole": aRole,
	"TagRole": aRole, "UntagRole": aRole, "ListRoleTags": aRole, "ListInstanceProfilesForRole": aRole,
	"PutRolePolicy": aRole, "GetRolePolicy": aRole, "ListRolePolicies": aRole, "DeleteRolePolicy": aRole,
	"AttachRolePolicy": aRole, "DetachRolePolicy": aRole, "ListAttachedRolePolicies": aRole,
	"PutRolePermissionsBoundary": aRole, "DeleteRolePermissionsBoundary": aRole,

	"CreatePolicy": aPolicy, "GetPolicy": aPolicy, "DeletePolicy": aPolicy, "CreatePolicyVersion": aPolicy, "GetPolicyVersion": aPolicy,
	"ListPolicyVersions": aPolicy, "SetDefaultPolicyVersion": aPolicy, "DeletePolicyVersion": aPolicy, "ListEntitiesForPolicy": aPolicy,
	"TagPolicy": aPolicy, "UntagPolicy": aPolicy, "ListPolicyTags": aPolicy,

	"SimulatePrincipalPolicy": aSource,

	"ListUsers": allUsers, "ListGroups": allGroups, "ListRoles": allRoles, "ListPolicies": allPolicies,
}

// Needs implements [service.Authorizer].
func (s *Service) Needs(ctx context.Context, operation string, input any) ([]service.Need, error) {
	given, err := members(input)
	if err != nil {
		return nil, err
	}
	n := service.Need{Action: "iam:" + operation, Resource: "*", Context: policy.Context{}}
	given.requestTags(n.Context)
	if arn := given.text("PolicyArn"); arn != "" && subjects[operation] != aPolicy {
		n.Context["iam:PolicyARN"] = []string{arn}
	}
	needs := []service.Need{n}
	err = s.State.View(ctx, func(tx *state.Tx) (err error) {
		needs[0], err = about(ctx, tx, operation, given, n)
		if err != nil {
			return err
		}
		needs = append(needs[:1], renamed(ctx, operation, given, needs[0])...)
		if tags, ok := given.member("Tags").([]types.Tag); ok && len(tags) > 0 && tagging[operation] != "" {
			more := needs[0]
			more.Action = tagging[operation]
			needs = append(needs, more)
		}
		return nil
	})
	return needs, err
}

// tagging is what it takes to make something with tags, besides making it [IAM User
// Guide, tagging IAM resources].
var tagging = map[string]string{"CreateUser": "iam:TagUser", "CreateRole": "iam:TagRole", "CreatePolicy": "iam:TagPolicy"}

// about fills in what a need is about.
func about(ctx context.Context, tx *state.Tx, operation string, given input, n service.Need) (service.Need, error) {
	switch subjects[operation] {
	case aUser:
		return aboutUser(ctx, tx, given, given.text("UserName"), n)
	case aGroup:
		return aboutEntity(ctx, tx, groups, given, given.text("GroupName"), n)
	case aRole:
		return aboutEntity(ctx, tx, roles, given, given.text("RoleName"), n)
	case allUsers:
		n.Resource = identity.ARN(scope(ctx), users.word, given.path("PathPrefix"), "")
	case allGroups:
		n.Resource = identity.ARN(scope(ctx), groups.word, given.path("PathPrefix"), "")
	case allRoles:
		n.Resource = identity.ARN(scope(ctx), roles.word, given.path("PathPrefix"), "")
	case allPolicies: // IAM says it like this
		n.Resource = "policy path " + given.path("PathPrefix")
	case aKey:
		k, err := identity.Keys.Get(ctx, tx, state.Scope{}, given.text("AccessKeyId"))
		if there, err := state.Exists(err); err != nil || !there || k.Value.Account != scope(ctx).Account {
			return n, err
		}
		return aboutEntity(ctx, tx, users, given, k.Value.User, n)
	case aPolicy:
		return aboutPolicy(ctx, tx, given, n)
	case aSource:
		n.Resource = given.text("PolicySourceArn")
	}
	return n, nil
}

// aboutUser is a need about a user, who is the caller when none is named.
func aboutUser(ctx context.Context, tx *state.Tx, given input, name string, n service.Need) (service.Need, error) {
	if c := service.CallerOf(ctx); name == "" {
		if c.Principal.Type != policy.User {
			return n, nil
		}
		name = c.UserName
	}
	return aboutEntity(ctx, tx, users, given, name, n)
}

// aboutEntity is a need about a user, a group or a role. One that there is not yet is
// named as it would be.
func aboutEntity[T any, P identity.Holder[T]](ctx context.Context, tx *state.Tx, c class[T, P], given input, name string, n service.Need) (service.Need, error) {
	in := scope(ctx)
	n.Resource = identity.ARN(in, c.word, given.path("Path"), name)
	if boundary := given.text("PermissionsBoundary"); boundary != "" {
		n.Context["iam:PermissionsBoundary"] = []string{boundary}
	}
	if n.Action == "iam:Create"+c.quota {
		return n, nil // whatever there is of that name is not what will be made
	}
	r, err := identity.Find[T, P](ctx, tx, c.kind, in, name)
	if errors.Is(err, state.ErrNotFound) {
		return n, nil
	}
	if err != nil {
		return n, err
	}
	e := P(&r.Value).Base()
	n.Resource = c.arn(r)
	resourceTags(n.Context, e.Tags)
	if _, given := n.Context["iam:PermissionsBoundary"]; !given && e.Boundary != "" {
		n.Context["iam:PermissionsBoundary"] = []string{e.Boundary}
	}
	return n, nil
}

func aboutPolicy(ctx context.Context, tx *state.Tx, given input, n service.Need) (service.Need, error) {
	arn := given.text("PolicyArn")
	if arn == "" {
		n.Resource = identity.ARN(scope(ctx), "policy", given.path("Path"), given.text("PolicyName"))
		return n, nil
	}
	n.Resource = arn
	p, err := identity.FindPolicy(ctx, tx, scope(ctx), arn)
	if there, err := state.Exists(err); err != nil || !there {
		return n, err
	}
	resourceTags(n.Context, p.Value.Tags)
	return n, nil
}

// renamed are the needs about the name that something is to have: it takes the same
// permission on both [IAM API Reference, UpdateUser, UpdateGroup].
func renamed(ctx context.Context, operation string, given input, n service.Need) []service.Need {
	var word, name string
	switch operation {
	case "UpdateUser":
		word, name = users.word, given.text("NewUserName")
	case "UpdateGroup":
		word, name = groups.word, given.text("NewGroupName")
	default:
		return nil
	}
	_, path, old, ok := identity.Named(n.Resource, word)
	if !ok {
		return nil
	}
	if name == "" {
		name = old
	}
	if p := given.text("NewPath"); p != "" {
		path = p
	}
	target := identity.ARN(scope(ctx), word, path, name)
	if target == n.Resource {
		return nil
	}
	n.Resource = target
	return []service.Need{n}
}

func resourceTags(keys policy.Context, tags []identity.Tag) {
	for _, t := range tags {
		keys["aws:ResourceTag/"+strings.ToLower(t.Key)] = []string{t.Value}
		keys["iam:ResourceTag/"+strings.ToLower(t.Key)] = []string{t.Value}
	}
}

// An input is the input of any operation.
type input struct{ reflect.Value }

func members(in any) (input, error) {
	v := reflect.ValueOf(in)
	if v.Kind() != reflect.Pointer || v.IsNil() || v.Elem().Kind() != reflect.Struct {
		return input{}, fmt.Errorf("%T is no input", in)
	}
	return input{v.Elem()}, nil
}

// path is a member that is a path; "/" when there is none.
func (in input) path(name string) string {
	if path := in.text(name); path != "" {
		return path
	}
	return "/"
}

// text is a member that is a text; "" when there is none.
func (in input) text(name string) string {
	if text, ok := in.member(name).(*string); ok {
		return aws.ToString(text)
	}
	return ""
}

func (in input) member(name string) any {
	if f := in.FieldByName(name); f.IsValid() {
		return f.Interface()
	}
	return nil
}

// requestTags adds the keys about tags that are to be set or taken away.
func (in input) requestTags(keys policy.Context) {
	var names []string
	if tags, ok := in.member("Tags").([]types.Tag); ok {
		for _, t := range tags {
			keys["aws:RequestTag/"+strings.ToLower(aws.ToString(t.Key))] = []string{aws.ToString(t.Value)}
			names = append(names, aws.ToString(t.Key))
		}
	}
	if untag, ok := in.member("TagKeys").([]string); ok {
		names = append(names, untag...)
	}
	if names != nil {
		keys["aws:TagKeys"] = names
	}
}

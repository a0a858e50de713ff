package iam_test

import (
	"context"
	"errors"
	"net/url"
	"slices"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	awsiam "github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/iam/types"
	"github.com/aws/smithy-go"
	"github.com/google/go-cmp/cmp"

	"tocsin/service/iam"
	"tocsin/service/servicetest"
	"tocsin/wire"
	"tocsin/wire/model"
)

const (
	account = "arn:aws:iam::" + servicetest.Account + ":"

	allowAll  = `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"*","Resource":"*"}]}`
	allowList = `{"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "s3:List*", "Resource": "*"}]}`
	trust     = `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"Service":"cloudtrail.amazonaws.com"},"Action":"sts:AssumeRole"}]}`
)

// A teller tells a story and fails at the first surprise.
type teller struct {
	*testing.T
	ctx context.Context
	api
	world *servicetest.World
}

// twice tells a story on the service itself and through the SDK's client.
func twice(t *testing.T, story func(teller)) {
	t.Run("direct", func(t *testing.T) {
		w := servicetest.New(t)
		story(teller{t, w.Context(t), iam.New(iam.Options{State: w.State, Now: w.Now}), w})
	})
	t.Run("client", func(t *testing.T) {
		w := servicetest.New(t)
		s := iam.New(iam.Options{State: w.State, Now: w.Now})
		story(teller{t, t.Context(), awsiam.NewFromConfig(w.Serve(t, wire.Service{Model: model.IAM(), Methods: s})), w})
	})
}

// must is an output that came without an error.
func must[T any](out T, err error) func(teller) T {
	return func(t teller) T {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return out
	}
}

// refused tells what an error says: "NoSuchEntity: The user ...".
func refused[T any](_ T, err error) string {
	var api smithy.APIError
	if !errors.As(err, &api) {
		if err == nil {
			return "done"
		}
		return err.Error()
	}
	return api.ErrorCode() + ": " + api.ErrorMessage()
}

func (t teller) want(got, want string) {
	t.Helper()
	if got != want {
		t.Errorf("\n got %s\nwant %s", got, want)
	}
}

func (t teller) same(got, want any) {
	t.Helper()
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

func decoded(t teller, document *string) string {
	t.Helper()
	if strings.ContainsAny(*document, " +{") {
		t.Errorf("%s is not encoded as RFC 3986 says", *document)
	}
	plain, err := url.PathUnescape(*document)
	if err != nil {
		t.Fatal(err)
	}
	return plain
}

func TestUsers(t *testing.T) {
	twice(t, func(t teller) {
		made := must(t.CreateUser(t.ctx, &awsiam.CreateUserInput{
			UserName: aws.String("Alice"), Path: aws.String("/team/"), Tags: []types.Tag{{Key: aws.String("Team"), Value: aws.String("sec")}},
		}))(t).User
		t.want(*made.Arn, account+"user/team/Alice")
		if !strings.HasPrefix(*made.UserId, "AIDA") || len(*made.UserId) != 21 || !made.CreateDate.Equal(t.world.Now()) {
			t.Errorf("made %s at %s", *made.UserId, made.CreateDate)
		}
		got := must(t.GetUser(t.ctx, &awsiam.GetUserInput{UserName: aws.String("Alice")}))(t).User
		t.want(*got.Tags[0].Value, "sec")
		t.want(refused(t.CreateUser(t.ctx, &awsiam.CreateUserInput{UserName: aws.String("alice")})), "EntityAlreadyExists: User with name alice already exists.")
		t.want(refused(t.GetUser(t.ctx, &awsiam.GetUserInput{UserName: aws.String("alice")})), "NoSuchEntity: The user with name alice cannot be found.")

		must(t.TagUser(t.ctx, &awsiam.TagUserInput{UserName: aws.String("Alice"), Tags: []types.Tag{
			{Key: aws.String("TEAM"), Value: aws.String("ops")}, {Key: aws.String("Level"), Value: aws.String("")},
		}}))(t)
		must(t.UntagUser(t.ctx, &awsiam.UntagUserInput{UserName: aws.String("Alice"), TagKeys: []string{"level", "none"}}))(t)
		tags := must(t.ListUserTags(t.ctx, &awsiam.ListUserTagsInput{UserName: aws.String("Alice")}))(t)
		if len(tags.Tags) != 1 || *tags.Tags[0].Key != "TEAM" || *tags.Tags[0].Value != "ops" {
			t.Errorf("tags: %v", tags.Tags)
		}

		key := must(t.CreateAccessKey(t.ctx, &awsiam.CreateAccessKeyInput{UserName: aws.String("Alice")}))(t).AccessKey
		must(t.UpdateUser(t.ctx, &awsiam.UpdateUserInput{UserName: aws.String("Alice"), NewUserName: aws.String("bob"), NewPath: aws.String("/")}))(t)
		renamed := must(t.GetUser(t.ctx, &awsiam.GetUserInput{UserName: aws.String("bob")}))(t).User
		t.want(*renamed.Arn, account+"user/bob")
		t.want(*renamed.UserId, *made.UserId)
		keys := must(t.ListAccessKeys(t.ctx, &awsiam.ListAccessKeysInput{UserName: aws.String("bob")}))(t).AccessKeyMetadata
		if len(keys) != 1 || *keys[0].AccessKeyId != *key.AccessKeyId || keys[0].Status != types.StatusTypeActive || *keys[0].UserName != "bob" {
			t.Errorf("keys: %v", keys)
		}
		must(t.UpdateUser(t.ctx, &awsiam.UpdateUserInput{UserName: aws.String("bob"), NewUserName: aws.String("BOB")}))(t)
		must(t.UpdateUser(t.ctx, &awsiam.UpdateUserInput{UserName: aws.String("BOB"), NewUserName: aws.String("bob")}))(t)
		must(t.CreateUser(t.ctx, &awsiam.CreateUserInput{UserName: aws.String("carol")}))(t)
		t.want(refused(t.UpdateUser(t.ctx, &awsiam.UpdateUserInput{UserName: aws.String("bob"), NewUserName: aws.String("Carol")})), "EntityAlreadyExists: User with name Carol already exists.")

		t.want(refused(t.DeleteUser(t.ctx, &awsiam.DeleteUserInput{UserName: aws.String("bob")})), "DeleteConflict: Cannot delete entity, must delete access keys first.")
		must(t.DeleteAccessKey(t.ctx, &awsiam.DeleteAccessKeyInput{UserName: aws.String("bob"), AccessKeyId: key.AccessKeyId}))(t)
		must(t.DeleteUser(t.ctx, &awsiam.DeleteUserInput{UserName: aws.String("bob")}))(t)
		t.want(refused(t.DeleteUser(t.ctx, &awsiam.DeleteUserInput{UserName: aws.String("bob")})), "NoSuchEntity: The user with name bob cannot be found.")
		t.want(refused(t.GetUser(t.ctx, &awsiam.GetUserInput{UserName: aws.String("bob")})), "NoSuchEntity: The user with name bob cannot be found.")
	})
}

func TestAccessKeys(t *testing.T) {
	twice(t, func(t teller) {
		name := aws.String("alice")
		must(t.CreateUser(t.ctx, &awsiam.CreateUserInput{UserName: name}))(t)
		must(t.CreateUser(t.ctx, &awsiam.CreateUserInput{UserName: aws.String("bob")}))(t)
		one := must(t.CreateAccessKey(t.ctx, &awsiam.CreateAccessKeyInput{UserName: name}))(t).AccessKey
		if !strings.HasPrefix(*one.AccessKeyId, "AKIA") || len(*one.AccessKeyId) != 20 || len(*one.SecretAccessKey) != 40 {
			t.Errorf("key %s with a secret of %d", *one.AccessKeyId, len(*one.SecretAccessKey))
		}
		two := must(t.CreateAccessKey(t.ctx, &awsiam.CreateAccessKeyInput{UserName: name}))(t).AccessKey
		t.want(refused(t.CreateAccessKey(t.ctx, &awsiam.CreateAccessKeyInput{UserName: name})), "LimitExceeded: Cannot exceed quota for AccessKeysPerUser: 2")
		t.want(refused(t.CreateAccessKey(t.ctx, &awsiam.CreateAccessKeyInput{UserName: aws.String("eve")})), "NoSuchEntity: The user with name eve cannot be found.")
		t.want(refused(t.CreateAccessKey(t.ctx, &awsiam.CreateAccessKeyInput{})), "ValidationError: Must specify userName when calling with non-User credentials")

		must(t.UpdateAccessKey(t.ctx, &awsiam.UpdateAccessKeyInput{UserName: name, AccessKeyId: one.AccessKeyId, Status: types.StatusTypeInactive}))(t)
		t.want(refused(t.UpdateAccessKey(t.ctx, &awsiam.UpdateAccessKeyInput{UserName: aws.String("bob"), AccessKeyId: one.AccessKeyId, Status: types.StatusTypeActive})),
			"NoSuchEntity: The Access Key with id "+*one.AccessKeyId+" cannot be found.")
		t.want(refused(t.DeleteAccessKey(t.ctx, &awsiam.DeleteAccessKeyInput{UserName: aws.String("bob"), AccessKeyId: one.AccessKeyId})),
			"NoSuchEntity: The Access Key with id "+*one.AccessKeyId+" cannot be found.")
		var statuses []string
		pages := 0
		for marker := (*string)(nil); ; pages++ {
			out := must(t.ListAccessKeys(t.ctx, &awsiam.ListAccessKeysInput{UserName: name, MaxItems: aws.Int32(1), Marker: marker}))(t)
			for _, k := range out.AccessKeyMetadata {
				statuses = append(statuses, *k.AccessKeyId+string(k.Status))
			}
			if marker = out.Marker; !out.IsTruncated {
				break
			}
		}
		want := []string{*one.AccessKeyId + "Inactive", *two.AccessKeyId + "Active"}
		slices.Sort(want)
		t.same(statuses, want)
		if pages != 1 {
			t.Errorf("%d pages after the first", pages)
		}
		used := must(t.GetAccessKeyLastUsed(t.ctx, &awsiam.GetAccessKeyLastUsedInput{AccessKeyId: one.AccessKeyId}))(t)
		if *used.UserName != "alice" || used.AccessKeyLastUsed.LastUsedDate != nil || *used.AccessKeyLastUsed.ServiceName != "N/A" {
			t.Errorf("used: %v", used.AccessKeyLastUsed)
		}
		must(t.DeleteAccessKey(t.ctx, &awsiam.DeleteAccessKeyInput{UserName: name, AccessKeyId: one.AccessKeyId}))(t)
		t.want(refused(t.GetAccessKeyLastUsed(t.ctx, &awsiam.GetAccessKeyLastUsedInput{AccessKeyId: one.AccessKeyId})),
			"NoSuchEntity: The Access Key with id "+*one.AccessKeyId+" cannot be found.")
	})
}

func TestGroups(t *testing.T) {
	twice(t, func(t teller) {
		group, user := aws.String("ops"), aws.String("alice")
		made := must(t.CreateGroup(t.ctx, &awsiam.CreateGroupInput{GroupName: group}))(t).Group
		t.want(*made.Arn, account+"group/ops")
		t.want(refused(t.CreateGroup(t.ctx, &awsiam.CreateGroupInput{GroupName: aws.String("OPS")})), "EntityAlreadyExists: Group with name OPS already exists.")
		must(t.CreateUser(t.ctx, &awsiam.CreateUserInput{UserName: user}))(t)
		for range 2 {
			must(t.AddUserToGroup(t.ctx, &awsiam.AddUserToGroupInput{GroupName: group, UserName: user}))(t)
		}
		t.want(refused(t.AddUserToGroup(t.ctx, &awsiam.AddUserToGroupInput{GroupName: aws.String("none"), UserName: user})), "NoSuchEntity: The group with name none cannot be found.")
		t.want(refused(t.AddUserToGroup(t.ctx, &awsiam.AddUserToGroupInput{GroupName: group, UserName: aws.String("eve")})), "NoSuchEntity: The user with name eve cannot be found.")
		t.want(refused(t.DeleteUser(t.ctx, &awsiam.DeleteUserInput{UserName: user})), "DeleteConflict: Cannot delete entity, must remove users from group first.")
		t.want(refused(t.DeleteGroup(t.ctx, &awsiam.DeleteGroupInput{GroupName: group})), "DeleteConflict: Cannot delete entity, must remove users from group first.")

		must(t.UpdateGroup(t.ctx, &awsiam.UpdateGroupInput{GroupName: group, NewGroupName: aws.String("admins"), NewPath: aws.String("/it/")}))(t)
		group = aws.String("admins")
		got := must(t.GetGroup(t.ctx, &awsiam.GetGroupInput{GroupName: group}))(t)
		t.want(*got.Group.Arn, account+"group/it/admins")
		if len(got.Users) != 1 || *got.Users[0].UserName != "alice" {
			t.Errorf("users: %v", got.Users)
		}
		of := must(t.ListGroupsForUser(t.ctx, &awsiam.ListGroupsForUserInput{UserName: user}))(t)
		if len(of.Groups) != 1 || *of.Groups[0].GroupName != "admins" {
			t.Errorf("groups: %v", of.Groups)
		}
		t.same(len(must(t.ListGroups(t.ctx, &awsiam.ListGroupsInput{PathPrefix: aws.String("/it/")}))(t).Groups), 1)
		t.same(len(must(t.ListGroups(t.ctx, &awsiam.ListGroupsInput{PathPrefix: aws.String("/de/")}))(t).Groups), 0)

		must(t.PutGroupPolicy(t.ctx, &awsiam.PutGroupPolicyInput{GroupName: group, PolicyName: aws.String("all"), PolicyDocument: aws.String(allowAll)}))(t)
		for range 2 {
			must(t.RemoveUserFromGroup(t.ctx, &awsiam.RemoveUserFromGroupInput{GroupName: group, UserName: user}))(t)
		}
		t.want(refused(t.DeleteGroup(t.ctx, &awsiam.DeleteGroupInput{GroupName: group})), "DeleteConflict: Cannot delete entity, must delete policies first.")
		must(t.DeleteGroupPolicy(t.ctx, &awsiam.DeleteGroupPolicyInput{GroupName: group, PolicyName: aws.String("all")}))(t)
		must(t.DeleteGroup(t.ctx, &awsiam.DeleteGroupInput{GroupName: group}))(t)
	})
}

func TestRoles(t *testing.T) {
	twice(t, func(t teller) {
		name := aws.String("cloudtrail-role")
		made := must(t.CreateRole(t.ctx, &awsiam.CreateRoleInput{RoleName: name, AssumeRolePolicyDocument: aws.String(trust), Description: aws.String("for the trail")}))(t).Role
		t.want(*made.Arn, account+"role/cloudtrail-role")
		t.want(decoded(t, made.AssumeRolePolicyDocument), trust)
		if *made.MaxSessionDuration != 3600 || !strings.HasPrefix(*made.RoleId, "AROA") {
			t.Errorf("made %s for %d s", *made.RoleId, *made.MaxSessionDuration)
		}
		t.want(refused(t.CreateRole(t.ctx, &awsiam.CreateRoleInput{RoleName: name, AssumeRolePolicyDocument: aws.String(trust)})),
			"EntityAlreadyExists: Role with name cloudtrail-role already exists.")

		must(t.UpdateRole(t.ctx, &awsiam.UpdateRoleInput{RoleName: name, MaxSessionDuration: aws.Int32(7200)}))(t)
		must(t.UpdateRoleDescription(t.ctx, &awsiam.UpdateRoleDescriptionInput{RoleName: name, Description: aws.String("delivers")}))(t)
		others := strings.Replace(trust, "cloudtrail", "config", 1)
		must(t.UpdateAssumeRolePolicy(t.ctx, &awsiam.UpdateAssumeRolePolicyInput{RoleName: name, PolicyDocument: aws.String(others)}))(t)
		must(t.TagRole(t.ctx, &awsiam.TagRoleInput{RoleName: name, Tags: []types.Tag{{Key: aws.String("a"), Value: aws.String("1")}, {Key: aws.String("b"), Value: aws.String("2")}}}))(t)
		must(t.UntagRole(t.ctx, &awsiam.UntagRoleInput{RoleName: name, TagKeys: []string{"a"}}))(t)
		got := must(t.GetRole(t.ctx, &awsiam.GetRoleInput{RoleName: name}))(t).Role
		t.want(decoded(t, got.AssumeRolePolicyDocument), others)
		t.want(*got.Description, "delivers")
		if *got.MaxSessionDuration != 7200 || len(got.Tags) != 1 || *got.Tags[0].Key != "b" || got.RoleLastUsed == nil {
			t.Errorf("got %v", got)
		}
		t.same(len(must(t.ListRoleTags(t.ctx, &awsiam.ListRoleTagsInput{RoleName: name}))(t).Tags), 1)

		must(t.PutRolePolicy(t.ctx, &awsiam.PutRolePolicyInput{RoleName: name, PolicyName: aws.String("write"), PolicyDocument: aws.String(allowList)}))(t)
		inline := must(t.GetRolePolicy(t.ctx, &awsiam.GetRolePolicyInput{RoleName: name, PolicyName: aws.String("write")}))(t)
		t.want(decoded(t, inline.PolicyDocument), allowList)
		t.same(must(t.ListRolePolicies(t.ctx, &awsiam.ListRolePoliciesInput{RoleName: name}))(t).PolicyNames, []string{"write"})
		t.same(len(must(t.ListInstanceProfilesForRole(t.ctx, &awsiam.ListInstanceProfilesForRoleInput{RoleName: name}))(t).InstanceProfiles), 0)
		must(t.AttachRolePolicy(t.ctx, &awsiam.AttachRolePolicyInput{RoleName: name, PolicyArn: aws.String("arn:aws:iam::aws:policy/CloudWatchLogsFullAccess")}))(t)
		t.want(refused(t.DeleteRole(t.ctx, &awsiam.DeleteRoleInput{RoleName: name})), "DeleteConflict: Cannot delete entity, must detach all policies first.")
		must(t.DetachRolePolicy(t.ctx, &awsiam.DetachRolePolicyInput{RoleName: name, PolicyArn: aws.String("arn:aws:iam::aws:policy/CloudWatchLogsFullAccess")}))(t)
		t.want(refused(t.DeleteRole(t.ctx, &awsiam.DeleteRoleInput{RoleName: name})), "DeleteConflict: Cannot delete entity, must delete policies first.")
		must(t.DeleteRolePolicy(t.ctx, &awsiam.DeleteRolePolicyInput{RoleName: name, PolicyName: aws.String("write")}))(t)
		t.want(refused(t.DeleteRolePolicy(t.ctx, &awsiam.DeleteRolePolicyInput{RoleName: name, PolicyName: aws.String("write")})),
			"NoSuchEntity: The role policy with name write cannot be found.")
		must(t.DeleteRole(t.ctx, &awsiam.DeleteRoleInput{RoleName: name}))(t)
		t.want(refused(t.GetRole(t.ctx, &awsiam.GetRoleInput{RoleName: name})), "NoSuchEntity: The role with name cloudtrail-role cannot be found.")
	})
}

func TestManagedPolicies(t *testing.T) {
	twice(t, func(t teller) {
		made := must(t.CreatePolicy(t.ctx, &awsiam.CreatePolicyInput{PolicyName: aws.String("Lists"), PolicyDocument: aws.String(allowList), Description: aws.String("d")}))(t).Policy
		arn := made.Arn
		t.want(*arn, account+"policy/Lists")
		t.want(refused(t.CreatePolicy(t.ctx, &awsiam.CreatePolicyInput{PolicyName: aws.String("lists"), Path: aws.String("/x/"), PolicyDocument: aws.String(allowList)})),
			"EntityAlreadyExists: A policy called lists already exists. Duplicate names are not allowed.")
		for range 4 {
			must(t.CreatePolicyVersion(t.ctx, &awsiam.CreatePolicyVersionInput{PolicyArn: arn, PolicyDocument: aws.String(allowAll)}))(t)
		}
		t.want(refused(t.CreatePolicyVersion(t.ctx, &awsiam.CreatePolicyVersionInput{PolicyArn: arn, PolicyDocument: aws.String(allowAll)})),
			"LimitExceeded: A managed policy can have up to 5 versions. Before you create a new version, you must delete an existing version.")
		must(t.SetDefaultPolicyVersion(t.ctx, &awsiam.SetDefaultPolicyVersionInput{PolicyArn: arn, VersionId: aws.String("v3")}))(t)
		t.want(refused(t.DeletePolicyVersion(t.ctx, &awsiam.DeletePolicyVersionInput{PolicyArn: arn, VersionId: aws.String("v3")})), "DeleteConflict: Cannot delete the default version of a policy.")
		must(t.DeletePolicyVersion(t.ctx, &awsiam.DeletePolicyVersionInput{PolicyArn: arn, VersionId: aws.String("v5")}))(t)
		next := must(t.CreatePolicyVersion(t.ctx, &awsiam.CreatePolicyVersionInput{PolicyArn: arn, PolicyDocument: aws.String(allowList), SetAsDefault: true}))(t).PolicyVersion
		t.want(*next.VersionId, "v6")
		var versions []string
		for p := (*string)(nil); ; {
			out := must(t.ListPolicyVersions(t.ctx, &awsiam.ListPolicyVersionsInput{PolicyArn: arn, MaxItems: aws.Int32(2), Marker: p}))(t)
			for _, v := range out.Versions {
				versions = append(versions, *v.VersionId)
			}
			if p = out.Marker; !out.IsTruncated {
				break
			}
		}
		t.same(versions, []string{"v6", "v4", "v3", "v2", "v1"})
		v := must(t.GetPolicyVersion(t.ctx, &awsiam.GetPolicyVersionInput{PolicyArn: arn, VersionId: aws.String("v6")}))(t).PolicyVersion
		t.want(decoded(t, v.Document), allowList)
		if !v.IsDefaultVersion {
			t.Error("v6 does not hold")
		}
		t.want(refused(t.GetPolicyVersion(t.ctx, &awsiam.GetPolicyVersionInput{PolicyArn: arn, VersionId: aws.String("v5")})),
			"NoSuchEntity: Policy "+*arn+" version v5 does not exist or is not attachable.")

		must(t.CreateUser(t.ctx, &awsiam.CreateUserInput{UserName: aws.String("alice"), PermissionsBoundary: arn}))(t)
		must(t.CreateGroup(t.ctx, &awsiam.CreateGroupInput{GroupName: aws.String("ops")}))(t)
		must(t.CreateRole(t.ctx, &awsiam.CreateRoleInput{RoleName: aws.String("r"), AssumeRolePolicyDocument: aws.String(trust)}))(t)
		for range 2 {
			must(t.AttachUserPolicy(t.ctx, &awsiam.AttachUserPolicyInput{UserName: aws.String("alice"), PolicyArn: arn}))(t)
			must(t.AttachGroupPolicy(t.ctx, &awsiam.AttachGroupPolicyInput{GroupName: aws.String("ops"), PolicyArn: arn}))(t)
			must(t.AttachRolePolicy(t.ctx, &awsiam.AttachRolePolicyInput{RoleName: aws.String("r"), PolicyArn: arn}))(t)
		}
		got := must(t.GetPolicy(t.ctx, &awsiam.GetPolicyInput{PolicyArn: arn}))(t).Policy
		if *got.AttachmentCount != 3 || *got.PermissionsBoundaryUsageCount != 1 || *got.DefaultVersionId != "v6" {
			t.Errorf("policy: %d attached, %d boundaries, %s", *got.AttachmentCount, *got.PermissionsBoundaryUsageCount, *got.DefaultVersionId)
		}
		var entities []string
		for p := (*string)(nil); ; {
			out := must(t.ListEntitiesForPolicy(t.ctx, &awsiam.ListEntitiesForPolicyInput{PolicyArn: arn, MaxItems: aws.Int32(1), Marker: p}))(t)
			for _, v := range out.PolicyGroups {
				entities = append(entities, *v.GroupName)
			}
			for _, v := range out.PolicyRoles {
				entities = append(entities, *v.RoleName)
			}
			for _, v := range out.PolicyUsers {
				entities = append(entities, *v.UserName)
			}
			if p = out.Marker; !out.IsTruncated {
				break
			}
		}
		t.same(entities, []string{"ops", "r", "alice"})
		bounded := must(t.ListEntitiesForPolicy(t.ctx, &awsiam.ListEntitiesForPolicyInput{PolicyArn: arn, PolicyUsageFilter: types.PolicyUsageTypePermissionsBoundary}))(t)
		t.same([]int{len(bounded.PolicyUsers), len(bounded.PolicyRoles), len(bounded.PolicyGroups)}, []int{1, 0, 0})

		t.want(refused(t.DeletePolicy(t.ctx, &awsiam.DeletePolicyInput{PolicyArn: arn})), "DeleteConflict: Cannot delete a policy attached to entities.")
		attached := must(t.ListAttachedUserPolicies(t.ctx, &awsiam.ListAttachedUserPoliciesInput{UserName: aws.String("alice")}))(t).AttachedPolicies
		if len(attached) != 1 || *attached[0].PolicyName != "Lists" {
			t.Errorf("attached: %v", attached)
		}
		must(t.DetachUserPolicy(t.ctx, &awsiam.DetachUserPolicyInput{UserName: aws.String("alice"), PolicyArn: arn}))(t)
		t.want(refused(t.DetachUserPolicy(t.ctx, &awsiam.DetachUserPolicyInput{UserName: aws.String("alice"), PolicyArn: arn})), "NoSuchEntity: Policy "+*arn+" was not found.")
		must(t.DetachGroupPolicy(t.ctx, &awsiam.DetachGroupPolicyInput{GroupName: aws.String("ops"), PolicyArn: arn}))(t)
		must(t.DetachRolePolicy(t.ctx, &awsiam.DetachRolePolicyInput{RoleName: aws.String("r"), PolicyArn: arn}))(t)
		t.want(refused(t.DeletePolicy(t.ctx, &awsiam.DeletePolicyInput{PolicyArn: arn})), "DeleteConflict: Cannot delete a policy attached to entities.")
		must(t.DeleteUserPermissionsBoundary(t.ctx, &awsiam.DeleteUserPermissionsBoundaryInput{UserName: aws.String("alice")}))(t)
		t.want(refused(t.DeletePolicy(t.ctx, &awsiam.DeletePolicyInput{PolicyArn: arn})),
			"DeleteConflict: This policy has more than one version. Before you delete a policy, you must delete the policy's versions. The default version is deleted with the policy.")
		for _, id := range []string{"v1", "v2", "v3", "v4"} {
			must(t.DeletePolicyVersion(t.ctx, &awsiam.DeletePolicyVersionInput{PolicyArn: arn, VersionId: aws.String(id)}))(t)
		}
		must(t.DeletePolicy(t.ctx, &awsiam.DeletePolicyInput{PolicyArn: arn}))(t)
		t.want(refused(t.GetPolicy(t.ctx, &awsiam.GetPolicyInput{PolicyArn: arn})), "NoSuchEntity: Policy "+*arn+" was not found.")
		t.want(refused(t.AttachUserPolicy(t.ctx, &awsiam.AttachUserPolicyInput{UserName: aws.String("alice"), PolicyArn: arn})),
			"NoSuchEntity: Policy "+*arn+" does not exist or is not attachable.")
	})
}

func TestListPolicies(t *testing.T) {
	twice(t, func(t teller) {
		must(t.CreatePolicy(t.ctx, &awsiam.CreatePolicyInput{PolicyName: aws.String("administratoraccess"), Path: aws.String("/own/"), PolicyDocument: aws.String(allowAll)}))(t)
		must(t.CreateUser(t.ctx, &awsiam.CreateUserInput{UserName: aws.String("alice")}))(t)
		must(t.AttachUserPolicy(t.ctx, &awsiam.AttachUserPolicyInput{UserName: aws.String("alice"), PolicyArn: aws.String("arn:aws:iam::aws:policy/SecurityAudit")}))(t)
		list := func(in awsiam.ListPoliciesInput) (names []string) {
			in.MaxItems = aws.Int32(3)
			for {
				out := must(t.ListPolicies(t.ctx, &in))(t)
				for _, p := range out.Policies {
					names = append(names, *p.Arn)
				}
				if in.Marker = out.Marker; !out.IsTruncated {
					return names
				}
			}
		}
		t.same(list(awsiam.ListPoliciesInput{Scope: types.PolicyScopeTypeLocal}), []string{account + "policy/own/administratoraccess"})
		t.same(list(awsiam.ListPoliciesInput{OnlyAttached: true}), []string{"arn:aws:iam::aws:policy/SecurityAudit"})
		all, managed := list(awsiam.ListPoliciesInput{}), list(awsiam.ListPoliciesInput{Scope: types.PolicyScopeTypeAws})
		if len(all) != len(managed)+1 || len(slices.Compact(slices.Clone(all))) != len(all) {
			t.Errorf("%d in all, %d of AWS", len(all), len(managed))
		}
		t.want(refused(t.CreatePolicyVersion(t.ctx, &awsiam.CreatePolicyVersionInput{PolicyArn: aws.String("arn:aws:iam::aws:policy/SecurityAudit"), PolicyDocument: aws.String(allowAll)})),
			"ValidationError: Policy arn:aws:iam::aws:policy/SecurityAudit is managed by AWS and cannot be changed.")
		t.want(refused(t.GetPolicy(t.ctx, &awsiam.GetPolicyInput{PolicyArn: aws.String("arn:aws:iam::aws:policy/Unheard")})),
			"NoSuchEntity: Policy arn:aws:iam::aws:policy/Unheard was not found.")
		v := must(t.GetPolicyVersion(t.ctx, &awsiam.GetPolicyVersionInput{PolicyArn: aws.String("arn:aws:iam::aws:policy/AdministratorAccess"), VersionId: aws.String("v1")}))(t)
		if !strings.Contains(decoded(t, v.PolicyVersion.Document), `"Action": "*"`) {
			t.Error(decoded(t, v.PolicyVersion.Document))
		}
	})
}

func TestAccount(t *testing.T) {
	twice(t, func(t teller) {
		must(t.CreateAccountAlias(t.ctx, &awsiam.CreateAccountAliasInput{AccountAlias: aws.String("first")}))(t)
		must(t.CreateAccountAlias(t.ctx, &awsiam.CreateAccountAliasInput{AccountAlias: aws.String("second")}))(t)
		t.want(refused(t.CreateAccountAlias(t.ctx, &awsiam.CreateAccountAliasInput{AccountAlias: aws.String("second")})), "EntityAlreadyExists: The account alias second already exists.")
		t.same(must(t.ListAccountAliases(t.ctx, &awsiam.ListAccountAliasesInput{}))(t).AccountAliases, []string{"second"})
		must(t.DeleteAccountAlias(t.ctx, &awsiam.DeleteAccountAliasInput{AccountAlias: aws.String("second")}))(t)
		t.want(refused(t.DeleteAccountAlias(t.ctx, &awsiam.DeleteAccountAliasInput{AccountAlias: aws.String("second")})), "NoSuchEntity: The account alias with name second cannot be found.")

		must(t.CreateUser(t.ctx, &awsiam.CreateUserInput{UserName: aws.String("alice")}))(t)
		must(t.PutUserPolicy(t.ctx, &awsiam.PutUserPolicyInput{UserName: aws.String("alice"), PolicyName: aws.String("p"), PolicyDocument: aws.String(allowList)}))(t)
		must(t.CreateRole(t.ctx, &awsiam.CreateRoleInput{RoleName: aws.String("r"), AssumeRolePolicyDocument: aws.String(trust)}))(t)
		must(t.CreateGroup(t.ctx, &awsiam.CreateGroupInput{GroupName: aws.String("g")}))(t)
		must(t.AddUserToGroup(t.ctx, &awsiam.AddUserToGroupInput{GroupName: aws.String("g"), UserName: aws.String("alice")}))(t)
		must(t.CreatePolicy(t.ctx, &awsiam.CreatePolicyInput{PolicyName: aws.String("m"), PolicyDocument: aws.String(allowList)}))(t)
		summary := must(t.GetAccountSummary(t.ctx, &awsiam.GetAccountSummaryInput{}))(t).SummaryMap
		t.same([]int32{summary["Users"], summary["Roles"], summary["Groups"], summary["Policies"]}, []int32{1, 1, 1, 1})

		all := must(t.GetAccountAuthorizationDetails(t.ctx, &awsiam.GetAccountAuthorizationDetailsInput{}))(t)
		t.same([]int{len(all.UserDetailList), len(all.RoleDetailList), len(all.GroupDetailList), len(all.Policies)}, []int{1, 1, 1, 1})
		t.want(decoded(t, all.UserDetailList[0].UserPolicyList[0].PolicyDocument), allowList)
		t.same(all.UserDetailList[0].GroupList, []string{"g"})
		part := must(t.GetAccountAuthorizationDetails(t.ctx, &awsiam.GetAccountAuthorizationDetailsInput{Filter: []types.EntityType{types.EntityTypeRole}}))(t)
		t.same([]int{len(part.UserDetailList), len(part.RoleDetailList)}, []int{0, 1})

		t.want(refused(t.GetLoginProfile(t.ctx, &awsiam.GetLoginProfileInput{UserName: aws.String("alice")})), "NoSuchEntity: Login Profile for User alice cannot be found.")
		t.want(refused(t.DeleteLoginProfile(t.ctx, &awsiam.DeleteLoginProfileInput{UserName: aws.String("eve")})), "NoSuchEntity: The user with name eve cannot be found.")
		t.want(refused(t.GetAccountPasswordPolicy(t.ctx, &awsiam.GetAccountPasswordPolicyInput{})), "NoSuchEntity: The Password Policy with domain name 123456789012 cannot be found.")
		t.same(len(must(t.ListMFADevices(t.ctx, &awsiam.ListMFADevicesInput{UserName: aws.String("alice")}))(t).MFADevices), 0)
		t.same(len(must(t.ListSSHPublicKeys(t.ctx, &awsiam.ListSSHPublicKeysInput{UserName: aws.String("alice")}))(t).SSHPublicKeys), 0)
		t.same(len(must(t.ListSigningCertificates(t.ctx, &awsiam.ListSigningCertificatesInput{UserName: aws.String("alice")}))(t).Certificates), 0)
		t.same(len(must(t.ListServiceSpecificCredentials(t.ctx, &awsiam.ListServiceSpecificCredentialsInput{UserName: aws.String("alice")}))(t).ServiceSpecificCredentials), 0)
		t.same(len(must(t.ListVirtualMFADevices(t.ctx, &awsiam.ListVirtualMFADevicesInput{}))(t).VirtualMFADevices), 0)
		t.same(len(must(t.ListServerCertificates(t.ctx, &awsiam.ListServerCertificatesInput{}))(t).ServerCertificateMetadataList), 0)
		t.same(len(must(t.ListInstanceProfiles(t.ctx, &awsiam.ListInstanceProfilesInput{}))(t).InstanceProfiles), 0)
		t.same(len(must(t.ListOpenIDConnectProviders(t.ctx, &awsiam.ListOpenIDConnectProvidersInput{}))(t).OpenIDConnectProviderList), 0)
		t.same(len(must(t.ListSAMLProviders(t.ctx, &awsiam.ListSAMLProvidersInput{}))(t).SAMLProviderList), 0)
	})
}

func TestSimulator(t *testing.T) {
	twice(t, func(t teller) {
		must(t.CreateUser(t.ctx, &awsiam.CreateUserInput{UserName: aws.String("alice")}))(t)
		must(t.PutUserPolicy(t.ctx, &awsiam.PutUserPolicyInput{UserName: aws.String("alice"), PolicyName: aws.String("lists"), PolicyDocument: aws.String(allowList)}))(t)
		must(t.CreateGroup(t.ctx, &awsiam.CreateGroupInput{GroupName: aws.String("g")}))(t)
		must(t.AddUserToGroup(t.ctx, &awsiam.AddUserToGroupInput{GroupName: aws.String("g"), UserName: aws.String("alice")}))(t)
		must(t.AttachGroupPolicy(t.ctx, &awsiam.AttachGroupPolicyInput{GroupName: aws.String("g"), PolicyArn: aws.String("arn:aws:iam::aws:policy/AmazonSNSReadOnlyAccess")}))(t)
		ofUser := must(t.SimulatePrincipalPolicy(t.ctx, &awsiam.SimulatePrincipalPolicyInput{
			PolicySourceArn: aws.String(account + "user/alice"), ActionNames: []string{"s3:ListBucket", "sns:ListTopics", "s3:GetObject"},
		}))(t).EvaluationResults
		t.same(decisions(ofUser), []string{"s3:ListBucket allowed user_alice_lists user", "sns:ListTopics allowed AmazonSNSReadOnlyAccess aws-managed", "s3:GetObject implicitDeny"})
		t.want(refused(t.SimulatePrincipalPolicy(t.ctx, &awsiam.SimulatePrincipalPolicyInput{PolicySourceArn: aws.String(account + "user/eve"), ActionNames: []string{"s3:ListBucket"}})),
			"NoSuchEntity: The user with name eve cannot be found.")

		home := `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"s3:*","Resource":"*","Condition":{"IpAddress":{"aws:SourceIp":"10.0.0.0/8"}}},{"Effect":"Deny","Action":"s3:DeleteBucket","Resource":"arn:aws:s3:::logs"}]}`
		custom := func(keys ...types.ContextEntry) []types.EvaluationResult {
			return must(t.SimulateCustomPolicy(t.ctx, &awsiam.SimulateCustomPolicyInput{
				PolicyInputList: []string{home}, ActionNames: []string{"s3:GetObject", "s3:DeleteBucket"},
				ResourceArns: []string{"arn:aws:s3:::logs", "arn:aws:s3:::other"}, ContextEntries: keys,
			}))(t).EvaluationResults
		}
		open := custom()
		t.same(open[0].MissingContextValues, []string{"aws:SourceIp"})
		t.same(decisions(open), []string{"s3:GetObject implicitDeny", "s3:DeleteBucket explicitDeny PolicyInputList.1 none"})
		given := custom(types.ContextEntry{ContextKeyName: aws.String("aws:SourceIp"), ContextKeyType: types.ContextKeyTypeEnumIp, ContextKeyValues: []string{"10.1.2.3"}})
		t.same(decisions(given), []string{"s3:GetObject allowed PolicyInputList.1 none", "s3:DeleteBucket explicitDeny PolicyInputList.1 none"})
		t.same(string(given[1].ResourceSpecificResults[1].EvalResourceDecision), "allowed")
		t.want(strings.SplitN(refused(t.SimulateCustomPolicy(t.ctx, &awsiam.SimulateCustomPolicyInput{PolicyInputList: []string{"{"}, ActionNames: []string{"s3:GetObject"}})), " ", 2)[0], "InvalidInput:")
	})
}

func decisions(results []types.EvaluationResult) []string {
	all := make([]string, len(results))
	for i, r := range results {
		all[i] = *r.EvalActionName + " " + string(r.EvalDecision)
		for _, m := range r.MatchedStatements {
			all[i] += " " + *m.SourcePolicyId + " " + string(m.SourcePolicyType)
		}
	}
	return all
}

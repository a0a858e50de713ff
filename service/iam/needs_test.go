package iam_test

import (
	"context"
	"reflect"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	awsiam "github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/iam/types"
	"github.com/google/go-cmp/cmp"

	"tocsin/core/policy"
	"tocsin/service"
	"tocsin/service/iam"
	"tocsin/service/servicetest"
)

func direct(t *testing.T) (*iam.Service, *servicetest.World) {
	t.Helper()
	w := servicetest.New(t)
	return iam.New(iam.Options{State: w.State, Now: w.Now}), w
}

// as is the context of a call by the root of an account.
func as(t *testing.T, w *servicetest.World, id string) context.Context {
	t.Helper()
	c := w.Caller()
	c.Account = id
	c.Principal = policy.Principal{Type: policy.Root, ARN: "arn:aws:iam::" + id + ":root", ID: id}
	return service.WithCaller(t.Context(), c)
}

func TestNeeds(t *testing.T) {
	s, w := direct(t)
	ctx := w.Context(t)
	setUp := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	_, err := s.CreatePolicy(ctx, &awsiam.CreatePolicyInput{PolicyName: aws.String("edge"), PolicyDocument: aws.String(allowAll)})
	setUp(err)
	_, err = s.CreateUser(ctx, &awsiam.CreateUserInput{
		UserName: aws.String("alice"), Path: aws.String("/team/"), PermissionsBoundary: aws.String(account + "policy/edge"),
		Tags: []types.Tag{{Key: aws.String("Team"), Value: aws.String("sec")}},
	})
	setUp(err)
	key, err := s.CreateAccessKey(ctx, &awsiam.CreateAccessKeyInput{UserName: aws.String("alice")})
	setUp(err)
	c := w.Caller()
	c.Principal, c.UserName = policy.Principal{Type: policy.User, ARN: account + "user/team/alice"}, "alice"
	alice := service.WithCaller(t.Context(), c)

	ofAlice := policy.Context{"aws:ResourceTag/team": {"sec"}, "iam:ResourceTag/team": {"sec"}, "iam:PermissionsBoundary": {account + "policy/edge"}}
	with := func(keys policy.Context, more ...string) policy.Context {
		all := policy.Context{}
		for k, v := range keys {
			all[k] = v
		}
		for i := 0; i < len(more); i += 2 {
			all[more[i]] = []string{more[i+1]}
		}
		return all
	}
	for _, c := range []struct {
		ctx       context.Context
		operation string
		input     any
		resources string
		keys      policy.Context
	}{
		{ctx, "GetUser", &awsiam.GetUserInput{UserName: aws.String("alice")}, account + "user/team/alice", ofAlice},
		{alice, "GetUser", &awsiam.GetUserInput{}, account + "user/team/alice", ofAlice},
		{ctx, "GetUser", &awsiam.GetUserInput{}, "*", policy.Context{}},
		{ctx, "GetUser", &awsiam.GetUserInput{UserName: aws.String("Alice")}, account + "user/Alice", policy.Context{}},
		{ctx, "CreateUser", &awsiam.CreateUserInput{UserName: aws.String("bob"), Path: aws.String("/x/"), Tags: []types.Tag{{Key: aws.String("Team"), Value: aws.String("it")}}}, account + "user/x/bob " + account + "user/x/bob", policy.Context{"aws:RequestTag/team": {"it"}, "aws:TagKeys": {"Team"}}},
		{ctx, "CreateUser", &awsiam.CreateUserInput{UserName: aws.String("alice")}, account + "user/alice", policy.Context{}},
		{ctx, "UntagUser", &awsiam.UntagUserInput{UserName: aws.String("alice"), TagKeys: []string{"Team"}}, account + "user/team/alice", with(ofAlice, "aws:TagKeys", "Team")},
		{ctx, "UpdateUser", &awsiam.UpdateUserInput{UserName: aws.String("alice"), NewUserName: aws.String("bob")}, account + "user/team/alice " + account + "user/team/bob", ofAlice},
		{ctx, "UpdateUser", &awsiam.UpdateUserInput{UserName: aws.String("alice"), NewPath: aws.String("/")}, account + "user/team/alice " + account + "user/alice", ofAlice},
		{ctx, "GetAccessKeyLastUsed", &awsiam.GetAccessKeyLastUsedInput{AccessKeyId: key.AccessKey.AccessKeyId}, account + "user/team/alice", ofAlice},
		{as(t, w, "210987654321"), "GetAccessKeyLastUsed", &awsiam.GetAccessKeyLastUsedInput{AccessKeyId: key.AccessKey.AccessKeyId}, "*", policy.Context{}},
		{ctx, "AttachUserPolicy", &awsiam.AttachUserPolicyInput{UserName: aws.String("alice"), PolicyArn: aws.String("arn:aws:iam::aws:policy/SecurityAudit")}, account + "user/team/alice", with(ofAlice, "iam:PolicyARN", "arn:aws:iam::aws:policy/SecurityAudit")},
		{ctx, "PutUserPermissionsBoundary", &awsiam.PutUserPermissionsBoundaryInput{UserName: aws.String("alice"), PermissionsBoundary: aws.String(account + "policy/other")}, account + "user/team/alice", with(ofAlice, "iam:PermissionsBoundary", account+"policy/other")},
		{ctx, "GetPolicy", &awsiam.GetPolicyInput{PolicyArn: aws.String(account + "policy/edge")}, account + "policy/edge", policy.Context{}},
		{ctx, "CreatePolicy", &awsiam.CreatePolicyInput{PolicyName: aws.String("new"), Path: aws.String("/p/")}, account + "policy/p/new", policy.Context{}},
		{ctx, "AddUserToGroup", &awsiam.AddUserToGroupInput{UserName: aws.String("alice"), GroupName: aws.String("ops")}, account + "group/ops", policy.Context{}},
		{ctx, "ListRoles", &awsiam.ListRolesInput{}, account + "role/", policy.Context{}},
		{ctx, "ListPolicies", &awsiam.ListPoliciesInput{}, "policy path /", policy.Context{}},
		{ctx, "GetAccountSummary", &awsiam.GetAccountSummaryInput{}, "*", policy.Context{}},
	} {
		needs, err := s.Needs(c.ctx, c.operation, c.input)
		if err != nil {
			t.Fatal(err)
		}
		var resources []string
		for i, n := range needs {
			resources = append(resources, n.Resource)
			if i == 0 && n.Action != "iam:"+c.operation || n.Policy != nil {
				t.Errorf("%s: %s, policy %v", c.operation, n.Action, n.Policy)
			}
			if diff := cmp.Diff(c.keys, n.Context); diff != "" {
				t.Errorf("%s: %s", c.operation, diff)
			}
		}
		if got := strings.Join(resources, " "); got != c.resources {
			t.Errorf("%s is about %s, want %s", c.operation, got, c.resources)
		}
	}
	if _, err := s.Needs(ctx, "GetUser", nil); err == nil {
		t.Error("no input, no error")
	}
}

// TestTagsAtOnce is that who makes something with tags must be allowed to tag it.
func TestTagsAtOnce(t *testing.T) {
	s, w := direct(t)
	tags := []types.Tag{{Key: aws.String("Team"), Value: aws.String("it")}}
	for _, c := range []struct {
		operation string
		input     any
		want      []string
	}{
		{"CreateUser", &awsiam.CreateUserInput{UserName: aws.String("u"), Tags: tags}, []string{"iam:CreateUser", "iam:TagUser"}},
		{"CreateRole", &awsiam.CreateRoleInput{RoleName: aws.String("r"), Tags: tags}, []string{"iam:CreateRole", "iam:TagRole"}},
		{"CreatePolicy", &awsiam.CreatePolicyInput{PolicyName: aws.String("p"), Tags: tags}, []string{"iam:CreatePolicy", "iam:TagPolicy"}},
		{"CreateRole", &awsiam.CreateRoleInput{RoleName: aws.String("r")}, []string{"iam:CreateRole"}},
		{"TagUser", &awsiam.TagUserInput{UserName: aws.String("u"), Tags: tags}, []string{"iam:TagUser"}},
	} {
		needs, err := s.Needs(w.Context(t), c.operation, c.input)
		if err != nil {
			t.Fatal(err)
		}
		var got []string
		for _, n := range needs {
			got = append(got, n.Action)
			if n.Resource != needs[0].Resource || len(n.Context["aws:TagKeys"]) != len(needs[0].Context["aws:TagKeys"]) {
				t.Errorf("%s is about %s %v", n.Action, n.Resource, n.Context)
			}
		}
		if diff := cmp.Diff(c.want, got); diff != "" {
			t.Errorf("%s: %s", c.operation, diff)
		}
	}
}

// TestEveryOperationNeedsSomething is that none is free, and that what has a name in its
// input is about that name.
func TestEveryOperationNeedsSomething(t *testing.T) {
	s, w := direct(t)
	named := map[string]string{"UserName": "user/x", "GroupName": "group/x", "RoleName": "role/x", "PolicyArn": "policy/arn-of-one"}
	for i := range reflect.TypeFor[api]().NumMethod() {
		m := reflect.TypeFor[api]().Method(i)
		in := reflect.New(m.Type.In(1).Elem())
		want := ""
		for _, member := range []string{"UserName", "PolicyArn", "RoleName", "GroupName"} {
			if f := in.Elem().FieldByName(member); f.IsValid() {
				value := "x"
				if member == "PolicyArn" {
					value = account + "policy/arn-of-one"
				}
				f.Set(reflect.ValueOf(&value))
				if want == "" || member != "PolicyArn" {
					want = account + named[member]
				}
			}
		}
		needs, err := s.Needs(w.Context(t), m.Name, in.Interface())
		if err != nil || len(needs) == 0 || needs[0].Action != "iam:"+m.Name {
			t.Errorf("%s needs %v, %v", m.Name, needs, err)
			continue
		}
		if m.Name == "ListVirtualMFADevices" {
			continue
		}
		if want != "" && needs[0].Resource != want {
			t.Errorf("%s is about %s, want %s", m.Name, needs[0].Resource, want)
		}
	}
}

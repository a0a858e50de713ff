package iam_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	awsiam "github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/iam/types"

	"tocsin/service/servicetest"
)

// TestRefusals is what IAM says no to, and in which words.
func TestRefusals(t *testing.T) {
	twice(t, func(t teller) {
		alice, role := aws.String("alice"), aws.String("r")
		must(t.CreateUser(t.ctx, &awsiam.CreateUserInput{UserName: alice}))(t)
		must(t.CreateRole(t.ctx, &awsiam.CreateRoleInput{RoleName: role, AssumeRolePolicyDocument: aws.String(trust)}))(t)
		name := func(n string) string { return refused(t.CreateUser(t.ctx, &awsiam.CreateUserInput{UserName: &n})) }
		path := func(p string) string {
			return refused(t.CreateUser(t.ctx, &awsiam.CreateUserInput{UserName: aws.String("x"), Path: &p}))
		}
		document := func(d string) string {
			return refused(t.PutUserPolicy(t.ctx, &awsiam.PutUserPolicyInput{UserName: alice, PolicyName: aws.String("p"), PolicyDocument: &d}))
		}
		trusting := func(d string) string {
			return refused(t.UpdateAssumeRolePolicy(t.ctx, &awsiam.UpdateAssumeRolePolicyInput{RoleName: role, PolicyDocument: &d}))
		}
		tags := func(pairs ...string) string {
			var all []types.Tag
			for i := 0; i < len(pairs); i += 2 {
				all = append(all, types.Tag{Key: &pairs[i], Value: &pairs[i+1]})
			}
			return refused(t.TagUser(t.ctx, &awsiam.TagUserInput{UserName: alice, Tags: all}))
		}
		const one = "ValidationError: 1 validation error detected: "
		for _, c := range []struct{ name, got, want string }{
			{"empty name", name(""), one + "Value '' at 'userName' failed to satisfy constraint: Member must have length greater than or equal to 1"},
			{"long name", name(strings.Repeat("n", 65)), one + "Value '" + strings.Repeat("n", 65) + "' at 'userName' failed to satisfy constraint: Member must have length less than or equal to 64"},
			{"name of other characters", name("a/b"), one + `Value 'a/b' at 'userName' failed to satisfy constraint: Member must satisfy regular expression pattern: [\w+=,.@-]+`},
			{"name that ends a line", name("a\n"), one + "Value 'a\n' at 'userName' failed to satisfy constraint: Member must satisfy regular expression pattern: [\\w+=,.@-]+"},
			{"path without a slash", path("team"), one + `Value 'team' at 'path' failed to satisfy constraint: Member must satisfy regular expression pattern: (\u002F)|(\u002F[\u0021-\u007E]+\u002F)`},
			{
				"two things at once", refused(t.CreateUser(t.ctx, &awsiam.CreateUserInput{UserName: aws.String(""), Path: aws.String("")})),
				"ValidationError: 2 validation errors detected: Value '' at 'userName' failed to satisfy constraint: Member must have length greater than or equal to 1; Value '' at 'path' failed to satisfy constraint: Member must have length greater than or equal to 1",
			},

			{"no JSON", document("{"), "MalformedPolicyDocument: Syntax errors in policy."},
			{"no version", document(`{"Statement":[{"Effect":"Allow","Action":"*","Resource":"*"}]}`), "MalformedPolicyDocument: Policy document must be version 2012-10-17 or greater."},
			{"a principal", document(trust), "MalformedPolicyDocument: Policy document should not specify a principal."},
			{"no vendor", document(strings.Replace(allowAll, `"Action":"*"`, `"Action":"Get"`, 1)), "MalformedPolicyDocument: Actions/Conditions must be prefaced by a vendor, e.g., iam, sdb, ec2, etc."},
			{"no ARN", document(strings.Replace(allowAll, `"Resource":"*"`, `"Resource":"x"`, 1)), `MalformedPolicyDocument: Resource x must be in ARN format or "*".`},
			{"too long", document(lengthy(2049)), "LimitExceeded: Maximum policy size of 2048 bytes exceeded for user alice"},
			{"just not too long", document(lengthy(2048)), "done"},
			{"white space is free", document(lengthy(2048) + strings.Repeat(" ", 1000)), "done"},
			{
				"characters that IAM does not take", document("{\u0100}"),
				one + "Value '{\u0100}' at 'policyDocument' failed to satisfy constraint: Member must satisfy regular expression pattern: " + `[\u0009\u000A\u000D\u0020-\u00FF]+`,
			},

			{"trust without actions of STS", trusting(strings.Replace(trust, "sts:AssumeRole", "s3:GetObject", 1)), "MalformedPolicyDocument: AssumeRole policy may only specify STS AssumeRole actions."},
			{"trust with a resource", trusting(strings.Replace(trust, `"Action"`, `"Resource":"*","Action"`, 1)), "MalformedPolicyDocument: Has prohibited field Resource"},
			{
				"trust in nobody", trusting(strings.Replace(trust, `{"Service":"cloudtrail.amazonaws.com"}`, `{"AWS":"`+account+`user/eve"}`, 1)),
				`MalformedPolicyDocument: Invalid principal in policy: "AWS":"` + account + `user/eve"`,
			},
			{"trust in somebody", trusting(strings.Replace(trust, `{"Service":"cloudtrail.amazonaws.com"}`, `{"AWS":["`+account+`user/alice","`+account+`role/r","`+account+`root","210987654321","arn:aws:iam::210987654321:user/who"]}`, 1)), "done"},

			{"session too short", refused(t.UpdateRole(t.ctx, &awsiam.UpdateRoleInput{RoleName: role, MaxSessionDuration: aws.Int32(3599)})), one + "Value '3599' at 'maxSessionDuration' failed to satisfy constraint: Member must have value greater than or equal to 3600"},
			{"session too long", refused(t.UpdateRole(t.ctx, &awsiam.UpdateRoleInput{RoleName: role, MaxSessionDuration: aws.Int32(43201)})), one + "Value '43201' at 'maxSessionDuration' failed to satisfy constraint: Member must have value less than or equal to 43200"},

			{"tags of one key", tags("a", "1", "A", "2"), "InvalidInput: Duplicate tag keys found. Please note that Tag keys are case insensitive."},
			{"too many tags", tags(numbered(51)...), one + "Value at 'tags' failed to satisfy constraint: Member must have length less than or equal to 50"},
			{"many tags", tags(numbered(50)...), "done"},
			{"one tag more", tags("more", "1"), "LimitExceeded: Cannot exceed quota for TagsPerUser: 50"},
			{"AWS's tags", tags("aws:x", "1"), "InvalidInput: Tags that begin with aws: are reserved for AWS."},

			{"boundary that there is not", refused(t.PutUserPermissionsBoundary(t.ctx, &awsiam.PutUserPermissionsBoundaryInput{UserName: alice, PermissionsBoundary: aws.String(account + "policy/none")})), "NoSuchEntity: Scope ARN: " + account + "policy/none does not exist or is not attachable."},
			{"user with such a boundary", refused(t.CreateUser(t.ctx, &awsiam.CreateUserInput{UserName: aws.String("b"), PermissionsBoundary: aws.String(account + "policy/none")})), "NoSuchEntity: Scope ARN: " + account + "policy/none does not exist or is not attachable."},
			{"policy of another account", refused(t.AttachUserPolicy(t.ctx, &awsiam.AttachUserPolicyInput{UserName: alice, PolicyArn: aws.String("arn:aws:iam::210987654321:policy/p")})), "NoSuchEntity: Policy arn:aws:iam::210987654321:policy/p does not exist or is not attachable."},

			{"wrong marker", refused(t.ListUsers(t.ctx, &awsiam.ListUsersInput{Marker: aws.String("%")})), "ValidationError: Invalid Marker."},
			{"no items", refused(t.ListUsers(t.ctx, &awsiam.ListUsersInput{MaxItems: aws.Int32(0)})), one + "Value '0' at 'maxItems' failed to satisfy constraint: Member must have value greater than or equal to 1"},
			{"what there is not", refused(t.ListPolicies(t.ctx, &awsiam.ListPoliciesInput{Scope: "Mine"})), one + "Value 'Mine' at 'scope' failed to satisfy constraint: Member must satisfy enum value set: [All, AWS, Local]"},
			{"policy that the user has not", refused(t.GetUserPolicy(t.ctx, &awsiam.GetUserPolicyInput{UserName: alice, PolicyName: aws.String("none")})), "NoSuchEntity: The user policy with name none cannot be found."},
			{"status of a key", refused(t.UpdateAccessKey(t.ctx, &awsiam.UpdateAccessKeyInput{UserName: alice, AccessKeyId: aws.String("AKIAIOSFODNN7EXAMPLE"), Status: "Off"})), one + "Value 'Off' at 'status' failed to satisfy constraint: Member must satisfy enum value set: [Active, Inactive, Expired]"},
		} {
			if c.got != c.want {
				t.Errorf("%s:\n got %s\nwant %s", c.name, c.got, c.want)
			}
		}
	})
}

// lengthy is a policy of so many characters.
func lengthy(n int) string {
	const head, tail = `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"s3:Get*","Resource":"arn:aws:s3:::`, `"}]}`
	return head + strings.Repeat("x", n-len(head)-len(tail)) + tail
}

// numbered are n tags.
func numbered(n int) []string {
	var all []string
	for i := range n {
		all = append(all, fmt.Sprintf("key-%d", i), "value")
	}
	return all
}

// TestAttachingEnds is that a user has so many managed policies and no more.
func TestAttachingEnds(t *testing.T) {
	twice(t, func(t teller) {
		alice := aws.String("alice")
		must(t.CreateUser(t.ctx, &awsiam.CreateUserInput{UserName: alice}))(t)
		for i := range 21 {
			arn := must(t.CreatePolicy(t.ctx, &awsiam.CreatePolicyInput{PolicyName: aws.String(fmt.Sprintf("p%d", i)), PolicyDocument: aws.String(allowList)}))(t).Policy.Arn
			want := "done"
			if i == 20 {
				want = "LimitExceeded: Cannot exceed quota for PoliciesPerUser: 20"
			}
			t.want(refused(t.AttachUserPolicy(t.ctx, &awsiam.AttachUserPolicyInput{UserName: alice, PolicyArn: arn})), want)
		}
		for i := range 11 {
			group := aws.String(fmt.Sprintf("g%d", i))
			must(t.CreateGroup(t.ctx, &awsiam.CreateGroupInput{GroupName: group}))(t)
			want := "done"
			if i == 10 {
				want = "LimitExceeded: Cannot exceed quota for GroupsPerUser: 10"
			}
			t.want(refused(t.AddUserToGroup(t.ctx, &awsiam.AddUserToGroupInput{GroupName: group, UserName: alice})), want)
		}
	})
}

// TestPages is that a list in pages is the list.
func TestPages(t *testing.T) {
	twice(t, func(t teller) {
		var want []string
		for i := range 25 {
			name := fmt.Sprintf("user-%02d", i)
			want = append(want, name)
			must(t.CreateUser(t.ctx, &awsiam.CreateUserInput{UserName: &name, Path: aws.String("/all/")}))(t)
		}
		must(t.CreateUser(t.ctx, &awsiam.CreateUserInput{UserName: aws.String("user-00b")}))(t)
		for _, size := range []int32{1, 7, 25, 100} {
			var got []string
			p := awsiam.NewListUsersPaginator(t.api, &awsiam.ListUsersInput{PathPrefix: aws.String("/all"), MaxItems: aws.Int32(size)})
			for p.HasMorePages() {
				for _, u := range must(p.NextPage(t.ctx))(t).Users {
					got = append(got, *u.UserName)
				}
			}
			t.same(got, want)
		}
	})
}

// TestAccountsAreApart is that nobody sees what another account has.
func TestAccountsAreApart(t *testing.T) {
	s, w := direct(t)
	ours := w.Context(t)
	theirs := as(t, w, "210987654321")
	if _, err := s.CreateUser(ours, &awsiam.CreateUserInput{UserName: aws.String("alice")}); err != nil {
		t.Fatal(err)
	}
	made, err := s.CreateAccessKey(ours, &awsiam.CreateAccessKeyInput{UserName: aws.String("alice")})
	if err != nil {
		t.Fatal(err)
	}
	policy, err := s.CreatePolicy(ours, &awsiam.CreatePolicyInput{PolicyName: aws.String("p"), PolicyDocument: aws.String(allowList)})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := s.CreateUser(theirs, &awsiam.CreateUserInput{UserName: aws.String("alice")}); err != nil {
		t.Fatal(err)
	}
	id := *made.AccessKey.AccessKeyId
	for _, c := range []struct{ got, want string }{
		{refused(s.GetPolicy(theirs, &awsiam.GetPolicyInput{PolicyArn: policy.Policy.Arn})), "NoSuchEntity: Policy " + *policy.Policy.Arn + " was not found."},
		{refused(s.DeletePolicy(theirs, &awsiam.DeletePolicyInput{PolicyArn: policy.Policy.Arn})), "NoSuchEntity: Policy " + *policy.Policy.Arn + " was not found."},
		{refused(s.DeleteAccessKey(theirs, &awsiam.DeleteAccessKeyInput{UserName: aws.String("alice"), AccessKeyId: &id})), "NoSuchEntity: The Access Key with id " + id + " cannot be found."},
		{refused(s.GetAccessKeyLastUsed(theirs, &awsiam.GetAccessKeyLastUsedInput{AccessKeyId: &id})), "NoSuchEntity: The Access Key with id " + id + " cannot be found."},
		{refused(s.DeleteUser(theirs, &awsiam.DeleteUserInput{UserName: aws.String("alice")})), "done"},
		{refused(s.GetUser(ours, &awsiam.GetUserInput{UserName: aws.String("alice")})), "done"},
	} {
		if c.got != c.want {
			t.Errorf("\n got %s\nwant %s", c.got, c.want)
		}
	}
	if servicetest.Account == "210987654321" {
		t.Error("the accounts are one")
	}
}

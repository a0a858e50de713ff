package access_test

import (
	"errors"
	"net/url"
	"slices"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	awsiam "github.com/aws/aws-sdk-go-v2/service/iam"
	awssts "github.com/aws/aws-sdk-go-v2/service/sts"
	"github.com/aws/aws-sdk-go-v2/service/sts/types"
	"github.com/aws/smithy-go"

	"tocsin/core/policy"
	"tocsin/service"
	"tocsin/service/servicetest"
	"tocsin/store/state"
)

// TestAssuming is who gets a role's session over the wire, and what he may do with it.
func TestAssuming(t *testing.T) {
	e := newEndpoint(t)
	root := e.asIAM(rootKey)
	trusted := e.user("trusted", "")
	able := e.user("able", allow("sts:AssumeRole", "*"))
	unable := e.user("unable", "")
	role := func(name, trust string) string {
		t.Helper()
		made, err := root.CreateRole(t.Context(), &awsiam.CreateRoleInput{RoleName: &name, AssumeRolePolicyDocument: &trust})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := root.PutRolePolicy(t.Context(), &awsiam.PutRolePolicyInput{RoleName: &name, PolicyName: aws.String("own"), PolicyDocument: aws.String(allow("iam:List*", "*"))}); err != nil {
			t.Fatal(err)
		}
		return *made.Role.Arn
	}
	trusts := func(principal, condition string) string {
		text := `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":` + principal + `,"Action":"sts:AssumeRole"}]}`
		if condition != "" {
			text = when(text, condition)
		}
		return text
	}
	byName := role("by-name", trusts(`{"AWS":"arn:aws:iam::123456789012:user/trusted"}`, ""))
	byAccount := role("by-account", trusts(`{"AWS":"123456789012"}`, ""))
	byExternal := role("by-external-id", trusts(`{"AWS":"123456789012"}`, `{"StringEquals":{"sts:ExternalId":"e-1"}}`))
	byOther := role("by-other-account", trusts(`{"AWS":"210987654321"}`, ""))

	other := func(name, document string) key { // a user of another account
		t.Helper()
		ctx := service.WithCaller(t.Context(), service.Caller{
			Scope:     state.Scope{Partition: "aws", Account: "210987654321"},
			Principal: policy.Principal{Type: policy.Root, ARN: "arn:aws:iam::210987654321:root"},
		})
		if _, err := e.iam.CreateUser(ctx, &awsiam.CreateUserInput{UserName: &name}); err != nil {
			t.Fatal(err)
		}
		if document != "" {
			if _, err := e.iam.PutUserPolicy(ctx, &awsiam.PutUserPolicyInput{UserName: &name, PolicyName: aws.String("own"), PolicyDocument: &document}); err != nil {
				t.Fatal(err)
			}
		}
		made, err := e.iam.CreateAccessKey(ctx, &awsiam.CreateAccessKeyInput{UserName: &name})
		if err != nil {
			t.Fatal(err)
		}
		return key{*made.AccessKey.AccessKeyId, *made.AccessKey.SecretAccessKey, ""}
	}
	visitor, tourist := other("visitor", allow("sts:AssumeRole", "*")), other("trusted", "")

	const noTrust, noOwn = "because no role trust policy allows the sts:AssumeRole action", "because no identity-based policy allows the sts:AssumeRole action"
	for _, c := range []struct {
		name string
		who  key
		role string
		id   *string
		want string
	}{
		{"named", trusted, byName, nil, ""},
		{"not named", able, byName, nil, noTrust},
		{"of that name elsewhere", tourist, byName, nil, noOwn},
		{"trusted with his account, and allowed", able, byAccount, nil, ""},
		{"trusted with his account only", unable, byAccount, nil, noOwn},
		{"root", rootKey, byAccount, nil, "Roles may not be assumed by root accounts."},
		{"with the external id", able, byExternal, aws.String("e-1"), ""},
		{"with another", able, byExternal, aws.String("e-2"), noTrust},
		{"without one", able, byExternal, nil, noTrust},
		{"from another account, both sides", visitor, byOther, nil, ""},
		{"from another account, his side missing", tourist, byOther, nil, noOwn},
		{"from another account, the role's side missing", visitor, byAccount, nil, noTrust},
		{"no such role", able, "arn:aws:iam::123456789012:role/none", nil, noTrust},
		{"no such role elsewhere", able, "arn:aws:iam::210987654321:role/none", nil, noTrust},
	} {
		t.Run(c.name, func(t *testing.T) {
			out, err := e.asSTS(c.who).AssumeRole(t.Context(), &awssts.AssumeRoleInput{RoleArn: &c.role, RoleSessionName: aws.String("me"), ExternalId: c.id})
			var refusal smithy.APIError
			switch {
			case c.want != "":
				if !errors.As(err, &refusal) || refusal.ErrorCode() != "AccessDenied" || !strings.HasSuffix(refusal.ErrorMessage(), c.want) {
					t.Errorf("got %v, want %s", err, c.want)
				}
			case err != nil:
				t.Error(err)
			default:
				e.useSession(t, key{*out.Credentials.AccessKeyId, *out.Credentials.SecretAccessKey, *out.Credentials.SessionToken}, *out.AssumedRoleUser.Arn)
			}
		})
	}
}

// TestSourceIdentityInAChain is that a role which may not set a source identity cannot
// be assumed by a session that has one.
func TestSourceIdentityInAChain(t *testing.T) {
	e := newEndpoint(t)
	user := e.user("first", allow("sts:*", "*"))
	role := func(name, actions string) *string {
		t.Helper()
		trust := `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"AWS":"123456789012"},"Action":` + actions + `}]}`
		made, err := e.asIAM(rootKey).CreateRole(t.Context(), &awsiam.CreateRoleInput{RoleName: &name, AssumeRolePolicyDocument: &trust})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := e.asIAM(rootKey).PutRolePolicy(t.Context(), &awsiam.PutRolePolicyInput{RoleName: &name, PolicyName: aws.String("own"), PolicyDocument: aws.String(allow("sts:*", "*"))}); err != nil {
			t.Fatal(err)
		}
		return made.Role.Arn
	}
	sets, not := role("sets", `["sts:AssumeRole","sts:SetSourceIdentity"]`), role("not", `"sts:AssumeRole"`)
	assume := func(k key, role, source *string) (key, string) {
		out, err := e.asSTS(k).AssumeRole(t.Context(), &awssts.AssumeRoleInput{RoleArn: role, RoleSessionName: aws.String("me"), SourceIdentity: source})
		if err != nil {
			return key{}, err.Error()[strings.LastIndex(err.Error(), " because ")+1:]
		}
		return key{*out.Credentials.AccessKeyId, *out.Credentials.SecretAccessKey, *out.Credentials.SessionToken}, aws.ToString(out.SourceIdentity)
	}
	const refused = "because no role trust policy allows the sts:SetSourceIdentity action"
	plain, without := assume(user, sets, nil)
	named, with := assume(user, sets, aws.String("alice"))
	_, never := assume(user, not, aws.String("alice"))
	_, plainOn := assume(plain, not, nil)
	_, namedOn := assume(named, sets, nil)
	_, namedOff := assume(named, not, nil)
	got, want := []string{without, with, never, plainOn, namedOn, namedOff}, []string{"", "alice", refused, "", "alice", refused}
	if !slices.Equal(got, want) {
		t.Errorf("got %q\nwant %q", got, want)
	}
}

// useSession sees that a session is its role's, and no more.
func (e *endpoint) useSession(t *testing.T, k key, arn string) {
	t.Helper()
	who, err := e.asSTS(k).GetCallerIdentity(t.Context(), &awssts.GetCallerIdentityInput{})
	if err != nil || *who.Arn != arn || *who.Account != servicetest.Account {
		t.Errorf("%v %v, want %s", who, err, arn)
	}
	if _, err := e.asIAM(k).ListUsers(t.Context(), &awsiam.ListUsersInput{}); err != nil {
		t.Error(err)
	}
	var refusal smithy.APIError
	if _, err := e.asIAM(k).CreateUser(t.Context(), &awsiam.CreateUserInput{UserName: aws.String("eve")}); !errors.As(err, &refusal) || refusal.ErrorCode() != "AccessDenied" {
		t.Errorf("created a user: %v", err)
	}
}

// TestSessionEnds is that a session ends with its role, and is narrowed by its policies.
func TestSessionEnds(t *testing.T) {
	e := newEndpoint(t)
	root := e.asIAM(rootKey)
	user := e.user("alice", "")
	trust := `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"AWS":"arn:aws:iam::123456789012:user/alice"},"Action":["sts:AssumeRole","sts:TagSession"]}]}`
	made := func() *string {
		t.Helper()
		r, err := root.CreateRole(t.Context(), &awsiam.CreateRoleInput{RoleName: aws.String("r"), AssumeRolePolicyDocument: &trust})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := root.AttachRolePolicy(t.Context(), &awsiam.AttachRolePolicyInput{RoleName: aws.String("r"), PolicyArn: aws.String("arn:aws:iam::aws:policy/AdministratorAccess")}); err != nil {
			t.Fatal(err)
		}
		return r.Role.Arn
	}
	arn := made()
	narrow, err := root.CreatePolicy(t.Context(), &awsiam.CreatePolicyInput{PolicyName: aws.String("narrow"), PolicyDocument: aws.String(allow("iam:ListUsers", "*"))})
	if err != nil {
		t.Fatal(err)
	}
	assume := func(in awssts.AssumeRoleInput) key {
		t.Helper()
		in.RoleArn, in.RoleSessionName = arn, aws.String("me")
		out, err := e.asSTS(user).AssumeRole(t.Context(), &in)
		if err != nil {
			t.Fatal(err)
		}
		return key{*out.Credentials.AccessKeyId, *out.Credentials.SecretAccessKey, *out.Credentials.SessionToken}
	}
	code := func(err error) string {
		var refusal smithy.APIError
		if errors.As(err, &refusal) {
			return refusal.ErrorCode()
		}
		if err != nil {
			return err.Error()
		}
		return ""
	}
	may := func(k key) string {
		_, users := e.asIAM(k).ListUsers(t.Context(), &awsiam.ListUsersInput{})
		_, roles := e.asIAM(k).ListRoles(t.Context(), &awsiam.ListRolesInput{})
		return code(users) + "/" + code(roles)
	}
	is := func(k key, want string) {
		t.Helper()
		if got := may(k); got != want {
			t.Errorf("got %s, want %s", got, want)
		}
	}
	whole := assume(awssts.AssumeRoleInput{Tags: []types.Tag{{Key: aws.String("a"), Value: aws.String("b")}}})
	byDocument := assume(awssts.AssumeRoleInput{Policy: aws.String(allow("iam:ListRoles", "*"))})
	byPolicy := assume(awssts.AssumeRoleInput{PolicyArns: []types.PolicyDescriptorType{{Arn: narrow.Policy.Arn}}})
	is(whole, "/")
	is(byDocument, "AccessDenied/")
	is(byPolicy, "/AccessDenied")
	if _, err := root.DeletePolicy(t.Context(), &awsiam.DeletePolicyInput{PolicyArn: narrow.Policy.Arn}); err != nil {
		t.Fatal(err)
	}
	is(byPolicy, "AccessDenied/AccessDenied")
	is(whole, "/")

	if _, err := root.DetachRolePolicy(t.Context(), &awsiam.DetachRolePolicyInput{RoleName: aws.String("r"), PolicyArn: aws.String("arn:aws:iam::aws:policy/AdministratorAccess")}); err != nil {
		t.Fatal(err)
	}
	is(whole, "AccessDenied/AccessDenied")
	if _, err := root.DeleteRole(t.Context(), &awsiam.DeleteRoleInput{RoleName: aws.String("r")}); err != nil {
		t.Fatal(err)
	}
	is(whole, "InvalidClientTokenId/InvalidClientTokenId")
	made()
	is(whole, "InvalidClientTokenId/InvalidClientTokenId")

	// A user's own session goes with him too, and stays his under another name.
	token, err := e.asSTS(user).GetSessionToken(t.Context(), &awssts.GetSessionTokenInput{})
	if err != nil {
		t.Fatal(err)
	}
	own := key{*token.Credentials.AccessKeyId, *token.Credentials.SecretAccessKey, *token.Credentials.SessionToken}
	identity := func() string {
		out, err := e.asSTS(own).GetCallerIdentity(t.Context(), &awssts.GetCallerIdentityInput{})
		if err != nil {
			return code(err)
		}
		return *out.Arn
	}
	if _, err := root.UpdateUser(t.Context(), &awsiam.UpdateUserInput{UserName: aws.String("alice"), NewUserName: aws.String("bob")}); err != nil {
		t.Fatal(err)
	}
	if got := identity(); got != "arn:aws:iam::123456789012:user/bob" {
		t.Error(got)
	}
	if _, err := root.DeleteAccessKey(t.Context(), &awsiam.DeleteAccessKeyInput{UserName: aws.String("bob"), AccessKeyId: &user.id}); err != nil {
		t.Fatal(err)
	}
	if _, err := root.DeleteUser(t.Context(), &awsiam.DeleteUserInput{UserName: aws.String("bob")}); err != nil {
		t.Fatal(err)
	}
	if got := identity(); got != "InvalidClientTokenId" {
		t.Error(got)
	}
}

// TestTrustIsInSomebody is that a trust policy means whom it named when it was put,
// and not who has his name later.
func TestTrustIsInSomebody(t *testing.T) {
	e := newEndpoint(t)
	root := e.asIAM(rootKey)
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	alice := e.user("alice", "")
	trust := `{"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Principal": {"AWS": ["arn:aws:iam::123456789012:user/alice", "arn:aws:iam::210987654321:user/who"]}, "Action": "sts:AssumeRole"}]}`
	made, err := root.CreateRole(t.Context(), &awsiam.CreateRoleInput{RoleName: aws.String("r"), AssumeRolePolicyDocument: &trust})
	must(err)
	assumes := func(k key, want bool) {
		t.Helper()
		if _, err := e.asSTS(k).AssumeRole(t.Context(), &awssts.AssumeRoleInput{RoleArn: made.Role.Arn, RoleSessionName: aws.String("me")}); (err == nil) != want {
			t.Errorf("assumes: %v", err)
		}
	}
	says := func(who string) {
		t.Helper()
		want := url.PathEscape(strings.Replace(trust, "arn:aws:iam::123456789012:user/alice", who, 1))
		got, err := root.GetRole(t.Context(), &awsiam.GetRoleInput{RoleName: aws.String("r")})
		must(err)
		list, err := root.ListRoles(t.Context(), &awsiam.ListRolesInput{})
		must(err)
		for _, text := range []string{*got.Role.AssumeRolePolicyDocument, *list.Roles[0].AssumeRolePolicyDocument} {
			if plain, err := url.PathUnescape(text); err != nil || url.PathEscape(plain) != want {
				t.Errorf("it says %s, want %s: %v", plain, who, err)
			}
		}
	}
	says("arn:aws:iam::123456789012:user/alice")
	assumes(alice, true)

	_, err = root.UpdateUser(t.Context(), &awsiam.UpdateUserInput{UserName: aws.String("alice"), NewUserName: aws.String("bob"), NewPath: aws.String("/x/")})
	must(err)
	says("arn:aws:iam::123456789012:user/x/bob")
	assumes(alice, true)
	other := e.user("alice", "")
	says("arn:aws:iam::123456789012:user/x/bob")
	assumes(other, false)

	bob, err := root.GetUser(t.Context(), &awsiam.GetUserInput{UserName: aws.String("bob")})
	must(err)
	_, err = root.DeleteAccessKey(t.Context(), &awsiam.DeleteAccessKeyInput{UserName: aws.String("bob"), AccessKeyId: &alice.id})
	must(err)
	_, err = root.DeleteUser(t.Context(), &awsiam.DeleteUserInput{UserName: aws.String("bob")})
	must(err)
	says(*bob.User.UserId)
	assumes(other, false)

	_, err = root.UpdateAssumeRolePolicy(t.Context(), &awsiam.UpdateAssumeRolePolicyInput{RoleName: aws.String("r"), PolicyDocument: &trust})
	must(err)
	says("arn:aws:iam::123456789012:user/alice")
	assumes(other, true)
}

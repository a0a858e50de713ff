package sts_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	awsiam "github.com/aws/aws-sdk-go-v2/service/iam"
	awssts "github.com/aws/aws-sdk-go-v2/service/sts"
	"github.com/aws/aws-sdk-go-v2/service/sts/types"
	"github.com/aws/smithy-go"
	"github.com/google/go-cmp/cmp"

	"tocsin/core/policy"
	"tocsin/service"
	"tocsin/service/iam"
	"tocsin/service/identity"
	"tocsin/service/servicetest"
	"tocsin/service/sts"
	"tocsin/store/state"
	"tocsin/wire"
	"tocsin/wire/model"
)

const (
	roleARN = "arn:aws:iam::" + servicetest.Account + ":role/team/reader"
	trust   = `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"AWS":"123456789012"},"Action":["sts:AssumeRole","sts:TagSession","sts:SetSourceIdentity"]}]}`
	list    = `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"s3:List*","Resource":"*"}]}`
)

// An api is STS, whether it is called directly or through the SDK's client.
type api interface {
	AssumeRole(context.Context, *awssts.AssumeRoleInput, ...func(*awssts.Options)) (*awssts.AssumeRoleOutput, error)
	DecodeAuthorizationMessage(context.Context, *awssts.DecodeAuthorizationMessageInput, ...func(*awssts.Options)) (*awssts.DecodeAuthorizationMessageOutput, error)
	GetAccessKeyInfo(context.Context, *awssts.GetAccessKeyInfoInput, ...func(*awssts.Options)) (*awssts.GetAccessKeyInfoOutput, error)
	GetCallerIdentity(context.Context, *awssts.GetCallerIdentityInput, ...func(*awssts.Options)) (*awssts.GetCallerIdentityOutput, error)
	GetSessionToken(context.Context, *awssts.GetSessionTokenInput, ...func(*awssts.Options)) (*awssts.GetSessionTokenOutput, error)
}

var (
	_ api = (*sts.Service)(nil)
	_ api = (*awssts.Client)(nil)
)

// A teller tells a story of a user.
type teller struct {
	*testing.T
	ctx context.Context
	api
	service *sts.Service
	world   *servicetest.World
	user    service.Caller
}

// twice tells a story on the service itself and through the SDK's client. The user
// alice calls, and there is a role.
func twice(t *testing.T, story func(teller)) {
	t.Run("direct", func(t *testing.T) { story(direct(t)) })
	t.Run("client", func(t *testing.T) {
		d := direct(t)
		d.api = awssts.NewFromConfig(d.world.Serve(t, wire.Service{Model: model.STS(), Methods: asCaller{d.service, d.user}}))
		story(d)
	})
}

// direct is a teller who calls the service itself.
func direct(t *testing.T) teller {
	t.Helper()
	w := servicetest.New(t)
	i := iam.New(iam.Options{State: w.State, Now: w.Now})
	made, err := i.CreateUser(w.Context(t), &awsiam.CreateUserInput{UserName: aws.String("alice")})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := i.CreateRole(w.Context(t), &awsiam.CreateRoleInput{
		RoleName: aws.String("reader"), Path: aws.String("/team/"), AssumeRolePolicyDocument: aws.String(trust), MaxSessionDuration: aws.Int32(7200),
	}); err != nil {
		t.Fatal(err)
	}
	c := w.Caller()
	c.Principal = policy.Principal{Type: policy.User, ARN: *made.User.Arn, ID: *made.User.UserId}
	c.UserName, c.AccessKeyID = "alice", "AKIAIOSFODNN7EXAMPLE"
	s := sts.New(sts.Options{State: w.State, Now: w.Now})
	return teller{t, service.WithCaller(t.Context(), c), s, s, w, c}
}

// An asCaller is STS called by somebody in particular.
type asCaller struct {
	s *sts.Service
	c service.Caller
}

func (a asCaller) AssumeRole(ctx context.Context, in *awssts.AssumeRoleInput, _ ...func(*awssts.Options)) (*awssts.AssumeRoleOutput, error) {
	return a.s.AssumeRole(service.WithCaller(ctx, a.c), in)
}

func (a asCaller) DecodeAuthorizationMessage(ctx context.Context, in *awssts.DecodeAuthorizationMessageInput, _ ...func(*awssts.Options)) (*awssts.DecodeAuthorizationMessageOutput, error) {
	return a.s.DecodeAuthorizationMessage(service.WithCaller(ctx, a.c), in)
}

func (a asCaller) GetAccessKeyInfo(ctx context.Context, in *awssts.GetAccessKeyInfoInput, _ ...func(*awssts.Options)) (*awssts.GetAccessKeyInfoOutput, error) {
	return a.s.GetAccessKeyInfo(service.WithCaller(ctx, a.c), in)
}

func (a asCaller) GetCallerIdentity(ctx context.Context, in *awssts.GetCallerIdentityInput, _ ...func(*awssts.Options)) (*awssts.GetCallerIdentityOutput, error) {
	return a.s.GetCallerIdentity(service.WithCaller(ctx, a.c), in)
}

func (a asCaller) GetSessionToken(ctx context.Context, in *awssts.GetSessionTokenInput, _ ...func(*awssts.Options)) (*awssts.GetSessionTokenOutput, error) {
	return a.s.GetSessionToken(service.WithCaller(ctx, a.c), in)
}

// refused tells what an error says: "AccessDenied: Roles may not ...".
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

func (t teller) assume(change func(*awssts.AssumeRoleInput)) (*awssts.AssumeRoleOutput, error) {
	in := &awssts.AssumeRoleInput{RoleArn: aws.String(roleARN), RoleSessionName: aws.String("me")}
	change(in)
	return t.AssumeRole(t.ctx, in)
}

func (t teller) session(keyID string) identity.Session {
	t.Helper()
	var s identity.Session
	if err := t.world.State.View(t.Context(), func(tx *state.Tx) error {
		r, err := identity.Sessions.Get(t.Context(), tx, state.Scope{}, keyID)
		s = r.Value
		return err
	}); err != nil {
		t.Fatal(err)
	}
	return s
}

func TestCallerIdentity(t *testing.T) {
	twice(t, func(t teller) {
		out, err := t.GetCallerIdentity(t.ctx, &awssts.GetCallerIdentityInput{})
		if err != nil {
			t.Fatal(err)
		}
		if *out.Account != servicetest.Account || *out.Arn != "arn:aws:iam::123456789012:user/alice" || *out.UserId != t.user.Principal.ID {
			t.Errorf("%s %s %s", *out.Account, *out.Arn, *out.UserId)
		}
	})
}

func TestAssumeRole(t *testing.T) {
	twice(t, func(t teller) {
		out, err := t.assume(func(in *awssts.AssumeRoleInput) {
			in.DurationSeconds = aws.Int32(7200)
			in.Policy, in.PolicyArns = aws.String(list), []types.PolicyDescriptorType{{Arn: aws.String("arn:aws:iam::aws:policy/SecurityAudit")}}
			in.Tags, in.TransitiveTagKeys = []types.Tag{{Key: aws.String("Team"), Value: aws.String("sec")}}, []string{"team"}
			in.SourceIdentity = aws.String("alice")
		})
		if err != nil {
			t.Fatal(err)
		}
		c := out.Credentials
		if *out.AssumedRoleUser.Arn != "arn:aws:sts::123456789012:assumed-role/reader/me" || !strings.HasSuffix(*out.AssumedRoleUser.AssumedRoleId, ":me") ||
			!strings.HasPrefix(*out.AssumedRoleUser.AssumedRoleId, "AROA") || *out.SourceIdentity != "alice" {
			t.Errorf("%v %v", out.AssumedRoleUser, out)
		}
		//lint:ignore SA1019 AWS still gives it
		if packed := *out.PackedPolicySize; packed <= 0 || packed > 100 {
			t.Errorf("the policies take %d%%", packed)
		}
		if !strings.HasPrefix(*c.AccessKeyId, "ASIA") || len(*c.AccessKeyId) != 20 || !c.Expiration.Equal(t.world.Now().Add(2*time.Hour)) {
			t.Errorf("%s until %s", *c.AccessKeyId, c.Expiration)
		}
		s := t.session(*c.AccessKeyId)
		if strings.Contains(string(s.TokenHash), *c.SessionToken) || !cmp.Equal(s.TokenHash, identity.HashToken(*c.SessionToken)) {
			t.Error("the token is not stored as its hash")
		}
		s.Secret, s.TokenHash, s.RoleID = "", nil, ""
		if diff := cmp.Diff(identity.Session{
			Partition: "aws", Account: servicetest.Account, Issued: t.world.Now(), Expires: t.world.Now().Add(2 * time.Hour),
			Role: "reader", Name: "me", Narrowed: true, Policies: []string{list}, PolicyARNs: []string{"arn:aws:iam::aws:policy/SecurityAudit"},
			Tags: []identity.Tag{{Key: "Team", Value: "sec"}}, Transitive: []string{"team"}, SourceIdentity: "alice",
		}, s); diff != "" {
			t.Error(diff)
		}
		info, err := t.GetAccessKeyInfo(t.ctx, &awssts.GetAccessKeyInfoInput{AccessKeyId: c.AccessKeyId})
		if err != nil || *info.Account != servicetest.Account {
			t.Errorf("%v %v", info, err)
		}
	})
}

func TestRefusals(t *testing.T) {
	twice(t, func(t teller) {
		assume := func(f func(*awssts.AssumeRoleInput)) string { return refused(t.assume(f)) }
		const one = "ValidationError: 1 validation error detected: "
		for _, c := range []struct{ name, got, want string }{
			{"no such role", assume(func(in *awssts.AssumeRoleInput) { in.RoleArn = aws.String("arn:aws:iam::123456789012:role/none") }), "AccessDenied: User: arn:aws:iam::123456789012:user/alice is not authorized to perform: sts:AssumeRole on resource: arn:aws:iam::123456789012:role/none"},
			{"another path", assume(func(in *awssts.AssumeRoleInput) { in.RoleArn = aws.String("arn:aws:iam::123456789012:role/reader") }), "AccessDenied: User: arn:aws:iam::123456789012:user/alice is not authorized to perform: sts:AssumeRole on resource: arn:aws:iam::123456789012:role/reader"},
			{"no role", assume(func(in *awssts.AssumeRoleInput) { in.RoleArn = aws.String("arn:aws:iam::123456789012:user/alice") }), "ValidationError: arn:aws:iam::123456789012:user/alice is invalid"},
			{"short", assume(func(in *awssts.AssumeRoleInput) { in.DurationSeconds = aws.Int32(899) }), one + "Value '899' at 'durationSeconds' failed to satisfy constraint: Member must have value greater than or equal to 900"},
			{"long", assume(func(in *awssts.AssumeRoleInput) { in.DurationSeconds = aws.Int32(7201) }), "ValidationError: The requested DurationSeconds exceeds the MaxSessionDuration set for this role."},
			{"name", assume(func(in *awssts.AssumeRoleInput) { in.RoleSessionName = aws.String("a:b") }), one + `Value 'a:b' at 'roleSessionName' failed to satisfy constraint: Member must satisfy regular expression pattern: [\w+=,.@-]*`},
			{"policy", assume(func(in *awssts.AssumeRoleInput) { in.Policy = aws.String("{}") }), "MalformedPolicyDocument: Syntax errors in policy."},
			{"policy with an incomplete ARN", assume(func(in *awssts.AssumeRoleInput) {
				in.Policy = aws.String(`{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"s3:*","Resource":"arn:aws:s3"}}`)
			}), `MalformedPolicyDocument: Resource arn:aws:s3 must be in ARN format or "*".`},
			{"managed policy", assume(func(in *awssts.AssumeRoleInput) {
				in.PolicyArns = []types.PolicyDescriptorType{{Arn: aws.String("arn:aws:iam::123456789012:policy/none")}}
			}), "InvalidParameterValue: PolicyArn arn:aws:iam::123456789012:policy/none is not valid: the role's account has no such policy."},
			{"second factor", assume(func(in *awssts.AssumeRoleInput) {
				in.SerialNumber, in.TokenCode = aws.String("arn:aws:iam::123456789012:mfa/alice"), aws.String("123456")
			}), "AccessDenied: MultiFactorAuthentication failed with invalid MFA one time pass code. "},
			{"tags of one key", assume(func(in *awssts.AssumeRoleInput) {
				in.Tags = []types.Tag{{Key: aws.String("a"), Value: aws.String("1")}, {Key: aws.String("A"), Value: aws.String("1")}}
			}), "InvalidParameterValue: Duplicate tag keys found. Please note that Tag keys are case insensitive."},
			{"transitive key without tag", assume(func(in *awssts.AssumeRoleInput) { in.TransitiveTagKeys = []string{"a"} }), "InvalidParameterValue: The specified transitive tag key must be included in the requested tags."},
			{"contexts", assume(func(in *awssts.AssumeRoleInput) {
				in.ProvidedContexts = []types.ProvidedContext{{ProviderArn: aws.String("arn:aws:iam::aws:contextProvider/IdentityCenter")}}
			}), "UnsupportedOperation: ProvidedContexts are not supported."},
			{"long session token", refused(t.GetSessionToken(t.ctx, &awssts.GetSessionTokenInput{DurationSeconds: aws.Int32(129601)})), one + "Value '129601' at 'durationSeconds' failed to satisfy constraint: Member must have value less than or equal to 129600"},
			{"key of nobody", refused(t.GetAccessKeyInfo(t.ctx, &awssts.GetAccessKeyInfoInput{AccessKeyId: aws.String("AKIAI44QH8DHBEXAMPLE")})), "ValidationError: The access key id AKIAI44QH8DHBEXAMPLE holds no account, and there is no such key here."},
			{"message", refused(t.DecodeAuthorizationMessage(t.ctx, &awssts.DecodeAuthorizationMessageInput{EncodedMessage: aws.String("x")})), "InvalidAuthorizationMessageException: No message of this endpoint is encoded: its refusals say in plain words what is denied."},
		} {
			if c.got != c.want {
				t.Errorf("%s:\n got %s\nwant %s", c.name, c.got, c.want)
			}
		}
	})
}

// TestWhoMayHaveSessions is whom sessions are not for.
func TestWhoMayHaveSessions(tt *testing.T) {
	t := direct(tt)
	root := t.world.Context(tt)
	if got := refused(t.AssumeRole(root, &awssts.AssumeRoleInput{RoleArn: aws.String(roleARN), RoleSessionName: aws.String("me")})); got != "AccessDenied: Roles may not be assumed by root accounts." {
		t.Error(got)
	}
	out, err := t.GetSessionToken(root, &awssts.GetSessionTokenInput{DurationSeconds: aws.Int32(43200)})
	if err != nil || !out.Credentials.Expiration.Equal(t.world.Now().Add(time.Hour)) {
		t.Errorf("the root's session: %v %v", out, err)
	}
	first, err := t.assume(func(in *awssts.AssumeRoleInput) {
		in.Tags, in.TransitiveTagKeys = []types.Tag{{Key: aws.String("Team"), Value: aws.String("sec")}, {Key: aws.String("b"), Value: aws.String("")}}, []string{"Team"}
		in.SourceIdentity = aws.String("alice")
	})
	if err != nil {
		t.Fatal(err)
	}
	c := t.user
	c.AccessKeyID, c.Session, c.UserName = *first.Credentials.AccessKeyId, &service.Session{}, ""
	c.Principal = policy.Principal{Type: policy.RoleSession, ARN: *first.AssumedRoleUser.Arn, Role: roleARN, ID: *first.AssumedRoleUser.AssumedRoleId}
	t.ctx = service.WithCaller(t.Context(), c)
	if got := refused(t.GetSessionToken(t.ctx, &awssts.GetSessionTokenInput{})); got != "AccessDenied: Cannot call GetSessionToken with session credentials" {
		t.Error(got)
	}
	for _, r := range []struct {
		change func(*awssts.AssumeRoleInput)
		want   string
	}{
		{func(in *awssts.AssumeRoleInput) { in.DurationSeconds = aws.Int32(3601) }, "ValidationError: The requested DurationSeconds exceeds the 1 hour session limit for roles assumed by role chaining."},
		{func(in *awssts.AssumeRoleInput) { in.SourceIdentity = aws.String("eve") }, "AccessDenied: User: arn:aws:sts::123456789012:assumed-role/reader/me is not authorized to perform: sts:SetSourceIdentity: the source identity of a session cannot be changed"},
		{func(in *awssts.AssumeRoleInput) {
			in.Tags = []types.Tag{{Key: aws.String("TEAM"), Value: aws.String("it")}}
		}, "InvalidParameterValue: One of the specified transitive tag keys can't be set because it conflicts with a transitive tag key from the calling session."},
	} {
		if got := refused(t.assume(r.change)); got != r.want {
			t.Errorf("\n got %s\nwant %s", got, r.want)
		}
	}
	second, err := t.assume(func(in *awssts.AssumeRoleInput) {})
	if err != nil {
		t.Fatal(err)
	}
	s := t.session(*second.Credentials.AccessKeyId)
	if diff := cmp.Diff([]identity.Tag{{Key: "Team", Value: "sec"}}, s.Tags); diff != "" || s.SourceIdentity != "alice" || len(s.Transitive) != 1 {
		t.Error(diff, s.SourceIdentity, s.Transitive)
	}
}

// TestSessionsAreForgotten is that what expired a day ago is gone.
func TestSessionsAreForgotten(t *testing.T) {
	twice(t, func(t teller) {
		count := func() (n int) {
			t.Helper()
			if err := t.world.State.View(t.Context(), func(tx *state.Tx) error {
				all, err := identity.Sessions.All(t.Context(), tx, state.Scope{})
				n = len(all)
				return err
			}); err != nil {
				t.Fatal(err)
			}
			return n
		}
		for _, step := range []struct {
			wait time.Duration
			want int
		}{{0, 1}, {time.Hour, 2}, {24*time.Hour - time.Second, 3}, {time.Second, 4}, {time.Hour, 4}} {
			t.world.Advance(step.wait)
			if _, err := t.assume(func(*awssts.AssumeRoleInput) {}); err != nil {
				t.Fatal(err)
			}
			if got := count(); got != step.want {
				t.Errorf("after %s there are %d sessions, want %d", step.wait, got, step.want)
			}
		}
	})
}

package sts

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sts"
	"github.com/aws/aws-sdk-go-v2/service/sts/types"
	"github.com/aws/smithy-go"

	"tocsin/core/policy"
	"tocsin/service"
	"tocsin/service/identity"
	"tocsin/store/state"
)

const (
	hour        = 3600 // seconds
	maxPackedIn = 2048 // characters that session policies and the ARNs of managed ones may have together
	maxTags     = 50
)

// AssumeRole makes temporary credentials of a role. That the caller may was decided
// by what [Service.Needs] tells: the role's trust policy and his own.
func (s *Service) AssumeRole(ctx context.Context, in *sts.AssumeRoleInput, _ ...func(*sts.Options)) (*sts.AssumeRoleOutput, error) {
	if err := checkAssume(in); err != nil {
		return nil, err
	}
	c := service.CallerOf(ctx)
	role, from, err := s.roleAndSession(ctx, *in.RoleArn, c)
	if err != nil {
		return nil, err
	}
	seconds := int32(hour)
	if in.DurationSeconds != nil {
		seconds = *in.DurationSeconds
	}
	switch {
	case c.Principal.Type == policy.RoleSession && seconds > hour:
		return nil, invalid("The requested DurationSeconds exceeds the 1 hour session limit for roles assumed by role chaining.")
	case seconds > role.Value.MaxSession:
		return nil, invalid("The requested DurationSeconds exceeds the MaxSessionDuration set for this role.")
	}
	session := identity.Session{
		Partition: role.Partition, Account: role.Account, Issued: s.Now().UTC().Truncate(time.Second),
		Role: role.Value.Name, RoleID: role.Value.ID, Name: *in.RoleSessionName,
	}
	session.Expires = session.Issued.Add(time.Duration(seconds) * time.Second)
	packed, err := s.narrow(ctx, in, role.Scope, &session)
	if err != nil {
		return nil, err
	}
	if err := tell(in, c, from, &session); err != nil {
		return nil, err
	}
	credentials, err := s.issue(ctx, role.Value.ID, session)
	if err != nil {
		return nil, err
	}
	p := identity.SessionPrincipal(role.Scope, role.Value, session.Name)
	out := &sts.AssumeRoleOutput{
		Credentials: credentials, AssumedRoleUser: &types.AssumedRoleUser{Arn: aws.String(p.ARN), AssumedRoleId: aws.String(p.ID)},
		SessionTokenSize: aws.Int32(int32(len(*credentials.SessionToken))),
		//lint:ignore SA1019 AWS still gives it
		PackedPolicySize: packed,
	}
	if session.SourceIdentity != "" {
		out.SourceIdentity = aws.String(session.SourceIdentity)
	}
	return out, nil
}

func checkAssume(in *sts.AssumeRoleInput) error {
	var w wrongs
	w.text("roleArn", in.RoleArn, arnForm)
	w.text("roleSessionName", in.RoleSessionName, sessionForm)
	w.between("durationSeconds", in.DurationSeconds, 900, 43200)
	w.optional("externalId", in.ExternalId, externalForm)
	w.optional("policy", in.Policy, policyForm)
	w.optional("sourceIdentity", in.SourceIdentity, sessionForm)
	for i, p := range in.PolicyArns {
		w.text(fmt.Sprintf("policyArns.%d.member.arn", i+1), p.Arn, arnForm)
	}
	if len(in.Tags) > maxTags {
		w.add("Value at 'tags' failed to satisfy constraint: Member must have length less than or equal to %d", maxTags)
	}
	for i, t := range in.Tags {
		w.text(fmt.Sprintf("tags.%d.member.key", i+1), t.Key, tagKey)
		w.text(fmt.Sprintf("tags.%d.member.value", i+1), t.Value, tagValue)
	}
	if err := w.err(); err != nil {
		return err
	}
	switch {
	case len(in.PolicyArns) > 10:
		return invalid("1 validation error detected: Value at 'policyArns' failed to satisfy constraint: Member must have length less than or equal to 10")
	case in.SerialNumber != nil || in.TokenCode != nil:
		return noFactor()
	case len(in.ProvidedContexts) > 0:
		return &smithy.GenericAPIError{Code: "UnsupportedOperation", Message: "ProvidedContexts are not supported."}
	}
	seen := map[string]bool{}
	for _, t := range in.Tags {
		key := strings.ToLower(*t.Key)
		if seen[key] {
			return &smithy.GenericAPIError{Code: "InvalidParameterValue", Message: "Duplicate tag keys found. Please note that Tag keys are case insensitive."}
		}
		seen[key] = true
	}
	return nil
}

// roleAndSession are the role to assume, and the session that the caller has himself;
// a zero one when he has none.
func (s *Service) roleAndSession(ctx context.Context, arn string, c service.Caller) (role state.Resource[identity.Role], from identity.Session, err error) {
	if c.Principal.Type == policy.Root {
		return role, from, denied("Roles may not be assumed by root accounts.")
	}
	in, path, name, ok := identity.Named(arn, "role")
	if !ok {
		return role, from, invalid("%s is invalid", shorten(arn))
	}
	err = s.State.View(ctx, func(tx *state.Tx) error {
		role, err = identity.Find(ctx, tx, identity.Roles, in, name)
		if errors.Is(err, state.ErrNotFound) || err == nil && (role.Value.Path != path || role.Partition != in.Partition) {
			return denied("User: %s is not authorized to perform: sts:AssumeRole on resource: %s", c.Principal.Name(), arn)
		}
		if err != nil || c.Session == nil {
			return err
		}
		r, err := identity.Sessions.Get(ctx, tx, state.Scope{}, c.AccessKeyID)
		_, err = state.Exists(err)
		from = r.Value
		return err
	})
	return role, from, err
}

// narrow gives a session its policies, and tells how much of what they may take
// they do, in percent.
func (s *Service) narrow(ctx context.Context, in *sts.AssumeRoleInput, of state.Scope, session *identity.Session) (*int32, error) {
	if in.Policy == nil && len(in.PolicyArns) == 0 {
		return nil, nil
	}
	session.Narrowed = true
	size := 0
	if in.Policy != nil {
		p, err := policy.Parse(*in.Policy, policy.Identity)
		var wrong *policy.Error
		switch {
		case errors.As(err, &wrong):
			return nil, &types.MalformedPolicyDocumentException{Message: aws.String(wrong.Message)}
		case err != nil:
			return nil, err
		}
		if arn, ok := incomplete(p); ok {
			return nil, &types.MalformedPolicyDocumentException{Message: aws.String("Resource " + arn + ` must be in ARN format or "*".`)}
		}
		session.Policies = []string{*in.Policy}
		size += len(*in.Policy)
	}
	err := s.State.View(ctx, func(tx *state.Tx) error {
		for _, p := range in.PolicyArns {
			_, err := identity.FindPolicy(ctx, tx, of, *p.Arn)
			if errors.Is(err, state.ErrNotFound) {
				return &smithy.GenericAPIError{Code: "InvalidParameterValue", Message: "PolicyArn " + *p.Arn + " is not valid: the role's account has no such policy."}
			}
			if err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	for _, p := range in.PolicyArns {
		session.PolicyARNs = append(session.PolicyARNs, *p.Arn)
		size += len(*p.Arn)
	}
	if size > maxPackedIn {
		return nil, &types.PackedPolicyTooLargeException{Message: aws.String(fmt.Sprintf(
			"Packed policy consumes %d%% of allotted space, please use smaller policy.", size*100/maxPackedIn))}
	}
	return aws.Int32(int32(size * 100 / maxPackedIn)), nil
}

// incomplete finds an ARN with less than six parts, which a session policy may not
// have, unlike others [IAM User Guide, ARNs]. UNSURE of AWS's text.
func incomplete(p policy.Policy) (arn string, found bool) {
	for _, s := range p.Statements {
		for _, arn := range slices.Concat(s.Resources, s.NotResources) {
			if arn != "*" && strings.Count(arn, ":") < 5 {
				return arn, true
			}
		}
	}
	return "", false
}

// tell gives a session its tags and source identity: those that are given, and
// those that the session it is made with hands on.
func tell(in *sts.AssumeRoleInput, c service.Caller, from identity.Session, session *identity.Session) error {
	session.SourceIdentity = from.SourceIdentity
	if in.SourceIdentity != nil {
		if from.SourceIdentity != "" && from.SourceIdentity != *in.SourceIdentity {
			return denied("User: %s is not authorized to perform: sts:SetSourceIdentity: the source identity of a session cannot be changed", c.Principal.Name())
		}
		session.SourceIdentity = *in.SourceIdentity
	}
	for _, t := range from.Tags {
		if contains(from.Transitive, t.Key) {
			session.Tags = append(session.Tags, t)
		}
	}
	session.Transitive = slices.Clone(from.Transitive)
	for _, t := range in.Tags {
		if contains(from.Transitive, *t.Key) {
			return &smithy.GenericAPIError{Code: "InvalidParameterValue", Message: "One of the specified transitive tag keys can't be set because it conflicts with a transitive tag key from the calling session."}
		}
		session.Tags = append(session.Tags, identity.Tag{Key: *t.Key, Value: *t.Value})
	}
	for _, key := range in.TransitiveTagKeys {
		if !slices.ContainsFunc(in.Tags, func(t types.Tag) bool { return strings.EqualFold(*t.Key, key) }) {
			return &smithy.GenericAPIError{Code: "InvalidParameterValue", Message: "The specified transitive tag key must be included in the requested tags."}
		}
		session.Transitive = append(session.Transitive, key)
	}
	return nil
}

func contains(keys []string, key string) bool {
	return slices.ContainsFunc(keys, func(k string) bool { return strings.EqualFold(k, key) })
}

// Package sts is AWS's Security Token Service: who calls, and temporary
// credentials of roles and users.
//
// Of a session token only the hash is stored. Credentials are forgotten a day
// after they have expired: until then whoever uses them is told that they did.
package sts

import (
	"context"
	"errors"
	"fmt"
	"sync"
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

// Options is what a [Service] is made of.
type Options struct {
	State *state.DB
	Now   func() time.Time
}

// A Service is STS. It can be used by many at once.
type Service struct {
	Options

	mu    sync.Mutex
	swept time.Time // when sessions were last forgotten; guarded by mu
}

// New is STS.
func New(o Options) *Service { return &Service{Options: o} }

func invalid(format string, args ...any) error {
	return &smithy.GenericAPIError{Code: "ValidationError", Message: fmt.Sprintf(format, args...)}
}

func denied(format string, args ...any) error {
	return &smithy.GenericAPIError{Code: "AccessDenied", Message: fmt.Sprintf(format, args...)}
}

// GetCallerIdentity tells who calls. Everybody may ask.
func (s *Service) GetCallerIdentity(ctx context.Context, _ *sts.GetCallerIdentityInput, _ ...func(*sts.Options)) (*sts.GetCallerIdentityOutput, error) {
	c := service.CallerOf(ctx)
	return &sts.GetCallerIdentityOutput{Account: aws.String(c.Account), Arn: aws.String(c.Principal.ARN), UserId: aws.String(c.Principal.ID)}, nil
}

// GetAccessKeyInfo tells the account of an access key, whether it still exists or not.
func (s *Service) GetAccessKeyInfo(ctx context.Context, in *sts.GetAccessKeyInfoInput, _ ...func(*sts.Options)) (*sts.GetAccessKeyInfoOutput, error) {
	var w wrongs
	w.text("accessKeyId", in.AccessKeyId, keyIDForm)
	if err := w.err(); err != nil {
		return nil, err
	}
	account, known := "", false
	err := s.State.View(ctx, func(tx *state.Tx) error {
		k, err := identity.Keys.Get(ctx, tx, state.Scope{}, *in.AccessKeyId)
		if known = err == nil; known {
			account = k.Value.Account
			return nil
		}
		if !errors.Is(err, state.ErrNotFound) {
			return err
		}
		session, err := identity.Sessions.Get(ctx, tx, state.Scope{}, *in.AccessKeyId)
		known, err = state.Exists(err)
		account = session.Value.Account
		return err
	})
	if err != nil {
		return nil, err
	}
	if c := service.CallerOf(ctx); !known && c.AccessKeyID == *in.AccessKeyId {
		account, known = c.Account, true
	}
	if !known {
		if account, known = identity.AccountOf(*in.AccessKeyId); !known {
			return nil, invalid("The access key id %s holds no account, and there is no such key here.", *in.AccessKeyId)
		}
	}
	return &sts.GetAccessKeyInfoOutput{Account: aws.String(account)}, nil
}

// DecodeAuthorizationMessage has nothing to decode: refusals here are in plain words.
func (s *Service) DecodeAuthorizationMessage(context.Context, *sts.DecodeAuthorizationMessageInput, ...func(*sts.Options)) (*sts.DecodeAuthorizationMessageOutput, error) {
	return nil, &types.InvalidAuthorizationMessageException{Message: aws.String("No message of this endpoint is encoded: its refusals say in plain words what is denied.")}
}

// issue stores a session and gives its credentials.
func (s *Service) issue(ctx context.Context, parent string, session identity.Session) (*types.Credentials, error) {
	token := identity.NewToken()
	session.Secret, session.TokenHash = identity.NewSecret(), identity.HashToken(token)
	r := state.Resource[identity.Session]{
		Name: identity.NewKeyID(identity.SessionID, session.Account), Parent: parent, Value: session, Created: session.Issued,
	}
	sweep := s.sweepDue()
	err := s.State.Update(ctx, func(tx *state.Tx) error {
		if sweep {
			if err := forget(ctx, tx, session.Issued.Add(-remember)); err != nil {
				return err
			}
		}
		_, err := identity.Sessions.Put(ctx, tx, r)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("store session: %w", err)
	}
	return &types.Credentials{
		AccessKeyId: aws.String(r.Name), SecretAccessKey: aws.String(session.Secret), SessionToken: aws.String(token),
		Expiration: aws.Time(session.Expires),
	}, nil
}

const (
	remember   = 24 * time.Hour // how long expired sessions are kept
	sweepEvery = time.Hour
)

// sweepDue tells whether expired sessions are to be forgotten.
func (s *Service) sweepDue() bool {
	now := s.Now()
	s.mu.Lock()
	defer s.mu.Unlock()
	if now.Sub(s.swept) < sweepEvery && !now.Before(s.swept) {
		return false
	}
	s.swept = now
	return true
}

// forget removes the sessions that expired before a time.
func forget(ctx context.Context, tx *state.Tx, before time.Time) error {
	all, err := identity.Sessions.All(ctx, tx, state.Scope{})
	if err != nil {
		return err
	}
	for _, r := range all {
		if r.Value.Expires.Before(before) {
			if _, err := state.Exists(identity.Sessions.Delete(ctx, tx, state.Scope{}, r.Name)); err != nil {
				return err
			}
		}
	}
	return nil
}

// GetSessionToken makes temporary credentials of a user's or the root's own.
func (s *Service) GetSessionToken(ctx context.Context, in *sts.GetSessionTokenInput, _ ...func(*sts.Options)) (*sts.GetSessionTokenOutput, error) {
	var w wrongs
	w.between("durationSeconds", in.DurationSeconds, 900, 129600)
	if err := w.err(); err != nil {
		return nil, err
	}
	c := service.CallerOf(ctx)
	session := identity.Session{Partition: c.Partition, Account: c.Account, Issued: s.Now().UTC().Truncate(time.Second)}
	seconds := int32(43200)
	parent := c.Account
	switch {
	case in.SerialNumber != nil || in.TokenCode != nil:
		return nil, noFactor()
	case c.Session != nil:
		return nil, denied("Cannot call GetSessionToken with session credentials")
	case c.Principal.Type == policy.Root:
		seconds = 3600
		if in.DurationSeconds != nil && *in.DurationSeconds < seconds {
			seconds = *in.DurationSeconds
		}
	case c.Principal.Type == policy.User:
		session.User, session.UserID, parent = c.UserName, c.Principal.ID, c.Principal.ID
		if in.DurationSeconds != nil {
			seconds = *in.DurationSeconds
		}
	default:
		return nil, denied("Only users and the root of an account can call GetSessionToken")
	}
	session.Expires = session.Issued.Add(time.Duration(seconds) * time.Second)
	credentials, err := s.issue(ctx, parent, session)
	return &sts.GetSessionTokenOutput{Credentials: credentials}, err
}

// noFactor refuses a code of a second factor, of which there are none.
func noFactor() error {
	return denied("MultiFactorAuthentication failed with invalid MFA one time pass code. ")
}

// Package access is the gate of the endpoint: who holds an access key, who
// therefore calls, and whether he may.
//
// Everything is read from the database for each call, so that a key that was
// deleted or a policy that was changed by any process counts at once. What
// cannot be read lets nobody in.
package access

import (
	"context"
	"crypto/subtle"
	"errors"
	"net/http"
	"net/netip"
	"regexp"
	"strings"
	"sync"
	"time"

	"tocsin/core/policy"
	"tocsin/service"
	"tocsin/service/identity"
	"tocsin/store/state"
	"tocsin/wire/sigv4"
)

// Options is what a [Gate] is made of.
type Options struct {
	State *state.DB
	Now   func() time.Time
	// Root is the key that may do everything in its account; an empty id is
	// nobody's.
	Root      func() (id, secret, account string)
	Partition string // "" is "aws"
}

// A Gate can be used by many at once.
type Gate struct {
	Options

	mu   sync.Mutex
	used map[string]time.Time // when a use was last written, by key; guarded by mu
}

// New is a gate.
func New(o Options) *Gate {
	if o.Partition == "" {
		o.Partition = "aws"
	}
	return &Gate{Options: o, used: map[string]time.Time{}}
}

// A holder is who holds an access key.
type holder struct {
	secret    string
	scope     state.Scope // of the account
	principal policy.Principal
	user      string
	session   *service.Session // of temporary credentials
	tokenHash []byte           // of temporary credentials
	lastUse   string           // what uses are recorded for; "" for nothing
}

var (
	errInvalid = &sigv4.Error{Status: http.StatusForbidden, Code: "InvalidClientTokenId", Message: "The security token included in the request is invalid."}
	errExpired = &sigv4.Error{Status: http.StatusForbidden, Code: "ExpiredToken", Message: "The security token included in the request is expired"}
)

// Secret is the secret of an access key, for [sigv4.Verifier]; false for a key
// that there is not, or that is not active. Of expired credentials the error says so.
func (g *Gate) Secret(ctx context.Context, accessKeyID string) (secret string, ok bool, err error) {
	h, err := g.holder(ctx, accessKeyID)
	if errors.Is(err, error(errInvalid)) {
		return "", false, nil
	}
	return h.secret, err == nil, err
}

// Caller is who sent a request whose signature was verified. Its RequestID is left to
// whoever gave it one. A refusal is a *sigv4.Error.
func (g *Gate) Caller(ctx context.Context, signer sigv4.Signer, r *http.Request) (service.Caller, error) {
	if !regions.MatchString(signer.Region) {
		return service.Caller{}, &sigv4.Error{Status: http.StatusForbidden, Code: "SignatureDoesNotMatch", Message: "Credential should be scoped to a valid region. "}
	}
	h, err := g.holder(ctx, signer.AccessKeyID)
	if err != nil {
		return service.Caller{}, err
	}
	if err := h.checkToken(r); err != nil {
		return service.Caller{}, err
	}
	c := service.Caller{
		Principal: h.principal, AccessKeyID: signer.AccessKeyID, Scope: h.scope, UserName: h.user, Session: h.session,
		Time: g.Now(), UserAgent: bounded(r.UserAgent()), TLS: r.TLS != nil, Endpoint: "http://" + r.Host,
		SignatureAge: signer.Age,
	}
	c.Region = signer.Region
	if home, ok := homes[h.scope.Partition]; ok && signer.Service == "iam" {
		c.Region = home
	}
	if c.TLS {
		c.Endpoint = "https://" + r.Host
	}
	// Whatever a client or a proxy says of where it comes from can be made up.
	if from, err := netip.ParseAddrPort(r.RemoteAddr); err == nil {
		c.SourceIP = from.Addr().Unmap().WithZone("")
	}
	return c, g.recordUse(ctx, h.lastUse, identity.KeyUse{At: c.Time, Service: signer.Service, Region: c.Region})
}

// homes are where calls of IAM are made, whatever Region they are signed for, by
// partition [IAM User Guide, aws:RequestedRegion: "global services"].
var homes = map[string]string{"aws": "us-east-1", "aws-cn": "cn-north-1", "aws-us-gov": "us-gov-west-1"}

// regions is the form of a Region's name; it becomes part of ARNs.
var regions = regexp.MustCompile(`^[a-z]{2}(-[a-z]+)+-[0-9]{1,2}$`)

// maxUserAgent is how much is kept of what a client calls itself.
const maxUserAgent = 1024

func bounded(text string) string {
	return strings.ToValidUTF8(text[:min(len(text), maxUserAgent)], "")
}

// checkToken compares the session token of a request with that of its key.
func (h holder) checkToken(r *http.Request) error {
	given := append(r.Header.Values("X-Amz-Security-Token"), r.URL.Query()["X-Amz-Security-Token"]...)
	switch {
	case h.tokenHash == nil && len(given) == 0:
		return nil
	case h.tokenHash == nil, len(given) != 1, subtle.ConstantTimeCompare(identity.HashToken(given[0]), h.tokenHash) != 1:
		return errInvalid
	}
	return nil
}

// holder looks up an access key. The error is errInvalid when it lets nobody in.
func (g *Gate) holder(ctx context.Context, keyID string) (h holder, err error) {
	if id, secret, account := g.Root(); id != "" && keyID == id {
		in := state.Scope{Partition: g.Partition, Account: account}
		return holder{secret: secret, scope: in, principal: root(in)}, nil
	}
	err = g.State.View(ctx, func(tx *state.Tx) error {
		h, err = userHolder(ctx, tx, keyID)
		if errors.Is(err, state.ErrNotFound) {
			h, err = g.sessionHolder(ctx, tx, keyID)
		}
		return err
	})
	if errors.Is(err, state.ErrNotFound) {
		return holder{}, errInvalid
	}
	if err != nil {
		return holder{}, err
	}
	return h, nil
}

func userHolder(ctx context.Context, tx *state.Tx, keyID string) (holder, error) {
	k, err := identity.Keys.Get(ctx, tx, state.Scope{}, keyID)
	if err != nil {
		return holder{}, err
	}
	if !k.Value.Active {
		return holder{}, errInvalid
	}
	in := state.Scope{Partition: k.Value.Partition, Account: k.Value.Account}
	principal, err := userPrincipal(ctx, tx, in, k.Value.User, k.Value.UserID)
	return holder{secret: k.Value.Secret, scope: in, principal: principal, user: k.Value.User, lastUse: keyID}, err
}

// userPrincipal is a user as he calls; whoever has the name of one who was
// deleted is another.
func userPrincipal(ctx context.Context, tx *state.Tx, in state.Scope, name, id string) (policy.Principal, error) {
	u, err := identity.Find(ctx, tx, identity.Users, in, name)
	switch {
	case err != nil:
		return policy.Principal{}, err
	case u.Value.ID != id:
		return policy.Principal{}, state.ErrNotFound
	}
	return policy.Principal{Type: policy.User, ARN: identity.ARN(in, "user", u.Value.Path, u.Value.Name), ID: id}, nil
}

func root(in state.Scope) policy.Principal {
	return policy.Principal{Type: policy.Root, ARN: "arn:" + in.Partition + ":iam::" + in.Account + ":root", ID: in.Account}
}

func (g *Gate) sessionHolder(ctx context.Context, tx *state.Tx, keyID string) (h holder, err error) {
	found, err := identity.Sessions.Get(ctx, tx, state.Scope{}, keyID)
	if err != nil {
		return h, err
	}
	s := found.Value
	if !g.Now().Before(s.Expires) {
		return h, errExpired
	}
	in := state.Scope{Partition: s.Partition, Account: s.Account}
	h = holder{secret: s.Secret, scope: in, user: s.User, tokenHash: s.TokenHash, session: &service.Session{Created: s.Issued}}
	if h.session.Policies, err = sessionPolicies(ctx, tx, in, s); err != nil {
		return h, err
	}
	switch {
	case s.Role != "":
		r, err := identity.Find(ctx, tx, identity.Roles, in, s.Role)
		switch {
		case err != nil:
			return h, err
		case r.Value.ID != s.RoleID:
			return h, state.ErrNotFound
		}
		arn := identity.ARN(in, "role", r.Value.Path, r.Value.Name)
		h.session.IssuerARN, h.session.IssuerID, h.session.IssuerName = arn, s.RoleID, s.Role
		h.principal = identity.SessionPrincipal(in, r.Value, s.Name)
		h.lastUse = s.RoleID
	case s.User != "":
		h.principal, err = userPrincipal(ctx, tx, in, s.User, s.UserID)
	default:
		h.principal = root(in)
	}
	return h, err
}

// sessionPolicies are the documents that narrow a session; nil when none were given.
func sessionPolicies(ctx context.Context, tx *state.Tx, in state.Scope, s identity.Session) ([]string, error) {
	if !s.Narrowed {
		return nil, nil
	}
	all := append([]string{}, s.Policies...)
	for _, arn := range s.PolicyARNs {
		p, err := identity.FindPolicy(ctx, tx, in, arn)
		if errors.Is(err, state.ErrNotFound) {
			continue // what is gone allows nothing
		}
		if err != nil {
			return nil, err
		}
		all = append(all, p.Value.Document())
	}
	return all, nil
}

// Package service is what the AWS services of the endpoint have in common: who
// calls, and what a call needs to be allowed.
//
// Each service is a package below this one, a type whose methods have the
// signatures of the SDK client's; package wire finds them there. They meet
// the chain in store/state, and never call one another: what one needs
// of another is a function in its Options, which package app fills in.
package service

import (
	"context"
	"maps"
	"net/netip"
	"slices"
	"time"

	"tocsin/core/policy"
	"tocsin/store/state"
)

// A Caller is who made a call, and how.
type Caller struct {
	Principal   policy.Principal
	AccessKeyID string // "" for an anonymous call
	// Scope is where the call is made: Account is the caller's own, Region that
	// of the signature.
	state.Scope
	UserName string // of an IAM user
	// Session is what CloudTrail tells of temporary credentials; nil for others.
	Session *Session

	Time      time.Time // of the call
	RequestID string
	SourceIP  netip.Addr
	UserAgent string
	TLS       bool
	// SignatureAge is how long before the call it was signed.
	SignatureAge time.Duration
	Endpoint     string // scheme and host that the client called, without a slash at the end
}

// A Session is of temporary credentials.
type Session struct {
	IssuerARN, IssuerID, IssuerName string // of the role
	Created                         time.Time
	MFA                             bool
	Policies                        []string // that narrow it, as JSON
}

type callerKey struct{}

// WithCaller puts the caller into the context of a call.
func WithCaller(ctx context.Context, c Caller) context.Context {
	return context.WithValue(ctx, callerKey{}, c)
}

// CallerOf is who makes the call of a context. Without one, as in tests that call
// a method directly, it is a zero Caller.
func CallerOf(ctx context.Context) Caller {
	c, _ := ctx.Value(callerKey{}).(Caller)
	return c
}

// A Need is what a caller must be allowed to do for a call.
type Need struct {
	Action   string // service:Operation
	Resource string // ARN; "*" for an action without resource
	// Owner is the account of the resource; "" for the caller's own.
	Owner string
	// Policy is the resource's own, as JSON with the name that messages have for
	// it; nil for none. Kind says how it is read.
	Policy     *string
	PolicyName string
	Kind       policy.Kind
	// PolicyDecides says that the resource's policy alone decides within an
	// account too, as a role's trust policy and a key policy do.
	PolicyDecides bool
	// Context are the condition keys of this action, besides those of every call.
	Context policy.Context
}

// Tagged is needs with the tags that their resources have, as condition keys.
func Tagged(ctx context.Context, db *state.DB, needs []Need) ([]Need, error) {
	if !slices.ContainsFunc(needs, func(n Need) bool { return n.Resource != "*" }) {
		return needs, nil
	}
	err := db.View(ctx, func(tx *state.Tx) error {
		for i := range needs {
			tags, err := tx.Tags(ctx, needs[i].Resource)
			if err != nil {
				return err
			}
			if len(tags) == 0 {
				continue
			}
			keys := make(policy.Context, len(needs[i].Context)+len(tags)) // needs may share theirs
			maps.Copy(keys, needs[i].Context)
			for key, value := range tags {
				keys["aws:ResourceTag/"+key] = []string{value}
			}
			needs[i].Context = keys
		}
		return nil
	})
	return needs, err
}

// An Authorizer knows what each of its operations needs. Input is the pointer that
// the method gets. No need at all means that anybody whose signature is right may call.
type Authorizer interface {
	Needs(ctx context.Context, operation string, input any) ([]Need, error)
}

// A Record is a call, as CloudTrail tells of it.
type Record struct {
	Caller    Caller
	Source    string // eventSource: sns.amazonaws.com
	Name      string // eventName: Publish
	ReadOnly  bool
	ErrorCode string
	ErrorText string
	// Request and Response are requestParameters and responseElements, as they
	// are encoded to JSON; nil for null.
	Request, Response any
	Resources         []RecordResource
	// Data is true for data events, which only trails that ask for them get.
	Data bool
}

// A RecordResource is what a call was about.
type RecordResource struct{ ARN, Account, Type string }

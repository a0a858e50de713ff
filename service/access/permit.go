package access

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/aws/smithy-go"

	"tocsin/core/policy"
	"tocsin/service"
	"tocsin/service/identity"
	"tocsin/store/state"
)

// Permit tells whether the caller may do all that a call needs: nil, or an
// *smithy.GenericAPIError with AWS's code and text. Any other error says that it
// could not be decided, and lets nobody through either.
func (g *Gate) Permit(ctx context.Context, c service.Caller, needs []service.Need) error {
	if len(needs) == 0 {
		return nil
	}
	if err := plainSession(c, needs); err != nil {
		return err
	}
	k, err := g.known(ctx, c)
	if err != nil {
		return err
	}
	for _, n := range needs {
		if err := k.decide(n); err != nil {
			return err
		}
	}
	return nil
}

// plainSession refuses what temporary credentials of GetSessionToken cannot do
// without a second factor, of which there are none here: to call IAM, and most of
// STS [IAM User Guide, comparing the AWS STS API operations]. To pass a role to
// another service is no call.
func plainSession(c service.Caller, needs []service.Need) error {
	if c.Session == nil || c.Principal.Type != policy.User && c.Principal.Type != policy.Root {
		return nil
	}
	for _, n := range needs {
		prefix, name, _ := strings.Cut(strings.ToLower(n.Action), ":")
		if prefix == "iam" && name != "passrole" || prefix == "sts" && name != "assumerole" && name != "tagsession" && name != "setsourceidentity" {
			return errInvalid
		}
	}
	return nil
}

// What is known of a caller: his policies, and the condition keys of each of his calls.
type known struct {
	principal policy.Principal
	policies  policy.Policies
	keys      policy.Context
}

// decide is nil when the need is allowed.
func (k known) decide(n service.Need) error {
	if in, _, _, ok := identity.Named(n.Resource, "role"); ok && n.Owner == "" && strings.EqualFold(n.Action, "iam:PassRole") {
		n.Owner = in.Account // a role of another account cannot be passed
	}
	p := k.policies
	resource, err := resourcePolicy(n)
	if err != nil {
		return err
	}
	p.Resource, p.ResourceDecides = resource, n.PolicyDecides
	r := policy.Request{Principal: k.principal, Action: n.Action, Resource: n.Resource, Owner: n.Owner, Context: merged(k.keys, n.Context)}
	if ownBucketPolicy(k.principal, n) {
		p.Resource = nil
	}
	d := policy.Evaluate(p, r)
	if d.Verdict == policy.Allowed {
		return nil
	}
	message := d.Message(r)
	if n.Kind == policy.Trust {
		message = trustWords.Replace(message)
	}
	return denied(message)
}

// trustWords are what refusals call a trust policy [IAM User Guide, troubleshoot
// access denied error messages].
var trustWords = strings.NewReplacer("because no resource-based policy", "because no role trust policy", "in a resource-based policy", "in the role trust policy")

// denied is AWS's refusal.
func denied(message string) error {
	return &smithy.GenericAPIError{Code: "AccessDenied", Message: message}
}

// IsDenied tells whether an error of [Gate.Permit], [Gate.Service] or [Gate.Role] is a
// refusal, and not that it could not be decided.
func IsDenied(err error) bool {
	var api *smithy.GenericAPIError
	return errors.As(err, &api) && api.Code == "AccessDenied"
}

// resourcePolicy reads a policy that its service checked when it was put.
func resourcePolicy(n service.Need) (*policy.Named, error) {
	if n.Policy == nil {
		return nil, nil
	}
	p, err := policy.Parse(*n.Policy, policy.Any)
	if err != nil {
		return nil, fmt.Errorf("policy of %s: %w", n.Resource, err)
	}
	return &policy.Named{Name: n.PolicyName, Policy: p}, nil
}

// ownBucketPolicy tells whether the root of an account mends the policy of a
// bucket of his: he can even when that policy denies it, or nobody could [S3
// User Guide, bucket policies; "Accidentally locked myself out of my bucket"].
func ownBucketPolicy(p policy.Principal, n service.Need) bool {
	switch strings.ToLower(n.Action) {
	case "s3:getbucketpolicy", "s3:putbucketpolicy", "s3:deletebucketpolicy":
		return p.Type == policy.Root && (n.Owner == "" || n.Owner == p.Account())
	}
	return false
}

// known reads what is known of a caller.
func (g *Gate) known(ctx context.Context, c service.Caller) (k known, err error) {
	k = known{principal: c.Principal, keys: requestKeys(c)}
	if c.Session != nil && c.Session.Policies != nil {
		k.policies.Session = []policy.Named{}
		for i, text := range c.Session.Policies {
			p, err := policy.Parse(text, policy.Any)
			if err != nil {
				return k, fmt.Errorf("session policy %d: %w", i+1, err)
			}
			k.policies.Session = append(k.policies.Session, policy.Named{Name: fmt.Sprintf("session policy %d", i+1), Policy: p})
		}
	}
	err = g.State.View(ctx, func(tx *state.Tx) error {
		var b identity.Bearing
		var tags []identity.Tag
		var err error
		switch c.Principal.Type {
		case policy.Anonymous, policy.Root:
			return nil
		case policy.User:
			b, tags, err = userBearing(ctx, tx, c.Principal)
		case policy.RoleSession:
			b, tags, err = roleBearing(ctx, tx, c)
		default:
			return fmt.Errorf("a caller of type %d has no policies", c.Principal.Type)
		}
		if err != nil {
			return err
		}
		k.policies.Identity, k.policies.Boundary = b.Identity, b.Boundary
		return k.addSession(ctx, tx, c, tags)
	})
	if errors.Is(err, state.ErrNotFound) {
		return k, errInvalid // he was deleted after his key was looked at
	}
	return k, err
}

func userBearing(ctx context.Context, tx *state.Tx, p policy.Principal) (b identity.Bearing, tags []identity.Tag, err error) {
	in, _, name, ok := identity.Named(p.ARN, "user")
	if !ok {
		return b, nil, fmt.Errorf("%s is no user", p.ARN)
	}
	u, err := identity.Find(ctx, tx, identity.Users, in, name)
	if err != nil {
		return b, nil, err
	}
	if u.Value.ID != p.ID {
		return b, nil, state.ErrNotFound
	}
	b, err = identity.OfUser(ctx, tx, in, u.Value)
	return b, u.Value.Tags, err
}

func roleBearing(ctx context.Context, tx *state.Tx, c service.Caller) (b identity.Bearing, tags []identity.Tag, err error) {
	in, _, name, ok := identity.Named(c.Principal.Role, "role")
	if !ok {
		return b, nil, fmt.Errorf("%s is no role", c.Principal.Role)
	}
	r, err := identity.Find(ctx, tx, identity.Roles, in, name)
	if err != nil {
		return b, nil, err
	}
	if id, _, _ := strings.Cut(c.Principal.ID, ":"); r.Value.ID != id {
		return b, nil, state.ErrNotFound
	}
	b, err = identity.OfRole(ctx, tx, in, r.Value)
	return b, r.Value.Tags, err
}

// addSession adds the keys that tell of tags and of the session. Tags of the
// session count before those of the role.
func (k *known) addSession(ctx context.Context, tx *state.Tx, c service.Caller, tags []identity.Tag) error {
	if c.Session != nil {
		s, err := identity.Sessions.Get(ctx, tx, state.Scope{}, c.AccessKeyID)
		switch there, err := state.Exists(err); {
		case err != nil:
			return err
		case there:
			tags = append(append([]identity.Tag{}, tags...), s.Value.Tags...)
			if s.Value.SourceIdentity != "" {
				k.keys["aws:SourceIdentity"] = []string{s.Value.SourceIdentity}
			}
		}
	}
	for _, t := range tags {
		k.keys["aws:PrincipalTag/"+strings.ToLower(t.Key)] = []string{t.Value}
	}
	return nil
}

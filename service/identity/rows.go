package identity

import (
	"context"
	"strings"
	"time"

	"tocsin/core/policy"
	"tocsin/store/state"
)

// The kinds of what is stored, each under [Fold] of its name in the scope of
// its account; keys, sessions and aliases are unique in all accounts and lie in a
// scope without account.
const (
	Users    = state.Kind[User]("iam-user")
	Groups   = state.Kind[Group]("iam-group")
	Roles    = state.Kind[Role]("iam-role")
	Policies = state.Kind[Policy]("iam-policy")
	Keys     = state.Kind[Key]("iam-access-key") // their parent is the id of the user
	KeyUses  = state.Kind[KeyUse]("iam-key-use")
	Aliases  = state.Kind[Alias]("iam-account-alias") // their parent is the account
	Sessions = state.Kind[Session]("sts-session")
)

// An Entity is what users, groups and roles have in common.
type Entity struct {
	Name, Path, ID string
	Boundary       string            // ARN of the permissions boundary; "" for none
	Inline         map[string]string // documents by name
	Attached       []string          // ARNs of managed policies, in order of attaching
	Tags           []Tag
}

// A Tag is a tag; of IAM's tags the case of keys does not matter.
type Tag struct{ Key, Value string }

// Base is the entity itself; who embeds one is a [Holder].
func (e *Entity) Base() *Entity { return e }

// A Holder is a pointer to what has policies: a user, a group or a role.
type Holder[T any] interface {
	*T
	Base() *Entity
}

// A User is a user.
type User struct {
	Entity
	Groups []string // names of his groups
}

// A Group is a group of users.
type Group struct{ Entity }

// A Role is a role.
type Role struct {
	Entity
	Trust       string // document that says who may assume it
	Tied        []Tie  // whom it names
	Description string
	MaxSession  int32 // seconds
}

// A Tie is a user or role that a trust policy names, with the id that he had when
// the policy was put: whoever has the name later is not meant [IAM User Guide,
// Principal: "IAM transforms the ARN to the principal's unique ID"].
type Tie struct{ ARN, ID string }

// A Policy is a managed policy.
type Policy struct {
	Name, Path, ID, Description string
	Versions                    []Version // oldest first
	Default                     string    // id of the version that holds
	Last                        int       // number of the newest version that there was
	Updated                     time.Time
	Tags                        []Tag
}

// A Version is a version of a managed policy.
type Version struct {
	ID, Document string
	Created      time.Time
}

// Document is the version that holds.
func (p Policy) Document() string {
	for _, v := range p.Versions {
		if v.ID == p.Default {
			return v.Document
		}
	}
	return ""
}

// A Key is the access key of a user.
type Key struct {
	Partition, Account string
	User, UserID       string
	Secret             string
	Active             bool
}

// A KeyUse says when an access key, or a role by its id, was used last.
type KeyUse struct {
	At              time.Time
	Service, Region string
}

// An Alias is the alias of an account.
type Alias struct{ Account string }

// A Session is temporary credentials, stored under their access key id: of a
// role, or of a user or the root of an account himself.
type Session struct {
	Partition, Account string
	Secret             string
	TokenHash          []byte // SHA-256 of the session token
	Issued, Expires    time.Time

	Role, RoleID, Name string // of a role and the session's own name; "" for others
	User, UserID       string // "" for the root

	// Narrowed says that session policies were given: Policies are documents,
	// PolicyARNs managed policies.
	Narrowed             bool
	Policies, PolicyARNs []string

	Tags           []Tag
	Transitive     []string // keys of the tags that sessions made with this one inherit
	SourceIdentity string
}

// Fold is what a name is stored under.
func Fold(name string) string { return strings.ToLower(name) }

// Global is the scope of an account's identities.
func Global(in state.Scope) state.Scope {
	in.Region = ""
	return in
}

// ARN is the name of a user ("user"), a group, a role or a managed policy.
func ARN(in state.Scope, kind, path, name string) string {
	return "arn:" + in.Partition + ":iam::" + in.Account + ":" + kind + path + name
}

// Find is the user, group or role of that name, or state.ErrNotFound.
func Find[T any, P Holder[T]](ctx context.Context, tx *state.Tx, kind state.Kind[T], in state.Scope, name string) (state.Resource[T], error) {
	r, err := kind.Get(ctx, tx, Global(in), Fold(name))
	if err == nil && P(&r.Value).Base().Name != name {
		return state.Resource[T]{}, state.ErrNotFound
	}
	return r, err
}

// Named reads the ARN of a user, a role or the like: its account, and its path
// and name. False when it is no ARN of that kind.
func Named(arn, kind string) (in state.Scope, path, name string, ok bool) {
	parts := strings.SplitN(arn, ":", 6)
	if len(parts) != 6 || parts[0] != "arn" || parts[2] != "iam" || parts[3] != "" {
		return in, "", "", false
	}
	rest, ok := strings.CutPrefix(parts[5], kind+"/")
	if !ok {
		return in, "", "", false
	}
	cut := strings.LastIndexByte(rest, '/') + 1
	return state.Scope{Partition: parts[1], Account: parts[4]}, "/" + rest[:cut], rest[cut:], rest[cut:] != ""
}

// SessionPrincipal is a session of a role as it calls.
func SessionPrincipal(in state.Scope, r Role, session string) policy.Principal {
	return policy.Principal{
		Type: policy.RoleSession, ARN: "arn:" + in.Partition + ":sts::" + in.Account + ":assumed-role/" + r.Name + "/" + session,
		Role: ARN(in, "role", r.Path, r.Name), ID: r.ID + ":" + session,
	}
}

// String hides the secret.
func (k Key) String() string { return "access key of user " + k.User }

// GoString hides the secret.
func (k Key) GoString() string { return k.String() }

// String hides the secret.
func (s Session) String() string { return "session of " + s.Role + s.User }

// GoString hides the secret.
func (s Session) GoString() string { return s.String() }

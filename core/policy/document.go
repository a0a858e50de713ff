package policy

// A Version is the version of the policy language. Without one a document is
// of 2008-10-17 [IAM User Guide, Version].
type Version string

const (
	Version2008 Version = "2008-10-17"
	Version2012 Version = "2012-10-17" // has policy variables
)

// An Effect is what a statement does when it applies.
type Effect string

const (
	Allow Effect = "Allow"
	Deny  Effect = "Deny"
)

// A Policy is a policy document. Policies of Parse hold what AWS demands of
// their kind; those made in code are evaluated as they stand.
type Policy struct {
	Version    Version // "" when the document has none
	ID         string
	Statements []Statement
}

// A Statement is one rule of a policy. Of Principal and NotPrincipal, Actions and
// NotActions, Resources and NotResources one at most is given. A statement
// without resources speaks of the resource that its policy is attached to.
type Statement struct {
	Sid                     string
	Effect                  Effect
	Principal, NotPrincipal Principals
	Actions, NotActions     []string
	Resources, NotResources []string
	Conditions              []Condition // all must hold; no two of the same operator and key
}

// Principals are whom a Principal or NotPrincipal element names.
type Principals struct {
	Everyone                               bool // "*" instead of an object
	AWS, Service, Federated, CanonicalUser []string
}

// IsZero tells whether the element is absent.
func (p Principals) IsZero() bool {
	return !p.Everyone && len(p.AWS)+len(p.Service)+len(p.Federated)+len(p.CanonicalUser) == 0
}

// A Condition is one key under one operator of a Condition element.
type Condition struct {
	Operator Operator
	Key      string
	Values   []string // one must match; of a negated operator none may
}

// Kind is where a document is to be used, which decides what it must and must
// not have and how AWS words its refusal.
type Kind uint8

const (
	// Any takes documents of every kind and checks the language only, as is right
	// for policies that AWS has accepted once.
	Any      Kind = iota
	Identity      // of users, groups and roles; also boundaries, session and organization policies
	Trust         // who may assume a role
	Resource      // of topics, keys, log groups, queues
	Bucket        // of S3 buckets
)

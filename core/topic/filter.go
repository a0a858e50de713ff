package topic

// A FilterPolicy chooses the messages that a subscription receives. Its zero
// value chooses all. It is immutable and may be shared.
type FilterPolicy struct {
	scope Scope
	text  string
	nests bool  // a key leads to an object
	ways  []way // one of them must hold
}

// A way is a conjunction: every condition must hold, and all values that satisfy
// them must lie in one element of each array on the way to them.
type way []condition

// A condition is one key of a policy, together with the keys above it, and its
// values, of which one must match. A path is the keys joined with dots; it
// stands for every body whose keys join to the same text.
type condition struct {
	path   string
	depth  int // 1 at the top
	values []value
	// comparisons is how many it takes to tell that a leaf does not match.
	comparisons int
}

// A Scope says what a filter policy looks at.
type Scope string

const (
	MessageAttributes Scope = "MessageAttributes" // the default
	MessageBody       Scope = "MessageBody"
)

// ParseScope reads a FilterPolicyScope.
func ParseScope(s string) (Scope, error) {
	switch Scope(s) {
	case MessageAttributes, MessageBody:
		return Scope(s), nil
	}
	return "", refuse("FilterPolicyScope: Invalid value [%s]. Please use either MessageBody or MessageAttributes", s)
}

// String is the policy as it was given, and "" of the zero value.
func (p FilterPolicy) String() string { return p.text }

// Scope is what the policy looks at.
func (p FilterPolicy) Scope() Scope {
	if p.scope == "" {
		return MessageAttributes
	}
	return p.scope
}

// IsZero tells whether there is no policy, so that every message is chosen.
func (p FilterPolicy) IsZero() bool { return len(p.ways) == 0 }

// In is the same policy in another scope.
func (p FilterPolicy) In(scope Scope) (FilterPolicy, error) {
	p.scope = scope
	return p, p.checkScope()
}

func (p FilterPolicy) checkScope() error {
	if p.nests && p.Scope() == MessageAttributes {
		return refuse("Filter policy scope MessageAttributes does not support nested filter policy")
	}
	return nil
}

package policy

import "strings"

// Here stand the points that AWS's documentation leaves open and that nobody has
// recorded from the service, so that new evidence changes one place. Where one
// reading lets less in than the other, that one is taken.

// partition tells whether an ARN's second part is accepted in an identity policy.
// IAM was seen to refuse others than its own; which ones it takes besides, and
// whether wildcards, is not documented.
func partition(text string) bool {
	return text == "*" || text == "aws" || strings.HasPrefix(text, "aws-") || strings.HasPrefix(text, "${")
}

// unresolved is what a policy value with a variable that the request has no value
// for does: "this might cause the entire statement to be invalid" [IAM User
// Guide, variables]. Such a value matches nothing, and a negation does not turn
// that into a permission: true says that the value counts as matched.
func unresolved(e Effect, negated bool) bool { return e == Allow && negated }

// exempt tells whether NotPrincipal leaves a caller out, given which of his names
// it lists. The guide shows that Deny with NotPrincipal must list the account
// besides the user, and role and account besides the session, or it denies him as
// well; Allow with NotPrincipal is discouraged and described no further.
func exempt(e Effect, listed, names int) bool {
	if e == Deny {
		return listed == names
	}
	return listed > 0
}

// spills tells whether a * at the end of one of the first five segments of a
// Resource matches beyond the colon: "if the * wildcard is the last character of
// a resource ARN segment, it can expand to match beyond the colon boundaries"
// [IAM User Guide, Resource]. The sixth segment takes colons anyway.
const spills = true

// blanks tells whether a key whose values are all empty texts counts as "a null
// dataset, such as an empty string" for ForAllValues and ForAnyValue. Documented;
// that the other operators and Null see the empty text as a value is not.
func blanks(values []string) bool {
	for _, v := range values {
		if v != "" {
			return false
		}
	}
	return true
}

// Three more points need a line where they are decided:
//   - pattern.go: what replaces a variable is literal, wildcards and all;
//   - condition.go: without ForAnyValue or ForAllValues several values of a key
//     satisfy a test when one does, a negated one when all do;
//   - principal.go: of a caller that is a service, aws:PrincipalArn is absent.

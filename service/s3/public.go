package s3

import (
	"net/netip"
	"slices"
	"strings"

	"tocsin/core/policy"
)

// isPublic tells whether a policy lets in everybody: a statement allows
// something to principals that are not named one by one, under no condition
// that names fixed values [S3 User Guide, "The meaning of public"].
func isPublic(p policy.Policy) bool {
	return slices.ContainsFunc(p.Statements, func(st policy.Statement) bool {
		return st.Effect == policy.Allow && openPrincipals(st) && !slices.ContainsFunc(st.Conditions, fixes)
	})
}

// openPrincipals tells whether a statement speaks of everybody.
func openPrincipals(st policy.Statement) bool {
	if !st.NotPrincipal.IsZero() {
		return true
	}
	return st.Principal.Everyone || slices.Contains(st.Principal.AWS, "*")
}

// fixers are the keys whose fixed values make a policy not public, in lower case.
var fixers = []string{
	"aws:sourcearn", "aws:sourcevpc", "aws:sourcevpce", "aws:sourceowner", "aws:sourceaccount", "aws:userid",
	"aws:principalorgid", "aws:principalorgpaths", "aws:principalaccount", "aws:principalarn", "aws:sourceorgid",
	"s3:x-amz-server-side-encryption-aws-kms-key-id", "s3:dataaccesspointarn", "s3:dataaccesspointaccount",
}

// fixes tells whether a condition lets in none but who is named.
func fixes(c policy.Condition) bool {
	if c.Operator.IfExists || c.Operator.Set == policy.ForAllValues {
		return false // whoever has no such key is let in
	}
	key := strings.ToLower(c.Key)
	switch c.Operator.Test {
	case policy.IPAddress:
		return key == "aws:sourceip" && !slices.ContainsFunc(c.Values, broad)
	case policy.StringEquals, policy.StringEqualsIgnoreCase, policy.StringLike, policy.ARNEquals, policy.ARNLike:
	default:
		return false
	}
	if !slices.Contains(fixers, key) || len(c.Values) == 0 {
		return false
	}
	return !slices.ContainsFunc(c.Values, func(v string) bool {
		if key == "aws:userid" {
			v = strings.TrimSuffix(v, ":*") // AROA...:*
		}
		if key == "aws:principalorgpaths" {
			return strings.HasPrefix(v, "*")
		}
		if strings.HasPrefix(v, "arn:") {
			// UNSURE: wildcards behind the account leave the value fixed enough.
			parts := strings.SplitN(v, ":", 6)
			return len(parts) < 6 || strings.ContainsAny(parts[4], "*?") || parts[4] == "" && strings.ContainsAny(parts[5], "*?") && parts[2] != "s3"
		}
		return strings.ContainsAny(v, "*?") || strings.Contains(v, "${")
	})
}

// broad tells ranges of addresses that hold too many: below /8, or /32 of IPv6.
func broad(text string) bool {
	p, err := netip.ParsePrefix(text)
	if err != nil {
		_, err := netip.ParseAddr(text)
		return err != nil
	}
	if p.Addr().Is4() {
		return p.Bits() < 8
	}
	return p.Bits() < 32
}

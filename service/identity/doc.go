// Package identity is who there is: users, groups, roles, their keys, sessions
// and policies, as they are stored. Package iam writes them, package sts makes
// sessions, package access decides by them who calls and what he may do.
//
// IAM is global: everything lies in a scope without Region. Names are unique
// without regard to case and found only as they are spelled, so that nothing is
// reached by a spelling that a policy does not name [IAM API Reference, names].
package identity

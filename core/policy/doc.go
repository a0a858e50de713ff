// Package policy is IAM's policy language: documents as values, and what they
// decide about a request.
//
// Parse reads a document and refuses what AWS refuses, with the place, our
// remedy and AWS's text. Policy.String prints it canonically. Evaluate decides a
// Request under the policies that bear on it (of the identity, of the resource,
// permissions boundary, session, organization) as the IAM User Guide's
// "Policy evaluation logic" says; the Decision tells which statement decided,
// or what each statement that came near demands and the request does not have.
//
// A request may be open: context keys that it does not name are then unknown
// instead of absent, and the verdict may be Undecided with these keys named. What
// an open request is allowed or denied stays so whatever the unknown keys are.
//
// Nothing here knows a service's actions, resources or keys, nor looks at a
// clock. Where AWS's behaviour is not documented the rule stands in unsure.go.
package policy

// Package pattern is the filter-pattern language of CloudWatch Logs.
//
// Parse reads a pattern, Pattern.Match is the plain meaning of it, and a Set
// matches any number of patterns over one event in one go with the same
// answers. Explain tells why an event does or does not match, Lint what is
// likely wrong with a pattern. The rules are AWS's, observed ones before
// documented ones.
package pattern

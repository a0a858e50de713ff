// Package synth makes synthetic CloudTrail log files that behave like real
// ones: keys, member order, sizes, nesting, error shares, identities, lateness,
// disorder, duplicates and compressibility follow figures measured on delivered
// trails.
//
// A story lays chosen calls over a calm or a busy background, so that the
// alarms of a scan can be told beforehand.
//
// The same Options give the same records in the same files in the same order,
// on every machine and at every time. Every name, account and address is an
// example: accounts as in AWS's documentation, addresses of RFC 5737, hosts
// under example.com. Nothing here comes from a real account.
package synth

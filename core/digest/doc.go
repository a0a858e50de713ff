// Package digest holds what is true of CloudTrail's digest files: how they are
// named, written, signed, verified and chained, and what a set of them proves.
//
// A digest file lists the log files that CloudTrail delivered in a stretch of
// time, each with its hash, names the digest before it with that one's hash and
// signature, and is itself signed. So the digests of a trail are a manifest: with
// them it can be told which log files were changed and which are not there.
//
// The package decides and touches nothing: bytes, lists of keys and times come
// in, verdicts with their reasons go out. Walk goes through a chain exactly as
// the AWS CLI's validate-logs does; Cover says, whatever the order in which
// digests were read, what stretch of time is proven and why the rest is not.
package digest

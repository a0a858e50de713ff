// Command validate measures what it costs to prove log files by their digests:
// tocsin validate-logs on a folder and on a bucket beside the AWS CLI's
// validate-logs on the same bucket, in one run. See bench/README.md.
package main

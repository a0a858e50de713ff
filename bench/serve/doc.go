// Command serve measures the daemon: how long it takes from a log file to the
// notice, what a file costs until it is durable, and what is kept of it, on disk
// and in memory. See ../README.md.
//
// The daemon is the built command in a process of its own, so that its
// processor time and its memory hold nothing of what plays the world around it:
// files, queue, bucket, mail server, endpoint.
package main

// Package crash lets the crash test end the program at named points, take out a
// safeguard, and wait less for leases and garbage. All this exists only in
// binaries built with the tag crash; in all others the functions do nothing.
package crash

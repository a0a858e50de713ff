// Package crash lets the crash test end the program at named points and take
// out a safeguard. Both exist only in binaries built with the tag crash; in all
// others the functions are empty.
package crash

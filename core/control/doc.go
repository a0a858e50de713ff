// Package control is the pack of security controls: what each watches for, as a
// filter pattern, and the alarm that hangs on it.
//
// Builtin is the project's own pack, the CIS AWS Foundations monitoring items in
// every published version and further alarms in wide use, each with events that
// it must and must not match. Read reads a user's pack of the same form and
// refuses what would not work, with the place of the offending member.
package control

// Package flow is what moves: it decodes log files into events, matches them,
// counts the matches and lets the alarms judge the counts.
package flow

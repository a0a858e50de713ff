// Package crashtest kills the daemon, hundreds of times, at random and at named
// points, while log files come twice and receivers fail, and looks at what is
// left: every event once, every datapoint right, every transition told, under
// ids that stay. It holds tests only.
package crashtest

// Package metric is what metric filters publish and alarms read: metrics, their
// samples, and the statistics over them.
//
// A Filter turns one log event into at most one Datapoint. Datapoints of one
// metric and minute gather in Samples, which keep how often each value occurred,
// so that percentiles and trimmed statistics can be computed later over any
// period. Everything is a plain value; the time is always a parameter, in
// milliseconds since 1970 (UTC) where it is an int64.
package metric

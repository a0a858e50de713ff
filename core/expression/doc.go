// Package expression is CloudWatch's metric math: expressions over metrics, and
// the queries of GetMetricData that they stand in.
//
// Parse reads one expression; a Set is all the queries of a request, checked
// together, which Evaluate answers from what a Reader reads. NewAlarm does the same
// for an alarm on metric math. Nothing here reads metrics or looks at a clock.
//
// The rules are those of the CloudWatch User Guide, "Using math expressions with
// CloudWatch metrics". Where it is silent the rule stands in a function of its own
// with the word UNSURE. Functions that need what tocsin does not have, such as
// ANOMALY_DETECTION_BAND, are refused with the reason.
package expression

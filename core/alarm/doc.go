// Package alarm decides when a CloudWatch alarm rings, and says why in AWS's words.
//
// Evaluate is the decision for a metric alarm, Case.Judge what a daemon makes of it
// when new data comes or time passes, Replay the same decision over a stretch of
// the past, Rule the one for a composite alarm, Suppression and Mute
// whether its actions run, and Notice what the subscribers read. Nothing here
// looks at a clock or keeps anything: what is known comes in as values, what
// follows goes out as values.
//
// Where AWS's documentation is silent the rule stands in a function of its own
// with the word UNSURE, so that it can be changed when somebody has observed
// the truth.
package alarm

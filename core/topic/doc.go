// Package topic is the pure half of SNS: what a message is, who of a topic's
// subscribers gets it, in which form, signed how, and when to try again.
//
// A Publication becomes a Message, a FilterPolicy decides for whom, a Document
// is what the subscriber receives, and a Schedule tells when to repeat what
// failed. Whatever AWS refuses is an *InvalidError with AWS's code and text.
// Nothing here looks at a clock, makes a random number, a key or a connection:
// ids, tokens, times and keys come in as parameters.
//
// FIFO topics are refused. Where AWS's behaviour was never seen the rule stands
// in unsure.go.
package topic

package topic

import "time"

// A Schedule is the order of retries of a delivery that fails for reasons that
// may pass. It has four phases, each of which may be empty: without delay, with
// the least delay, with a growing one, with the greatest.
//
// SNS adds jitter of an unknown size; that is the caller's, who has randomness.
type Schedule struct {
	Immediate   int // retries without delay
	PreBackoff  int // retries after Least
	InBackoff   int // retries after delays from Least to Greatest
	PostBackoff int // retries after Greatest
	Least       time.Duration
	Greatest    time.Duration
	Function    Backoff
}

// Retries is the number of retries of all phases.
func (s Schedule) Retries() int { return s.Immediate + s.PreBackoff + s.InBackoff + s.PostBackoff }

// Next is the delay from the end of the attempt-th attempt, which failed, to the
// beginning of the next; the first attempt is 1. False: there is no next.
func (s Schedule) Next(attempt int) (time.Duration, bool) {
	retry := attempt - 1
	if retry < 0 || retry >= s.Retries() {
		return 0, false
	}
	if retry < s.Immediate {
		return 0, true
	}
	if retry -= s.Immediate; retry < s.PreBackoff {
		return s.Least, true
	}
	if retry -= s.PreBackoff; retry < s.InBackoff {
		return s.Function.delay(retry, s.InBackoff, s.Least, s.Greatest), true
	}
	return s.Greatest, true
}

// Total is the sum of all delays.
func (s Schedule) Total() time.Duration {
	total := time.Duration(s.PreBackoff)*s.Least + time.Duration(s.PostBackoff)*s.Greatest
	for i := range s.InBackoff {
		total += s.Function.delay(i, s.InBackoff, s.Least, s.Greatest)
	}
	return total
}

// The schedules of endpoints that SNS knows; those of http and https are the
// default of what users may set. [SNS guide, message delivery retries]
func managedSchedule() Schedule {
	return Schedule{
		Immediate: 3, PreBackoff: 2, InBackoff: 10, PostBackoff: 100_000,
		Least: time.Second, Greatest: 20 * time.Second, Function: Exponential,
	}
}

func customerSchedule() Schedule {
	return Schedule{
		PreBackoff: 2, InBackoff: 10, PostBackoff: 38,
		Least: 10 * time.Second, Greatest: 10 * time.Minute, Function: Exponential,
	}
}

// BuiltInSchedule is the schedule of a protocol without a delivery policy.
// throttled says that the endpoint answered with throttling, which changes that
// of firehose. Protocols other than SNS's are treated as mail servers are.
func BuiltInSchedule(p Protocol, throttled bool) Schedule {
	switch {
	case p.Web():
		return defaultRetryPolicy().Schedule()
	case p == SQS, p == Lambda, p == Firehose && !throttled:
		return managedSchedule()
	}
	return customerSchedule()
}
